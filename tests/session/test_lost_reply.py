"""W1, W2: a write whose reply was lost is resolved by one helper, with full jitter and one deadline for its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import define, field

from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.lost_reply import Executed, LostReply, NotSeen, send_until_known
from mwclient_async._session.observers import Observers
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.run_flow import run_flow
from mwclient_async._upload.file_versions import revert_to
from mwclient_async.errors import HttpError, MediaWikiError, OutcomeUnknown, PermissionDenied, ReplyLost
from mwclient_async.models.events import Event, Retrying
from mwclient_async.models.options import RetryPolicy
from mwclient_async.testing.scripted import ScriptedClock
from tests.support.scripted_flow import Script, refusal

WRITE, LOOK = ApiRequest(params={"action": "edit"}, write=True), ApiRequest(params={"action": "query"})
SAVED = {"edit": {"result": "Success"}}
TOO_SOON = refusal("backend-fail-alreadyexists")


def lost(cause: MediaWikiError | None = None) -> OutcomeUnknown:
    error = OutcomeUnknown("lost")
    error.__cause__ = cause or ReplyLost("cut")
    return error


@define
class Write:
    """A write that looks for itself with one query."""

    obstacle: str = ""
    tried: list[str] = field(factory=list)

    def send(self) -> Flow[str]:
        yield WRITE
        return "answered"

    def resolve(self, lost: LostReply, error: MediaWikiError) -> Flow[Executed[str] | NotSeen]:  # noqa: ARG002
        found = (yield LOOK).body["found"]
        return Executed("found") if found else NotSeen(self.obstacle)

    def passes_after(self, error: MediaWikiError) -> float | None:
        return 1.0 if error is TOO_SOON else None

    def give_up(self, lost: LostReply, error: MediaWikiError, why: str) -> MediaWikiError:  # noqa: ARG002
        self.tried.append(why)
        return error


FOUND, ABSENT = {"found": True}, {"found": False}


@pytest.mark.parametrize(
    ("answers", "result"),
    [
        pytest.param([SAVED], "answered", id="nothing lost"),
        pytest.param([lost(), FOUND], "found", id="executed"),
        pytest.param([lost(), ABSENT, SAVED], "answered", id="not executed, sent again"),
        pytest.param([lost(), ABSENT, lost(), FOUND], "found", id="executed the second time"),
        pytest.param([lost(), ABSENT, refusal("editconflict"), FOUND], "found", id="late: it conflicts with itself"),
        pytest.param([TOO_SOON, ABSENT, SAVED], "answered", id="a refusal that passes"),
    ],
)
def test_w2_a_write_is_sent_until_its_outcome_is_known(answers: list[Any], result: str) -> None:
    assert Script(*answers).run(send_until_known(Write(), LostReply())) == result


@pytest.mark.parametrize(
    ("answers", "obstacle", "why"),
    [
        pytest.param(
            [lost(), ABSENT] * 3, "", "no trace of it was found, and attempt 3 was the last", id="always lost"
        ),
        pytest.param([lost(), ABSENT], "a filter", "a filter", id="it must not be sent again"),
        pytest.param([lost(), ABSENT, refusal("blocked"), ABSENT], "", "", id="then it is refused"),
    ],
)
def test_w2_what_cannot_be_resolved_says_why(answers: list[Any], obstacle: str, why: str) -> None:
    write = Write(obstacle)
    with pytest.raises(MediaWikiError):
        Script(*answers).run(send_until_known(write, LostReply()))
    assert write.tried == [why]


def test_w2_a_refusal_without_a_lost_reply_is_raised_at_once() -> None:
    with pytest.raises(PermissionDenied):
        Script(refusal("permissiondenied")).run(send_until_known(Write(), LostReply()))


# The retry policy ----------------------------------------------------------------------------------------------------


class Wiki:
    """Loses every reply; each request takes some seconds. ``writes`` counts the writes."""

    def __init__(self, clock: ScriptedClock, *, takes: float = 0.0, error: Callable[[], MediaWikiError] = lost) -> None:
        self._clock, self._takes, self._error = clock, takes, error
        self.writes = 0

    async def send(self, request: ApiRequest, **_: object) -> ApiResponse:
        await self._clock.sleep(self._takes)
        if not request.write:
            return ApiResponse(body=ABSENT)
        self.writes += 1
        raise self._error()


async def gives_up(wiki: Wiki, clock: ScriptedClock, policy: RetryPolicy) -> list[Retrying]:
    """The retries until a write that is always lost is given up."""
    events: list[Event] = []

    def new_state(label: str) -> RetryState:
        return RetryState(policy=policy, clock=clock, observers=Observers(None, events.append), label=label)

    with pytest.raises(MediaWikiError):
        await run_flow(send_until_known(Write(), LostReply()), wiki.send, sleep=clock.sleep, retries=new_state)
    return [event for event in events if isinstance(event, Retrying)]


async def test_w1_the_waits_have_full_jitter() -> None:
    clock = ScriptedClock(draw=0.5)
    policy = RetryPolicy(attempts=5, first_delay=1.0, longest_delay=3.0)
    retries = await gives_up(Wiki(clock), clock, policy)
    assert [(retry.after, retry.attempt) for retry in retries] == [(0.5, 1), (1.0, 2), (1.5, 3), (1.5, 4)]
    assert {retry.label for retry in retries} == {"action=edit"}


async def test_w1_all_tries_share_one_deadline() -> None:
    """Each try takes 10 seconds and each look 10 more; the deadline counts from the first lost reply."""
    clock = ScriptedClock(draw=0.0)
    wiki = Wiki(clock, takes=10.0)
    await gives_up(wiki, clock, RetryPolicy(attempts=50, deadline=45.0))
    assert wiki.writes == 4  # at 0, 20, 40 and 60 seconds; a fifth would begin 60 seconds after the first look


async def test_w1_a_request_that_outlasts_the_deadline_is_tried_again() -> None:
    clock = ScriptedClock(draw=0.0)
    wiki = Wiki(clock, takes=400.0)
    await gives_up(wiki, clock, RetryPolicy(attempts=50, deadline=300.0))
    assert wiki.writes == 2


async def test_w1_a_wait_that_the_wiki_asks_for_is_kept() -> None:
    clock = ScriptedClock(draw=0.0)
    cause = HttpError("busy", status=503, retry_after=7.0)
    retries = await gives_up(Wiki(clock, error=lambda: lost(cause)), clock, RetryPolicy(attempts=2))
    assert [retry.after for retry in retries] == [7.0]


async def test_w1_a_refusal_that_passes_is_tried_as_often_as_the_policy_allows() -> None:
    """The revert of a file that was replaced in this second: each refusal is final but for its time."""
    clock = ScriptedClock(draw=0.0)
    refused = {"result": "Failure", "errors": [{"code": "backend-fail-alreadyexists", "text": "exists"}]}
    sent: list[ApiRequest] = []

    async def send(request: ApiRequest, **_: object) -> ApiResponse:
        sent.append(request)
        return ApiResponse(body={"filerevert": refused})

    def new_state(label: str) -> RetryState:
        return RetryState(policy=RetryPolicy(attempts=3), clock=clock, observers=Observers(), label=label)

    with pytest.raises(MediaWikiError, match="backend-fail-alreadyexists"):
        await run_flow(revert_to("A.png", "2026!A.png", ""), send, sleep=clock.sleep, retries=new_state)
    assert (len(sent), clock.slept) == (3, [1.0, 1.0])
