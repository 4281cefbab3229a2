"""Read the responses of the REST API: each reader makes the value of one kind of endpoint.

Some responses are documents, not JSON. Not every HTML document is the wiki's: a proxy or a login page may respond with
one of its own. So a document counts as the wiki's only if it has something that only the wiki sends, and if it is
complete.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from attrs import frozen

from mwclient_async._http.conversion import structured, structurer
from mwclient_async._http.messages import ApiResponse, HttpResponse
from mwclient_async._http.urls import title_of
from mwclient_async._rest.diff import read_diff
from mwclient_async.errors import ProtocolError
from mwclient_async.models.diff import Diff
from mwclient_async.models.rest import Html, RestList

T = TypeVar("T")

_REVID = re.compile(r'(?:W/)?"(\d+)/')  # an ETag has the form "revision/rendering/view/form"
_RENDERING = re.compile(r'(?:W/)?"(?:\d+|message)/')  # the same, and that of the texts of the software itself
_SPECS = "mediawiki.org/wiki/Specs/"  # in the content type of Parsoid's output, from MediaWiki 1.41 on
_RDF = b"mediawiki.org/rdf/"  # in the first tag of Parsoid's documents
_BEFORE = b" \t\r\n\xef\xbb\xbf"  # white space, and byte order marks
_HEAD, _TAIL = 1024, 1024  # bytes: the first tag is looked for in the first ones, and the last tag in the last ones


@frozen
class ObjectReader(Generic[T]):
    """Reads a response that is one object."""

    cls: type[T]

    @property
    def name(self) -> str:
        """What it reads, for messages."""
        return f"a value of type {self.cls.__name__}"

    def fits(self, value: object) -> bool:
        """Whether this reader could have returned the value."""
        return type(value) is self.cls

    def __call__(self, response: ApiResponse) -> T:
        if self.cls is Html:
            return _read_html(response)  # type: ignore[return-value]  # it is of that class
        body = response.body
        if isinstance(body, Mapping):
            body = {key: _CONVERTERS[key](value) if key in _CONVERTERS else value for key, value in body.items()}
        return structurer(self.cls)(body)


@frozen
class ListReader(Generic[T]):
    """Reads a response that is a list, or that has the list under ``key``."""

    cls: type[T]
    key: str = ""

    @property
    def name(self) -> str:
        """What it reads, for messages."""
        return f"a RestList of {self.cls.__name__}"

    def fits(self, value: object) -> bool:
        """Whether this reader could have returned the value."""
        return isinstance(value, RestList) and all(type(item) is self.cls for item in value)

    def __call__(self, response: ApiResponse) -> RestList[T]:
        body = response.body
        rows = body.get(self.key) if self.key and isinstance(body, Mapping) else body
        if not isinstance(rows, list):
            raise ProtocolError(f"the response has no list of {self.key or self.cls.__name__} in it")
        return RestList(structured(rows, tuple[self.cls, ...]))  # type: ignore[name-defined]


_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "redirect_target": lambda address: title_of(str(address)) if address else None,
    "latest": lambda latest: None if isinstance(latest, Mapping) and latest.get("id") == 0 else latest,
}


def _read_html(response: ApiResponse) -> Html:
    revid = _REVID.match(response.header("etag"))
    return Html(text=read_text(response), revid=int(revid[1]) if revid else None)


def read_text(response: ApiResponse) -> str:
    """The text of a response that is a document. ProtocolError unless it is UTF-8."""
    try:
        return bytes(response.body).decode()
    except (TypeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"the response is not a text in UTF-8: {error}") from error


def read_comparison(response: ApiResponse) -> Diff:
    """The Diff of a response. ProtocolError if it has none."""
    return read_diff(response.body)


# Which documents are the wiki's own ----------------------------------------------------------------------------------


def is_rendering(response: HttpResponse) -> bool:
    """Whether this is the wiki's HTML of a page.

    Its ETag names the revision. If a proxy has removed the ETag, the first tag shows that Parsoid made it.
    """
    return _is_complete(response) and bool(_RENDERING.match(response.header("etag")) or _RDF in response.body[:_HEAD])


def is_transformed(response: HttpResponse) -> bool:
    """Whether this is the output of a transform: its content type or its first tag names Parsoid's specification."""
    return _is_complete(response) and (_SPECS in response.header("content-type") or _RDF in response.body[:_HEAD])


def _is_complete(response: HttpResponse) -> bool:
    """Whether the document is not cut off: if it begins as a whole HTML document, it also ends as one."""
    begins = response.body[:_HEAD].lstrip(_BEFORE)[:9].lower() == b"<!doctype"
    return not begins or b"</html>" in response.body[-_TAIL:].lower()


def is_search_description(response: HttpResponse) -> bool:
    """Whether this is a complete OpenSearch description."""
    return b"<OpenSearchDescription" in response.body[:_HEAD] and b"</OpenSearchDescription>" in response.body[-_TAIL:]
