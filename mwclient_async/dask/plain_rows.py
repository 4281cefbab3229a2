"""Rows in types of JSON, as a sink writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from mwclient_async import Page

TOO_LARGE = "toolarge"
"""The key of a page's ``raw`` that names the properties which are larger than a response of the wiki may be."""


def plain(row: Any) -> dict[str, Any]:
    """A row, which is a value with ``to_dict`` or what the wiki sent, in types of JSON.

    A property that is too large for the wiki's responses is None. (One that the page does not have is empty.)
    """
    if isinstance(row, Mapping):
        return dict(row)
    if isinstance(row, Page) and TOO_LARGE in row.raw:
        readable = evolve(row, raw={name: value for name, value in row.raw.items() if name != TOO_LARGE})
        return {**readable.to_dict(), **dict.fromkeys(row.raw[TOO_LARGE])}
    found: dict[str, Any] = row.to_dict()
    return found
