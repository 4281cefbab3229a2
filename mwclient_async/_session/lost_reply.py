"""What became of a write whose reply was lost: one helper for edits, published files and chunks.

The request was sent, and no answer came. It may have been executed, or not, or it may still be on its way. A
:class:`ResolvableWrite` knows how to find out: by the page's history, by the file's page, or by the offset of the
stash. Three answers are possible:

- It was executed: :class:`Executed` holds the result.
- No trace of the write is found: :class:`NotSeen`. The write is sent again, because the wiki refuses to execute the
  same write twice (compare-and-swap, a filekey that works once, an offset). If something forbids that, such as an abuse
  filter that would take the second request for a confirmation, ``obstacle`` says so.
- It cannot be known: the write raises the error that says what is known.

An error that follows a lost reply, such as an edit conflict, proves nothing about the request before it. So the write
is looked for once more before that error is raised.

Tries and waits (full jitter) are those of the site's retry policy. All tries of an operation share one deadline, which
counts from the first lost reply. The requests that look for the write have the tries of any read, because an unknown
outcome costs more than a wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from attrs import define, field, frozen

from mwclient_async._http.flow import Flow, may_try_again
from mwclient_async._http.messages import ApiResponse
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async.errors import MediaWikiError, OutcomeUnknown, ProtocolError, SiteClosed

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@define
class LostReply:
    """The first request of a write whose reply was lost: its error, and the revision that it was based on.

    ``own_edits`` are the edits of the Site that sent it.
    """

    error: OutcomeUnknown | None = None
    base: BaseRevision | None = None
    own_edits: OwnEdits = field(factory=OwnEdits, repr=False)

    def record(self, error: OutcomeUnknown, base: BaseRevision | None = None) -> None:
        """Keep that a reply was lost; the first one counts."""
        self.error = self.error or error
        self.base = self.base or base

    @property
    def happened(self) -> bool:
        """Whether a reply was lost."""
        return self.error is not None

    @property
    def cause(self) -> BaseException | None:
        """How it was lost."""
        return (self.error.__cause__ or self.error) if self.error is not None else None


@frozen
class Executed(Generic[T_co]):
    """The wiki has executed the write."""

    result: T_co


@frozen
class NotSeen:
    """No trace of the write was found. ``obstacle`` says why it must not be sent again; it is empty if it may be."""

    obstacle: str = ""


class ResolvableWrite(Protocol[T_co]):
    """A write that can find out what became of a request whose reply was lost."""

    def send(self) -> Flow[T_co]:
        """Send it once. Raises OutcomeUnknown if the reply is lost."""
        ...

    def resolve(self, lost: LostReply, error: MediaWikiError) -> Flow[Executed[T_co] | NotSeen]:
        """Find out what became of it. ``error`` is what the latest request raised."""
        ...

    def passes_after(self, error: MediaWikiError) -> float | None:
        """After how many seconds a refusal will have passed by itself; None if it will not."""
        ...

    def give_up(self, lost: LostReply, error: MediaWikiError, why: str) -> MediaWikiError:
        """The error to raise if the write was not seen and is not sent again. ``why`` is empty for a refusal."""
        ...


def send_until_known(write: ResolvableWrite[T], lost: LostReply) -> Flow[T]:
    """Send a write until it is known to be executed, or known to be refused."""
    tries = 0
    while True:
        tries += 1
        try:
            return (yield from write.send())
        except OutcomeUnknown as error:
            lost.record(error)
            failure: MediaWikiError = error
            least_wait: float | None = 0.0
        except MediaWikiError as error:
            failure, least_wait = error, write.passes_after(error)
            if not lost.happened and least_wait is None:
                raise
        found = yield from write.resolve(lost, failure)
        if isinstance(found, Executed):
            return found.result
        if least_wait is None:
            raise write.give_up(lost, failure, "")
        if found.obstacle and lost.happened:
            raise write.give_up(lost, failure, found.obstacle)
        try:
            is_next = yield from may_try_again(_cause_of(failure), least_wait=least_wait)
        except SiteClosed as error:
            if not lost.happened:
                raise
            raise write.give_up(lost, failure, f"no trace of it was found before {error}") from error
        if not is_next:
            raise write.give_up(lost, failure, f"no trace of it was found, and attempt {tries} was the last")


def read_written(what: str, response: ApiResponse, read: Callable[[ApiResponse], T]) -> T:
    """What ``read`` makes of the response to a write, named ``what`` in messages.

    The wiki may have executed the write, whatever it has sent. So if ``read`` raises ProtocolError, that is an
    OutcomeUnknown.
    """
    try:
        return read(response)
    except ProtocolError as error:
        raise OutcomeUnknown(
            f"the wiki's response does not say what became of {what} ({error}): look at the wiki before you repeat it"
        ) from error


def _cause_of(error: MediaWikiError) -> MediaWikiError:
    """How the reply was lost, which may name a wait."""
    cause = error.__cause__
    return cause if isinstance(error, OutcomeUnknown) and isinstance(cause, MediaWikiError) else error
