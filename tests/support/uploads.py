"""What tests of uploads share: accounts, files that no other test has, a clock that lets jobs run, faults by request.

Their fixtures are in ``tests/upload/conftest.py``.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import anyio
from attrs import evolve, frozen

from mwclient_async import BotPassword, RetryPolicy, Site
from mwclient_async.models.auth import LoginState
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import Fault, FaultProxy, Plan
from tests.support.http_server import ReceivedRequest, ServerResponse
from tests.support.recording_server import RecordingServer

QUICK = RetryPolicy(first_delay=0.001)


@frozen
class Account:
    """An account that is logged in already: opening a site with it costs no request."""

    auth: BotPassword
    state: LoginState

    def site(self, server: LocalWiki | FaultProxy, **options: Any) -> Site:
        """A site, not opened yet, on the wiki or through a proxy in front of it."""
        api_url = f"{server.url}/api.php"
        state = evolve(self.state, wiki=api_url)
        return Site(api_url, user_agent=USER_AGENT, auth=self.auth, login_state=state, **options)


def account(wiki: LocalWiki, name: str, *groups: str) -> Account:
    """A new account of a wiki, in these groups."""

    async def make() -> Account:
        await wiki.create_user(name, groups=groups)
        auth = await wiki.create_bot_password(name)
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:
            await site.call("query", meta="userinfo")
            return Account(auth, site.login_state())

    return anyio.run(make)


class Pictures(Protocol):
    """Makes a file of about a size, with contents that no other test has; ``number`` is for more than one per test."""

    def __call__(self, size: int = 9_000, *, number: int = 0) -> Path: ...


async def versions(site: Site, filename: str) -> list[str | None]:
    """The SHA-1 of every version of a file, the latest first; empty if there is no such file."""
    (page,) = await site.query(titles=f"File:{filename}", prop="imageinfo", iiprop="sha1", iilimit=50).collect()
    return [info.sha1 for info in page.imageinfo]


async def _nothing() -> None:
    pass


class JobClock(ScriptedClock):
    """A clock that runs the wiki's jobs during each sleep, from the ``after``-th one on; ``before_jobs`` runs first."""

    def __init__(self, wiki: LocalWiki, *, after: float = 1) -> None:
        super().__init__()
        self._wiki = wiki
        self.after = after
        self.before_jobs: Callable[[], Awaitable[object]] = _nothing

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if len(self.slept) >= self.after:
            await self.before_jobs()
            await self._wiki.run_jobs()


def wiki_name(name: str) -> str:
    """A name as the wiki writes it."""
    return name[0].upper() + name[1:].replace(" ", "_")


def serving(*files: bytes) -> RecordingServer:
    """A server with these files, as ``/0``, ``/1`` and so on."""
    files_by_path = {f"/{number}": data for number, data in enumerate(files)}

    def answer(seen: ReceivedRequest) -> ServerResponse:
        if seen.target not in files_by_path:
            return ServerResponse(status=404, body=b"")
        return ServerResponse(headers=(("content-type", "image/png"),), body=files_by_path[seen.target])

    return RecordingServer(answer)


def change_database(wiki: LocalWiki, sql: str, *, file: str = "wiki") -> None:
    """Change the wiki's database behind its back."""
    with closing(sqlite3.connect(wiki.directory / "data" / f"{file}.sqlite", timeout=60)) as database, database:
        database.execute(sql)


def empty_stash(wiki: LocalWiki) -> None:
    """Remove everything from a wiki's stash, as its maintenance script does after some hours."""
    change_database(wiki, "DELETE FROM uploadstash")


# Faults --------------------------------------------------------------------------------------------------------------

_OFFSET = re.compile(rb'name="offset"\r\n\r\n(\d+)\r\n')


def chunk_at(seen: ReceivedRequest) -> int | None:
    """The offset of the chunk in a request, if it has one."""
    found = _OFFSET.search(seen.body)
    return int(found[1]) if found is not None else None


def is_whole(seen: ReceivedRequest) -> bool:
    """Whether a request carries a whole file."""
    return b'name="file"; filename=' in seen.body


def is_publishing(seen: ReceivedRequest) -> bool:
    """Whether a request publishes a stashed file."""
    return "filekey" in seen.params and "checkstatus" not in seen.params


def fault_for(which: Callable[[ReceivedRequest], bool], *faults: Fault | None) -> Plan:
    """A plan: the n-th request of that kind gets the n-th fault; later ones get none."""
    steps = iter(faults)
    return lambda seen: next(steps, None) if which(seen) else None
