"""Sends one edit with its base revision and resolves a lost reply.

- *Compare and swap.* Every request says what the page must be for the edit to be saved: a base revision, or a page that
  does not exist. So the wiki refuses to save the same edit a second time.
- *A lost reply* is resolved by the page's history (``history_check.py``).
- *An edit that is not in the history* is sent again, with the same base. If the first request arrives late, only one of
  the two can be saved.
- *On a wiki with an abuse filter* an edit is sent again only if no filter has warned of it (``abuse_log.py``): a filter
  would take the same edit for a confirmation.

See https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

from attrs import frozen

from mwclient_async._edit.history_check import CompareAndSwapWrite, CompletedWrite, find_in_history, unknown_outcome
from mwclient_async._http.flow import Flow
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lost_reply import Executed, LostReply, NotSeen, send_until_known
from mwclient_async.errors import MediaWikiError, OutcomeUnknown, TransportError, Unavailable


def compare_and_swap(
    write: CompareAndSwapWrite, base: BaseRevision, *, lost: LostReply | None = None
) -> Flow[CompletedWrite]:
    """Send an edit until it is known to be saved, or known to be refused.

    ``lost`` is the lost reply of an earlier try of the same edit. Raises the wiki's refusal, or OutcomeUnknown if
    nothing can be known.
    """
    lost = lost or LostReply()
    return (yield from send_until_known(_Swap(write, base, lost), lost))


@frozen
class _Swap:
    """One edit on one base, as a ResolvableWrite."""

    _write: CompareAndSwapWrite
    _base: BaseRevision
    _lost: LostReply

    def send(self) -> Flow[CompletedWrite]:
        try:
            response = self._write.check_response((yield self._write.request(self._base)))
        except OutcomeUnknown as error:
            self._lost.record(error, self._base)
            raise
        return CompletedWrite(base=self._base, response=response)

    def resolve(self, lost: LostReply, error: MediaWikiError) -> Flow[Executed[CompletedWrite] | NotSeen]:  # noqa: ARG002
        return find_in_history(self._write, lost)

    def passes_after(self, error: MediaWikiError) -> float | None:  # noqa: ARG002 - no refusal of an edit passes
        return None

    def give_up(self, lost: LostReply, error: MediaWikiError, why: str) -> MediaWikiError:
        if not why and not isinstance(error, TransportError | Unavailable):
            return error  # it is refused now and not in the history: it was not saved
        unknown = unknown_outcome(self._write, lost, why or f"it is not in the page's history so far ({error})")
        unknown.__cause__ = unknown.__cause__ if why else error
        return unknown
