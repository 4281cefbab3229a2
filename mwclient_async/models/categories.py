"""The categories below a category."""

from __future__ import annotations

from attrs import frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class Subcategory(Value):
    """A category below another one, as ``site.category(title).subcategories()`` gives it.

    ``path`` are the titles of the categories above it, from the one at the top down to the one that it was found in.
    ``depth`` is their number: 1 is a direct subcategory. ``pages``, ``files`` and ``subcats`` are the wiki's numbers of
    its members, ``size`` is that of all of them.

    See https://www.mediawiki.org/wiki/API:Categorymembers.
    """

    title: str
    pageid: int | None = None
    depth: int = 1
    path: tuple[str, ...] = ()
    size: int = 0
    pages: int = 0
    files: int = 0
    subcats: int = 0

    def __str__(self) -> str:
        return self.title
