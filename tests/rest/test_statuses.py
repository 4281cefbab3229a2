"""Every status in the table of endpoints, produced by the wiki, is a value or its error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import frozen

from mwclient_async import Site
from mwclient_async._http.messages import HttpResponse
from mwclient_async._http.responses import parse_response
from mwclient_async._rest.endpoints import ENDPOINTS
from mwclient_async.errors import (
    ApiError,
    BadRequest,
    InternalError,
    InvalidParameter,
    PageMissing,
    PermissionDenied,
    Unsupported,
)
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support.logins import site as site_of
from tests.support.rest_statuses import CASES, Case
from tests.support.rest_wikis import OpenSites, PreparedWiki, WatchedRest, site_with


def named(each: Case) -> str:
    return f"{each.endpoint}-{each.status}"


@pytest.mark.parametrize(
    ("version", "each"),
    [pytest.param(version, each, id=f"{version}-{named(each)}") for each in CASES for version in each.versions],
)
async def test_each_status_of_the_wiki_is_a_value_or_its_error(open_sites: OpenSites, version: str, each: Case) -> None:
    if each.switch == "busy":  # a Site of its own, because it pauses afterwards
        transport, prepared = WatchedRest(), open_sites.wikis[version]
        async with site_with(prepared, transport, switch="busy") as site:
            await assert_outcome(site, transport, prepared, each)
        return
    site, transport, prepared = await open_sites(version, switch=each.switch, sysop=each.sysop)
    transport.content_type = each.kind
    try:
        await assert_outcome(site, transport, prepared, each)
    finally:
        transport.content_type = ""


async def assert_outcome(site: Site, transport: WatchedRest, prepared: PreparedWiki, each: Case) -> None:
    if each.error is None:
        await each.ask(site, prepared)
        assert each.status in transport.statuses
        return
    with pytest.raises(each.error) as caught:
        await each.ask(site, prepared)
    assert (caught.value.status, transport.statuses[-1]) == (each.status, each.status)


# Statuses that the wikis of the tests never send ---------------------------------------------------------------------


@frozen(kw_only=True)
class Scripted:
    """A status that no wiki of the tests sends, with the reason, and the response as it would be."""

    endpoint: str
    status: int
    why: str
    error: type[ApiError] | None = None
    body: Any = None


OLD = "from wikis that got their HTML from a separate service, RESTBase: before MediaWiki 1.36"
NEW_LINT = "MediaWiki 1.44 and newer have it"
BACKEND = {"errorKey": "rest-html-backend-error", "messageTranslations": {"en": "Unable to fetch Parsoid HTML"}}
MISSING = {"errorKey": "rest-nonexistent-title", "messageTranslations": {"en": "The page (X) does not exist"}}
DENIED = {"errorKey": "rest-read-denied"}
BAD_ID = {"error": "parameter-validation-failed", "name": "id", "value": "x", "failureCode": "badinteger"}

SCRIPTED = [
    Scripted(
        endpoint="search_title",
        status=500,
        why="MediaWiki does not check whether a title search failed",
        error=InternalError,
        body={"errorKey": "rest-search-error", "messageTranslations": {"en": "Search error"}},
    ),
    Scripted(
        endpoint="page",
        status=400,
        why="for a page whose content is not text, which needs an extension",
        error=BadRequest,
        body={"errorKey": "rest-page-source-type-error", "messageTranslations": {"en": "The content is not text"}},
    ),
    Scripted(endpoint="page_bare", status=500, why=OLD, error=Unsupported, body=BACKEND),
    *(
        Scripted(endpoint=name, status=status, why=NEW_LINT, error=error, body=body)
        for name in ("page_lint", "revision_lint")
        for status, error, body in (
            (200, None, [{"type": "x", "dsr": [0, 3, None, None], "params": [], "templateInfo": None}]),
            (403, PermissionDenied, DENIED),
            (404, PageMissing, MISSING),
        )
    ),
    Scripted(endpoint="revision_lint", status=400, why=NEW_LINT, error=InvalidParameter, body=BAD_ID),
]

REDIRECTED = {("page_lint", 301): NEW_LINT}
"""Redirects, which are the same for all endpoints: test_titles.py tests those of the wiki."""


@pytest.mark.parametrize("each", [pytest.param(each, id=f"{each.endpoint}-{each.status}") for each in SCRIPTED])
def test_each_status_that_the_wikis_never_send_is_a_value_or_its_error(each: Scripted) -> None:
    kind = ("content-type", "application/json")
    response = HttpResponse(status=each.status, headers=(kind,), body=json.dumps(each.body).encode())
    endpoint = ENDPOINTS[each.endpoint]
    if each.error is None:
        assert len(endpoint.read(parse_response(response, rest=True))) == 1
        return
    with pytest.raises(each.error):
        parse_response(response, rest=True)


MANUAL = {
    **{key: {200, 400, 500} for key in ("search_page", "search_title")},
    "create_page": {201, 400, 409, 415},
    "update_page": {200, 201, 400, 409, 415},
    "page": {200, 400, 404},
    **{key: {200, 404, 500} for key in ("page_bare", "page_html", "page_with_html", "media")},
    **{key: {200, 404} for key in ("languages", "file", "revision_bare")},
    "history": {200, 400, 404},
    "history_counts": {200, 400, 404, 500},
    "compare": {200, 400, 403, 404, 500},
}
"""The statuses in the manual, https://www.mediawiki.org/wiki/API:REST_API/Reference."""


def test_no_status_of_the_manual_is_missing_in_the_table() -> None:
    missing = {name: listed - ENDPOINTS[name].statuses for name, listed in MANUAL.items()}
    assert {name for name, statuses in missing.items() if statuses} == set()


def test_every_status_of_the_table_is_tested() -> None:
    cases: list[Case | Scripted] = [*CASES, *SCRIPTED]
    tested = {(each.endpoint, each.status) for each in cases} | set(REDIRECTED) | ELSEWHERE
    assert tested == {(name, status) for name, endpoint in ENDPOINTS.items() for status in endpoint.statuses}


# Without wikidiff2 ---------------------------------------------------------------------------------------------------

ELSEWHERE = {("compare", 500)}
"""Tested below, with a wiki of its own."""


@pytest.fixture(scope="module")
def without_wikidiff2(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path_factory: pytest.TempPathFactory
) -> LocalWiki:
    directory = tmp_path_factory.mktemp("php")
    (directory / "without.ini").write_text("disable_functions = wikidiff2_inline_json_diff\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHP_INI_SCAN_DIR", f":{directory}")  # in addition to its own directory
        return mediawiki_factory(version=mediawiki_version, settings="# without wikidiff2")


async def test_a_wiki_without_wikidiff2_does_not_compare_and_the_error_says_why(without_wikidiff2: LocalWiki) -> None:
    async with site_of(without_wikidiff2) as site:
        page = await site.rest.create_page("Compared", source="One.")
        after = await site.rest.update_page("Compared", source="Two.", latest=page.latest.id)
        with pytest.raises(Unsupported, match="lacks wikidiff2") as caught:
            await site.rest.compare(page.latest.id, after.latest.id)
    assert caught.value.status == 500
