"""The same edit of many pages. The manual's page is https://www.mediawiki.org/wiki/API:Edit."""

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

from mwclient_async._query.page_inputs import Titled
from mwclient_async._query.stream import Stream, StreamRun
from mwclient_async._session.retry import certainly_not_executed
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
    Unavailable,
)
from mwclient_async.models.edits import EditResult, PageEdit
from mwclient_async.models.page import Page, PageStatus

EditFunction = Callable[[Page | str], Awaitable[EditResult]]

_FATAL = (AuthError, BotStopped, Unavailable)
_RIGHTS_LOST = frozenset({"permissiondenied", "noedit", "noedit-anon", "writeapidenied", "readapidenied"})
_EDITABLE = frozenset({PageStatus.OK, PageStatus.MISSING})


@define(eq=False)
class _Place:
    """Where the stream stood after a page, and whether what became of that has been given out."""

    cursor: Cursor
    given: bool = False


_Job = tuple[Page | Titled, _Place]
_Made = tuple[PageEdit, _Place]


class ManyEdits(AsyncIterator[PageEdit]):
    """What ``site.edit_many`` gives: ``async with site.edit_many(...) as edits: async for edit in edits: ...``.

    Each page comes when it is done, as a PageEdit with its result or its error, in no particular order. What is fatal
    for all of them is raised at the end, when the edits that were under way are done: a block, a login or a right that
    is lost, a wiki that is read-only or cannot be reached, a stop page, an error of the function itself.

    ``cursor`` is where to go on after a crash: all pages before it have been given out. Pages after it may have been
    edited, too, and are offered again.
    """

    def __init__(self, pages: Stream[Any], edit: EditFunction, *, concurrency: int) -> None:
        self._pages = pages
        self._edit = edit
        self._concurrency = concurrency
        self._tasks: TaskGroup | None = None
        self._run: StreamRun[Any] | None = None
        self._places: deque[_Place] = deque()
        self._failure: Exception | None = None
        self._cursor: Cursor | None = None
        self._feeding = anyio.CancelScope()

    @property
    def cursor(self) -> Cursor:
        """The position up to which every page has been given out; its ``str()`` can be stored."""
        if self._cursor is None:
            raise RuntimeError("nothing has been begun: use `async with site.edit_many(...) as edits`")
        return self._cursor

    async def __aenter__(self) -> Self:
        if self._tasks is not None:
            raise RuntimeError("these edits were begun before: call site.edit_many() for each run")
        self._run = aiter(self._pages)
        self._cursor = self._run.cursor
        entry, exit_ = anyio.create_memory_object_stream[_Job](0)
        done, self._done = anyio.create_memory_object_stream[_Made](0)
        self._tasks = await anyio.create_task_group().__aenter__()
        self._tasks.start_soon(self._feed, self._run, entry)
        async with exit_, done:
            for _ in range(self._concurrency):
                self._tasks.start_soon(self._work, exit_.clone(), done.clone())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._tasks is not None
        self._feeding.cancel()
        if error is not None:
            self._tasks.cancel_scope.cancel()
        self._done.close()  # what is under way is finished, and given to nobody
        await self._tasks.__aexit__(None, None, None)

    async def __anext__(self) -> PageEdit:
        if self._tasks is None:
            raise RuntimeError("nothing has been begun: use `async with site.edit_many(...) as edits`")
        try:
            edit, place = await self._done.receive()
        except anyio.EndOfStream:
            if self._failure is None:
                raise StopAsyncIteration from None
            raise self._failure from None
        except anyio.ClosedResourceError:
            raise RuntimeError("these edits were left: iterate them inside their `async with`") from None
        place.given = True
        while self._places and self._places[0].given:
            self._cursor = self._places.popleft().cursor
        if isinstance(self._failure, MediaWikiError):
            self._failure.cursor = self._cursor
        return edit

    async def collect(self) -> list[PageEdit]:
        """All of them, in the order in which they were done. Raises what is fatal."""
        return [edit async for edit in self]

    async def _feed(self, run: StreamRun[Any], entry: MemoryObjectSendStream[_Job]) -> None:
        async with entry:
            try:
                with self._feeding:
                    async for page in run:
                        place = _Place(run.cursor)
                        self._places.append(place)
                        await entry.send((page, place))
            except Exception as error:  # noqa: BLE001 - raised where the consumer gets there
                self._stop(error)

    async def _work(self, jobs: MemoryObjectReceiveStream[_Job], done: MemoryObjectSendStream[_Made]) -> None:
        async with jobs, done:
            async for page, place in jobs:
                try:
                    edit = await self._edited(page)
                except Exception as error:  # noqa: BLE001 - as above
                    self._stop(error)
                    return
                with suppress(anyio.BrokenResourceError):  # nobody listens any more
                    await done.send((edit, place))

    async def _edited(self, page: Page | Titled) -> PageEdit:
        title = str(page.title or getattr(page, "asked", ""))
        try:
            return PageEdit(title=title, result=await self._edit(_editable(page, title)))
        except MediaWikiError as error:
            if _is_fatal(error):
                raise
            return PageEdit(title=title, error=error)

    def _stop(self, error: Exception) -> None:
        """Begin nothing more; what is under way goes on."""
        self._failure = self._failure or error
        if isinstance(self._failure, MediaWikiError):
            self._failure.cursor = self._cursor
        self._feeding.cancel()


def _editable(page: Page | Titled, title: str) -> Page | str:
    """The page, or the title of a row of a list."""
    if not isinstance(page, Page):
        return title
    if page.status not in _EDITABLE:
        text = f"{title!r} is no page that can be edited: {page.invalidreason or page.status.value}"
        raise InvalidTitle((ApiErrorItem(code="invalidtitle", text=text),))
    if not page.title:
        raise PageMissing((ApiErrorItem(code="nosuchpageid", text=f"There is no page {title}."),))
    return page


def _is_fatal(error: MediaWikiError) -> bool:
    """Whether the next page would fare no better."""
    if isinstance(error, Blocked):
        info = error.data.get("blockinfo") or {}
        return not info.get("blockpartial")
    return (
        isinstance(error, _FATAL)
        or certainly_not_executed(error)
        or (isinstance(error, PermissionDenied) and error.code in _RIGHTS_LOST)
    )
