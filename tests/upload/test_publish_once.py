"""W2, U4: lost replies to the publishing, with scripted responses. The file's page decides, or it is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mwclient_async._http.flow import Flow, NewSession, TryAgain
from mwclient_async.errors import (
    BrokenReply,
    ConnectionFailed,
    FileRefused,
    MediaWikiError,
    OutcomeUnknown,
    Protected,
    ReplyLost,
    SiteClosed,
    StashError,
    UploadWarnings,
)
from mwclient_async.models.upload import UploadMethod, UploadResult
from tests.support.scripted_flow import Answer, Script, refusal
from tests.support.scripted_stash import GONE, NO_STATUS, SHA1, poll, stash_failure
from tests.upload.test_publish import DONE, by_url, directly, publishing, warned

LOST = OutcomeUnknown("lost")
LOST.__cause__ = ReplyLost("cut")
NO_CHANGE = refusal("fileexists-no-change")


def page(sha1: str | None = None, *extensions: str) -> dict[str, Any]:
    """The file's page, as it is read after a lost reply."""
    shown = {"title": "File:A b.png", "imageinfo": [{"sha1": sha1, "size": 10}]} if sha1 else {"missing": True}
    return {"query": {"pages": [shown], "extensions": [{"name": name} for name in extensions]}}


PUBLISHED, MISSING, FILTERED = page(SHA1), page(), page(None, "Gadgets", "Abuse Filter")
WARNED = {"query": {"abuselog": [{"user": "Demo", "result": "warn"}]}}
ANOTHER = page("f" * 40)
BOTH = pytest.mark.parametrize("make_flow", [publishing, directly])
MakeFlow = Callable[..., Flow[UploadResult]]


@BOTH
def test_after_a_lost_reply_a_file_on_its_page_is_verified(make_flow: MakeFlow) -> None:
    script = Script(LOST, PUBLISHED)
    result = script.run(make_flow())
    assert (result.verified, result.filename) == (True, "A_b.png")
    assert result.imageinfo is not None
    assert result.imageinfo.sha1 == SHA1
    assert result.method is (UploadMethod.DIRECT if make_flow is directly else UploadMethod.STASH)
    assert script.requests[1].params.items() >= {("titles", "File:A.png"), ("prop", "imageinfo")}


ELSEWHERE = {"title": "File:A.png", "imagerepository": "shared", "imageinfo": [{"sha1": SHA1}]}
REDIRECT = {"title": "File:A.png", "imageinfo": [{"sha1": SHA1, "canonicaltitle": "File:B.png"}]}
BY = {"title": "File:A.png", "imageinfo": [{"sha1": SHA1, "size": 10, "user": "Demo"}]}
BY_OTHERS, BY_US = (
    {"query": {"pages": [BY], "extensions": [], "userinfo": {"name": name}}} for name in ("Another", "Demo")
)
SHOWN = [
    MISSING,
    ANOTHER,
    *({"query": {"pages": [shown], "extensions": []}} for shown in (ELSEWHERE, REDIRECT)),
    BY_OTHERS,
]


@BOTH
def test_w2_a_file_is_sent_again_in_another_session_if_no_filter_has_warned(make_flow: MakeFlow) -> None:
    script = Script(LOST, {**FILTERED, "curtimestamp": "2026-03-01T10:00:00Z"}, {"query": {"abuselog": []}}, DONE)
    assert script.run(make_flow()).verified is False
    assert script.requests[0] == script.requests[3]
    assert [type(event) for event in script.events if isinstance(event, NewSession)] == [NewSession]
    assert script.requests[2].params.items() >= {("afltitle", "File:A.png"), ("aflend", "2026-02-28T10:00:00Z")}


def test_w2_all_of_the_filters_log_counts_if_the_wiki_does_not_tell_the_time() -> None:
    script = Script(LOST, FILTERED, {"query": {"abuselog": []}}, DONE)
    script.run(publishing())
    assert "aflend" not in script.requests[2].params


