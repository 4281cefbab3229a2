"""Calls that cannot work: the error says what to write instead, before any request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT

API = "https://wiki.example.org/w/api.php"


@pytest.mark.parametrize(
    "call",
    [
        lambda site: site.query(titel="A", prop="info").collect(),
        lambda site: site.query(titel="A", prop="info", limit=5).collect(),
        lambda site: site.pages(titel=["A"], prop="info").collect(),
        lambda site: site.export(titel="A"),
        lambda site: site.actions.purge(titel="A"),
        lambda site: site.actions.watch(titel="A"),
    ],
)
async def test_s6_a_misspelt_source_of_pages_is_named(call: Callable[[Site], Any]) -> None:
    transport = ScriptedTransport()
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises((ValueError, TypeError), match=r"'titel', did you mean 'titles'\?"):
            await call(site)
    assert not transport.requests


async def test_a_parameter_of_a_list_is_not_taken_for_a_misspelt_source_of_pages() -> None:
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        with pytest.raises(ValueError, match=r"site\.list\('categorymembers'\)"):
            await site.query(list="categorymembers", cmtitle="Category:A").collect()
