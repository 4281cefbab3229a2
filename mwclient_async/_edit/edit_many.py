"""The same edit of many pages: one task reads the pages, and a number of workers edit them.

The reader and the workers share a channel without a buffer, so a page is read only when a worker is free. The workers
pass their results to the consumer through a second such channel.

The cursor moves forward only over pages whose results the consumer has received. The reader notes the stream's cursor
after each page, and a result marks its page as received. So the cursor is that of the last page for which this result
and all earlier ones were received.

See https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import anyio
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import define

from mwclient_async._edit.read_base import special_page
from mwclient_async._http.titled import Titled
from mwclient_async._query.asynchronous import AsynchronousIterable
from mwclient_async._query.stream import Stream
from mwclient_async._query.stream_run import StreamRun
from mwclient_async._session.openable import AsynchronousContext
from mwclient_async._session.retry import certainly_not_executed
from mwclient_async._session.shared_resources import Owner
from mwclient_async._values.cursor import Cursor
from mwclient_async.errors import (
    ApiErrorItem,
    AuthError,
    Blocked,
    BotStopped,
    InvalidTitle,
    MediaWikiError,
    PageMissing,
    PermissionDenied,
    SiteClosed,
    Unavailable,
)
from mwclient_async.models.edits import EditResult, PageEdit
from mwclient_async.models.page import Page, PageStatus

EditFunction = Callable[[Page | str], Awaitable[EditResult]]
"""A coroutine function that edits one page. Its argument is a Page, or the title of a row of a list."""

_FATAL = (AuthError, BotStopped, SiteClosed, Unavailable)
_RIGHTS_LOST = frozenset({"permissiondenied", "noedit", "noedit-anon", "writeapidenied", "readapidenied"})
_EDITABLE = frozenset({PageStatus.OK, PageStatus.MISSING})
_NOT_ENTERED = "edit_many has not been started: use `async with site.edit_many(...) as edits`"


@define(eq=False)
class _Position:
    """The stream's cursor after a page, and whether the consumer has received the result of that page."""

    cursor: Cursor
    received: bool = False


_Job = tuple[Page | Titled, _Position]
_Outcome = tuple[PageEdit, _Position]


