"""Open and close without ``async with``: at a prompt each line runs in a task of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import anyio
import pytest

from mwclient_async import BotPassword, CoreRest, LoginFailed, Site
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT

API = "https://wiki.example/w/api.php"
PAGE = {"batchcomplete": True, "query": {"pages": [{"pageid": 1, "ns": 0, "title": "Earth"}]}}


async def in_a_task(function: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Run it as a prompt does: in a task that ends before the next one begins."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(function)


async def test_a_site_is_opened_used_and_closed_in_different_tasks() -> None:
    transport = ScriptedTransport([PAGE, PAGE])
    site = Site(API, user_agent=USER_AGENT, transport=transport)
    titles: list[str] = []

    async def read() -> None:
        titles.extend([page.title async for page in site.query(titles="Earth")])

    await in_a_task(site.open)
    await in_a_task(read)
    await in_a_task(read)
    await in_a_task(site.aclose)

    assert titles == ["Earth", "Earth"]
    with pytest.raises(RuntimeError, match=r"is not open: .* `await site.open\(\)`"):
        await read()


async def test_open_returns_the_site_and_refuses_a_second_time() -> None:
    site = Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([]))
    assert await site.open() is site
    with pytest.raises(RuntimeError, match="is open already"):
        await site.open()
    await site.aclose()
    await site.aclose()
    assert await site.open() is site


async def test_a_site_whose_login_fails_is_not_open() -> None:
    token = {"query": {"tokens": {"logintoken": "t+\\"}}}
    refused = {"login": {"result": "Failed", "reason": {"code": "wrongpassword", "text": "Wrong."}}}
    auth = BotPassword(name="Bot@x", password="secret")
    transport = ScriptedTransport([token, refused, token, refused])
    site = Site(API, user_agent=USER_AGENT, auth=auth, transport=transport)
    for _ in range(2):
        with pytest.raises(LoginFailed):
            await site.open()


async def test_the_core_rest_api_opens_in_the_same_way() -> None:
    core = CoreRest("commons", user_agent=USER_AGENT, transport=ScriptedTransport([]))
    assert await core.open() is core
    await core.aclose()
    with pytest.raises(RuntimeError, match="is not open"):
        await core.page("Earth")


@pytest.mark.parametrize("mistake", ["await thing", "with thing: pass"])
@pytest.mark.parametrize("thing", [Site(API, user_agent=USER_AGENT), CoreRest("commons", user_agent=USER_AGENT)])
async def test_usual_mistakes_name_the_right_form(thing: object, mistake: str) -> None:
    scope: dict[str, Callable[[object], Awaitable[None]]] = {}
    exec(f"async def make(thing):\n    {mistake}", scope)
    with pytest.raises(TypeError, match="async with"):
        await scope["make"](thing)


PROMPT = """
from mwclient_async import Site
from mwclient_async.testing.scripted import ScriptedTransport
page = {"pageid": 1, "ns": 0, "title": "Earth"}
transport = ScriptedTransport([{"batchcomplete": True, "query": {"pages": [page]}}])
site = await Site("https://wiki.example/w/api.php", user_agent="Test/1 (test@example.org)", transport=transport).open()
[page.title async for page in site.query(titles="Earth")]
await Site("https://wiki.example/w/api.php", user_agent="Test/1 (test@example.org)")
await site.aclose()
site.page("Earth")
"""


def test_a_real_prompt_opens_uses_and_closes_a_site() -> None:
    command = [sys.executable, "-m", "asyncio"]
    done = subprocess.run(command, input=PROMPT, timeout=60, check=True, capture_output=True, text=True)
    assert "['Earth']" in done.stdout
    errors = [line for line in done.stderr.splitlines() if "Error: " in line]
    assert [error.partition(": ")[0] for error in errors] == ["TypeError", "RuntimeError"]
    assert "`await Site(...).open()`" in errors[0]
    assert "is not open" in errors[1]