@BOTH
@pytest.mark.parametrize(
    "seen", SHOWN, ids=["absent", "another file", "of a shared repository", "a redirect's", "others'"]
)
def test_after_a_lost_reply_a_missing_file_is_sent_again_unchanged(make_flow: MakeFlow, seen: Answer) -> None:
    script = Script(LOST, seen, LOST, seen, DONE)
    assert script.run(make_flow()).verified is False
    assert script.requests[0] == script.requests[2] == script.requests[4]


@BOTH
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([LOST, MISSING, LOST, MISSING, LOST, MISSING], id="lost each time"),
        pytest.param([LOST, FILTERED, WARNED], id="a filter would take a second request for a confirmation"),
        pytest.param([LOST, FILTERED, refusal("permissiondenied")], id="the log of the filters cannot be read"),
        pytest.param([LOST, ConnectionFailed("refused")], id="then the wiki cannot be reached"),
        pytest.param([LOST, BrokenReply("<html>")], id="then the response is not from an API"),
        pytest.param([LOST, refusal("readonly")], id="then it is read-only"),
        pytest.param([LOST, MISSING, ConnectionFailed("refused"), MISSING], id="then the connection fails"),
        pytest.param([LOST, MISSING, refusal("ratelimited"), MISSING], id="then it is rate-limited"),
    ],
)
def test_an_unknown_outcome_is_raised(make_flow: MakeFlow, answers: list[Answer]) -> None:
    script = Script(*answers)
    with pytest.raises(OutcomeUnknown, match="before you upload it again") as caught:
        script.run(make_flow())
    assert caught.value.title == "File:A.png"
    assert isinstance(caught.value.__cause__, ReplyLost | ConnectionFailed | BrokenReply | MediaWikiError)
    assert len(script.requests) == len(answers)


@BOTH
def test_w2_the_same_bytes_by_another_account_are_not_ours(make_flow: MakeFlow) -> None:
    """Its comment and text may be other ones. The wiki refuses ours, which was not published."""
    with pytest.raises(FileRefused, match="fileexists-no-change"):
        Script(LOST, BY_OTHERS, NO_CHANGE, BY_OTHERS).run(make_flow())
    assert Script(LOST, BY_US).run(make_flow()).verified


def test_a_filekey_that_is_gone_after_a_lost_reply_is_an_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknown, match="uploadstash-file-not-found") as caught:
        Script(LOST, MISSING, GONE, MISSING).run(publishing())
    assert caught.value.filekey == "K"
    assert Script(LOST, MISSING, GONE, PUBLISHED).run(publishing()).verified
    with pytest.raises(OutcomeUnknown):
        Script(LOST, PUBLISHED, GONE, PUBLISHED).run(
            publishing(sha1=None)
        )  # without a SHA-1, our file cannot be recognized


@BOTH
def test_a_refusal_after_a_lost_reply_is_raised_if_the_file_is_missing(make_flow: MakeFlow) -> None:
    with pytest.raises(Protected):
        Script(LOST, MISSING, refusal("protectedpage"), MISSING).run(make_flow())
    assert Script(LOST, MISSING, refusal("protectedpage"), PUBLISHED).run(make_flow()).verified
    assert Script(LOST, MISSING, NO_CHANGE, PUBLISHED).run(make_flow()).verified


@BOTH
def test_u5_a_warning_after_a_lost_reply_may_be_about_our_own_file(make_flow: MakeFlow) -> None:
    assert Script(LOST, MISSING, warned(exists="A.png"), PUBLISHED).run(make_flow()).verified
    with pytest.raises(UploadWarnings):
        Script(LOST, MISSING, warned(exists="A.png"), ANOTHER).run(make_flow())


def test_a_lost_reply_is_verified_after_ignored_warnings_too() -> None:
    for make_flow in (publishing, directly):
        result = Script(warned(exists="W.png"), LOST, PUBLISHED).run(make_flow(ignored={"exists"}))
        assert (result.verified, [warning.kind for warning in result.ignored]) == (True, ["exists"])


