"""The library without ``async``: every call waits in its own thread, and gives what the asynchronous one gives."""

from __future__ import annotations

import _thread
import inspect
import pydoc
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

import mwclient_async
from mwclient_async import (
    ClientLogin,
    HttpRequest,
    HttpResponse,
    ListedPage,
    OAuth2Token,
    Page,
    PageMissing,
    SiteClosed,
    sync,
)
from mwclient_async.sync import Blocking, Site
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedTransport, json_response
from tests.conftest import USER_AGENT
from tests.support.event_server import BEGINNING, EventServer, change
from tests.support.image_files import png

API = "https://wiki.example/w/api.php"


def answer(*titles: str) -> dict[str, object]:
    rows = [{"pageid": number, "ns": 0, "title": title} for number, title in enumerate(titles, 1)]
    return {"batchcomplete": True, "query": {"allpages": rows, "pages": rows}}


def continued(*titles: str) -> dict[str, object]:
    return {**answer(*titles), "continue": {"apcontinue": "C", "continue": "-||"}}


def interrupt_main_thread() -> None:
    """As Ctrl-C does: the signal also ends the main thread's wait."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_streams_are_iterated_in_batches_and_give_the_same_values() -> None:
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([continued("A", "B"), answer("C")])) as site:
        rows = list(site.list("allpages"))
    assert [row.title for row in rows] == ["A", "B", "C"]
    assert all(isinstance(row, ListedPage) for row in rows)


def test_the_events_of_all_wikis_are_a_block_that_closes_their_connection() -> None:
    server = EventServer()
    for number in (1, 2, 3):
        server.add(change(number), time=BEGINNING + 1000 * number)
    options = {"user_agent": USER_AGENT, "since": "2026-01-01T00:00:00Z"}
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server):
        with sync.eventstreams("recentchange", url=server.url, **options) as stream:
            assert next(iter(stream)).data["id"] == 1
            assert server.open_now == 1
            with stream.open() as run:
                found = [event.data["id"] for _, event in zip(range(2), run, strict=False)]
                rest = stream.resume(run.cursor)
            assert (found, next(iter(rest)).data["id"]) == ([1, 2], 3)
        portal.call(server.until_closed)
    with pytest.raises(TypeError, match="nobody"), sync.eventstreams("recentchange", nobody=1, **options):
        pass


def test_runs_have_a_cursor_and_resume() -> None:
    steps = [answer("A", "B"), answer("A", "B")]
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport(steps)) as site:
        stream = site.list("allpages")
        with stream.open() as run:
            first = next(iter(run)).title
            cursor = run.cursor
        assert (first, [row.title for row in stream.resume(cursor)]) == ("A", ["B"])


def test_awaited_methods_return_their_value_and_raise_their_errors() -> None:
    missing = {"batchcomplete": True, "query": {"pages": [{"ns": 0, "title": "X", "missing": True}]}}
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([answer("Earth"), missing])) as site:
        page = site.page("Earth").get("info")
        assert isinstance(page, Page)
        with pytest.raises(PageMissing):
            site.page("X").text()


def test_a_site_that_is_not_open_says_how_to_open_it() -> None:
    site = Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([]))
    with pytest.raises(RuntimeError, match="with Site"):
        site.page("Earth").get()
    assert site.open() is site
    with pytest.raises(RuntimeError, match="open already"):
        site.open()
    site.close()
    site.close()
    with pytest.raises(RuntimeError, match="with Site"):
        _ = site.rest


def test_no_thread_is_left() -> None:
    before = set(threading.enumerate())  # threads of earlier tests may end meanwhile
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([])):
        assert set(threading.enumerate()) - before
    assert set(threading.enumerate()) <= before


def test_threads_share_a_site() -> None:
    def asked(request: HttpRequest) -> HttpResponse:
        return json_response(answer(parse_qs(urlsplit(request.url).query)["titles"][0]))

    steps = [asked] * 20
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport(steps)) as site, ThreadPoolExecutor(8) as pool:
        titles = list(pool.map(lambda number: site.page(f"P{number}").get("info").title, range(20)))
    assert sorted(titles) == sorted(f"P{number}" for number in range(20))


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises KeyboardInterrupt, also if the tests are a background job of a shell, where it is ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_a_misspelt_option_is_refused() -> None:
    with pytest.raises(TypeError, match="auht"):
        Site(API, user_agent=USER_AGENT, auht=None)  # type: ignore[call-arg]  # that is the mistake


def test_an_interrupt_ends_the_call_and_leaves_the_site_usable(interruptible: None) -> None:
    def interrupt(_: HttpRequest) -> HttpResponse:
        _thread.interrupt_main()
        return json_response(answer("Earth"))

    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([interrupt, answer("Mars")])) as site:
        with pytest.raises(KeyboardInterrupt):
            site.page("Earth").get("info")
            threading.Event().wait(60)  # if the answer came before the interrupt did
        assert site.page("Mars").get("info").title == "Mars"


def test_what_is_still_open_is_left_when_the_site_is_closed() -> None:
    before = threading.active_count()
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([answer("A", "B")])) as site:
        loader = site.loader(prop="info")
        assert loader.__enter__().load("A").title == "A"
        with site.loader(prop="info"):
            site.close()
    assert threading.active_count() == before
    with pytest.raises(SiteClosed, match="the site is closed"):
        loader.load("A")


def test_a_context_manager_whose_opening_is_interrupted_is_left(interruptible: None) -> None:
    left = []

    class Slow:
        async def __aenter__(self) -> None:
            interrupt_main_thread()
            await anyio.sleep_forever()

        async def __aexit__(self, *_: object) -> None:
            raise AssertionError("it was not entered")

    class Quick:
        async def __aenter__(self) -> None:
            interrupt_main_thread()

        async def __aexit__(self, *_: object) -> None:
            left.append("left")

    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([])) as site:
        for manager in (Slow(), Quick()):
            with pytest.raises(KeyboardInterrupt), Blocking(manager, site._loop):
                threading.Event().wait(60)  # if it was opened before the interrupt came
    assert left == ["left"]


def test_a_passed_function_cannot_wait_for_the_site() -> None:
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([answer("B")])) as site:
        other, run, purge = site.page("B"), site.list("allpages").open(), site.actions.purge
        for call in (other.text, run.__enter__, site.close, lambda: purge(titles="B")):
            with pytest.raises(RuntimeError, match="fetch what it needs before"):
                site.pages(titles=(call() for _ in "B")).collect()
        assert site.pages(titles=("B" for _ in "B" if site.login_state())).collect()


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_an_exit_in_a_passed_function_ends_the_program_and_not_the_loop(error: BaseException) -> None:
    def titles() -> Iterator[str]:
        raise error
        yield ""

    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([answer("A")])) as site:
        with pytest.raises(type(error)):
            site.pages(titles=titles()).collect()
        assert site.page("A").get("info").title == "A"


def test_an_action_on_many_pages_is_done_by_its_call() -> None:
    account = {"query": {"userinfo": {"id": 1, "name": "A", "rights": []}}}
    transport = ScriptedTransport([account, {"purge": [{"ns": 0, "title": "A", "purged": True}]}])
    with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        done = site.actions.purge(titles="A")
    assert [page.title for page in done] == ["A"]
    assert len(transport.requests) == 2


PROGRAM = """
import os, sys
from mwclient_async.sync import Site
from mwclient_async.testing.scripted import ScriptedTransport
site = Site("https://wiki.example/w/api.php", user_agent="Test/1 (test@example.org)", transport=ScriptedTransport([]))
site.open()
if os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
try:
    site.page("A").get()
