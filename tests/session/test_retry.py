"""Whether a request is sent again, as a table."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.retry import (
    Pause,
    Recovery,
    Retry,
    Scope,
    certainly_not_executed,
    decide_retry,
    is_likely_permanent,
    outcome_is_unknown,
    pause_for,
    recovery_for,
    still_paused,
)
from mwclient_async.errors import (
    BrokenReply,
    ConnectionFailed,
    HttpError,
    MediaWikiError,
    NotRequested,
    OutcomeUnknown,
    ProtocolError,
    ReplyLost,
    ReplyTooLarge,
)
from mwclient_async.models.options import RetryPolicy
from tests.support.scripted_flow import refusal

DEFAULT = RetryPolicy()
NOT_DONE: dict[str, MediaWikiError] = {
    "never connected": ConnectionFailed("no route"),
    "429": HttpError("slow down", status=429),
    "maxlag": refusal("maxlag"),
    "readonly": refusal("readonly"),
    "ratelimited": refusal("ratelimited"),
}
UNKNOWN: dict[str, MediaWikiError] = {
    "reply lost": ReplyLost("reset"),
    "500": HttpError("broken", status=500),
    "502": HttpError("bad gateway", status=502),
    "503": HttpError("unavailable", status=503),
    "504": HttpError("time-out", status=504),
    "broken JSON": BrokenReply("cut"),
    "internal error": refusal("internal_api_error_DBQueryError"),
}
LASTING: dict[str, MediaWikiError] = {
    "not MediaWiki": ProtocolError("html"),
    "too large": ReplyTooLarge("large"),
    "an exception that would come again": refusal("internal_api_error_TypeError"),
}
FINAL: dict[str, MediaWikiError] = {
    "badtoken": refusal("badtoken"),
    "assertuserfailed": refusal("assertuserfailed"),
    "login-throttled": refusal("login-throttled"),
    "editconflict": refusal("editconflict"),
    "abusefilter-warning": refusal("abusefilter-warning"),
    "badcontinue": refusal("badcontinue"),
    "toomanyvalues": refusal("toomanyvalues"),
    "unknown code": refusal("never-heard-of"),
    "outcome unknown": OutcomeUnknown("lost"),
    "not requested": NotRequested("prop"),
}


def resent(error: MediaWikiError, *, resend: bool) -> bool:
    return decide_retry(error, policy=DEFAULT, attempt=1, elapsed=0, rand=0.5, resend=resend) is not None


def table(errors: dict[str, MediaWikiError]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("error", [pytest.param(error, id=name) for name, error in errors.items()])


@table(NOT_DONE)
def test_w1_a_request_that_was_not_executed_is_sent_again_even_a_write(error: MediaWikiError) -> None:
    assert [certainly_not_executed(error), outcome_is_unknown(error)] == [True, False]
    assert [resent(error, resend=resend) for resend in (True, False)] == [True, True]


@table(UNKNOWN)
def test_w2_a_request_that_may_have_been_executed_is_sent_again_only_if_that_is_safe(error: MediaWikiError) -> None:
    assert [certainly_not_executed(error), outcome_is_unknown(error)] == [False, True]
    assert [resent(error, resend=resend) for resend in (True, False)] == [True, False]


@table(LASTING)
def test_w2_a_lasting_error_is_not_retried_and_a_write_may_have_been_executed(error: MediaWikiError) -> None:
    assert [certainly_not_executed(error), outcome_is_unknown(error)] == [False, True]
    assert [resent(error, resend=resend) for resend in (True, False)] == [False, False]


@pytest.mark.parametrize(
    ("status", "may_have_acted"),
    [(301, False), (302, True), (303, True), (307, False), (308, False), (404, False), (413, False), (200, True)],
)
def test_w2_a_program_may_redirect_after_it_has_acted(status: int, *, may_have_acted: bool) -> None:
    """RFC 9110, section 15.4: 302 and 303 lead from a POST to its result; 301, 307 and 308 to where it belongs."""
    error = ProtocolError("html")
    error.status = status
    assert outcome_is_unknown(error) is may_have_acted


def test_w1_a_failure_that_is_likely_permanent_is_retried_a_few_times_only() -> None:
    def decide(failures: int) -> Retry | None:
        return decide_retry(
            BrokenReply("html"), policy=DEFAULT, attempt=5, permanent_failures=failures, elapsed=0, rand=0, resend=True
        )

    assert [decide(failures) is not None for failures in (1, 2, 3)] == [True, True, False]
    assert [is_likely_permanent(error) for error in (BrokenReply("html"), ConnectionFailed(), ReplyLost())] == [
        True,
        False,
        False,
    ]


# Pauses and recoveries -----------------------------------------------------------------------------------------------


def rate_limited(status: int) -> MediaWikiError:
    error = refusal("ratelimited")
    error.status = status  # type: ignore[attr-defined]  # every refusal has it
    return error


@pytest.mark.parametrize(
    ("error", "paused"),
    [
        (HttpError("", status=429, retry_after=17.0), Pause(Scope.FARM, 17.0)),
        (HttpError("", status=429), Pause(Scope.FARM, 5.0)),
        (rate_limited(429), Pause(Scope.FARM, 5.0)),
        (rate_limited(200), Pause(Scope.ACTION, 5.0)),
        (refusal("maxlag"), Pause(Scope.WIKI, 5.0)),
        (refusal("readonly"), Pause(Scope.WIKI, 5.0)),
        (HttpError("", status=503, retry_after=17.0), None),
        (ReplyLost(), None),
        (ConnectionFailed(), None),
        (refusal("badtoken"), None),
    ],
)
def test_w5_what_an_error_pauses(error: MediaWikiError, paused: Pause | None) -> None:
    assert pause_for(error, RetryPolicy()) == paused


ACTION = ApiRequest(params={"action": "edit"}, token="csrf")
REST = ApiRequest(path="/v1/page", token="csrf")


@pytest.mark.parametrize(
    ("error", "request_", "recovery"),
    [
        (refusal("badtoken"), ACTION, Recovery.TOKEN),
        (refusal("badtoken"), ApiRequest(params={"action": "query"}), None),
        (refusal("assertuserfailed"), ACTION, Recovery.LOGIN),
        (refusal("assertnameduserfailed"), ACTION, Recovery.LOGIN),
        (refusal("assertbotfailed"), ACTION, Recovery.LOGIN),
        (refusal("assertanonfailed"), ACTION, None),
        (refusal("mwoauth-invalid-authorization"), REST, Recovery.LOGIN),
        (refusal("permissiondenied"), ACTION, None),
        (refusal("permissiondenied"), REST, Recovery.CHECK),
        (refusal("protectedpage"), REST, None),
        (refusal("blocked"), REST, None),
        (refusal("editconflict"), ACTION, None),
        (ReplyLost(), ACTION, None),
    ],
)
def test_w4_what_is_renewed_before_a_request_is_sent_again(
    error: MediaWikiError, request_: ApiRequest, recovery: Recovery | None
) -> None:
    assert recovery_for(error, request_) is recovery


def test_w5_the_error_of_a_paused_request_has_the_cause_and_the_wait() -> None:
    for error in (HttpError("slow down", status=429), refusal("maxlag")):
        later = still_paused(error, after=17.5)
        assert type(later) is type(error)
        assert later.retry_after == 17.5  # type: ignore[attr-defined]  # both kinds have it


@table(FINAL)
def test_any_other_error_is_final(error: MediaWikiError) -> None:
    assert [certainly_not_executed(error), outcome_is_unknown(error)] == [False, False]
    assert [resent(error, resend=resend) for resend in (True, False)] == [False, False]


@pytest.mark.parametrize(("attempts", "attempt", "tried"), [(1, 1, False), (3, 2, True), (3, 3, False), (3, 4, False)])
def test_w1_attempts_include_the_first_try(attempts: int, attempt: int, *, tried: bool) -> None:
    policy = RetryPolicy(attempts=attempts)
    decided = decide_retry(ReplyLost(), policy=policy, attempt=attempt, elapsed=0, rand=0.0, resend=True)
    assert (decided is not None) is tried


@pytest.mark.parametrize(("elapsed", "tried"), [(0, True), (8.0, True), (8.01, False), (10, False), (1000, False)])
def test_w1_no_wait_ends_after_the_deadline(elapsed: float, *, tried: bool) -> None:
    error = HttpError("wait", status=503, retry_after=2.0)
    decided = decide_retry(error, policy=RetryPolicy(deadline=10), attempt=1, elapsed=elapsed, rand=0.0, resend=True)
    assert decided == (Retry(2.0) if tried else None)


@pytest.mark.parametrize(
    ("error", "least"),
    [
        (ReplyLost(), 0.0),
        (HttpError("", status=503), 0.0),
        (HttpError("", status=503, retry_after=17.0), 17.0),
        (HttpError("", status=429, retry_after=0.0), 0.0),
        (refusal("maxlag"), 5.0),
        (refusal("readonly"), 5.0),
        (refusal("ratelimited"), 5.0),
    ],
    ids=repr,
)
def test_w1_the_wait_that_the_wiki_asks_for_is_a_minimum(error: MediaWikiError, least: float) -> None:
    first = decide_retry(error, policy=DEFAULT, attempt=1, elapsed=0, rand=0.0, resend=True)
    later = decide_retry(error, policy=DEFAULT, attempt=4, elapsed=0, rand=0.5, resend=True)
    assert (first, later) == (Retry(least), Retry(least + 4.0))


def test_w1_a_longer_wait_of_the_wiki_replaces_the_default() -> None:
    error = refusal("maxlag")
    error.retry_after = 30.0  # type: ignore[attr-defined]  # every refusal has it
    assert decide_retry(error, policy=DEFAULT, attempt=1, elapsed=0, rand=0.0, resend=True) == Retry(30.0)


_SECONDS = st.floats(min_value=0.001, max_value=1e6)


@given(
    attempt=st.integers(min_value=1, max_value=1000),
    rand=st.floats(min_value=0, max_value=1, exclude_max=True),
    first=_SECONDS,
    longest=_SECONDS,
    elapsed=st.floats(min_value=0, max_value=1e6),
    deadline=_SECONDS,
)
@settings(deadline=None, max_examples=300)
def test_w1_jitter_is_full_bounded_and_within_the_deadline(
    attempt: int, rand: float, first: float, longest: float, elapsed: float, deadline: float
) -> None:
    policy = RetryPolicy(attempts=10_000, first_delay=first, longest_delay=longest, deadline=deadline)
    decided = decide_retry(ReplyLost(), policy=policy, attempt=attempt, elapsed=elapsed, rand=rand, resend=True)
    bound = longest if attempt > 60 else min(longest, first * 2 ** (attempt - 1))
    assert elapsed + rand * bound > deadline if decided is None else 0 <= decided.after == rand * bound
    assert decided is None or elapsed + decided.after <= deadline


def test_w1_any_number_of_attempts_is_possible() -> None:
    policy = RetryPolicy(attempts=10_000, deadline=1e9)
    assert decide_retry(refusal("maxlag"), policy=policy, attempt=5000, elapsed=9e5, rand=0.0, resend=True) == Retry(
        5.0
    )
