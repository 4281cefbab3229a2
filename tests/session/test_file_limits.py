"""W5 and W6 over processes that share a directory. A lock on a file is of one connection, also within a process."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import anyio
import pytest

from mwclient_async import (
    ApiErrorItem,
    FileLimits,
    HttpError,
    Limits,
    LimitsConnection,
    MaxlagExceeded,
    MediaWikiError,
    PauseKey,
    SharedPause,
    Site,
)
from mwclient_async._session import file_limits
from mwclient_async._session.file_limits import FileConnection
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.logins import ScriptedLoginWiki, run_concurrently

API = "https://wiki.example.org/w/api.php"
WATCHDOG = 60  # seconds
FARM: PauseKey = ("farm",)
KEYS: Sequence[PauseKey] = (FARM, ("wiki", API))
TOO_MANY = HttpError("Too many requests", status=429, retry_after=60)
LAG = MaxlagExceeded((ApiErrorItem(code="maxlag", text="The database lags."),), retry_after=60)
HOLDER = """
import anyio, sys
from mwclient_async import FileLimits, Limits

async def main():
    connection = await FileLimits(sys.argv[1]).connect(Limits(concurrency=1))
    await connection.acquire([("farm",)])
    print("taken", flush=True)
    await anyio.sleep_forever()

anyio.run(main)
"""


FORKING_HOLDER = """
import anyio, os, sys, time
from mwclient_async import FileLimits, Limits

async def main():
    connection = await FileLimits(sys.argv[1]).connect(Limits(concurrency=1))
    await connection.acquire([("farm",)])
    ready, forked = os.pipe()
    if (child := os.fork()) == 0:
        os.write(forked, b".")
        os.close(1)
        time.sleep(60)
        os._exit(0)
    os.read(ready, 1)
    print(child, flush=True)
    if sys.argv[2] == "released":
        await connection.release()
        print("released", flush=True)
    await anyio.sleep_forever()

