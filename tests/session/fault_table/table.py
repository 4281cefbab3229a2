"""The table: how an operation ends that a fault hits.

A cell is right if three things are right: the *result* of the library (done, or which error), how often the operation
is *on the wiki*, which is asked directly, and how often the request was *sent*.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from attrs import evolve, frozen

from tests.session.fault_table.operations import Kind, Operation
from tests.support.fault_proxy import BROKEN_JSON, TOO_MANY, Fault


class Effect(Enum):
    """What a fault does to the request that it hits."""

    ANSWERED = auto()
    """No harm: the response arrives. Only the next connection is refused."""
    REFUSED = auto()
    """The response says that the wiki has not executed it."""
    LOST_BEFORE = auto()
    """The wiki has not received it, and there is no response."""
    LOST_AFTER = auto()
    """The wiki has executed it, and the response is lost."""


@frozen
class Outcome:
    """How a cell ends."""

    result: str
    on_wiki: int
    sent: int


def read(*, sent: int) -> Outcome:
    """The right result; the wiki is unchanged."""
    return Outcome("done", 0, sent)


def done(*, sent: int) -> Outcome:
    """The right result; it is on the wiki once."""
    return Outcome("done", 1, sent)


def unknown(*, on_wiki: int) -> Outcome:
    """The outcome cannot be found out, so it is not sent again."""
    return Outcome("OutcomeUnknown", on_wiki, 1)


def conflict(*, sent: int) -> Outcome:
    return Outcome("EditConflict", 0, sent)


def warned(*, sent: int) -> Outcome:
    return Outcome("AbuseFilter", 0, sent)


RULES: Mapping[Kind, tuple[Outcome, Outcome, Outcome, Outcome]] = {
    #                answered          refused           lost before         lost after
    Kind.READ:      (read(sent=1),     read(sent=2),     read(sent=2),       read(sent=2)),
    Kind.STEP:      (done(sent=1),     done(sent=2),     done(sent=2),       done(sent=2)),
    Kind.EDIT:      (done(sent=1),     done(sent=2),     done(sent=2),       done(sent=1)),
    Kind.WRITE:     (done(sent=1),     done(sent=2),     unknown(on_wiki=0), unknown(on_wiki=1)),
    Kind.LOGGED:    (done(sent=1),     done(sent=2),     unknown(on_wiki=0), done(sent=1)),
    Kind.CONFLICT:  (conflict(sent=1), conflict(sent=2), conflict(sent=2),   conflict(sent=2)),
    Kind.OLD_TOKEN: (done(sent=2),     done(sent=3),     done(sent=3),       done(sent=3)),
    Kind.FILTERED:  (done(sent=1),     done(sent=2),     done(sent=2),       done(sent=1)),
    Kind.WARNED:    (warned(sent=1),   warned(sent=2),   warned(sent=2),     unknown(on_wiki=0)),
}  # fmt: skip
_COLUMNS = (Effect.ANSWERED, Effect.REFUSED, Effect.LOST_BEFORE, Effect.LOST_AFTER)


def expected(operation: Operation, fault: Fault) -> Outcome:
    """The outcome by the table."""
    outcome = RULES[operation.kind][_COLUMNS.index(_effect(operation, fault))]
    return evolve(outcome, sent=outcome.sent + len(operation.prior))


def _effect(operation: Operation, fault: Fault) -> Effect:
    if fault.then_refuse or (fault is BROKEN_JSON and operation.refused):
        return Effect.ANSWERED
    if fault is TOO_MANY:
        return Effect.REFUSED
    return Effect.LOST_AFTER if fault.acted else Effect.LOST_BEFORE
