"""Export: pages as XML, in the format of MediaWiki's dumps.

The manual's page is https://www.mediawiki.org/wiki/API:Query#Exporting_pages.

The wiki exports one batch at a time, each as a separate document: a head with the wiki's namespaces, the pages, and a
foot. If the XML is sent alone (``exportnowrap``), it has no ``continue``, and the pages after the first batch are lost
without an error. So each batch is fetched as JSON with the XML in it, and the pages of all batches are joined in one
document.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Self

from mwclient_async._query.stream_run import BatchIterator
from mwclient_async.errors import ProtocolError
from mwclient_async.models.page import Page

_HEAD_ENDS, _FOOT = "</siteinfo>", "</mediawiki>"


class Export(AsyncIterator[bytes]):
    """One XML document, as an async iterator of bytes (UTF-8).

    Each piece has the pages of one batch, in the order of the wiki. Write the pieces one after the other; together they
    are one document that can be imported. If no page is found, there is no piece.

    See https://www.mediawiki.org/wiki/API:Query#Exporting_pages.
    """

    def __init__(self, batches: BatchIterator[Page]) -> None:
        self._batches = batches
        self._has_begun = False
        self._has_ended = False

    def __repr__(self) -> str:
        return f"<export of {self._batches!r}>"

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next piece of the document. The last piece is its end tag.

        Raises:
            StopAsyncIteration: the document is complete.
            MediaWikiError: a request failed.
            ProtocolError: the wiki sent no export.
        """
        if self._has_ended:
            raise StopAsyncIteration
        try:
            batch = await anext(self._batches)
        except StopAsyncIteration:
            self._has_ended = True
            if not self._has_begun:
                raise
            return f"{_FOOT}\n".encode()
        head, pages = _split(batch.body["query"].get("export"))
        piece = pages if self._has_begun else head + pages
        self._has_begun = True
        return piece.encode()


def _split(xml: Any) -> tuple[str, str]:
    """The head of a document, and its pages without the foot."""
    if not isinstance(xml, str) or _HEAD_ENDS not in xml or _FOOT not in xml:
        raise ProtocolError("the wiki sent no export; wikis older than MediaWiki 1.25 cannot send it in this format")
    begin = xml.index(_HEAD_ENDS) + len(_HEAD_ENDS)
    return xml[:begin], xml[begin : xml.rindex(_FOOT)].rstrip() + "\n"