@BOTH
def test_a_file_that_was_replaced_in_this_second_is_sent_again_in_the_next(make_flow: MakeFlow) -> None:
    """The name of an old version contains the time in seconds."""
    too_soon = refusal("backend-fail-alreadyexists")
    assert Script(too_soon, ANOTHER, too_soon, ANOTHER, DONE).run(make_flow(ignored=True)).verified is False
    assert Script(LOST, ANOTHER, too_soon, ANOTHER, DONE).run(make_flow(ignored=True)).verified is False
    forever: list[Answer] = [too_soon, ANOTHER]
    with pytest.raises(MediaWikiError) as caught:
        Script(*forever * 3).run(make_flow(ignored=True))
    assert caught.value is too_soon


def test_a_replaced_file_is_sent_again_after_a_second_at_the_earliest() -> None:
    for answer, least_wait in ((LOST, 0.0), (refusal("backend-fail-alreadyexists"), 1.0)):
        script = Script(answer, MISSING, DONE)
        script.run(publishing())
        assert [step.least_wait for step in script.events if isinstance(step, TryAgain)] == [least_wait]


# U7: after a process that was killed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [GONE, NO_CHANGE, warned(exists="A.png")], ids=["gone", "no change", "exists"])
def test_u7_what_an_earlier_process_has_published_is_found_and_not_published_twice(answer: Answer) -> None:
    script = Script(answer, PUBLISHED)
    assert script.run(publishing(resumed=True)).verified
    assert len(script.requests) == 2


@pytest.mark.parametrize(
    ("answer", "error"), [(GONE, StashError), (NO_CHANGE, FileRefused), (warned(exists="A.png"), UploadWarnings)]
)
def test_u7_without_an_earlier_publication_errors_are_raised(answer: Answer, error: type[MediaWikiError]) -> None:
    with pytest.raises(error):
        Script(answer, ANOTHER).run(publishing(resumed=True))
    with pytest.raises(Protected):
        Script(refusal("protectedpage")).run(publishing(resumed=True))
    with pytest.raises(ConnectionFailed):
        Script(answer, ConnectionFailed("refused")).run(publishing(resumed=True))


# U6: with a running job ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "verified"),
    [
        pytest.param([LOST, poll(), poll(), DONE], False, id="queued: it is polled"),
        pytest.param([LOST, DONE], False, id="done, by the status"),
        pytest.param([LOST, NO_STATUS, PUBLISHED], True, id="no status: done, by the page"),
        pytest.param([LOST, NO_STATUS, MISSING, poll(), DONE], False, id="not started: sent again"),
        pytest.param([LOST, NO_STATUS, MISSING, refusal("publishfailed"), DONE], False, id="started meanwhile"),
        pytest.param(
            [LOST, stash_failure("an exact duplicate"), PUBLISHED], True, id="failed, because it is published"
        ),
    ],
)
def test_u6_the_status_is_asked_before_anything_is_sent_again(answers: list[Answer], *, verified: bool) -> None:
    assert Script(*answers).run(publishing(asynchronous=True)).verified is verified


def test_u6_a_failed_job_raises_its_reason() -> None:
    with pytest.raises(StashError, match="blocked by a filter"):
        Script(LOST, stash_failure("blocked by a filter"), FILTERED, WARNED).run(publishing(asynchronous=True))
    with pytest.raises(OutcomeUnknown):
        Script(LOST, NO_STATUS, FILTERED, WARNED).run(publishing(asynchronous=True))


@pytest.mark.parametrize("failure", [ReplyLost("cut"), SiteClosed(), refusal("readonly"), BrokenReply("cut")], ids=repr)
def test_w2_a_file_that_a_job_publishes_is_asked_for_again_or_unknown_if_the_wiki_cannot_be_asked(
    failure: MediaWikiError,
) -> None:
    """The request itself was executed: a job is at work."""
    found = Script(poll(), failure, poll(), poll(), DONE)
    assert found.run(publishing(asynchronous=True)).filename == "A.png"
    with pytest.raises(OutcomeUnknown, match="could not be asked") as caught:
        Script(poll(), failure, failure).run(publishing(asynchronous=True))
    assert caught.value.filekey == "K"
    with pytest.raises(OutcomeUnknown, match="a job publishes it") as caught:
        Script(poll(), failure).run(by_url(asynchronous=True))
    assert caught.value.__cause__ is failure
