"""W3: requests that overwrite the session while another one is at work, or after their own reply is lost.

A wiki reads the whole session when a request begins, and writes the whole session when a request that has changed it
ends. The secret of all tokens is in it, and the first request for a token makes it. If its reply is lost while the wiki
works on it, the next request makes another secret. Then the first one ends, and all tokens that were fetched in between
are void. See ``getToken`` in ``includes/session/Session.php`` and ``save`` in ``SessionBackend.php``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import anyio.abc
import pytest
from attrs import evolve

from mwclient_async import BotPassword, ClientLogin, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import ReplyLost
from mwclient_async.models.events import TokensFetched
from mwclient_async.testing import LocalWiki, WikiFactory
from mwclient_async.testing.scripted import ScriptedClock
from tests.support.guarded_wiki import FORGETFUL, lose_sessions
from tests.support.logins import EventLog, RecordingTransport, bot, fresh, password, run_concurrently, site

NO_WRITES = ("action=login", "action=checktoken")

SETTINGS = f"""
{FORGETFUL}
# A request with this header waits, after it has read its session, until a file lets it continue.
$wgHooks['ApiBeforeMain'][] = static function () {{
    $name = $_SERVER['HTTP_X_TEST_HOLD'] ?? '';
    if ( $name !== '' ) {{
        touch( __DIR__ . "/tmp/held-$name" );
        while ( !file_exists( __DIR__ . "/tmp/free-$name" ) ) {{
            usleep( 2000 );
        }}
    }}
}};
"""


class LateTransport(RecordingTransport):
    """Loses the replies to the first ``number`` requests for tokens while the wiki works on them.

    One of these requests ends before each write.
    """

    def __init__(self, wiki: LocalWiki, tasks: anyio.abc.TaskGroup, *, number: int) -> None:
        super().__init__()
        self._directory = anyio.Path(wiki.directory / "tmp")
        self._tasks = tasks
        self._left = number
        self._held: list[tuple[str, anyio.Event]] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        if "type=%2A" in request.url and self._left:
            self._left -= 1
            await self._hold(request)
            raise ReplyLost("lost, for the test")
        if request.method == "POST" and not any(action in request.url for action in NO_WRITES) and self._held:
            name, ended = self._held.pop(0)
            await (self._directory / f"free-{name}").touch()
            await ended.wait()
        return await super().send(request)

    async def _hold(self, request: HttpRequest) -> None:
        name, ended = fresh("late").replace(" ", "-"), anyio.Event()
        self._held.append((name, ended))
        late = evolve(request, headers={**request.headers, "x-test-hold": name})

        async def work() -> None:
            await self._http.send(late)
            ended.set()

        self._tasks.start_soon(work)
        while not await (self._directory / f"held-{name}").exists():
            await anyio.lowlevel.checkpoint()


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return mediawiki_factory(version=mediawiki_version, settings=SETTINGS)


@pytest.fixture(scope="module")
def robot(wiki: LocalWiki) -> BotPassword:
    return bot(wiki, "Robot")


@pytest.fixture(scope="module")
def owner(wiki: LocalWiki) -> ClientLogin:
    return ClientLogin(username="Owner", password=password(wiki, "Owner"))


async def by_action(site: Site, title: str) -> None:
    await site.call("edit", title=title, text="x")


async def by_rest(site: Site, title: str) -> None:
    await site.rest.create_page(title, source="x")


async def by_chunks(site: Site, title: str) -> None:
    await site.stash(title.encode() * 1000, filename=f"{title}.txt", chunk_size=10_000)


@pytest.mark.everywhere
@pytest.mark.parametrize("write", [by_action, by_rest, by_chunks])
@pytest.mark.parametrize("number", [1, 2])
async def test_w3_late_requests_for_tokens_do_not_make_a_write_fail(
    wiki: LocalWiki, robot: BotPassword, write: Callable[[Site, str], Awaitable[Any]], number: int
) -> None:
    events = EventLog()
    async with anyio.create_task_group() as tasks:
        transport = LateTransport(wiki, tasks, number=number)
        options = {"clock": ScriptedClock(), "on_event": events.append}
        async with site(wiki, auth=robot, transport=transport, **options) as opened:
            await write(opened, fresh("Late"))
    assert len(events.of(TokensFetched)) == 1 + number, "the tokens were not void"


@pytest.mark.everywhere
async def test_w3_edits_that_begin_together_after_a_session_is_lost_are_all_saved(
    wiki: LocalWiki, owner: ClientLogin
) -> None:
    """A cookie logs the account in again, so that each of these requests makes the session anew, and overwrites it."""
    events = EventLog()
    async with site(wiki, auth=owner, on_event=events.append) as opened:
        for _ in range(3):
            await by_action(opened, fresh("Before"))
            lose_sessions(wiki)
            assert await run_concurrently(lambda _: by_action(opened, fresh("Together")), number=9) == []
    assert len(events.of(TokensFetched)) >= 4, "the tokens were not void"