except RuntimeError as error:
    assert "another process" in str(error), error
site.close()
sys.exit(7)
"""


def test_a_program_that_leaves_a_site_open_ends_and_so_does_its_fork() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM], timeout=60, check=False).returncode == 7


def test_a_login_asks_plain_functions() -> None:
    fields = {"OATHToken": {"type": "string", "label": "Code", "help": "Six digits"}}
    asks = {"clientlogin": {"status": "UI", "message": "Code?", "requests": [{"fields": fields}]}}
    passes = {"clientlogin": {"status": "PASS", "username": "Demo"}}
    transport = ScriptedTransport([{"query": {"tokens": {"logintoken": "t"}}}, asks, passes, answer("Earth")])
    by_code = ClientLogin(username="Demo", password="p", answer=lambda question: {question.fields[0].name: "123456"})
    by_token = OAuth2Token(token=lambda: "issued")
    with Site(API, user_agent=USER_AGENT, auth=by_code, transport=transport) as site:
        site.login(by_token)
        site.page("Earth").get("info")
    assert "OATHToken=123456" in str(transport.requests[2].body)
    assert transport.requests[3].headers["authorization"] == "Bearer issued"


def test_a_sibling_is_opened_and_closed_at_a_prompt_as_a_site_is() -> None:
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([answer("Earth")])) as site:
        sibling = site.sibling(API.replace("wiki.", "commons.")).open()
        assert sibling.page("Earth").get("info").title == "Earth"
        sibling.close()
        with pytest.raises(RuntimeError, match="not open"):
            sibling.page("Earth")
        for each in (site, sibling):
            assert {"open", "close"} < set(dir(each)) > {"page"}
            assert "aclose" not in dir(each)
        site.aclose()
    assert "mwclient_async" not in {thread.name for thread in threading.enumerate()}


def test_a_method_looks_like_the_one_that_it_calls() -> None:
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([])) as site:
        text = site.page("Earth").text
    assert list(inspect.signature(text).parameters) == ["slot", "section", "loader"]
    assert pydoc.plain(pydoc.render_doc(text)).splitlines()[2].startswith("text(")
    assert not inspect.iscoroutinefunction(text)


LEFT_IN_A_GENERATOR = """
from mwclient_async.sync import Site
from mwclient_async.testing.scripted import ScriptedTransport

