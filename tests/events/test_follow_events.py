"""The events of one wiki: made by a real wiki, sent by a server of events, read from the list if that has lost them.

The wiki sends each recent change as JSON to a port of this machine (``$wgRCFeeds``), and the test adds it to the
server, as EventBus and EventStreams of Wikimedia do.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import define

from mwclient_async import (
    GapFilled,
    HttpOptions,
    RecentChange,
    Site,
    Stream,
)
from mwclient_async.testing.wiki import LocalWiki
from tests.conftest import USER_AGENT
from tests.support.event_server import EventServer
from tests.support.logins import fresh

FEED = "$wgRCFeeds['test'] = ['uri' => 'udp://127.0.0.1:{port}', 'formatter' => 'JSONRCFeedFormatter'];"


@define
class Mirror:
    """Brings the events of a wiki to the server."""

    wiki: LocalWiki
    feed: socket.socket
    server: EventServer

    async def take(self, count: int = 1, *, lost: bool = False) -> list[int]:
        """Take so many changes of the wiki, and add them to the server, unless they are lost. Returns their ids."""
        taken = [json.loads(await self._receive()) for _ in range(count)]
        for data in () if lost else taken:
            meta = {"domain": data["server_name"], "id": f"{data['wiki']}-{data['id']}"}
            self.server.add(
                {"$schema": "/mediawiki/recentchange/1.0.0", "meta": meta, **data}, time=1000 * data["timestamp"] + 250
            )
        return [data["id"] for data in taken]

    async def _receive(self) -> bytes:
        with anyio.fail_after(20):
            await anyio.wait_readable(self.feed)
        return self.feed.recv(65536)


@pytest.fixture(scope="module")
def feed() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(0)
        yield bound


@pytest.fixture
async def mirror(feed: socket.socket, mediawiki_factory: Any, mediawiki_version: str) -> AsyncIterator[Mirror]:
    wiki = mediawiki_factory(version=mediawiki_version, settings=FEED.format(port=feed.getsockname()[1]))
    async with EventServer() as server:
        yield Mirror(wiki, feed, server)


@pytest.fixture
async def bot(mirror: Mirror) -> AsyncIterator[tuple[Site, list[Any]]]:
    name = fresh("Follower")
    await mirror.wiki.create_user(name)
    auth = await mirror.wiki.create_bot_password(name)
    events: list[Any] = []
    async with Site(mirror.wiki.api_url, user_agent=USER_AGENT, auth=auth, on_event=events.append) as site:
        while True:
            with anyio.move_on_after(0.1) as waited:
                await mirror.take(lost=True)  # what was before: the new account
            if waited.cancelled_caught:
                break
        yield site, events


async def rcids(stream: Stream[RecentChange], count: int) -> list[int | None]:
    async with stream.open() as run:
        return [(await anext(run)).rcid for _ in range(count)]


async def next_second(site: Site) -> None:
    """Wait until the wiki's clock shows a later second: a stream begins with the whole second in which it is opened."""
    first = now = None
    while now == first:
        now = (await site.call("query", curtimestamp=True))["curtimestamp"]
        first = first or now


async def begun(site: Site, mirror: Mirror) -> str:
    """The cursor of a stream that begins now."""
    async with site.follow_events(url=mirror.server.url).open() as run:
        return str(run.cursor)


async def test_events_of_the_wiki_are_the_same_rows_as_those_of_the_list(
    mirror: Mirror, bot: tuple[Site, list[Any]]
) -> None:
    site, _ = bot
    cursor = await begun(site, mirror)
    title = fresh("Mirrored")
    created = await site.page(title).create("x", summary="made")
    await site.page(title).append("yz", minor=True)
    moved = fresh("Moved")
    await site.page(title).move(moved)
    ids = await mirror.take(3)
    async with site.follow_events(url=mirror.server.url).resume(cursor).open() as run:
        changes = {one.rcid: one for one in [await anext(run) for _ in ids]}
    assert list(changes) == ids
    props = ["ids", "title", "timestamp", "user", "comment", "flags", "sizes", "loginfo"]
    assert created.revid in {one.revid for one in changes.values()}
    listed = {row.rcid: row async for row in site.list("recentchanges", prop=props, limit=3)}
    fields = ("type", "ns", "title", "timestamp", "user", "anon", "bot", "comment", "logtype", "logaction", "logparams")
    for rcid, one in changes.items():
        row = listed[rcid]
        assert [getattr(one, name) for name in fields[:-1]] == [getattr(row, name) for name in fields[:-1]]
        if one.type != "log":
            assert (one.revid, one.old_revid, one.oldlen, one.newlen) == (
                *(row.revid, row.old_revid, row.oldlen, row.newlen),
            )
            assert (one.minor, one.new) == (row.minor, row.new)
        else:
            assert (one.logid, one.logparams["target"]) == (row.logid, row.logparams["target_title"])


