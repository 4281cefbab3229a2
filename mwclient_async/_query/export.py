"""Pages as XML, in the form of MediaWiki's dumps.

The manual's page is https://www.mediawiki.org/wiki/API:Query#Exporting_pages.

The wiki exports one batch at a time, each as a document of its own: a head with the wiki's namespaces, the pages, a
foot. Its way of sending the XML alone (``exportnowrap``) leaves no room for a ``continue``, and what is beyond the
first batch is lost without a word; so each batch is fetched wrapped, and the pages of all batches are put into one
document.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Self

from mwclient_async._query.stream import BatchIterator
from mwclient_async.errors import ProtocolError
from mwclient_async.models.page import Page

_HEAD_ENDS, _FOOT = "</siteinfo>", "</mediawiki>"


class Export(AsyncIterator[bytes]):
    """One XML document in UTF-8, in pieces of one batch of pages each: write them one after the other."""

    def __init__(self, batches: BatchIterator[Page]) -> None:
        self._batches = batches
        self._began = False
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        if self._ended:
            raise StopAsyncIteration
        try:
            batch = await anext(self._batches)
        except StopAsyncIteration:
            self._ended = True
            if not self._began:
                raise
            return f"{_FOOT}\n".encode()
        head, pages = _parts(batch.body["query"].get("export"))
        piece = pages if self._began else head + pages
        self._began = True
        return piece.encode()


def _parts(xml: Any) -> tuple[str, str]:
    """The head of a document, and its pages."""
    if not isinstance(xml, str) or _HEAD_ENDS not in xml or _FOOT not in xml:
        raise ProtocolError("the wiki sent no export: is it older than MediaWiki 1.25?")
    begin = xml.index(_HEAD_ENDS) + len(_HEAD_ENDS)
    return xml[:begin], xml[begin : xml.rindex(_FOOT)].rstrip() + "\n"
