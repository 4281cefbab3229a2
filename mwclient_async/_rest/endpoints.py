"""The endpoints of the REST API, each stated once: its method, its path, what it takes, brings and refuses with.

``since`` is the MediaWiki that brought an endpoint, where that is newer than 1.39. The statuses are those of the
manual's pages, https://www.mediawiki.org/wiki/API:REST_API/Reference and
https://api.wikimedia.org/wiki/Core_REST_API; a test compares the paths with the routes of the wikis that it runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from attrs import evolve, field, fields, frozen

from mwclient_async._http.conversion import structured, structurer
from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpResponse
from mwclient_async._http.urls import path_segment, title_of
from mwclient_async._rest.diff import read_diff
from mwclient_async.errors import ProtocolError
from mwclient_async.models.diff import Diff
from mwclient_async.models.rest import (
    BarePage,
    BareRevision,
    HistoryCount,
    Html,
    HtmlPage,
    HtmlRevision,
    Lint,
    PageFile,
    PageLanguage,
    RestFile,
    RestList,
    RestPage,
    RestRevision,
    RevisionFacts,
    SearchHit,
    Validated,
    Validator,
)

T = TypeVar("T")

Segments = Mapping[str, str | int]
NO_SEGMENTS: Segments = {}

_REVID = re.compile(r'(?:W/)?"(\d+)/')  # "revision/rendering/view/form"
_RENDERING = re.compile(r'(?:W/)?"(?:\d+|message)/')  # the same, of the software's own texts, too
_SPECS = "mediawiki.org/wiki/Specs/"  # in the content type of what Parsoid makes, from MediaWiki 1.41 on
_RDF = b"mediawiki.org/rdf/"  # in the first tag of Parsoid's documents
_HEAD, _TAIL = 1024, 1024  # bytes: how far into a document its first and its last tag are looked for


class Trust(Enum):
    """Whether the wiki's "nothing has changed" is the truth about the whole answer.

    ``TAG``: its ETag changes with all that is in it. ``SECOND``: a time is all that tells, so nothing is proven before
    its second is over. ``NEVER``: it says nothing of a part of the answer, so that is asked for as ever; these answers
    are small.
    """

    TAG = "tag"
    SECOND = "second"
    NEVER = "never"


@frozen(kw_only=True)
class Endpoint(Generic[T]):
    """One endpoint.

    ``read`` makes the value of an answer. ``documents`` are the content types that are no JSON, with how to tell the
    wiki's own; ``trust`` is what its 304 is worth.
    """

    path: str
    read: Callable[[ApiResponse], T]
    method: str = "GET"
    params: frozenset[str] = frozenset()
    documents: Mapping[str, Callable[[HttpResponse], bool]] = field(factory=dict)
    trust: Trust = Trust.TAG
    statuses: frozenset[int] = frozenset({200})
    write: bool = False
    creating: bool = False
    accept: str = ""
    since: str = ""

    def call(
        self,
        segments: Segments = NO_SEGMENTS,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> ApiRequest:
        """The request: ``segments`` are the titles, ids and words of the path."""
        path = self.path.format_map({name: path_segment(str(value)) for name, value in segments.items()})
        assert self.params >= set(params or ()), "a parameter that the endpoint does not have"
        return ApiRequest(
            path=path,
            params=params or {},
            json=json,
            method=self.method if self.method != "GET" else "",
            write=self.write,
            creating=self.creating,
            token="csrf" if self.write else None,
            documents=self.documents,
            headers={"accept": self.accept} if self.accept else {},
        )


# Answers that may not have changed -----------------------------------------------------------------------------------


def check_previous(endpoint: Endpoint[T], previous: object) -> None:
    """Raises TypeError for what is no earlier answer of this endpoint."""
    kind = endpoint.read
    if isinstance(kind, One | Many) and not kind.fits(previous):
        raise TypeError(f"previous is of type {type(previous).__name__}: give an earlier answer, {kind.name}")


def unless_changed(endpoint: Endpoint[Any], call: ApiRequest, previous: Any, *, wiki: str) -> ApiRequest:
    """The same request, to be answered with 304 where nothing has changed since that answer.

    The answer of another wiki, or to another request, is no reason for that: two pages can have one ETag.
    """
    validator: Validator = previous.validator
    if endpoint.trust is Trust.NEVER or validator.of != _request(call, wiki):
        return call
    # Never both: who knows the ETag does not look at the time, but who does not could trust a time that is too coarse.
    tag, time = {"if-none-match": validator.etag}, {"if-modified-since": validator.last_modified}
    return evolve(call, headers={**call.headers, **(tag if validator.etag else time if validator else {})})


def with_validator(endpoint: Endpoint[T], value: T, reply: ApiResponse, call: ApiRequest, *, wiki: str) -> T:
    """The value of an answer with what the next request for it may say."""
    validator = _validator(endpoint.trust, reply, _request(call, wiki))
    if isinstance(value, RestList):
        return RestList(value, validator=validator)  # type: ignore[return-value]  # it is of the same kind
    return evolve(value, validator=validator) if isinstance(value, Validated) else value


def is_same(endpoint: Endpoint[Any], value: Any, previous: Any) -> bool:
    """Whether a whole answer is the earlier one, where the wiki's word for that is not to be had."""
    return endpoint.trust is Trust.NEVER and bool(value == previous and value.validator == previous.validator)


