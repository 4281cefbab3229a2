"""Streams: a query, a history or a list of titles as an async iterator, for both APIs.

A :class:`Stream` is a value: it says what to fetch and can be iterated any number of times. A
:class:`~mwclient_async.StreamRun` is one iteration over it, and knows its position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from attrs import evolve, frozen

from mwclient_async._http.params import is_count, is_duration
from mwclient_async._query.asynchronous import AsynchronousIterable
from mwclient_async._query.batches import BatchSequence, StreamSpec
from mwclient_async._query.stream_run import BatchIterator, OpenStream, StreamRun
from mwclient_async._values.cursor import Cursor, fingerprint
from mwclient_async.errors import CursorMismatch

T = TypeVar("T")


_SUBJECTS = ("list", "followed", "pages", "generator", "prop", "meta")
"""The parameters that a repr shows: names of modules. Other values may be long, or private."""


@frozen(kw_only=True, repr=False)
class Stream(AsynchronousIterable, Generic[T]):
    """The items of a query, a list or a history, fetched while they are iterated.

    A stream is immutable and can be iterated several times; each ``async for`` begins anew and sends its own requests.
    It holds one batch in memory (and the batches read ahead, if any), however long it is. Every MediaWikiError that is
    raised during an iteration has ``error.cursor``, the position to resume from.

    See https://www.mediawiki.org/wiki/API:Continue.
    """

    _whole: ClassVar[str] = "await stream.collect()"

    _make_batches: Callable[[StreamSpec], BatchSequence[T]]
    _spec: StreamSpec
    _not_iterable: str | None = None
    _follow: Callable[[float, float], Stream[T]] | None = None
    _begins_now: bool = False
    _subject: str = ""
    _total: int | None = None

    @classmethod
    def over(
        cls,
        make_batches: Callable[[StreamSpec], BatchSequence[T]],
        *,
        wiki: str,
        fingerprinted: Mapping[str, str],
        limit: int | None = None,
        not_iterable: str | None = None,
        follow: Callable[[float, float], Stream[T]] | None = None,
        begin: Mapping[str, str] | None = None,
        total: int | None = None,
    ) -> Self:
        """Make the stream of a batch sequence. The methods of a Site call this.

        Arguments:
            make_batches: makes the batch sequence of one run.
            wiki: the wiki's API address, which a cursor must share.
            fingerprinted: the parameters that a cursor must share.
            limit: the number of items in total, None for all.
            not_iterable: why the stream has no items, if it has none.
            follow: makes the endless stream for :meth:`follow`, if the stream can be followed.
            begin: where a followed list begins; empty if the wiki's clock says so. ``open()`` then asks for the time,
                so that ``run.cursor`` has it before there is an item.
            total: the number of items without a limit, None if it is not known.
        """
        start = Cursor(wiki=wiki, fingerprint=fingerprint(fingerprinted), continuation=begin or {})
        spec = StreamSpec(start=start, limit=limit)
        subject = " ".join(f"{name}={fingerprinted[name]}" for name in _SUBJECTS if name in fingerprinted)
        return cls(
            make_batches=make_batches,
            spec=spec,
            not_iterable=not_iterable,
            follow=follow,
            begins_now=begin is not None,
            subject=subject,
            total=total,
        )

    def __repr__(self) -> str:
        limit = "" if self._spec.limit is None else f", limit={self._spec.limit}"
        names = ", ".join(self._spec.start.fingerprint)
        return f"<stream of {self._subject or names or 'a query'} on {self._spec.start.wiki}{limit}>"

    def __aiter__(self) -> StreamRun[T]:
        """Begin a run over the items, in the order of the wiki.

        Raises:
            ValueError: the query has no items to iterate. Its message says what to use instead.

        See https://www.mediawiki.org/wiki/API:Continue.
        """
        if self._not_iterable is not None:
            raise ValueError(self._not_iterable)
        return self._start_run()

    def open(self, *, read_ahead: int = 0) -> OpenStream[T]:
        """Begin a run as an async context manager: ``async with stream.open(read_ahead=1) as run``.

        Returns an OpenStream, whose ``async with`` gives a StreamRun. The run is iterated like the stream, and
        ``run.cursor`` is the position after the last item given.

        Arguments:
            read_ahead: how many further batches are fetched while the consumer works. With 1 or more, the request for
                the next batch is on the wire before the consumer gets an item. With 0, no task is started.

        Raises:
            ValueError: ``read_ahead`` is not a whole number from 0 up, or the query has no items to iterate.

        See https://www.mediawiki.org/wiki/API:Continue.
        """
        if not is_count(read_ahead, least=0):
            raise ValueError(f"read_ahead={read_ahead!r}: give a number of batches, 0 or more")
        begins_now = self._begins_now and self._spec.start.continuation == {}
        return OpenStream(aiter(self), begins_now=begins_now, read_ahead=read_ahead)

    def batches(self) -> BatchIterator[T]:
        """Iterate whole batches instead of items.

        Returns an async iterator of Batch, in the order of the wiki. A batch holds the items and the cursor after them,
        and the rows of lists and the meta data of the same query. It can be empty: an empty batch is not the end.

        See https://www.mediawiki.org/wiki/API:Query.
        """
        return BatchIterator(self._start_run())

    def resume(self, cursor: Cursor | str | None) -> Self:
        """Resume from a stored cursor; with None, begin at the beginning.

        Returns the same stream, beginning after the item at which the cursor was taken. A ``limit`` counts from there.
        On an unchanged wiki exactly the rest comes. If the wiki has changed, no item that stayed is missed.

        Arguments:
            cursor: ``run.cursor``, ``batch.cursor`` or ``error.cursor``, or its text ``str(cursor)``; None if nothing
                is stored yet.

        Raises:
            CursorMismatch: the cursor belongs to another wiki or another query. The message names what differs.
            ValueError: the text is not a cursor.
            TypeError: it is neither a cursor nor a text.

        See https://www.mediawiki.org/wiki/API:Continue.
        """
        if cursor is None:
            return self
        start = Cursor.parse(cursor) if isinstance(cursor, str) else cursor
        if not isinstance(start, Cursor):
            raise TypeError(f"the cursor is of type {type(start).__name__}: give a Cursor, its text, or None")
        ours, theirs = self._spec.start, start
        if theirs.wiki != ours.wiki:
            raise CursorMismatch(f"the cursor is of {theirs.wiki}, this stream of {ours.wiki}")
        names = {*ours.fingerprint, *theirs.fingerprint}
        differing = sorted(name for name in names if ours.fingerprint.get(name) != theirs.fingerprint.get(name))
        if differing:
            raise CursorMismatch(f"the cursor is of another query, which differs in: {', '.join(differing)}")
        return self._with(start=start)

    def mappings(self) -> Stream[Mapping[str, Any]]:
        """Give the items as the wiki sent them, without conversion.

        Returns a stream of mappings (JSON objects), in the same order.

        See https://www.mediawiki.org/wiki/API:JSON_version_2.
        """
        return self._with(raw=True)

    def fragments(self) -> Self:
        """Give the pages of each response without merging them: for pages with more rows than memory holds.

        Returns a stream in which a page comes once for each response that names it, each time with the part of its
        properties (links, revisions ...) that this response has.

        ``site.pages`` has no fragments: iterating it raises ValueError.

        See https://www.mediawiki.org/wiki/API:Query#batchcomplete.
        """
        return self._with(merged=False)

    def follow(self, *, every: float = 10.0, overlap: float = 60.0) -> Stream[T]:
        """Follow a list of events without an end.

        Returns a stream that gives each new event once, oldest first, when the wiki shows it. It begins at the list's
        ``start``, or when ``open()`` is entered, by the wiki's clock. ``run.cursor`` and ``error.cursor`` resume it at
        their position, in another process, too: ``stream.follow().resume(cursor)``. Store the cursor before the first
        event, too: it has the time of the beginning. A resumed stream may have another ``start``, which is not used.
        Only ``site.list`` of recentchanges, logevents, usercontribs and watchlist can be followed. Their rows always
        have their ids and their time, also if ``prop`` leaves these out.

        Arguments:
            every: seconds between two requests, once all events were given.
            overlap: seconds that each request goes back, for events that become visible late. An event that becomes
                visible later than that is missed.

        Raises:
            ValueError: the stream cannot be followed; or ``every`` or ``overlap`` is not a number of seconds from 0 up;
                or the stream was resumed from a cursor of the list itself.

        See https://www.mediawiki.org/wiki/API:RecentChanges.
        """
        if self._follow is None:
            raise ValueError("only lists of events can be followed: site.list('recentchanges').follow(), for example")
        if not (is_duration(every) and is_duration(overlap)):
            raise ValueError(f"every={every!r}, overlap={overlap!r}: give numbers of seconds, 0 or more")
        if self._spec.start.continuation != {}:
            raise ValueError("a cursor of a list does not fit a followed list: use stream.follow().resume(cursor)")
        stream = self._follow(every, overlap)
        return stream._with(limit=self._spec.limit, raw=self._spec.raw)  # noqa: SLF001 - another Stream

    def distinct(self) -> Self:
        """Give each item once, even if a generator or a list names it again.

        Returns a stream without the repetitions. It remembers a key of each item, so that its memory grows with the
        number of items. A resumed stream remembers nothing of what was given before.

        ``site.pages`` cannot be distinct: iterating it raises ValueError.

        See https://www.mediawiki.org/wiki/API:Query#Generators.
        """
        return self._with(distinct=True)

    async def first(self) -> T | None:
        """Fetch the first item. The request asks for one item only.

        Returns the item, or None if there is none.

        Raises:
            MediaWikiError: a request failed.
            ValueError: the query has no items to iterate.

        See https://www.mediawiki.org/wiki/API:Query.
        """
        one: Stream[T] = self._with(limit=1 if self._spec.limit is None else min(1, self._spec.limit))
        async for item in one:
            return item
        return None

    async def collect(self) -> list[T]:
        """Fetch all items.

        Returns them as a list, in order.

        Raises:
            MediaWikiError: a request failed. ``error.cursor`` is the position after the last item received.
            ContinuationLoop: the wiki sends the same ``continue`` again and again.
            ValueError: the query has no items to iterate.

        See https://www.mediawiki.org/wiki/API:Continue.
        """
        return [item async for item in self]

    def _start_run(self) -> StreamRun[T]:
        start, limit = self._spec.start, self._spec.limit
        totals = [self._total, None if limit is None else start.count + limit]
        total = min((known for known in totals if known is not None), default=None)
        return StreamRun(self._make_batches(self._spec), start, total=total)

    def _with(self, **changes: Any) -> Any:
        """The same stream with another spec."""
        return evolve(self, spec=evolve(self._spec, **changes))