anyio.run(main)
"""


async def connections(directory: Path, concurrency: int = 1) -> tuple[LimitsConnection, LimitsConnection]:
    shared, limits = FileLimits(directory / "limits"), Limits(concurrency=concurrency)
    return await shared.connect(limits), await shared.connect(limits)


async def is_free(connection: LimitsConnection) -> bool:
    """Whether there is a slot now."""
    with anyio.move_on_after(0.001):
        await connection.acquire(KEYS)
        await connection.release()
        return True
    return False


async def test_w6_all_sites_together_have_no_more_requests_in_flight_than_allowed(tmp_path: Path) -> None:
    wiki, shared = ScriptedLoginWiki(), FileLimits(tmp_path)
    made = partial(Site, API, user_agent=USER_AGENT, transport=wiki, limits=Limits(concurrency=2), shared_limits=shared)
    async with made() as one, made() as two:
        assert await run_concurrently(lambda n: (one, two)[n % 2].call("query"), number=10) == []
    assert (wiki.most, wiki.come["query"]) == (2, 10)


async def test_w6_a_slot_is_free_after_its_release_and_after_its_connection_is_closed(tmp_path: Path) -> None:
    first, second = await connections(tmp_path)
    for give_back in (first.release, first.aclose):
        await first.acquire(KEYS)
        assert not await is_free(second)
        await give_back()
        assert await is_free(second)


async def test_w6_a_slot_that_its_closed_connection_has_given_back_is_not_given_back_again(tmp_path: Path) -> None:
    """A request that is in flight when its Site is closed ends after that."""
    first, second = await connections(tmp_path)
    await first.acquire(KEYS)
    await first.aclose()
    await second.acquire(KEYS)
    await first.release()
    assert not await is_free(first)


async def test_w6_the_one_that_waits_has_the_next_slot(tmp_path: Path) -> None:
    """A process that asks again at once, as a busy one does, does not have each slot before the others have looked."""
    first, second = await connections(tmp_path)
    await first.acquire(KEYS)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(second.acquire, KEYS)
        await anyio.wait_all_tasks_blocked()
        await first.release()
        assert not await is_free(first)
    await second.release()
    assert await is_free(first)


@pytest.mark.parametrize("ended", ["killed", "cancelled", "paused"])
async def test_w6_one_that_no_longer_waits_keeps_no_one_from_a_slot(tmp_path: Path, ended: str) -> None:
    first, second = await connections(tmp_path)
    await first.acquire(KEYS)
    if ended == "killed":
        command = [sys.executable, "-c", HOLDER, str(tmp_path / "limits")]
        with subprocess.Popen(command) as waiting:  # noqa: ASYNC220 - as above
            with anyio.fail_after(WATCHDOG):
                while not list((tmp_path / "limits").glob("wait-*")):  # noqa: ASYNC110 - another process makes it
                    await anyio.sleep(0.005)
            waiting.kill()
            waiting.wait()
    elif ended == "cancelled":
        assert not await is_free(second)
    else:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(second.acquire, KEYS)
            await anyio.wait_all_tasks_blocked()
            await first.begin_pause(SharedPause(("wiki", API), 60.0, TOO_MANY))
    await first.release()
    with anyio.fail_after(WATCHDOG):
        assert await second.acquire([FARM]) == ()
    assert list((tmp_path / "limits").glob("*wait-*")) == []


async def test_w6_the_slot_of_a_process_that_is_killed_is_free(tmp_path: Path) -> None:
    _, second = await connections(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "limits")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:  # noqa: ASYNC220 - no other task runs
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        assert not await is_free(second)
        holder.kill()
        holder.wait()
        assert await is_free(second)


@pytest.mark.parametrize("ended", ["released", "killed"])
def test_w6_a_process_that_was_forked_keeps_no_slot(tmp_path: Path, ended: str) -> None:
    """It has the files open, too. It stays while its parent gives the slot back, or is killed."""
    command = [sys.executable, "-W", "ignore", "-c", FORKING_HOLDER, str(tmp_path / "limits"), ended]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            if ended == "killed":
                holder.kill()
                holder.wait()
            else:
                assert holder.stdout.readline() == "released\n"
            assert anyio.run(_is_free_in, tmp_path)
        finally:
            os.kill(child, signal.SIGKILL)
            holder.kill()


async def _is_free_in(directory: Path) -> bool:
    return await is_free((await connections(directory))[0])


@pytest.mark.parametrize("error", [TOO_MANY, LAG], ids=["429", "maxlag"])
async def test_w5_a_pause_of_one_process_holds_for_all(tmp_path: Path, error: MediaWikiError) -> None:
    first, second = await connections(tmp_path)
    await first.begin_pause(SharedPause(("wiki", "another"), 600.0, error))
    await first.begin_pause(SharedPause(FARM, 60.0, error))
    await first.begin_pause(SharedPause(FARM, 30.0, error))
    for connection in (first, second):
        (pause,) = await connection.acquire(KEYS)
        assert (pause.key, 59 < pause.seconds <= 60) == (FARM, True)
        assert (type(pause.error), str(pause.error)) == (type(error), str(error))


async def test_w6_a_process_that_is_stopped_while_it_waits_keeps_no_one_from_a_slot(tmp_path: Path) -> None:
    first, second = await connections(tmp_path)
    assert isinstance(first, FileConnection)
    with first._wait() as name:
        assert not await is_free(second)
        os.utime(tmp_path / "limits" / name, (0, 0))  # it has not looked for long
        assert await is_free(second)


async def test_a_long_wait_is_logged_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(file_limits, "_LONG_WAIT", 0.0)
    first, second = await connections(tmp_path)
    await first.acquire(KEYS)
    with anyio.move_on_after(0.02):
        await second.acquire(KEYS)
    assert [record.message for record in caplog.records] == [
        f"shared limits: the slots in {tmp_path / 'limits'} are all taken, perhaps by a process that is stopped"
    ]


async def test_w5_a_wait_for_a_slot_ends_when_a_pause_begins(tmp_path: Path) -> None:
    first, second = await connections(tmp_path)
    await first.acquire(KEYS)
    found: list[Sequence[SharedPause]] = []

    async def wait() -> None:
        found.append(await second.acquire(KEYS))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await anyio.wait_all_tasks_blocked()
        await first.begin_pause(SharedPause(FARM, 60.0, TOO_MANY))
    assert [pause.key for pause in found[0]] == [FARM]


async def test_w5_a_pause_ends_and_is_forgotten_with_a_restart_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock begins anew then."""
    first, second = await connections(tmp_path)
    now = time.monotonic()
    for later in (61.0, -now + 1):
        await first.begin_pause(SharedPause(FARM, 60.0, TOO_MANY))
        monkeypatch.setattr(time, "monotonic", lambda passed=later: now + passed)
        assert await second.acquire(KEYS) == ()
        await second.release()
        monkeypatch.undo()