def titles():
    steps = [{"batchcomplete": True, "query": {"allpages": [{"pageid": 1, "ns": 0, "title": "A"}]}}]
    transport = ScriptedTransport(steps)
    with Site("https://wiki.example/w/api.php", user_agent="Test/1 (test@example.org)", transport=transport) as site:
        with site.list("allpages").open() as run, site.loader(prop="info"):
            yield next(run).title

rest = titles()
print(next(rest))
"""


def test_a_program_that_leaves_a_block_in_a_generator_ends() -> None:
    """Python closes the generator when no other thread runs any more."""
    done = subprocess.run(
        [sys.executable, "-c", LEFT_IN_A_GENERATOR], timeout=60, check=True, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("A\n", "")


def test_what_cannot_be_waited_for_comes_as_it_is() -> None:
    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([])) as site:
        assert isinstance(site.page("Earth"), Blocking)
        assert "append" in dir(site.page("Earth"))
        assert isinstance(site.login_state(), mwclient_async.LoginState)
        with pytest.raises(TypeError, match="not a context manager"), site.page("Earth"):
            pass
        with pytest.raises(AttributeError):
            _ = site.page("Earth").nothing_like_this


def test_a_wiki_is_read_and_written(wiki: LocalWiki, tmp_path: Path) -> None:
    auth = ClientLogin(username=wiki.admin_name, password=wiki.admin_password)
    with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:
        assert site.page("Sync").append("a", missing="create").revid > 0
        assert site.page("Sync").edit(lambda text: text + "b").revid > 0
        assert site.page("Sync").text() == "ab"
        with site.edit_many(["Sync", "Sync 2"], str.upper, missing="create") as edits:
            assert len(list(edits)) == 2
        assert site.upload(png(tmp_path / "x.png", 3000), filename="Sync.png").filename == "Sync.png"
        assert [file.title for file in site.actions.purge(titles=["Sync"])] == ["Sync"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_thread_that_runs_an_event_loop_is_not_stopped(backend: str) -> None:
    unopened = Site(API, user_agent=USER_AGENT)

    async def use() -> None:
        for attempt in (get, loader.__enter__, lambda: list(rows), unopened.open):
            with pytest.raises(RuntimeError, match=r"use mwclient_async\.Site here, with await"):
                attempt()
        context = copy_context()  # as asyncio.to_thread passes it on
        assert (await anyio.to_thread.run_sync(context.run, get, "info")).title == "Earth"
        site.close()

    with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([answer("Earth")])) as site:
        get, rows, loader = site.page("Earth").get, site.list("allpages"), site.loader(prop="info")
        anyio.run(use, backend=backend)
    assert "mwclient_async" not in {thread.name for thread in threading.enumerate()}
