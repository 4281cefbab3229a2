"""Rows in types of JSON, as a sink writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(row: Any) -> dict[str, Any]:
    """A row, which is a value with ``to_dict`` or what the wiki sent, in types of JSON."""
    return dict(row) if isinstance(row, Mapping) else row.to_dict()