class ManyEdits(AsynchronousIterable, AsynchronousContext, AsyncIterator[PageEdit]):
    """The edits of ``site.edit_many``: ``async with site.edit_many(...) as edits: async for edit in edits: ...``.

    Iterating gives a PageEdit for each page as soon as it is done, with its result or its error, in no particular
    order. An error that would stop all further edits, too, ends the iteration: no more edits begin, those that are
    under way are finished and given out, then the error is raised. Its ``cursor`` is that of these edits.

    Leaving the block early begins no more edits and waits for those that are under way. An exception in the block
    cancels them.

    Raises:
        Blocked: the account is blocked from more than some pages.
        PermissionDenied: the account has lost the right to edit or to read.
        AuthError: the login was lost and could not be renewed.
        BotStopped: the stop page of the site's EditDefaults has a text.
        Unavailable: the wiki is read-only, lags, or limits the rate, even after the retries.
        ConnectionFailed, HttpError: the wiki cannot be reached, or refuses all requests with status 429.
        Exception: any error of the function itself, or of the source of the pages.

    See https://www.mediawiki.org/wiki/API:Edit.
    """

    def __init__(self, pages: Stream[Any], edit: EditFunction, *, concurrency: int) -> None:
        self._pages = pages
        self._edit = edit
        self._concurrency = concurrency
        self._tasks: TaskGroup | None = None
        self._run: StreamRun[Any] | None = None
        self._positions: deque[_Position] = deque()
        self._came: deque[_Outcome] = deque()  # outcomes that the consumer has not taken yet
        self._failure: Exception | None = None
        self._cursor: Cursor | None = None
        self._done = 0
        self._reading = anyio.CancelScope()

    def __repr__(self) -> str:
        return f"<edits of {self._pages!r}>"

    @property
    def cursor(self) -> Cursor:
        """The position up to which the result of every page was given out: pass it to ``site.edit_many(resume=)``.

        Its ``str()`` can be stored. Pages after it may have been edited already, and are edited again after a resume.
        Raises RuntimeError outside ``async with``.
        """
        if self._cursor is None:
            raise RuntimeError(_NOT_ENTERED)
        self._advance()
        return self._cursor

    @property
    def done(self) -> int:
        """The number of pages whose results were given out, with those before the cursor of ``resume``."""
        return self._done + sum(position.received for position in self._positions)

    @property
    def total(self) -> int | None:
        """The number of pages in all, None if it is not known.

        It is known from a list of titles, or once all pages have been read. A limit of the stream counts as the total.
        """
        return None if self._run is None else self._run.total

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise RuntimeError("these edits were started before: call site.edit_many() for each run")
        self._check_owner = Owner("this run", "call site.edit_many()").check
        self._run = aiter(self._pages)
        self._cursor, self._done = self._run.cursor, self._run.done
        jobs_in, jobs_out = anyio.create_memory_object_stream[_Job](0)
        outcomes_in, self._outcomes = anyio.create_memory_object_stream[_Outcome](0)
        self._tasks = await anyio.create_task_group().__aenter__()
        self._tasks.start_soon(self._read_pages, self._run, jobs_in)
        async with jobs_out, outcomes_in:
            for _ in range(self._concurrency):
                self._tasks.start_soon(self._work, jobs_out.clone(), outcomes_in.clone())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tasks is not None
        self._check_owner()
        self._reading.cancel()
        if error is not None:
            self._tasks.cancel_scope.cancel()
        self._outcomes.close()  # the edits that are under way are finished; no one receives their results
        await self._tasks.__aexit__(None, None, None)

    async def __anext__(self) -> PageEdit:
        while not self._came:
            if not await self._wait():
                raise StopAsyncIteration
        return self._take()

    def _take(self) -> PageEdit:
        """The next edit that has come. Raises IndexError if none has: ``_wait`` for it.

        The blocking form calls this in the caller's thread, so that an interrupt cannot come between an edit that
        counts as given, and its receiver.
        """
        edit, position = self._came.popleft()
        position.received = True
        return edit

    async def _wait(self) -> bool:
        """Wait until there is an edit to take. Returns False at the end."""
        if self._tasks is None:
            raise RuntimeError(_NOT_ENTERED)
        self._check_owner()
        self._advance()
        try:
            self._came.append(await self._outcomes.receive())
        except anyio.EndOfStream:
            if self._failure is None:
                return False
            if isinstance(self._failure, MediaWikiError):
                self._failure.cursor = self.cursor
            raise self._failure from None
        except anyio.ClosedResourceError:
            raise RuntimeError("these edits have ended: iterate them inside their `async with`") from None
        return True

    def _advance(self) -> None:
        """Move the cursor forward over the pages whose results the consumer has."""
        while self._positions and self._positions[0].received:
            self._cursor = self._positions.popleft().cursor
            self._done += 1

    async def collect(self) -> list[PageEdit]:
        """Wait for all edits.

        Returns a list with a PageEdit for each page, in the order in which the edits were done.

        Raises:
            MediaWikiError: an error that would stop all further edits. ManyEdits lists these errors.
            Exception: any error of the function itself, or of the source of the pages.
            RuntimeError: this was called outside ``async with``.

        See https://www.mediawiki.org/wiki/API:Edit.
        """
        return [edit async for edit in self]

    async def _read_pages(self, run: StreamRun[Any], jobs: MemoryObjectSendStream[_Job]) -> None:
        async with jobs:
            try:
                with self._reading:
                    async for page in run:
                        position = _Position(run.cursor)
                        self._positions.append(position)
                        await jobs.send((page, position))
            except Exception as error:  # noqa: BLE001 - raised in __anext__, after the results before it
                self._fail(error)

    async def _work(self, jobs: MemoryObjectReceiveStream[_Job], outcomes: MemoryObjectSendStream[_Outcome]) -> None:
        async with jobs, outcomes:
            async for page, position in jobs:
                try:
                    edit = await self._edit_page(page)
                except Exception as error:  # noqa: BLE001 - raised in __anext__, after the results before it
                    self._fail(error)
                    return
                with suppress(anyio.BrokenResourceError):  # the consumer has left
                    await outcomes.send((edit, position))

    async def _edit_page(self, page: Page | Titled) -> PageEdit:
        title = str(page.title or getattr(page, "asked", ""))
        try:
            return PageEdit(title=title, result=await self._edit(_page_or_title(page, title)))
        except MediaWikiError as error:
            if _is_fatal(error):
                raise
            return PageEdit(title=title, error=error)

    def _fail(self, error: Exception) -> None:
        """Begin no more edits; those that are under way are finished."""
        self._failure = self._failure or error
        self._reading.cancel()


def _page_or_title(page: Page | Titled, title: str) -> Page | str:
    """The page, or the title of a row of a list. Raises InvalidTitle or PageMissing if it cannot be edited."""
    if not isinstance(page, Page):
        return title
    if page.status is PageStatus.SPECIAL:
        raise special_page(repr(title))
    if page.status not in _EDITABLE:
        text = f"{title!r} cannot be edited: {page.invalidreason or page.status.value}"
        raise InvalidTitle((ApiErrorItem(code="invalidtitle", text=text),))
    if not page.title:
        raise PageMissing((ApiErrorItem(code="nosuchpageid", text=f"There is no page {title}."),))
    return page


def _is_fatal(error: MediaWikiError) -> bool:
    """Whether the next page would fail, too."""
    if isinstance(error, Blocked):
        info = error.data.get("blockinfo") or {}
        return not info.get("blockpartial")
    return (
        isinstance(error, _FATAL)
        or certainly_not_executed(error)
        or (isinstance(error, PermissionDenied) and error.code in _RIGHTS_LOST)
    )
