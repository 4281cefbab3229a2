"""The batches of a run over a stream of events: each has the events that one piece of the response completes.

The connection stays open from one batch to the next. If it ends, is cut or is silent, the next one begins at the
position, which changes only when a batch is handed out: a step that fails or is cancelled loses nothing. A batch can be
empty: if no event of a piece is wanted, it only brings the position forward.

``position.py`` says what a position is, ``reading.py`` what becomes of each event.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from attrs import evolve, frozen

from mwclient_async._events.connection import EventConnection, EventServer
from mwclient_async._events.continuity import LONGEST_SILENCE, Continuity
from mwclient_async._events.position import (
    NO_LIMIT,
    STATE_KEY,
    Gap,
    Position,
    iso,
    milliseconds,
    moment,
    parse_position,
)
from mwclient_async._events.reading import Missed, Reading, beyond_unreadable, read_all
from mwclient_async._events.subject import Subject
from mwclient_async._http.conversion import Row
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import datetime_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._query.batches import ContinuedBatches, ConvertRow, LoadedBatch, OnSent, StreamSpec
from mwclient_async._query.continuation import BatchSource, Continuation, FetchedBatch
from mwclient_async._query.loop_guard import LoopGuard
from mwclient_async._session.open_connections import OpenConnections
from mwclient_async._session.retry_state import RetryState
from mwclient_async._values.cursor import Cursor
from mwclient_async.errors import EventsMissed, MediaWikiError, ProtocolError, ReplyLost, SiteClosed, UnreadableEvent
from mwclient_async.models.events import GapFilled
from mwclient_async.models.options import RetryPolicy

T = TypeVar("T")

OnMissed = Callable[[EventsMissed], object]

_REFUSED_ID = frozenset({400, 404, 431})  # the service refuses ids of topics that it no longer has, and too long ones


class GapFiller(Protocol):
    """Reads missed events from a list of the wiki."""

    async def oldest(self) -> int | None:
        """The time of the oldest event that the list has; None if it has everything since the wiki began.

        If the list is empty, it is a time later than all others.
        """
        ...

    async def next_rows(self, gap: Gap) -> tuple[list[Row], str]:
        """The next rows of the gap, and the cursor after them, which is empty at the end."""
        ...


@frozen(kw_only=True)
class Followed:
    """What a run follows.

    - ``now``: the time at which a stream begins that has no position; None if the server's clock decides it.
    - ``on_missed``: called with events that nothing can bring, instead of raising the error.
    """

    subject: Subject
    now: int | None
    filler: GapFiller | None = None
    on_missed: OnMissed | None = None


@frozen
class _Rows:
    """The rows of events as a BatchSource."""

    row_key: Callable[[Row], str]

    def limits(self, *, wanted: int | None, sent: Mapping[str, int]) -> Mapping[str, int]:  # noqa: ARG002 - has none
        return {}

    def batch(self, start: Continuation, limits: Mapping[str, int], guard: LoopGuard) -> Flow[FetchedBatch]:
        raise NotImplementedError("EventBatches reads them from a connection")

    def as_fragments(self) -> _Rows:
        return self


async def _send_nothing(request: ApiRequest, **_options: Any) -> ApiResponse:
    raise NotImplementedError(f"EventBatches sends no {request.label}")


class EventBatches(ContinuedBatches[T]):
    """The batches of one run over a stream of events. ``overlap`` is in milliseconds."""

    def __init__(
        self,
        spec: StreamSpec,
        server: EventServer,
        prepare: Callable[[], Awaitable[Followed]],
        make_converter: Callable[[], ConvertRow[T]],
        *,
        overlap: int,
        retry: RetryPolicy,
        connections: OpenConnections,
        is_closed: Callable[[], bool],
    ) -> None:
        super().__init__(spec, _send_nothing, self._prepare_rows, make_converter)
        self._server = server
        self._prepare_followed = prepare
        self._overlap = overlap
        self._policy = retry
        self._connections = connections
        self._is_closed = is_closed
        self._connection: EventConnection | None = None
        self._continuity = Continuity()
        self._known: tuple[Continuation, Position] | None = None  # what the latest continuation says
        self._failures: RetryState | None = None
        self._opened_at = 0.0
        self._followed: Followed

    async def _prepare_rows(self) -> BatchSource:
        self._followed = await self._prepare_followed()
        return _Rows(self._followed.subject.key_of)

    async def _fetch(self, on_sent: OnSent | None) -> LoadedBatch[T]:
        try:
            loaded = await super()._fetch(on_sent)
        except BaseException:
            await self.aclose()
            raise
        if self._wanted == 0 or self._next_continue is None:
            await self.aclose()
        return loaded

    async def _fetch_batch(
        self,
        source: BatchSource,  # noqa: ARG002 - see _Rows
        start: Continuation,
        limits: Mapping[str, int],  # noqa: ARG002 - has none
        guard: LoopGuard,  # noqa: ARG002 - a stream that repeats itself is one that reconnects
        on_sent: OnSent | None,
    ) -> FetchedBatch:
        if STATE_KEY not in start:
            return self._batch(await self._begin())
        known = self._known
        position = known[1] if known is not None and known[0] is start else parse_position(start)
        batch = await (self._from_list(position) if position.gap else self._from_stream(position))
        if on_sent is not None:
            on_sent()
        return batch

    async def _begin(self) -> Position:
        """The position before the first event. So a cursor has it before the first event."""
        if self._followed.now is not None:
            return Position(start=self._followed.now, is_new=True)
        while self._connection is None:
            try:
                await self._connect("", "", None)
            except MediaWikiError as error:
                await self._wait_after(error)
        now = round(self._server.clock.timestamp() * 1000)
        return Position(start=self._connection.began or now, is_new=True)

    async def _from_stream(self, position: Position) -> FetchedBatch:
        while True:
            try:
                events = await self._next_events(position)
                reading = read_all(
                    events, position, self._continuity, self._followed.subject, latest=self._latest_time()
                )
                batch = self._settled(position, reading, events)
            except MediaWikiError as error:
                if isinstance(error, UnreadableEvent | EventsMissed):
                    raise
                position = await self._recover(error, position)
            else:
                if batch is not None:
                    return batch

    async def _next_events(self, position: Position) -> list[Any]:
        if self._connection is None:
            event_id, since = position.beginning(self._overlap)
            await self._connect(event_id, "" if since is None else iso(since), position)
        assert self._connection is not None
        events = await self._connection.next()
        if events is None:
            raise ReplyLost("the server ended the stream of events")
        return events

    def _latest_time(self) -> int:
        """The latest time (in ms) that an event can have now; an hour is left for clocks that differ."""
        assert self._connection is not None
        clock, began = self._server.clock, self._connection.began
        if not began:
            return NO_LIMIT
        now = max(began / 1000 + clock.now() - self._opened_at, clock.timestamp())
        return round(now * 1000) + LONGEST_SILENCE

    async def _connect(self, event_id: str, since: str, position: Position | None) -> None:
        await self._connections.close_abandoned()
        attempt = 1 if self._failures is None else self._failures.attempt
        connection = await self._server.connect(event_id, since, attempt=attempt)
        now = connection.began or round(self._server.clock.timestamp() * 1000)
        self._connection = connection
        self._continuity = Continuity() if position is None else position.continuity(now)
        self._connections.add(connection, self)
        self._opened_at = self._server.clock.now()

    def _settled(self, position: Position, reading: Reading, events: list[Any]) -> FetchedBatch | None:
        """The batch of these events; None if there is nothing to hand out, not even a new position."""
        assert self._connection is not None
        if reading.count:
            self._connection.put_back(events[reading.count :])
            self._continuity = reading.continuity
            if reading.position.mark != position.mark:
                self._failures = None
            return self._batch(reading.position.with_seen(reading.keys, self._overlap), reading.rows)
        if isinstance(reading.stop, Missed):
            self._connection.put_back(events)
            return self._after_missed(position, reading.stop)
        if isinstance(reading.stop, UnreadableEvent):
            beyond = beyond_unreadable(position, events[0], self._overlap, latest=reading.latest)
            reading.stop.beyond = self._cursor_of(beyond)
        if reading.stop is not None:
            raise reading.stop
        return None

    def _after_missed(self, position: Position, missed: Missed) -> FetchedBatch | None:
        if self._followed.filler is not None:
            filling = position.filling(missed.until, self._overlap)
            assert filling.gap is not None
            found = GapFilled(since=moment(filling.gap.since), until=moment(filling.gap.until))
            self._server.observers.notify_event(found)
            return self._batch(filling)
        self._report(missed.since, missed.until, missed.beyond)
        self._continuity = missed.continuity
        return None

    def _report(self, since: int, until: int, beyond: Position) -> None:
        """Report events that nothing can bring: to the caller's function, or as an error."""
        error = EventsMissed(
            f"the history of the events does not reach back to {iso(since)}: it begins at {iso(until)}",
            since=moment(since),
            until=moment(until),
            beyond=self._cursor_of(beyond),
        )
        if self._followed.on_missed is None:
            raise error
        self._followed.on_missed(error)

    async def _from_list(self, position: Position) -> FetchedBatch:
        """The next rows of the gap. There is no connection meanwhile, because reading them may take long."""
        await self._disconnect()
        filler, gap = self._followed.filler, position.gap
        assert filler is not None
        assert gap is not None
        if not gap.cursor:
            oldest = await filler.oldest()
            if oldest is not None and oldest > gap.since:
                until = min(oldest, gap.until)
                self._report(gap.since, until, evolve(position, gap=evolve(gap, since=until)))
        found, cursor = await filler.next_rows(gap)
        key_of = self._followed.subject.key_of
        rows = [row for row in found if not position.has_given(key_of(row))]
        times = {key_of(row): milliseconds(datetime_at(row, "timestamp")) for row in rows}
        moved = evolve(position, floor=max([position.floor, *times.values()])).with_seen({"": times}, self._overlap)
        ended = moved.filled(self._overlap).with_seen({}, self._overlap)
        return self._batch(evolve(moved, gap=evolve(gap, cursor=cursor)) if cursor else ended, rows)

    async def _recover(self, error: MediaWikiError, position: Position) -> Position:
        """Close the connection and wait for the next one. Raises the error if there is no next one.

        Returns the position to begin at.
        """
        status = getattr(error, "status", None)
        had_id = self._connection is None and bool(position.id)
        lasted = 0.0 if self._connection is None else self._server.clock.now() - self._opened_at
        least_wait = 0.0 if self._connection is None else self._connection.retry
        await self._disconnect()
        if isinstance(error, ProtocolError) and had_id and status in _REFUSED_ID:
            return position.without_id(self._overlap)
        if lasted >= self._policy.longest_delay:  # a quiet stream, not a failing one
            self._failures = None
        await self._wait_after(error, least_wait)
        return position

    async def _wait_after(self, error: MediaWikiError, least_wait: float = 0.0) -> None:
        if self._is_closed():
            raise SiteClosed("the Site was closed while it followed events") from error
        if self._failures is None:
            server = self._server
            self._failures = RetryState(
                policy=self._policy, clock=server.clock, observers=server.observers, label=server.label
            )
        if not await self._failures.wait_before_retry(error, resend=True):
            raise error
        if least_wait:
            await self._server.clock.sleep(min(least_wait, self._policy.longest_pause))

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._connections.discard(connection)
            await connection.aclose()

    async def aclose(self) -> None:
        """Close the connection."""
        await self._disconnect()

    def _batch(self, position: Position, rows: list[Row] | None = None) -> FetchedBatch:
        continuation = position.as_continuation()
        self._known = (continuation, position)
        return FetchedBatch(rows=rows or [], next_continue=continuation, body={})

    def _cursor_of(self, position: Position) -> Cursor:
        return self._cursor(position.as_continuation(), {})