def _validator(trust: Trust, reply: ApiResponse, of: str) -> Validator:
    etag, changed = reply.header("etag"), reply.header("last-modified")
    proves = etag if trust is Trust.TAG else trust is Trust.NEVER or _is_past(changed, reply.header("date"))
    return Validator(etag=etag, last_modified=changed, of=of) if proves else Validator()


def _request(call: ApiRequest, wiki: str) -> str:
    return f"{wiki} {call.path}?{urlencode(call.params)}"


def same_facts(one: RevisionFacts, other: RevisionFacts) -> bool:
    """Whether these say the same of a revision, whatever text they bring."""
    return all(getattr(one, fact.name) == getattr(other, fact.name) for fact in fields(RevisionFacts) if fact.eq)


def _is_past(changed: str, now: str) -> bool:
    try:
        return (parsedate_to_datetime(now) - parsedate_to_datetime(changed)).total_seconds() > 1
    except (TypeError, ValueError):  # there is none, or it is no date
        return False


# How answers are read ------------------------------------------------------------------------------------------------


@frozen
class One(Generic[T]):
    """Reads an answer that is one object."""

    cls: type[T]

    @property
    def name(self) -> str:
        """What it reads, for messages."""
        return f"a value of type {self.cls.__name__}"

    def fits(self, value: object) -> bool:
        """Whether that is what it reads."""
        return type(value) is self.cls

    def __call__(self, reply: ApiResponse) -> T:
        if self.cls is Html:
            return _html(reply)  # type: ignore[return-value]  # it is of that class
        body = reply.body
        if isinstance(body, Mapping):
            body = {key: _TRANSLATED[key](value) if key in _TRANSLATED else value for key, value in body.items()}
        return structurer(self.cls)(body)


@frozen
class Many(Generic[T]):
    """Reads an answer that is a list, or that has it under ``key``."""

    cls: type[T]
    key: str = ""

    @property
    def name(self) -> str:
        """What it reads, for messages."""
        return f"a RestList of {self.cls.__name__}"

    def fits(self, value: object) -> bool:
        """Whether that is what it reads."""
        return isinstance(value, RestList) and all(type(item) is self.cls for item in value)

    def __call__(self, reply: ApiResponse) -> RestList[T]:
        rows = reply.body.get(self.key) if self.key and isinstance(reply.body, Mapping) else reply.body
        if not isinstance(rows, list):
            raise ProtocolError(f"the answer has no list of {self.key or self.cls.__name__} in it")
        return RestList(structured(rows, tuple[self.cls, ...]))  # type: ignore[name-defined]


_TRANSLATED: Mapping[str, Callable[[Any], Any]] = {
    "redirect_target": lambda address: title_of(str(address)) if address else None,
    "latest": lambda latest: None if isinstance(latest, Mapping) and latest.get("id") == 0 else latest,
}


def _html(reply: ApiResponse) -> Html:
    revid = _REVID.match(reply.header("etag"))
    return Html(text=_text(reply), revid=int(revid[1]) if revid else None)


def _text(reply: ApiResponse) -> str:
    try:
        return bytes(reply.body).decode()
    except (TypeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"the answer is no text in UTF-8: {error}") from error


def _diff(reply: ApiResponse) -> Diff:
    return read_diff(reply.body)


# Which documents are the wiki's own ----------------------------------------------------------------------------------


def _is_rendering(response: HttpResponse) -> bool:
    """HTML of a page: its ETag, of which revision; or the first tag, where something on the way took the ETag off."""
    return _is_whole(response) and bool(_RENDERING.match(response.header("etag")) or _RDF in response.body[:_HEAD])


def _is_made(response: HttpResponse) -> bool:
    """What a transform made: its content type says by which specification."""
    return _is_whole(response) and (_SPECS in response.header("content-type") or _RDF in response.body[:_HEAD])


def _is_whole(response: HttpResponse) -> bool:
    begins = response.body[:_HEAD].lstrip()[:9].lower() == b"<!doctype"
    return not begins or b"</html>" in response.body[-_TAIL:].lower()


def _is_description(response: HttpResponse) -> bool:
    return b"<OpenSearchDescription" in response.body[:_HEAD] and b"</OpenSearchDescription>" in response.body[-_TAIL:]


# The table -----------------------------------------------------------------------------------------------------------

_HTML = {"text/html": _is_rendering}
_PAGE = frozenset({200, 301, 304, 403, 404})
_SEARCH = frozenset({200, 400, 403, 500})
_REVISION = frozenset({200, 304, 400, 403, 404})
_TO_HTML = frozenset({413, 500})  # too much to render, no Parsoid
_REDIRECT = frozenset({307})  # of the wiki's own, to another page

