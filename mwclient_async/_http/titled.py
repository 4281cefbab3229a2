"""What has a title: a Title, a Page, a row of a list. It is taken wherever a title is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Titled(Protocol):
    """An object with a title: a Title, a Page, or a row of a list."""

    @property
    def title(self) -> str | None:
        """The title; None in a row whose title is hidden, or was not asked for: such a row is refused."""
        ...


TitleLike = str | Titled | Mapping[str, Any]
"""A title as text, or what has one: a Title, a Page, a row of a list, also one without a class."""


def title_of(value: Any) -> Any:
    """The title of a Page or of any row that has one; else the value itself."""
    if isinstance(value, Mapping):  # a row of a list without a class
        return value.get("title", value)
    return value if isinstance(value, str) else getattr(value, "title", value)


def title_on(wiki: str, value: Any) -> Any:
    """The same, for the wiki at this address; "" is any wiki.

    Raises ValueError for a Title of another wiki: its namespace can have no such name here, so that the title would be
    that of an article. Also for a Title that is only a section (``#History``), and for a row whose title is None: they
    name no page.
    """
    if wiki and hasattr(value, "interwiki") and value.wiki != wiki:  # only a Title has it; rows can have a `wiki`
        raise ValueError(f"{str(value)!r} is a Title of {value.wiki}: pass await site.title(title), of this site")
    title = title_of(value)
    if title is None and value is not None:
        raise ValueError(f"this {type(value).__name__} has no title: it is hidden, or the query needs prop=title")
    if title == "" and getattr(value, "fragment", ""):
        raise ValueError(f"{str(value)!r} is a section without a page: give the page's title, too")
    return title


def local_title_on(wiki: str, value: Any) -> Any:
    """The same, where a page of this wiki is needed. Raises ValueError for a Title with an interwiki prefix, too."""
    title = title_on(wiki, value)
    if wiki and getattr(value, "interwiki", ""):
        raise ValueError(f"{str(value)!r} is a page of another wiki, as its prefix says: open a Site of that wiki")
    return title
