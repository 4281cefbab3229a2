"""A Site belongs to the process and the event loop that opened it."""

from __future__ import annotations

import asyncio
import os
import warnings
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
import pytest

from mwclient_async import BotPassword, CoreRest, Site
from mwclient_async._http.messages import HttpRequest
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT

API = "https://wiki.example.org/w/api.php"
OTHER = "https://other.example.org/w/api.php"


class Wiki(ScriptedTransport):
    """Answers any number of requests."""

    async def send(self, request: HttpRequest) -> Any:
        account = {"name": "127.0.0.1", "anon": True, "rights": []}
        self._script.append({"batchcomplete": True, "query": {"userinfo": account}})
        return await super().send(request)


def site(wiki: Wiki) -> Site:
    return Site(API, user_agent=USER_AGENT, transport=wiki)


async def next_call_works(opened: Site, wiki: Wiki) -> bool:
    """Whether the next request is sent."""
    before = len(wiki.requests)
    await opened.call("query", meta="userinfo")
    return len(wiki.requests) == before + 1


USES: dict[str, Callable[[Site], Awaitable[Any]]] = {
    "call": lambda opened: opened.call("query"),
    "query": lambda opened: opened.query(titles="X", prop="info").collect(),
    "userinfo": lambda opened: opened.userinfo(),
    "login": lambda opened: opened.login(BotPassword(name="A@b", password="c")),
    "logout": lambda opened: opened.logout(),
    "sibling": lambda opened: opened.sibling(OTHER).__aenter__(),
    "close": lambda opened: opened.__aexit__(None, None, None),
}


@pytest.mark.parametrize("name", USES)
async def test_a_site_is_used_in_another_event_loop(name: str) -> None:
    async def use() -> None:
        await USES[name](opened)

    wiki = Wiki()
    async with site(wiki) as opened:
        with pytest.raises(RuntimeError, match="opened in another event loop"):
            await anyio.to_thread.run_sync(asyncio.run, use())
        assert (wiki.requests, wiki.closed) == ([], False)
        assert await next_call_works(opened, wiki)
    assert wiki.closed


HANDLES: dict[str, Callable[[Site], Callable[[], Awaitable[Any]]]] = {
    "get": lambda opened: opened.page("X").get,
    "append": lambda opened: partial(opened.page("X").append, "x"),
    "stream": lambda opened: opened.list("recentchanges").collect,
    "file": lambda opened: opened.file("X.png").info,
    "rest": lambda opened: opened.rest.history("X").collect,
    "parse": lambda opened: partial(opened.actions.parse, text="x"),
}


@pytest.mark.parametrize("name", HANDLES)
async def test_what_a_site_gave_is_used_in_another_event_loop(name: str) -> None:
    async def use() -> None:
        await work()

    wiki = Wiki()
    async with site(wiki) as opened:
        work = HANDLES[name](opened)
        with pytest.raises(RuntimeError, match="opened in another event loop"):
            await anyio.to_thread.run_sync(asyncio.run, use())
        assert wiki.requests == []
        assert await next_call_works(opened, wiki)


RUNS: dict[str, Callable[[Site], Any]] = {
    "read-ahead": lambda opened: opened.list("allpages").open(read_ahead=1),
    "edit_many": lambda opened: opened.edit_many(opened.list("allpages"), str.upper),
}


@pytest.mark.parametrize("name", RUNS)
async def test_a_run_with_tasks_of_its_own_is_used_in_another_event_loop(name: str) -> None:
    async def take_one() -> None:
        await anext(run)

    async with site(wiki := Wiki()) as opened:
        manager = RUNS[name](opened)
        async with manager as run:
            for use in (take_one(), manager.__aexit__(None, None, None)):
                with pytest.raises(RuntimeError, match="this run was opened in another event loop"):
                    await anyio.to_thread.run_sync(asyncio.run, asyncio.wait_for(use, 5))
            assert [item async for item in run] == []
        assert await next_call_works(opened, wiki)


async def test_a_rest_api_is_closed_in_another_event_loop() -> None:
    wiki = Wiki()
    async with CoreRest("wikipedia", "en", user_agent=USER_AGENT, transport=wiki) as rest:
        with pytest.raises(RuntimeError, match="opened in another event loop"):
            await anyio.to_thread.run_sync(asyncio.run, rest.__aexit__(None, None, None))
        assert not wiki.closed
    assert wiki.closed


def test_a_site_is_used_after_its_event_loop_has_ended() -> None:
    opened = site(wiki := Wiki())
    asyncio.run(opened.__aenter__())
    with pytest.raises(RuntimeError, match=r"asyncio\.run makes a new one each time"):
        asyncio.run(opened.call("query"))
    assert wiki.requests == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("name", ["call", "close"])
async def test_a_site_is_used_in_a_forked_process(name: str) -> None:
    async def use() -> None:
        await USES[name](opened)

    wiki = Wiki()
    async with site(wiki) as opened:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer versions of Python warn of threads
            child = os.fork()
        if child == 0:
            found = ""
            try:
                asyncio.run(use())
            except BaseException as error:  # noqa: BLE001 - the parent judges it
                found = str(error)
            os._exit(0 if "opened in another process" in found and not wiki.requests and not wiki.closed else 1)
        _, status = await anyio.to_thread.run_sync(os.waitpid, child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert await next_call_works(opened, wiki)
