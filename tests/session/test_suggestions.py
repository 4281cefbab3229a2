"""Errors of parameters that the wiki does not know name the nearest one, as the caller has to write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mwclient_async import Site, Stream
from mwclient_async.errors import MissingParameter, UnrecognizedParameters
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT

_PREFIX_ADDED = "{0!r}: the library adds the prefix of the module by itself, write {1!r}"


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("read", "advice"),
    [
        (lambda site: site.list("allpages", apnamespace=4), _PREFIX_ADDED.format("apnamespace", "namespace")),
        (lambda site: site.list("categorymembers", cmtitle="Category:A"), _PREFIX_ADDED.format("cmtitle", "title")),
        (lambda site: site.list("categorymembers", cmtitel="Category:A"), "'cmtitel', did you mean 'title'?"),
        (lambda site: site.page("Main Page").revisions(rvprop="ids"), _PREFIX_ADDED.format("rvprop", "prop")),
        (lambda site: site.list("categorymembers", titel="Category:A"), "'titel', did you mean 'title'?"),
        (lambda site: site.query(generator="categorymembers", gcmtitel="A"), "'gcmtitel', did you mean 'gcmtitle'?"),
        (lambda site: site.query(generator="categorymembers", title="A"), "'title', did you mean 'gcmtitle'?"),
        (lambda site: site.query(generator="categorymembers", cmtitle="A"), "'cmtitle', did you mean 'gcmtitle'?"),
    ],
)
async def test_s6_a_wrong_name_is_told_and_not_the_parameter_that_is_missing(
    site: Site, read: Callable[[Site], Stream[Any]], advice: str
) -> None:
    with pytest.raises(UnrecognizedParameters) as caught:
        await read(site).collect()
    assert str(caught.value).endswith(advice)


async def test_s6_a_wrong_name_is_told_of_any_action(site: Site) -> None:
    with pytest.raises(UnrecognizedParameters, match="'fromtitl', did you mean 'fromtitle'") as caught:
        await site.call("compare", fromtitl="A", totitle="B")
    assert isinstance(caught.value.__cause__, MissingParameter)
    with pytest.raises(MissingParameter, match='"cmtitle" and "cmpageid"'):
        await site.list("categorymembers", namespace=4).collect()
    with pytest.raises(MissingParameter, match='"totitle"'):
        await site.call("compare", params={"fromslots": "main", "fromtext-main": "A"})


@pytest.mark.parametrize(
    ("read", "advice"),
    [
        (lambda site: site.list("recentchanges", type="newpage"), "newpage 'newpage', did you mean 'new'?"),
        (lambda site: site.list("recentchanges", type=["log", "newpage"]), "newpage 'newpage', did you mean 'new'?"),
        (lambda site: site.category("A").members(namespace="File"), "'File': a namespace is a number here, see {}"),
    ],
)
async def test_s6_a_wrong_value_is_compared_with_the_values_of_its_parameter(
    site: Site, read: Callable[[Site], Stream[Any]], advice: str
) -> None:
    with pytest.raises(UnrecognizedParameters) as caught:
        await read(site).collect()
    assert str(caught.value).endswith(advice.format("site.title(...).ns"))


@pytest.mark.parametrize("description", [{"modules": []}, {"modules": [{"path": "main", "parameters": []}]}])
async def test_no_name_is_called_wrong_if_the_wiki_does_not_describe_its_modules(description: dict[str, Any]) -> None:
    """Scripted: a wiki describes all modules that it has."""
    missing = {"errors": [{"code": "missingparam", "text": 'The parameter "page" is required.'}]}
    transport = ScriptedTransport([missing, {"paraminfo": {"helpformat": "none", **description}}])
    async with Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises(MissingParameter, match='"page" is required'):
            await site.call("parse", prop="text")
    transport.assert_done()
