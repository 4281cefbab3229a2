"""Limits that the processes of one machine share, through files in one directory.

A slot is a lock on a file, which the system frees when the process ends, however it ends. Those that wait for a slot
have a file each, which is locked as well. Its name begins with the time, so that no process can take each slot before
the others have looked. Pauses and turns are in one small file. There is no process that keeps them, so there is none
that can fail.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import anyio
from attrs import field, frozen

from mwclient_async._session.observers import log
from mwclient_async._session.shared_limits import LimitsConnection
from mwclient_async._session.write_turns import EARLY
from mwclient_async.errors import ApiError, ApiErrorItem, HttpError, MediaWikiError, class_for
from mwclient_async.models.options import Limits
from mwclient_async.models.shared_limits import PauseKey, SharedPause

_STATE = "pauses.json"
_WAITS = "wait-"
_LOOK_AGAIN = 0.005  # seconds, for those that are next
_LOOK_LATER = 0.02
_STOPPED_AFTER = 1.0  # without a look; if the clock is set, the order may be another one for a moment
_LONG_WAIT = 60.0  # after which a wait is logged
_NO_STATE: Mapping[str, Any] = {"pauses": [], "turns": []}


def _text(path: str | os.PathLike[str]) -> str:
    return os.fspath(path)


@frozen
class FileLimits:
    """Limits that the processes of one machine share through a directory: ``Site(shared_limits=FileLimits(path))``.

    All processes that give the same ``directory`` share them, and must have the same ``Limits``. The directory is made
    if it does not exist, and can be removed when no process uses it. It must be on a local disk, and one that other
    users cannot write to. It needs a system with ``flock``, such as Linux or macOS: ``ValueError`` on
    others.
    """

    directory: str = field(converter=_text)

    async def connect(self, limits: Limits) -> LimitsConnection:
        """Use the files of the directory."""
        try:
            import fcntl  # noqa: F401 - there is none on Windows
        except ImportError:
            raise ValueError("FileLimits needs flock, which this system does not have") from None
        return FileConnection(_made(self.directory), limits.concurrency)


class FileConnection:
    """A Site's use of the files."""

    def __init__(self, directory: Path, concurrency: int) -> None:
        self._directory = directory
        self._slots = [directory / f"slot-{number}" for number in range(concurrency)]
        self._taken: list[int] = []  # file descriptors
        self._waits: list[int] = []
        _connections.add(self)

    async def acquire(self, keys: Sequence[PauseKey]) -> Sequence[SharedPause]:
        """Take a slot, or return the pauses for which there is none. The longest waits come first."""
        if not self._waiting() and (answer := self._try(keys)) is not None:
            return answer
        with self._wait() as name:
            warn_at = time.monotonic() + _LONG_WAIT
            while True:
                os.utime(self._directory / name)
                is_next = self._waits_before(name) < len(self._slots)
                answer = self._try(keys) if is_next else self._active(keys) or None
                if answer is not None:
                    return answer
                if time.monotonic() >= warn_at:
                    warn_at = math.inf
                    log.warning(
                        "shared limits: the slots in %s are all taken, perhaps by a process that is stopped",
                        self._directory,
                    )
                await anyio.sleep(_LOOK_AGAIN if is_next else _LOOK_LATER)

    def _try(self, keys: Sequence[PauseKey]) -> Sequence[SharedPause] | None:
        """Take a slot, or return the pauses for which there is none; None if the others have all slots."""
        if pauses := self._active(keys):
            return pauses
        for slot in self._slots:
            if (descriptor := _try_lock(slot)) is None:
                continue
            if pauses := self._active(keys):  # it began just before the slot was free
                _unlock(descriptor)
                return pauses
            self._taken.append(descriptor)
            return ()
        return None

    @contextmanager
    def _wait(self) -> Iterator[str]:
        """A place among those that wait, by the time: the name of its file."""
        name = f"{_WAITS}{time.monotonic_ns():020}-{secrets.token_hex(4)}"
        made, path = self._directory / f"new-{name}", self._directory / name
        descriptor = _lock(made)
        self._waits.append(descriptor)
        try:
            made.rename(path)  # the others see it with its lock only
            yield name
        finally:
            path.unlink(missing_ok=True)
            if descriptor in self._waits:
                self._waits.remove(descriptor)
                _unlock(descriptor)

    def _waiting(self) -> list[str]:
        return sorted(path.name for path in self._directory.iterdir() if path.name.startswith(_WAITS))

    def _waits_before(self, name: str) -> int:
        """How many wait for a longer time, up to the number of slots. Files of processes that died are removed."""
        found = 0
        for other in self._waiting():
            if other >= name or found >= len(self._slots):
                break
            path = self._directory / other
            try:
                descriptor = _try_lock(path, made=False)
            except FileNotFoundError:
                continue
            if descriptor is None:
                found += _is_looking(path)
            else:
                path.unlink(missing_ok=True)
                _unlock(descriptor)
        return found

    async def release(self) -> None:
        """Give a slot back, unless the connection was closed, which has given all back."""
        if self._taken:
            _unlock(self._taken.pop())

    async def begin_pause(self, pause: SharedPause) -> None:
        """Begin a pause for all processes."""
        with self._state() as state:
            now = time.monotonic()  # after the wait for the lock: what others have begun meanwhile is not of the future
            begun = {"key": pause.key, "from": now, "seconds": pause.seconds, "error": _described(pause.error)}
            state["pauses"] = [one for one in state["pauses"] if _left(one, now) > 0] + [begun]

    async def next_turn(self, key: PauseKey, interval: float) -> float:
        """The seconds until the next turn to write."""
        with self._state() as state:
            now = time.monotonic()
            last = _last_turn(state, key, now)
            turn = max(now, last.get("from", now - interval) + interval)
            _set_turn(state, key, {**last, "from": turn, "at": now})
        return turn - now

    async def begin_turn(self, key: PauseKey, interval: float) -> float:
        """Begin a turn to write: 0, or the seconds until it may begin."""
        with self._state() as state:
            now = time.monotonic()
            last = _last_turn(state, key, now)
            left: float = last.get("began", now - interval) + interval - now
            if left > EARLY:
                return left
            _set_turn(state, key, {"from": max(now, last.get("from", now)), "at": now, "began": now})
        return 0.0

    async def aclose(self) -> None:
        """Give all slots back."""
        while self._taken:
            _unlock(self._taken.pop())

    def forget_slots(self) -> None:
        """In a process that was forked: the locks are those of its parent, and become free if that one dies."""
        for descriptors in (self._taken, self._waits):
            while descriptors:
                os.close(descriptors.pop())

    def _active(self, keys: Sequence[PauseKey]) -> list[SharedPause]:
        begun, found = self._read()["pauses"], dict[PauseKey, SharedPause]()
        now = time.monotonic()
        for one in begun:
            key, left = tuple(one["key"]), _left(one, now)
            if key in keys and left > 0 and (key not in found or found[key].seconds < left):
                found[key] = SharedPause(key, left, _error(one["error"]))
        return list(found.values())

    def _read(self) -> Mapping[str, Any]:
        try:
            content = (self._directory / _STATE).read_bytes()
        except FileNotFoundError:
            return _NO_STATE
        try:
            state: Mapping[str, Any] = json.loads(content)
        except ValueError:  # the machine lost its power
            log.warning("shared limits: %s cannot be read, so that its pauses are forgotten", self._directory / _STATE)
            return _NO_STATE
        return state

    @contextmanager
    def _state(self) -> Iterator[dict[str, Any]]:
        """The pauses and turns, to be changed. Other processes wait; they see all of the change, or nothing."""
        descriptor = _lock(self._directory / "lock")
        try:
            state = dict(self._read())
            yield state
            made = self._directory / f"{_STATE}.new"
            made.write_text(json.dumps(state))
            made.replace(self._directory / _STATE)
        finally:
            _unlock(descriptor)


