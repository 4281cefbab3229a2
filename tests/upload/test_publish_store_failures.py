"""U3: the wiki's file store fails while a file is published, with scripted responses."""

from __future__ import annotations

import pytest

from mwclient_async._http.flow import TryAgain
from mwclient_async.errors import MediaWikiError, OutcomeUnknown, StashError, UploadError, UploadPending, UrlRefused
from tests.support.scripted_flow import ATTEMPTS, Answer, Script, refusal
from tests.support.scripted_stash import GONE, NO_STATUS, SHA1, poll, stash_failure
from tests.upload.test_publish import DONE, by_url, publishing
from tests.upload.test_publish_once import BOTH, LOST, MISSING, PUBLISHED, MakeFlow

FAILED = refusal("backend-fail-internal")
JOB_FAILED = stash_failure("Internal error: Server failed to publish temporary file.")
NOT_RELEASED = refusal("lockmanager-fail-releaselock")
STASHED: Answer = {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 10}]}}


@BOTH
def test_u3_a_file_that_the_store_did_not_take_is_published_again(make_flow: MakeFlow) -> None:
    script = Script(FAILED, MISSING, DONE)
    assert script.run(make_flow()).verified is False
    assert script.requests[0] == script.requests[2]


@BOTH
def test_u3_a_file_that_was_published_in_spite_of_an_error_is_verified(make_flow: MakeFlow) -> None:
    assert Script(NOT_RELEASED, PUBLISHED).run(make_flow()).verified


@BOTH
def test_u3_a_store_that_keeps_failing_is_tried_as_often_as_the_policy_allows(make_flow: MakeFlow) -> None:
    answers: list[Answer] = [FAILED, MISSING] * ATTEMPTS
    with pytest.raises(UploadError, match="backend-fail-internal"):
        Script(*answers).run(make_flow())


def test_u3_a_stashed_file_that_could_not_be_read_once_is_published_again() -> None:
    unreadable = refusal("uploadstash-bad-path")
    script = Script(unreadable, STASHED, MISSING, DONE)
    assert script.run(publishing()).filename == "A.png"
    with pytest.raises(StashError) as caught:
        Script(unreadable, GONE).run(publishing())
    assert caught.value is unreadable


def test_u3_after_a_failed_job_the_file_is_published_again() -> None:
    script = Script(poll(), JOB_FAILED, JOB_FAILED, MISSING, poll(), DONE)
    assert script.run(publishing(asynchronous=True)).verified is False
    assert [request.params.get("async") for request in script.requests] == ["1", None, None, None, "1", None]
    script = Script(poll(), stash_failure("blocked by a filter"))
    with pytest.raises(StashError, match="blocked by a filter"):
        script.run(publishing(asynchronous=True))


def test_u6_a_job_that_takes_too_long_after_a_lost_reply_is_waited_for_once() -> None:
    script = Script(LOST, NO_STATUS, MISSING, poll(), poll())
    with pytest.raises(UploadPending):
        script.run(publishing(asynchronous=True, patience=0))


@pytest.mark.parametrize("answers", [[FAILED, DONE], [poll(), JOB_FAILED, poll(), DONE]], ids=["at once", "by a job"])
def test_u3_a_url_whose_file_the_store_did_not_take_is_fetched_again(answers: list[Answer]) -> None:
    assert Script(*answers).run(by_url(asynchronous=len(answers) > 2, ignored=True)).filename == "A.png"


def test_u3_a_url_whose_old_version_was_archived_in_this_second_is_fetched_again_in_the_next() -> None:
    """A first try that failed has copied the old version to the archive already."""
    script = Script(FAILED, refusal("backend-fail-alreadyexists"), DONE)
    assert script.run(by_url(ignored=True)).filename == "A.png"
    assert [event.least_wait for event in script.events if isinstance(event, TryAgain)] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ([FAILED] * ATTEMPTS, UploadError),
        ([NOT_RELEASED], OutcomeUnknown),
        ([poll(), stash_failure("Error fetching URL: no route")], UrlRefused),
    ],
    ids=["it keeps failing", "it may be published", "the URL failed"],
)
def test_a_url_that_cannot_be_published_raises(answers: list[Answer], error: type[MediaWikiError]) -> None:
    with pytest.raises(error):
        Script(*answers).run(by_url(asynchronous=True, ignored=True))
