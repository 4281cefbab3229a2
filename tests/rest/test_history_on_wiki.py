"""H1 to H4: a page's history through the REST API of a wiki."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async.errors import PageMissing
from mwclient_async.models.rest import HistoryRevision
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.corpus import LONG, REVISIONS


def numbers(revisions: list[HistoryRevision]) -> list[int]:
    """The numbers in the comments: the order in which the revisions were made."""
    return [int((revision.comment or "").removeprefix("edit ")) for revision in revisions]


@pytest.mark.everywhere
async def test_h2_older_returns_the_newest_first_and_newer_the_oldest_first(reader: Site) -> None:
    older = await reader.rest.history(LONG, limit=45).collect()
    assert numbers(older) == list(range(REVISIONS - 1, REVISIONS - 46, -1))
    newer = await reader.rest.history(LONG, newer_than=older[-1].id).collect()
    assert newer == older[-2::-1]


async def test_h2_both_directions_exclude_the_anchor(reader: Site) -> None:
    middle = await reader.rest.history(LONG, limit=30).collect()
    below = await reader.rest.history(LONG, older_than=middle[-1].id, limit=25).collect()
    above = await reader.rest.history(LONG, newer_than=middle[-1].id).collect()
    assert numbers(below) == list(range(REVISIONS - 31, REVISIONS - 56, -1))
    assert above == middle[-2::-1]


async def test_h1_each_filter_returns_its_revisions(reader: Site) -> None:
    anonymous = await reader.rest.history(LONG, filter="anonymous").collect()
    assert numbers(anonymous) == list(range(REVISIONS - 5, -1, -5))
    minor = await reader.rest.history(LONG, filter="minor", limit=45).collect()
    assert numbers(minor) == list(range(REVISIONS - 2, REVISIONS - 92, -2))


@pytest.mark.parametrize("anchor", [None, "newer_than"])
async def test_c7_a_history_is_resumed_after_any_revision(reader: Site, anchor: str | None) -> None:
    (latest,) = await reader.rest.history(LONG, limit=1).collect()
    arguments: dict[str, Any] = {anchor: latest.id - 55} if anchor else {"older_than": latest.id, "limit": 55}
    stream = reader.rest.history(LONG, **arguments)
    everything = await stream.collect()
    assert len(everything) == 55
    for count in range(0, 56, 5):
        run = aiter(stream)
        head = [await anext(run) for _ in range(count)]
        tail = [item async for item in stream.resume(str(run.cursor))][: 55 - count]
        assert head + tail == everything


@pytest.mark.everywhere
@pytest.mark.parametrize(
    "title", ["A/B?c&d=e", "Ünïcödé + plus", "صفحة", "Emoji 🪐", "50% \"quoted\" 'title'", "C++", "page 001"]
)
async def test_titles_with_reserved_characters_are_found(reader: Site, title: str) -> None:
    assert len(await reader.rest.history(title).collect()) == 1


@pytest.mark.everywhere
@pytest.mark.parametrize(("title", "arguments"), [("No such page", {}), ("<", {}), (LONG, {"older_than": 999_999_999})])
async def test_a_missing_page_or_revision_is_a_typed_error(reader: Site, title: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(PageMissing, match="check the title or id") as caught:
        await reader.rest.history(title, **arguments).collect()
    assert caught.value.status == 404
    assert caught.value.cursor is not None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"older_than": 1, "newer_than": 2}, "exclude each other"),
        ({"older_than": 0}, "whole number"),
        ({"newer_than": True}, "whole number"),
        ({"filter": "bots"}, "anonymous, bot, reverted, minor"),
        ({"title": "  "}, "title is empty"),
    ],
)
async def test_h4_wrong_arguments_are_refused_before_any_request(arguments: dict[str, Any], message: str) -> None:
    transport = ScriptedTransport()
    async with Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises(ValueError, match=message):
            site.rest.history(**{"title": "Earth", **arguments})
    assert transport.requests == []


async def test_h3_only_the_revision_id_of_a_link_to_another_host_is_used() -> None:
    revision = {"id": 7, "timestamp": "2024-01-01T00:00:00Z", "minor": False, "size": 1}
    first = {
        "revisions": [revision],
        "older": "http://evil.example.net/rest.php/v1/page/X/history?older_than=7&steal=1",
    }
    transport = ScriptedTransport([first, {"revisions": [{**revision, "id": 6}]}])
    async with Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport) as site:
        assert [r.id for r in await site.rest.history("A/B c").collect()] == [7, 6]
    assert [request.url for request in transport.requests] == [
        "https://wiki.example.org/w/rest.php/v1/page/A%2FB_c/history",
        "https://wiki.example.org/w/rest.php/v1/page/A%2FB_c/history?older_than=7",
    ]
