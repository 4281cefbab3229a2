"""W2, U4: answers to the publishing that are lost, driven by hand. The file's page decides, or nothing can be told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from mwclient_async._http.flow import NO_RESPONSE, Flow, Wait
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._upload.publish import Publication, publish
from mwclient_async.errors import (
    BrokenReply,
    ConnectionFailed,
    FileRefused,
    MediaWikiError,
    OutcomeUnknown,
    Protected,
    ReplyLost,
    StashError,
    UploadWarnings,
)
from mwclient_async.models.options import RetryPolicy
from mwclient_async.models.upload import StashedFile, UploadMethod, UploadResult
from tests.support.scripted_flow import Answer, Script, refusal
from tests.support.scripted_stash import GONE, NO_STATUS, SHA1, poll, said
from tests.upload.test_publish import DONE, directly, publishing, warned

LOST = OutcomeUnknown("lost")
LOST.__cause__ = ReplyLost("cut")
NO_CHANGE = refusal("fileexists-no-change")


def page(sha1: str | None = None, *extensions: str) -> dict[str, Any]:
    """The file's page, as it is looked at after a doubt."""
    shown = {"title": "File:A b.png", "imageinfo": [{"sha1": sha1, "size": 10}]} if sha1 else {"missing": True}
    return {"query": {"pages": [shown], "extensions": [{"name": name} for name in extensions]}}


THERE, ABSENT, FILTERED = page(SHA1), page(), page(None, "Gadgets", "Abuse Filter")
ANOTHER = page("f" * 40)
BOTH = pytest.mark.parametrize("begin", [publishing, directly])
Begin = Callable[..., Flow[UploadResult]]


@BOTH
def test_a_file_that_is_there_was_published(begin: Begin) -> None:
    script = Script(LOST, THERE)
    result = script.run(begin())
    assert (result.verified, result.filename) == (True, "A_b.png")
    assert result.imageinfo is not None
    assert result.imageinfo.sha1 == SHA1
    assert result.method is (UploadMethod.DIRECT if begin is directly else UploadMethod.STASH)
    assert script.calls[1].params.items() >= {("titles", "File:A.png"), ("prop", "imageinfo")}


ELSEWHERE = {"title": "File:A.png", "imagerepository": "shared", "imageinfo": [{"sha1": SHA1}]}
REDIRECT = {"title": "File:A.png", "imageinfo": [{"sha1": SHA1, "canonicaltitle": "File:B.png"}]}
SHOWN = [ABSENT, ANOTHER, {"query": {"pages": [ELSEWHERE]}}, {"query": {"pages": [REDIRECT]}}]


@BOTH
@pytest.mark.parametrize("seen", SHOWN, ids=["absent", "another file", "of a shared repository", "a redirect's"])
def test_a_file_that_is_not_there_is_sent_again_in_the_same_way(begin: Begin, seen: Answer) -> None:
    script = Script(LOST, seen, LOST, seen, DONE)
    assert script.run(begin()).verified is False
    assert script.calls[0] == script.calls[2] == script.calls[4]


@BOTH
@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([LOST, ABSENT, LOST, ABSENT, LOST, ABSENT], id="lost each time"),
        pytest.param([LOST, FILTERED], id="a filter could take the second for a confirmation"),
        pytest.param([LOST, ConnectionFailed("refused")], id="then the wiki cannot be reached"),
        pytest.param([LOST, BrokenReply("<html>")], id="then it does not answer as a wiki does"),
        pytest.param([LOST, refusal("readonly")], id="then it is read-only"),
        pytest.param([LOST, ABSENT, ConnectionFailed("refused"), ABSENT], id="then nothing goes out"),
        pytest.param([LOST, ABSENT, refusal("ratelimited"), ABSENT], id="then it is not now"),
    ],
)
def test_where_it_cannot_be_told_that_is_said(begin: Begin, answers: list[Answer]) -> None:
    script = Script(*answers)
    with pytest.raises(OutcomeUnknown, match="before you upload it again") as caught:
        script.run(begin())
    assert caught.value.title == "File:A.png"
    assert isinstance(caught.value.__cause__, ReplyLost | ConnectionFailed | BrokenReply | MediaWikiError)
    assert len(script.calls) == len(answers)


def test_a_key_that_is_gone_after_a_lost_answer_tells_nothing_but_where_the_file_is_there() -> None:
    with pytest.raises(OutcomeUnknown, match="uploadstash-file-not-found") as caught:
        Script(LOST, ABSENT, GONE, ABSENT).run(publishing())
    assert caught.value.filekey == "K"
    assert Script(LOST, ABSENT, GONE, THERE).run(publishing()).verified
    with pytest.raises(OutcomeUnknown):
        Script(LOST, THERE, GONE, THERE).run(publishing(sha1=None))  # nothing to know it by


@BOTH
def test_a_refusal_after_a_lost_answer_is_true_where_the_file_is_not_there(begin: Begin) -> None:
    with pytest.raises(Protected):
        Script(LOST, ABSENT, refusal("protectedpage"), ABSENT).run(begin())
    assert Script(LOST, ABSENT, refusal("protectedpage"), THERE).run(begin()).verified
    assert Script(LOST, ABSENT, NO_CHANGE, THERE).run(begin()).verified