@pytest.mark.everywhere
async def test_what_the_service_has_lost_is_read_from_the_list_once(
    mirror: Mirror, bot: tuple[Site, list[Any]]
) -> None:
    site, events = bot
    await next_second(site)
    cursor = await begun(site, mirror)
    page = site.page(fresh("Lost"))
    await page.create("0")
    first = await mirror.take()
    stream = site.follow_events(url=mirror.server.url)
    async with stream.resume(cursor).open() as run:
        given = [(await anext(run)).rcid]
        cursor = str(run.cursor)
    for number in range(3):
        await page.append(str(number))
    lost = await mirror.take(3, lost=True)
    mirror.server.log.clear()
    await page.append("4")
    await page.append("5")
    kept = await mirror.take(2)
    wiki_time = mirror.server.log[0].time
    mirror.server.log[0].time = mirror.server.log[1].time = max(wiki_time, wiki_time + 1000)
    events.clear()
    given += await rcids(stream.resume(cursor), 5)
    assert given == [*first, *lost, *kept]
    assert [type(event) for event in events if isinstance(event, GapFilled)] == [GapFilled]
    await mirror.server.until_closed()


async def test_since_reads_from_the_list_what_was_before_the_first_event(
    mirror: Mirror, bot: tuple[Site, list[Any]]
) -> None:
    site, _ = bot
    began = datetime.now(UTC).replace(microsecond=0)
    page = site.page(fresh("Since"))
    await page.create("0")
    ids = await mirror.take(lost=True)
    await page.append("1")
    ids += await mirror.take()
    stream = site.follow_events(url=mirror.server.url, since=began, title="^Since")
    assert await rcids(stream, 2) == ids


async def test_a_process_that_is_killed_is_continued_by_another_one(
    mirror: Mirror, bot: tuple[Site, list[Any]], tmp_path: Path
) -> None:
    """The program stores its cursor after each change. It is killed in the middle, and then once more at the end."""
    site, _ = bot
    (tmp_path / "cursor").write_text(await begun(site, mirror))
    page = site.page(fresh("Killed"))
    await page.create("0")
    for number in range(5):
        await page.append(str(number))
    ids = await mirror.take(6)
    given: list[int] = []
    for number in (2, 4):
        command = [sys.executable, "-c", PROGRAM, mirror.wiki.api_url, mirror.server.url, str(tmp_path), str(number)]
        async with await anyio.open_process(command, stderr=None, env={**os.environ}) as process:
            assert process.stdout is not None
            lines = b""
            while lines.count(b"\n") < number:
                lines += await process.stdout.receive()
            process.send_signal(signal.SIGKILL)
        given += [int(line) for line in lines.split()]
    assert given == ids


PROGRAM = f"""
import asyncio, sys
from pathlib import Path
from mwclient_async import Site

async def main(api_url, events_url, directory, number):
    stored = Path(directory, "cursor")
    async with Site(api_url, user_agent={USER_AGENT!r}) as site:
        stream = site.follow_events(url=events_url).resume(stored.read_text())
        async with stream.open() as run:
            for _ in range(int(number)):
                change = await anext(run)
                stored.write_text(str(run.cursor))
                print(change.rcid, flush=True)
            await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_no_credential_is_sent_to_the_service(mirror: Mirror, bot: tuple[Site, list[Any]]) -> None:
    site, _ = bot
    await site.page(fresh("Secret")).create("x")
    await mirror.take()
    site._http = HttpOptions(headers=(("X-Secret", "secret"),))
    assert await rcids(site.follow_events(url=mirror.server.url, since="2026-01-01T00:00:00Z", limit=1), 1)
    names = {name for request in mirror.server.requests for name, _ in request.headers}
    assert names == {"host", "accept", "accept-encoding", "connection", "user-agent", "cache-control"}
