"""The table of endpoints is compared with the routes of the running wiki, in both directions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mwclient_async._rest.endpoints import ENDPOINTS, Endpoint
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.roots import find_root
from tests.support.rest_wikis import VERSIONS, PreparedWiki

NOT_COVERED: dict[str, set[str]] = {version: set() for version in VERSIONS}
"""Routes that no method of ``site.rest`` uses, by version: none so far."""

MISSING_ROUTES = {
    "1.39": {
        "search_description", "page_lint", "revision_lint", "transform", "transform_of_page", "transform_of_revision",
        "lint", "lint_of_page",
    },
    "1.43": {"page_lint", "revision_lint"},
}  # fmt: skip
"""Endpoints of newer wikis."""

_VARIABLE = re.compile(r"\{\w+\}")


def shape(method: str, path: str) -> tuple[str, ...]:
    """A route, independent of the names of its variables."""
    return method, *_VARIABLE.sub("{}", path).split("/")


def is_used(route: tuple[str, ...], endpoint: Endpoint[object]) -> bool:
    """Whether the endpoint uses this route: a fixed word of ours can be the value of a variable of the route."""
    used = shape(endpoint.method, endpoint.path)
    return len(used) == len(route) and all(theirs in (ours, "{}") for ours, theirs in zip(used, route, strict=True))


def routes(version: str) -> set[tuple[str, ...]]:
    """The routes in the wiki's own list."""
    path = find_root(version=version).path / "includes" / "Rest" / "coreRoutes.json"
    found = set()
    for route in json.loads(Path(path).read_text(encoding="utf-8")):
        methods = route.get("method", "GET")
        for method in methods if isinstance(methods, list) else [methods]:
            found.add(shape(method, route["path"]))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_route_of_the_running_wiki_is_in_the_table_and_every_endpoint_is_a_route(
    version: str, rest_wikis: dict[str, PreparedWiki]
) -> None:
    wiki: LocalWiki = rest_wikis[version].wiki
    assert wiki.version.startswith(version)  # the running wiki belongs to the root that is read here
    known = routes(version)
    missing = {"/".join(route) for route in known if not any(is_used(route, each) for each in ENDPOINTS.values())}
    assert missing == NOT_COVERED[version]
    absent = {name for name, each in ENDPOINTS.items() if not any(is_used(route, each) for route in known)}
    assert absent == MISSING_ROUTES[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_since_says_which_endpoints_an_older_wiki_lacks(version: str) -> None:
    def number(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split("."))

    newer = {name for name, each in ENDPOINTS.items() if each.since and number(each.since) > number(version)}
    assert newer == MISSING_ROUTES[version]