search_page = Endpoint(
    path="/v1/search/page", params=frozenset({"q", "limit"}), read=Many(SearchHit, "pages"), statuses=_SEARCH
)
search_title = Endpoint(
    path="/v1/search/title", params=frozenset({"q", "limit"}), read=Many(SearchHit, "pages"), statuses=_SEARCH
)
search_description = Endpoint(
    path="/v1/search",
    read=_text,
    documents={"application/opensearchdescription+xml": _is_description},
    statuses=frozenset({200, 403, 404}),
    since="1.41",
)
create_page = Endpoint(
    path="/v1/page",
    method="POST",
    read=One(RestPage),
    write=True,
    creating=True,
    statuses=frozenset({201, 400, 403, 409, 415, 429}),
)
update_page = Endpoint(
    path="/v1/page/{title}",
    method="PUT",
    read=One(RestPage),
    write=True,
    statuses=frozenset({200, 201, 400, 403, 404, 409, 415, 429}),
)
page = Endpoint(path="/v1/page/{title}", read=One(RestPage), statuses=_PAGE | {400})
page_bare = Endpoint(path="/v1/page/{title}/bare", read=One(BarePage), statuses=_PAGE | {500})
page_html = Endpoint(
    path="/v1/page/{title}/html",
    params=frozenset({"redirect"}),
    read=One(Html),
    documents=_HTML,
    statuses=_PAGE | _REDIRECT | _TO_HTML,
)
page_with_html = Endpoint(
    path="/v1/page/{title}/with_html",
    params=frozenset({"redirect"}),
    read=One(HtmlPage),
    statuses=_PAGE | _REDIRECT | _TO_HTML,
)
languages = Endpoint(
    path="/v1/page/{title}/links/language",
    read=Many(PageLanguage),
    trust=Trust.SECOND,  # its ETag is the revision and a time
    statuses=_PAGE,
)
media = Endpoint(
    path="/v1/page/{title}/links/media",
    read=Many(PageFile, "files"),
    trust=Trust.NEVER,  # its ETag knows the page, and nothing of the files
    statuses=frozenset({200, 400, 403, 404, 500}),
)
file = Endpoint(
    path="/v1/file/{title}",
    read=One(RestFile),
    trust=Trust.NEVER,  # its ETag is the content's sum: the same file again, of somebody else, has the same
    statuses=frozenset({200, 403, 404}),
)
history = Endpoint(
    path="/v1/page/{title}/history",
    params=frozenset({"older_than", "newer_than", "filter"}),
    read=lambda reply: reply.body,
    statuses=frozenset({200, 301, 400, 403, 404}),
)
history_counts = Endpoint(
    path="/v1/page/{title}/history/counts/{type}",
    params=frozenset({"from", "to"}),
    read=One(HistoryCount),
    trust=Trust.SECOND,  # there is no ETag
    statuses=frozenset({200, 301, 304, 400, 403, 404, 500}),
)
revision = Endpoint(path="/v1/revision/{id}", read=One(RestRevision), statuses=_REVISION)
revision_bare = Endpoint(
    path="/v1/revision/{id}/bare",
    read=One(BareRevision),
    trust=Trust.NEVER,  # its ETag knows neither the page's title nor whether a name is hidden
    statuses=_REVISION - {304},
)
revision_html = Endpoint(path="/v1/revision/{id}/html", read=One(Html), documents=_HTML, statuses=_REVISION | _TO_HTML)
revision_with_html = Endpoint(path="/v1/revision/{id}/with_html", read=One(HtmlRevision), statuses=_REVISION | _TO_HTML)
compare = Endpoint(path="/v1/revision/{from_}/compare/{to}", read=_diff, statuses=frozenset({200, 400, 403, 404, 500}))
page_lint = Endpoint(path="/v1/page/{title}/lint", read=Many(Lint), statuses=_PAGE - {304}, since="1.44")
revision_lint = Endpoint(path="/v1/revision/{id}/lint", read=Many(Lint), statuses=_REVISION - {304}, since="1.44")
transform = Endpoint(
    path="/v1/transform/{source}/to/{target}",
    method="POST",
    read=_text,
    documents={"text/html": _is_made, "text/plain": _is_made},
    statuses=frozenset({200, 400, 403, 404, 406, 413, 415}),
    since="1.41",
)
_OF_PAGE = transform.statuses | {500}  # for what is no title
transform_of_page = evolve(transform, path="/v1/transform/{source}/to/{target}/{title}", statuses=_OF_PAGE)
transform_of_revision = evolve(transform_of_page, path="/v1/transform/{source}/to/{target}/{title}/{revision}")
lint = Endpoint(
    path="/v1/transform/wikitext/to/lint",
    method="POST",
    read=Many(Lint),
    accept="*/*",  # it refuses to be asked for JSON by name
    statuses=transform.statuses - {404},
    since=transform.since,
)
lint_of_page = evolve(lint, path="/v1/transform/wikitext/to/lint/{title}", statuses=_OF_PAGE - {400, 404})

ENDPOINTS: Mapping[str, Endpoint[Any]] = {
    name: value for name, value in list(globals().items()) if isinstance(value, Endpoint)
}
"""All of them, by name."""
