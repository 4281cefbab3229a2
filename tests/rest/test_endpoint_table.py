"""The table of endpoints alone: paths, readers, and where the Location of a redirect leads."""

from __future__ import annotations

import string
from typing import Any

import pytest

from mwclient_async import Limits
from mwclient_async._http.messages import ApiResponse
from mwclient_async._http.request_builder import RequestBuilder
from mwclient_async._http.urls import title_of
from mwclient_async._rest.conditional import check_previous
from mwclient_async._rest.endpoints import ENDPOINTS
from mwclient_async.errors import ProtocolError
from mwclient_async.models.rest import Html, HtmlPage, Lint, RestFile, RestList, RestPage

FACTS = {"id": 5, "key": "X", "title": "X", "latest": {"id": 7, "timestamp": "2026-11-21T18:23:00Z"}}


def test_every_path_begins_with_the_version_and_names_each_of_its_variables_once() -> None:
    for name, endpoint in ENDPOINTS.items():
        variables = [field for _, field, _, _ in string.Formatter().parse(endpoint.path) if field]
        assert endpoint.path.startswith("/v1/"), name
        assert len(variables) == len(set(variables)), name
        request = endpoint.request(dict.fromkeys(variables, "A/B ?%"))
        assert request.path == endpoint.path.format_map(dict.fromkeys(variables, "A%2FB_%3F%25")), name


def test_only_writes_need_a_token() -> None:
    writes = {name for name, endpoint in ENDPOINTS.items() if endpoint.write}
    assert writes == {"create_page", "update_page"}
    for endpoint in ENDPOINTS.values():
        segments = dict.fromkeys(("title", "id", "type", "from_", "to", "source", "target", "revision"), "x")
        request = endpoint.request(segments)
        assert (request.write, request.token) == (endpoint.write, "csrf" if endpoint.write else None)
        assert request.method == ("" if endpoint.method == "GET" else endpoint.method)


def test_a_parameter_that_the_endpoint_does_not_have_fails_an_assertion() -> None:
    with pytest.raises(AssertionError):
        ENDPOINTS["page"].request({"title": "X"}, params={"redirect": "no"})


# Reading responses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("page", []),
        ("page", {}),
        ("page", {**FACTS, "latest": None}),
        ("page", {**FACTS, "latest": {"id": 0, "timestamp": None}}),
        ("page", {**FACTS, "id": "5"}),
        ("media", {}),
        ("media", {"files": {"title": "x"}}),
        ("languages", {"languages": []}),
        ("languages", [5]),
        ("search_page", {"pages": None}),
        ("history_counts", {"count": None}),
    ],
)
def test_a_response_that_does_not_fit_is_a_protocol_error(name: str, body: Any) -> None:
    with pytest.raises(ProtocolError):
        ENDPOINTS[name].read(ApiResponse(body=body))


def test_empty_facts_are_none() -> None:
    page = ENDPOINTS["page"].read(ApiResponse(body={**FACTS, "redirect_target": None, "source": "x", "new": 5}))
    assert (page.redirect_target, page.latest.id) == (None, 7)
    whole = ENDPOINTS["page_with_html"].read(
        ApiResponse(body={**FACTS, "id": 0, "latest": {"id": 0, "timestamp": None}})
    )
    assert (type(whole), whole.latest) == (HtmlPage, None)
    shown = {"timestamp": "2026-11-21T18:23:00Z", "user": None}
    file = ENDPOINTS["file"].read(ApiResponse(body={"title": "x", "file_description_url": "x", "latest": shown}))
    assert file.latest is not None
    assert file.latest.user is None
    assert ENDPOINTS["lint"].read(ApiResponse(body=[{"type": "x", "params": []}])) == (Lint(type="x"),)


def test_only_a_value_of_the_same_kind_is_an_earlier_result() -> None:
    page, file = RestPage(**{**FACTS, "latest": None}), RestFile(title="x", file_description_url="x")  # type: ignore[arg-type]
    fine = {"page": page, "file": file, "page_html": Html(text="x"), "media": RestList(()), "languages": RestList(())}
    for name, endpoint in ENDPOINTS.items():
        for known, value in fine.items():
            if name in fine:
                fits = known == name or {known, name} == {"media", "languages"}  # an empty list fits every list
                (check_previous if fits else assert_refused)(endpoint, value)


def assert_refused(endpoint: Any, value: object) -> None:
    with pytest.raises(TypeError, match="previous is of type"):
        check_previous(endpoint, value)


# Locations -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/rest.php/v1/page/Earth", "Earth"),
        ("/rest.php/v1/page/What%3F_100%25%2Fb/bare?redirect=no", "What? 100%/b"),
        ("https://wiki.example/w/rest.php/v1/page/A_b/with_html", "A b"),
        ("/elsewhere", "/elsewhere"),
    ],
)
def test_the_title_in_an_address_is_decoded(address: str, title: str) -> None:
    assert title_of(address) == title


@pytest.mark.parametrize(
    ("requested", "location", "target"),
    [
        ("page/earth", "/core/v1/wikipedia/en/page/Earth", "page/Earth"),
        ("page/earth/html?redirect=no", "/v1/page/Earth/html?redirect=no", "page/Earth/html?redirect=no"),
        ("page/earth/bare", "https://en.wikipedia.org/w/rest.php/v1/page/Earth/bare", "page/Earth/bare"),
        (
            "page/earth/history/counts/edits",
            "/core/v1/page/Earth/history/counts/{type}",
            "page/Earth/history/counts/edits",
        ),
        ("file/a.png", "/core/v1/wikipedia/en/file/A.png", "file/A.png"),
        ("page/earth", "/core/v1/wikipedia/en/page/earth", None),
        ("page/earth", "/core/v1/wikipedia/en/page/..", None),
        ("page/earth", "/core/wikipedia/en/page/Earth", None),
        ("page/earth", "", None),
    ],
)
def test_a_location_leads_to_our_own_address_of_the_same_project(
    requested: str, location: str, target: str | None
) -> None:
    request_builder = RequestBuilder(
        api_url="https://api.example/core/v1/wikipedia/en",
        rest_url="https://api.example/core",
        user_agent="x",
        maxlag=None,
        limits=Limits(),
        project="/wikipedia/en",
    )
    here = "https://api.example/core/v1/wikipedia/en/"
    assert request_builder.redirected(here + requested, location) == (here + target if target else None)
