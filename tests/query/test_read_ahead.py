"""Read-ahead: the next request is sent before the consumer works, and no task is left behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import pytest

from mwclient_async import RetryPolicy, Site
from mwclient_async._query.stream_run import StreamRun
from mwclient_async.errors import HttpError
from mwclient_async.models.lists import ListedPage
from tests.conftest import USER_AGENT

BATCHES = 6
WATCHDOG = 30


ACCOUNT = {"userinfo": {"name": "192.0.2.1", "rights": []}}


class Server(ThreadingHTTPServer):
    """Sends ``list=allpages`` in batches of two rows. ``requested`` says which batches were requested."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requested = [threading.Event() for _ in range(BATCHES)]
        self.broken = BATCHES

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api.php"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        number = int(self.path.partition("apcontinue=")[2].partition("&")[0] or 0)
        self.server.requested[number].set()
        rows = [{"pageid": 1, "ns": 0, "title": f"{number}{letter}"} for letter in "ab"]
        body: dict[str, object] = {"batchcomplete": True, "query": {"allpages": rows, **ACCOUNT}}
        if number + 1 < BATCHES:
            body["continue"] = {"apcontinue": str(number + 1), "continue": "-||"}
        return self.send(body, 503 if number >= self.server.broken else 200)

    def send(self, body: object, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


TITLES = [f"{number}{letter}" for number in range(BATCHES) for letter in "ab"]


async def test_a_consumer_that_blocks_the_loop_does_not_delay_the_next_request(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine needs longer to send a request than a consumer waits for it."""
    monkeypatch.setattr("mwclient_async._query.read_ahead._HANDOVER", WATCHDOG)
    async with Site(server.api_url, user_agent=USER_AGENT) as site, site.list("allpages").open(read_ahead=1) as run:
        got = []
        async for row in run:
            got.append(row.title)
            next_batch = int(row.title[0]) + 1
            if next_batch < BATCHES:  # the event loop does not run while this waits
                assert server.requested[next_batch].wait(timeout=WATCHDOG), f"batch {next_batch} was not requested"
    assert got == TITLES


async def test_without_read_ahead_a_batch_is_requested_when_it_is_needed(server: Server) -> None:
    async with Site(server.api_url, user_agent=USER_AGENT) as site:
        async for row in site.list("allpages"):
            next_batch = int(row.title[0]) + 1
            assert next_batch == BATCHES or not server.requested[next_batch].is_set()


@pytest.mark.parametrize("read_ahead", [1, 2, 5])
async def test_no_more_is_fetched_ahead_than_allowed(server: Server, read_ahead: int) -> None:
    async with Site(server.api_url, user_agent=USER_AGENT) as site:
        async with site.list("allpages").open(read_ahead=read_ahead) as run:
            assert (await anext(run)).title == "0a"
            await anyio.to_thread.run_sync(server.requested[read_ahead].wait, 30)
            assert [requested.is_set() for requested in server.requested] == [n <= read_ahead for n in range(BATCHES)]
        assert [row.title async for row in site.list("allpages")] == TITLES


@pytest.mark.parametrize("read_ahead", [0, 1, 3])
async def test_c7_an_error_ahead_is_raised_when_the_consumer_reaches_it_and_again_after_that(
    server: Server, read_ahead: int
) -> None:
    server.broken = 2
    async with Site(server.api_url, user_agent=USER_AGENT, retry=RetryPolicy(attempts=1)) as site:
        stream = site.list("allpages")
        got = []
        async with stream.open(read_ahead=read_ahead) as run:
            with pytest.raises(HttpError) as caught:
                async for row in run:
                    got.append(row.title)  # noqa: PERF401 - what came before the error counts
            with pytest.raises(HttpError):
                await anext(run)
        server.broken = BATCHES
        assert caught.value.cursor is not None
        rest = await stream.resume(caught.value.cursor).collect()
    assert [*got, *(row.title for row in rest)] == TITLES


@pytest.mark.parametrize("read_ahead", [0, 1, 3])
async def test_a_step_that_is_cancelled_loses_nothing(server: Server, read_ahead: int) -> None:
    """The run continues at its position, whichever await was cancelled."""
    site = Site(server.api_url, user_agent=USER_AGENT)
    got: list[str] = []
    turns = 0
    async with site, site.list("allpages").open(read_ahead=read_ahead) as run:
        while len(got) < len(TITLES):
            turns += 1
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(cancel_after, turns % 40, scope)
                    got.append((await anext(run)).title)
                    tasks.cancel_scope.cancel()
    assert got == TITLES
    assert turns > len(TITLES)


async def cancel_after(checkpoints: int, scope: anyio.CancelScope) -> None:
    for _ in range(checkpoints):
        await anyio.lowlevel.checkpoint()
    scope.cancel()


async def test_a_break_leaves_no_task_and_no_warning(server: Server) -> None:
    async with Site(server.api_url, user_agent=USER_AGENT) as site:
        for read_ahead in (0, 1, 2):
            async with site.list("allpages").open(read_ahead=read_ahead) as run:
                async for _row in run:
                    break
        async for _row in site.list("allpages"):
            break
        async for _batch in site.list("allpages").batches():
            break
        assert (await site.list("allpages").collect())[-1].title == TITLES[-1]


async def test_several_tasks_may_share_a_run(server: Server) -> None:
    got: list[str] = []

    async def work(run: StreamRun[ListedPage]) -> None:
        async for row in run:
            got.append(row.title)
            await anyio.lowlevel.checkpoint()

    for read_ahead in (0, 2):
        got.clear()
        site = Site(server.api_url, user_agent=USER_AGENT)
        async with site, site.list("allpages").open(read_ahead=read_ahead) as run, anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(work, run)
        assert sorted(got) == TITLES


async def test_a_run_whose_context_has_ended_raises_runtime_error(server: Server) -> None:
    async with Site(server.api_url, user_agent=USER_AGENT) as site:
        opened = site.list("allpages").open(read_ahead=1)
        async with opened as run:
            await anext(run)
        await anext(run)
        with pytest.raises(RuntimeError, match="was left"):
            await anext(run)
        with pytest.raises(RuntimeError, match="opened before"):
            await opened.__aenter__()