async def test_w5_pauses_of_two_processes_that_begin_at_once_are_both_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One waits for the lock while the other one begins a pause, which is later by the clock."""
    first, second = await connections(tmp_path)
    lock = file_limits._lock

    def begin_before(path: Path) -> int:
        monkeypatch.undo()
        with suppress(StopIteration):
            first.begin_pause(SharedPause(FARM, 60.0, TOO_MANY)).__await__().__next__()
        return lock(path)

    monkeypatch.setattr(file_limits, "_lock", begin_before)
    await second.begin_pause(SharedPause(("wiki", API), 5.0, LAG))
    assert {pause.key for pause in await first.acquire(KEYS)} == {FARM, ("wiki", API)}


async def test_a_file_that_lost_its_content_stops_no_one(tmp_path: Path) -> None:
    first, second = await connections(tmp_path)
    await first.begin_pause(SharedPause(FARM, 60.0, TOO_MANY))
    (tmp_path / "limits" / "pauses.json").write_bytes(bytes(80))
    assert await second.acquire(KEYS) == ()
    await second.begin_pause(SharedPause(FARM, 60.0, TOO_MANY))
    assert [pause.key for pause in await first.acquire(KEYS)] == [FARM]


async def test_turns_are_forgotten_with_a_restart_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock begins anew then. It was four hours ahead of the new one."""
    first, second = await connections(tmp_path)
    for now in (16_000.0, 60.0):
        monkeypatch.setattr(time, "monotonic", lambda at=now: at)
        assert [await one.next_turn(("wiki", API), 5.0) for one in (first, second)] == [0.0, 5.0]


async def test_the_writes_of_all_processes_keep_the_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await connections(tmp_path)
    monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
    key: PauseKey = ("wiki", API)
    waits = [await connection.next_turn(key, 5.0) for connection in (first, second, first)]
    assert (waits, await second.next_turn(("wiki", "another"), 5.0)) == ([0.0, 5.0, 10.0], 0.0)


async def test_a_write_that_waited_for_its_slot_begins_late(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await connections(tmp_path)
    key: PauseKey = ("wiki", API)
    begun = list[float]()
    for now in (20.0, 21.0, 25.0, 10.0):  # at last, the machine was restarted
        monkeypatch.setattr(time, "monotonic", lambda at=now: at)
        begun.append(await (first if now == 20.0 else second).begin_turn(key, 5.0))
    assert (begun, await first.next_turn(key, 5.0)) == ([0.0, 4.0, 0.0, 0.0], 5.0)


async def test_a_system_without_flock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(ValueError, match="flock"):
        await Site(API, user_agent=USER_AGENT, transport=ScriptedTransport(), shared_limits=FileLimits(tmp_path)).open()


def test_it_can_be_sent_to_another_process(tmp_path: Path) -> None:
    assert pickle.loads(pickle.dumps(FileLimits(tmp_path))) == FileLimits(str(tmp_path))
