"""Limits that the workers of a Dask cluster share: one politeness for the whole cluster.

Each request of a worker asks the scheduler for a slot (``limits_plugin.py``), which takes about a millisecond. A worker
does not keep slots for later requests: a pause has to hold for all workers at once, and requests to a wiki take far
longer than to ask.
"""

from __future__ import annotations

import asyncio
import logging
import pickle
from collections.abc import Awaitable, Coroutine, Sequence
from copy import copy
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from attrs import evolve, frozen
from distributed import Client, Worker, default_client, get_worker

from mwclient_async import Limits, PauseKey, SharedPause
from mwclient_async.dask.limits_plugin import NAME, LimitsPlugin, holder_of

T = TypeVar("T")
log: logging.Logger = logging.getLogger("mwclient_async")

_TRIES = 3
_BETWEEN_TRIES = 1.0  # seconds


@frozen
class DaskLimits:
    """Limits that all Sites on a Dask cluster share which are given the same ``farm``: ``Site(shared_limits=...)``.

    ``farm`` is any name for the wikis that count requests together, such as ``"wikimedia"``. The smallest
    ``Limits.concurrency`` of all Sites counts. The value can be sent to the workers. There, a Site that a task opens is
    connected through its worker, and in the program itself through the newest Client. A worker that dies frees its
    slots as soon as the scheduler notices.

    It works on asyncio only: ``ValueError`` on another event loop, or if there is neither a worker nor a Client.
    """

    farm: str = "farm"

    async def connect(self, limits: Limits) -> DaskConnection:
        """Join the other Sites. It registers the plugin of the scheduler, if no one has done that."""
        connection = DaskConnection(self.farm, limits.concurrency, _peer())
        await connection.join()
        return connection


class DaskConnection:
    """A Site's connection to the scheduler."""

    def __init__(self, farm: str, concurrency: int, peer: Worker | Client) -> None:
        self._farm = farm
        self._concurrency = concurrency
        self._scheduler: Any = peer.scheduler
        loop: Any = peer.loop
        self._loop: asyncio.AbstractEventLoop = loop.asyncio_loop
        self._holder = holder_of(peer.address if isinstance(peer, Worker) else peer.id, uuid4().hex)
        self._numbers = count()
        self._taken: set[int] = set()
        self._in_background: set[asyncio.Future[Any]] = set()

    async def join(self) -> None:
        """Let this connection ask for slots."""
        await self._start(self._join())

    async def acquire(self, keys: Sequence[PauseKey]) -> Sequence[SharedPause]:
        """Take a slot, or return the pauses for which there is none."""
        number = next(self._numbers)
        asking = self._start(self._ask(number, keys))
        try:
            answer = await asyncio.shield(asking)
        except BaseException:  # cancelled, or the scheduler does not answer: it may have the request, or get it later
            self._do_later(self._withdraw(number, asking))
            raise
        if answer is True:
            self._taken.add(number)
            return ()
        pauses: Sequence[SharedPause] = pickle.loads(answer)  # noqa: S301 - of this cluster, as all messages of Dask
        return pauses

    async def release(self) -> None:
        """Give a slot back. The scheduler learns it a moment later."""
        self._do_later(self._start(self._free(self._taken.pop())))

    async def begin_pause(self, pause: SharedPause) -> None:
        """Begin a pause for all workers."""
        error = copy(pause.error)
        error.__cause__ = None  # Dask pickles causes, and that of an HTTP library may hold a socket
        dumped = pickle.dumps(evolve(pause, error=error))
        await self._start(self._scheduler.mwclient_async_begin_pause(farm=self._farm, pause=dumped))

    async def next_turn(self, key: PauseKey, interval: float) -> float:
        """The seconds until the next turn to write."""
        asking = self._scheduler.mwclient_async_next_turn(farm=self._farm, key=key, interval=interval)
        seconds: float = await self._start(asking)
        return seconds

    async def begin_turn(self, key: PauseKey, interval: float) -> float:
        """Begin a turn to write: 0, or the seconds until it may begin."""
        asking = self._scheduler.mwclient_async_begin_turn(farm=self._farm, key=key, interval=interval)
        seconds: float = await self._start(asking)
        return seconds

    async def aclose(self) -> None:
        """Leave, after the last slots are given back."""
        await asyncio.gather(*self._in_background, return_exceptions=True)
        await self._start(self._scheduler.mwclient_async_leave(farm=self._farm, holder=self._holder))

    async def _withdraw(self, number: int, asking: asyncio.Future[Any]) -> None:
        """Free a slot that no one wants any longer, also if the scheduler has the request for it only after this."""
        await self._start(self._free(number))
        await asyncio.gather(asking, return_exceptions=True)
        await self._start(self._free(number))

    def _do_later(self, work: Awaitable[None]) -> None:
        done = asyncio.ensure_future(work)
        self._in_background.add(done)
        done.add_done_callback(self._in_background.discard)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Run this in the event loop of the worker or client, which may belong to another thread."""
        if asyncio.get_running_loop() is self._loop:
            return self._loop.create_task(work)
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    # In the event loop of the worker or client -----------------------------------------------------------------------

    async def _join(self) -> None:
        plugin = pickle.dumps(LimitsPlugin())
        await self._scheduler.register_scheduler_plugin(plugin=plugin, name=NAME, idempotent=True)
        await self._scheduler.mwclient_async_join(
            farm=self._farm, holder=self._holder, concurrency=self._concurrency, taken=tuple(self._taken)
        )

    async def _ask(self, number: int, keys: Sequence[PauseKey]) -> Any:
        for _ in range(2):
            answer = await self._scheduler.mwclient_async_acquire(
                farm=self._farm, holder=self._holder, number=number, keys=tuple(keys)
            )
            if answer:
                return answer
            await self._join()  # the scheduler was restarted
        raise RuntimeError("the scheduler does not know this connection")

    async def _free(self, number: int) -> None:
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_BETWEEN_TRIES)
            try:
                await self._scheduler.mwclient_async_free(farm=self._farm, holder=self._holder, number=number)
            except OSError as error:
                log.info("shared limits: a slot was not given back: %s", error)
            else:
                return


def _peer() -> Worker | Client:
    """The worker that runs this task, or else the newest client of this process."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise ValueError("DaskLimits works on asyncio only: open the Site in an event loop of asyncio") from None
    try:
        return get_worker()
    except ValueError:
        pass
    try:
        client: Client = default_client()
    except ValueError:
        raise ValueError(
            "DaskLimits needs a Dask worker or client: open the Site in a task of the cluster, or make a "
            "distributed.Client before"
        ) from None
    return client
