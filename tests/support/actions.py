"""Helpers for the tests of actions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from mwclient_async import Page, Site
from mwclient_async.errors import ApiError, MediaWikiError
from mwclient_async.testing.scripted import Scripted, ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.logins import fresh

API = "https://wiki.example.org/w/api.php"
TOKENS = {"query": {"tokens": {"csrftoken": "+\\", "createaccounttoken": "+\\", "watchtoken": "+\\"}}}
Refusals = tuple[tuple[type[Exception], str, Callable[[], Awaitable[object]]], ...]


async def assert_refused(refusals: Refusals) -> None:
    """Assert that each of these raises its error, with a message that matches."""
    for error, match, act in refusals:
        with pytest.raises(error, match=match):
            await act()


async def assert_codes(refusals: tuple[tuple[type[ApiError], str, Awaitable[object]], ...]) -> None:
    """Assert that the wiki refuses each of these with its code, as an error of exactly its class."""
    outcomes: list[tuple[type[object], object]] = []
    for *_, act in refusals:
        try:
            outcomes.append((object, await act))
        except MediaWikiError as error:
            outcomes.append((type(error), error.code if isinstance(error, ApiError) else str(error)))
    wrong = [(expected[:2], got) for expected, got in zip(refusals, outcomes, strict=True) if expected[:2] != got]
    assert not wrong, wrong


async def new_page(site: Site, text: str = "Some text.", *, prefix: str = "Page") -> str:
    """Create a page with a new title, and return the title."""
    title = fresh(prefix)
    await site.actions.edit(title, text=text, createonly=True)
    return title


async def page_of(site: Site, title: str, **params: Any) -> Page:
    """The page as the wiki has it now."""
    page = await site.query(titles=title, **params).first()
    assert page is not None
    return page


async def last_log(site: Site, title: str, *props: str) -> Any:
    """The newest log entry of a title, undecoded; with further ``props``."""
    wanted = ["type", "comment", "tags", "details", "title", *props]
    return await site.list("logevents", title=title, limit=1, prop=wanted).mappings().first()


def scripted(*steps: Scripted) -> tuple[Site, ScriptedTransport]:
    """A Site with a transport that sends these responses, and the transport."""
    transport = ScriptedTransport(steps)
    return Site(API, user_agent=USER_AGENT, transport=transport, maxlag=None), transport