@BOTH
def test_u5_a_warning_after_a_lost_answer_may_be_of_the_file_that_we_have_published(begin: Begin) -> None:
    assert Script(LOST, ABSENT, warned(exists="A.png"), THERE).run(begin()).verified
    with pytest.raises(UploadWarnings):
        Script(LOST, ABSENT, warned(exists="A.png"), ANOTHER).run(begin())


def test_a_lost_answer_is_verified_after_a_choice_of_warnings_too() -> None:
    for begin in (publishing, directly):
        result = Script(warned(exists="W.png"), LOST, THERE).run(begin(ignored={"exists"}))
        assert (result.verified, [warning.kind for warning in result.ignored]) == (True, ["exists"])


@BOTH
def test_a_file_that_was_replaced_in_this_second_already_is_sent_again_in_the_next(begin: Begin) -> None:
    """The names of old versions have the time in them, to the second."""
    too_soon = refusal("backend-fail-alreadyexists")
    assert Script(too_soon, ANOTHER, too_soon, ANOTHER, DONE).run(begin(ignored=True)).verified is False
    assert Script(LOST, ANOTHER, too_soon, ANOTHER, DONE).run(begin(ignored=True)).verified is False
    for_ever: list[Answer] = [too_soon, ANOTHER]
    with pytest.raises(MediaWikiError) as caught:
        Script(*for_ever * 3).run(begin(ignored=True))
    assert caught.value is too_soon


def waits(conversation: Flow[Any], *answers: Answer) -> list[float]:
    """The seconds that a conversation waits, when it is answered so."""
    left, waited = list(answers), []
    step = next(conversation)
    with suppress(StopIteration):
        while True:
            said_now = left.pop(0) if isinstance(step, ApiRequest) else None
            if isinstance(said_now, MediaWikiError):
                step = conversation.throw(said_now)
                continue
            if isinstance(step, Wait):
                waited.append(step.seconds)
            step = conversation.send(NO_RESPONSE if said_now is None else ApiResponse(body=said_now))
    return waited


def test_it_waits_longer_each_time_and_for_the_wikis_clock_a_second_at_least() -> None:
    hasty = RetryPolicy(attempts=4, first_delay=0.1, longest_delay=0.3)
    stashed = StashedFile("K", size=10, sha1=SHA1)
    for answer, expected in ((LOST, [0.1, 0.2, 0.3]), (refusal("backend-fail-alreadyexists"), [1.0, 1.0, 1.0])):
        conversation = publish(Publication(filename="A.png"), stashed, policy=hasty)
        tried: list[Answer] = [answer, ABSENT]
        assert waits(conversation, *tried * 3, DONE) == expected


# U7: after a process that did not live to see it ---------------------------------------------------------------------


@pytest.mark.parametrize("answer", [GONE, NO_CHANGE, warned(exists="A.png")], ids=["gone", "no change", "exists"])
def test_u7_what_an_earlier_process_has_published_is_found_and_not_published_twice(answer: Answer) -> None:
    script = Script(answer, THERE)
    assert script.run(publishing(resumed=True)).verified
    assert len(script.calls) == 2


@pytest.mark.parametrize(
    ("answer", "error"), [(GONE, StashError), (NO_CHANGE, FileRefused), (warned(exists="A.png"), UploadWarnings)]
)
def test_u7_what_it_has_not_published_is_as_ever(answer: Answer, error: type[MediaWikiError]) -> None:
    with pytest.raises(error):
        Script(answer, ANOTHER).run(publishing(resumed=True))
    with pytest.raises(Protected):
        Script(refusal("protectedpage")).run(publishing(resumed=True))
    with pytest.raises(ConnectionFailed):
        Script(answer, ConnectionFailed("refused")).run(publishing(resumed=True))


# U6: with a job under way --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "verified"),
    [
        pytest.param([LOST, poll(), poll(), DONE], False, id="queued: it is waited for"),
        pytest.param([LOST, DONE], False, id="done: the status says so"),
        pytest.param([LOST, NO_STATUS, THERE], True, id="no status: the page says so"),
        pytest.param([LOST, NO_STATUS, ABSENT, poll(), DONE], False, id="nothing was begun: sent again"),
        pytest.param([LOST, NO_STATUS, ABSENT, refusal("publishfailed"), DONE], False, id="begun meanwhile"),
        pytest.param([LOST, said("an exact duplicate"), THERE], True, id="failed, for it is there"),
    ],
)
def test_u6_the_wiki_is_asked_how_far_it_is_before_anything_is_sent_again(
    answers: list[Answer], *, verified: bool
) -> None:
    assert Script(*answers).run(publishing(asynchronous=True)).verified is verified


def test_u6_a_job_that_failed_was_not_done_and_says_why() -> None:
    with pytest.raises(StashError, match="blocked by a filter"):
        Script(LOST, said("blocked by a filter"), FILTERED).run(publishing(asynchronous=True))
    with pytest.raises(OutcomeUnknown):
        Script(LOST, NO_STATUS, FILTERED).run(publishing(asynchronous=True))