_connections: WeakSet[FileConnection] = WeakSet()


def _forget_slots() -> None:
    for connection in _connections:
        connection.forget_slots()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_slots)


def _made(directory: str) -> Path:
    path = Path(directory)
    path.mkdir(parents=True, exist_ok=True)
    return path


def _left(pause: Mapping[str, Any], now: float) -> float:
    """The seconds that are left of a pause; none if it began before the machine was restarted."""
    passed: float = now - pause["from"]
    left: float = pause["seconds"] - passed
    return left if passed >= 0 else 0.0


def _is_looking(path: Path) -> bool:
    """Whether a process that waits is not stopped (Ctrl-Z), or busy: it has its place again when it looks."""
    try:
        return time.time() - path.stat().st_mtime <= _STOPPED_AFTER
    except FileNotFoundError:
        return False


def _last_turn(state: Mapping[str, Any], key: PauseKey, now: float) -> dict[str, Any]:
    """The last turn to write, as it is stored; empty if it was before the machine was restarted."""
    known = (one for one in state["turns"] if tuple(one["key"]) == key and one.get("at", now + 1) <= now)
    return dict(next(known, {}))


def _set_turn(state: dict[str, Any], key: PauseKey, turn: Mapping[str, Any]) -> None:
    others = [one for one in state["turns"] if tuple(one["key"]) != key]
    state["turns"] = [*others, {**turn, "key": key}]


def _described(error: MediaWikiError) -> dict[str, Any]:
    status = getattr(error, "status", 429)
    if isinstance(error, ApiError):
        return {"status": status, "code": error.code, "text": error.text}
    return {"status": status, "code": "", "text": str(error)}


def _error(described: Mapping[str, Any]) -> MediaWikiError:
    status, code, text = described["status"], described["code"], described["text"]
    if not code:
        return HttpError(text, status=status)
    return class_for(code)((ApiErrorItem(code=code, text=text),), status=status)


def _try_lock(path: Path, *, made: bool = True) -> int | None:
    """A descriptor that holds the lock on a file until it is closed; None if another one has it."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if made else 0) | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _unlock(descriptor: int) -> None:
    """Free a lock. To close the file is not enough: a process that was forked meanwhile has it open, too."""
    import fcntl

    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _lock(path: Path) -> int:
    """The same, after a wait for the other one, which only writes a small file."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor
