"""The endpoints of the REST API, in one table: method, path, parameters, reader and statuses of each.

``since`` is the MediaWiki version that introduced an endpoint, if it is newer than 1.39. The statuses are those of the
manual's pages, https://www.mediawiki.org/wiki/API:REST_API/Reference and
https://api.wikimedia.org/wiki/Core_REST_API; a test compares the paths with the routes of the wikis that it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Generic, TypeVar

from attrs import evolve, field, frozen

from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpResponse
from mwclient_async._http.urls import path_segment
from mwclient_async._rest.readers import (
    ListReader,
    ObjectReader,
    is_rendering,
    is_search_description,
    is_transformed,
    read_comparison,
    read_text,
)
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
    RestPage,
    RestRevision,
    SearchHit,
)

T = TypeVar("T")

Segments = Mapping[str, str | int]
NO_SEGMENTS: Segments = {}


class Trust(Enum):
    """How far the wiki's status 304 ("nothing has changed") can be trusted.

    ``ETAG``: the ETag changes with everything in the response. ``LAST_MODIFIED``: the response is identified by a time,
    which proves nothing until its second is over. ``NEVER``: a part of the response can change while the wiki still
    says 304, so the response is always fetched; these responses are small.
    """

    ETAG = "etag"
    LAST_MODIFIED = "last-modified"
    NEVER = "never"


@frozen(kw_only=True)
class Endpoint(Generic[T]):
    """One endpoint.

    ``read`` makes a value of a response. ``documents`` are the content types that are not JSON, each with a check that
    the document is the wiki's own. ``trust`` says how far a status 304 can be trusted.
    """

    path: str
    read: Callable[[ApiResponse], T]
    method: str = "GET"
    params: frozenset[str] = frozenset()
    documents: Mapping[str, Callable[[HttpResponse], bool]] = field(factory=dict)
    trust: Trust = Trust.ETAG
    statuses: frozenset[int] = frozenset({200})
    write: bool = False
    creating: bool = False
    accept: str = ""
    since: str = ""

    def request(
        self,
        segments: Segments = NO_SEGMENTS,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> ApiRequest:
        """The request; ``segments`` are the titles, ids and words in its path."""
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


# The table -----------------------------------------------------------------------------------------------------------

_HTML = {"text/html": is_rendering}
_PAGE = frozenset({200, 301, 304, 403, 404})
_SEARCH = frozenset({200, 400, 403, 500})
_REVISION = frozenset({200, 304, 400, 403, 404})
_TO_HTML = frozenset({413, 500})  # the page is too large to render; Parsoid does not work
_REDIRECT = frozenset({307})  # a redirect of the wiki, to another page

search_page = Endpoint(
    path="/v1/search/page", params=frozenset({"q", "limit"}), read=ListReader(SearchHit, "pages"), statuses=_SEARCH
)
search_title = Endpoint(
    path="/v1/search/title", params=frozenset({"q", "limit"}), read=ListReader(SearchHit, "pages"), statuses=_SEARCH
)
search_description = Endpoint(
    path="/v1/search",
    read=read_text,
    documents={"application/opensearchdescription+xml": is_search_description},
    statuses=frozenset({200, 403, 404}),
    since="1.41",
)
create_page = Endpoint(
    path="/v1/page",
    method="POST",
    read=ObjectReader(RestPage),
    write=True,
    creating=True,
    statuses=frozenset({201, 400, 403, 409, 415, 429}),
)
update_page = Endpoint(
    path="/v1/page/{title}",
    method="PUT",
    read=ObjectReader(RestPage),
    write=True,
    statuses=frozenset({200, 201, 400, 403, 404, 409, 415, 429}),
)
page = Endpoint(path="/v1/page/{title}", read=ObjectReader(RestPage), statuses=_PAGE | {400})
page_bare = Endpoint(path="/v1/page/{title}/bare", read=ObjectReader(BarePage), statuses=_PAGE | {500})
page_html = Endpoint(
    path="/v1/page/{title}/html",
    params=frozenset({"redirect"}),
    read=ObjectReader(Html),
    documents=_HTML,
    statuses=_PAGE | _REDIRECT | _TO_HTML,
)
page_with_html = Endpoint(
    path="/v1/page/{title}/with_html",
    params=frozenset({"redirect"}),
    read=ObjectReader(HtmlPage),
    statuses=_PAGE | _REDIRECT | _TO_HTML,
)
languages = Endpoint(
    path="/v1/page/{title}/links/language",
    read=ListReader(PageLanguage),
    trust=Trust.LAST_MODIFIED,  # its ETag has only the revision and a time in it
    statuses=_PAGE,
)
media = Endpoint(
    path="/v1/page/{title}/links/media",
    read=ListReader(PageFile, "files"),
    trust=Trust.NEVER,  # its ETag changes with the page, not with the files
    statuses=frozenset({200, 400, 403, 404, 500}),
)
file = Endpoint(
    path="/v1/file/{title}",
    read=ObjectReader(RestFile),
    trust=Trust.NEVER,  # its ETag is the hash of the content, which a new upload of the same file keeps
    statuses=frozenset({200, 403, 404}),
)
history = Endpoint(
    path="/v1/page/{title}/history",
    params=frozenset({"older_than", "newer_than", "filter"}),
    read=lambda response: response.body,
    statuses=frozenset({200, 301, 400, 403, 404}),
)
history_counts = Endpoint(
    path="/v1/page/{title}/history/counts/{type}",
    params=frozenset({"from", "to"}),
    read=ObjectReader(HistoryCount),
    trust=Trust.LAST_MODIFIED,  # it has no ETag
    statuses=frozenset({200, 301, 304, 400, 403, 404, 500}),
)
revision = Endpoint(path="/v1/revision/{id}", read=ObjectReader(RestRevision), statuses=_REVISION)
revision_bare = Endpoint(
    path="/v1/revision/{id}/bare",
    read=ObjectReader(BareRevision),
    trust=Trust.NEVER,  # its ETag changes neither with the page's title nor when a user name is hidden
    statuses=_REVISION - {304},
)
revision_html = Endpoint(
    path="/v1/revision/{id}/html", read=ObjectReader(Html), documents=_HTML, statuses=_REVISION | _TO_HTML
)
revision_with_html = Endpoint(
    path="/v1/revision/{id}/with_html", read=ObjectReader(HtmlRevision), statuses=_REVISION | _TO_HTML
)
compare = Endpoint(
    path="/v1/revision/{from_}/compare/{to}", read=read_comparison, statuses=frozenset({200, 400, 403, 404, 500})
)
page_lint = Endpoint(path="/v1/page/{title}/lint", read=ListReader(Lint), statuses=_PAGE - {304}, since="1.44")
revision_lint = Endpoint(path="/v1/revision/{id}/lint", read=ListReader(Lint), statuses=_REVISION - {304}, since="1.44")
transform = Endpoint(
    path="/v1/transform/{source}/to/{target}",
    method="POST",
    read=read_text,
    documents={"text/html": is_transformed, "text/plain": is_transformed},
    statuses=frozenset({200, 400, 403, 404, 406, 413, 415}),
    since="1.41",
)
_OF_PAGE = transform.statuses | {500}  # for an invalid title
transform_of_page = evolve(transform, path="/v1/transform/{source}/to/{target}/{title}", statuses=_OF_PAGE)
transform_of_revision = evolve(transform_of_page, path="/v1/transform/{source}/to/{target}/{title}/{revision}")
lint = Endpoint(
    path="/v1/transform/wikitext/to/lint",
    method="POST",
    read=ListReader(Lint),
    accept="*/*",  # it refuses a request that accepts JSON by name
    statuses=transform.statuses - {404},
    since=transform.since,
)
lint_of_page = evolve(lint, path="/v1/transform/wikitext/to/lint/{title}", statuses=_OF_PAGE - {400, 404})

ENDPOINTS: Mapping[str, Endpoint[Any]] = {
    name: value for name, value in list(globals().items()) if isinstance(value, Endpoint)
}
"""All endpoints, by name."""
