"""The table of endpoints and the routes that the running wiki really has, compared both ways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mwclient_async._rest.endpoints import ENDPOINTS, Endpoint
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.roots import find_root
from tests.support.rest_wikis import VERSIONS, Ground

NOT_COVERED: dict[str, set[str]] = {version: set() for version in VERSIONS}
"""Routes that no method of ``site.rest`` asks, by version: none so far."""

NOT_HERE = {
    "1.39": {
        "search_description", "page_lint", "revision_lint", "transform", "transform_of_page", "transform_of_revision",
        "lint", "lint_of_page",
    },
    "1.43": {"page_lint", "revision_lint"},
}  # fmt: skip
"""Endpoints of newer wikis."""

_VARIABLE = re.compile(r"\{\w+\}")


def shape(method: str, path: str) -> tuple[str, ...]:
    """A route whatever its variables are called."""
    return method, *_VARIABLE.sub("{}", path).split("/")


def is_asked(route: tuple[str, ...], endpoint: Endpoint[object]) -> bool:
    """Whether the endpoint's path is one that this route takes: a fixed word of ours may stand for its variable."""
    asked = shape(endpoint.method, endpoint.path)
    return len(asked) == len(route) and all(theirs in (ours, "{}") for ours, theirs in zip(asked, route, strict=True))


def routes(version: str) -> set[tuple[str, ...]]:
    """What the wiki's own list says."""
    path = find_root(version=version).path / "includes" / "Rest" / "coreRoutes.json"
    found = set()
    for route in json.loads(Path(path).read_text(encoding="utf-8")):
        methods = route.get("method", "GET")
        for method in methods if isinstance(methods, list) else [methods]:
            found.add(shape(method, route["path"]))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_every_route_of_the_running_wiki_is_in_the_table_and_every_endpoint_is_a_route(
    version: str, grounds: dict[str, Ground]
) -> None:
    wiki: LocalWiki = grounds[version].wiki
    assert wiki.version.startswith(version)  # the running one is of the root that is read here
    known = routes(version)
    missing = {"/".join(route) for route in known if not any(is_asked(route, each) for each in ENDPOINTS.values())}
    assert missing == NOT_COVERED[version]
    absent = {name for name, each in ENDPOINTS.items() if not any(is_asked(route, each) for route in known)}
    assert absent == NOT_HERE[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_since_says_which_endpoints_an_older_wiki_lacks(version: str) -> None:
    def number(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in text.split("."))

    newer = {name for name, each in ENDPOINTS.items() if each.since and number(each.since) > number(version)}
    assert newer == NOT_HERE[version]
