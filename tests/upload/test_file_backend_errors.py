"""Which errors of a file store may pass, by MediaWiki's own messages, and what an upload does then."""

from __future__ import annotations

import json

import pytest

from mwclient_async._upload import file_backend_errors
from mwclient_async._upload.chunks import Position
from mwclient_async._upload.file_backend_errors import may_be_done, may_pass
from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
    InternalError,
    MediaWikiError,
    OutcomeUnknown,
    ReplyLost,
    StashError,
    UploadError,
    class_for,
)
from mwclient_async.models.upload import UploadStage
from mwclient_async.testing.roots import find_root
from tests.support.scripted_flow import ATTEMPTS, Answer, Script, refusal
from tests.support.scripted_stash import (
    NO_STASH,
    SHA1,
    continued,
    entry,
    poll,
    progress,
    sending,
    sent_ranges,
    stash_failure,
    stashed,
)

NO_LOCK = "Could not acquire lock. Another request has it."
NOT_RELEASED = 'Could not release lock for "mwstore://local-backend/local-public/a/ab/A.png".'
NOT_STORED = 'Could not store upload in the stash (UploadStashFileException): "Could not create directory "x".".'
LOCKED = stash_failure(NO_LOCK)
FOUND: list[Answer] = [
    {"query": {"mystashedfiles": [entry("WHOLE", size=10_000)]}},
    {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 10_000}]}},
]
PERMANENT = {
    "backend-fail-alreadyexists",  # passes after a second: passes_after
    "backend-fail-backup",
    "backend-fail-batchsize",
    "backend-fail-contenttype",
    "backend-fail-invalidpath",
    "backend-fail-maxsize",
    "backend-fail-notsame",
}
"""Messages of a file store that are about the file, or about the wiki's settings."""


def failure(code: str, text: str) -> ApiError:
    return class_for(code)((ApiErrorItem(code=code, text=text),))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("backend-fail-internal", ""),
        ("lockmanager-fail-conflict", ""),
        ("directorycreateerror", ""),
        ("stashfilestorage", ""),
        ("stashfailed", NO_LOCK),
        ("stashfailed", 'An unknown error occurred in storage backend "local-swift-eqiad".'),
        ("stashfailed", "Error storing file in '/tmp/phpfxXwTJ': backend-fail-internal; local-swift-eqiad"),
        ("stashfailed", NOT_STORED),
        ("stashfailed", "Internal error: Server failed to store temporary file."),
        ("uploadstash-exception", NOT_STORED),
        ("uploadstash-exception", 'Could not store upload in the stash (UploadStashBadPathException): "No path".'),
    ],
)
def test_u3_an_error_of_the_file_store_may_pass(code: str, text: str) -> None:
    assert may_pass(failure(code, text))


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("stashfailed", "Invalid chunk offset"),
        ("stashfailed", "No chunked upload session with this key."),
        ("stashfailed", "Chunked upload is already completed, check status for details."),
        ("stashfailed", "This file did not pass file verification."),
        ("stashfailed", 'Could not write file "x" because it is larger than 5 bytes.'),
        ("uploadstash-exception", 'Could not store upload in the stash (UploadStashNotLoggedInException): "No".'),
        ("uploadstash-file-not-found", 'Key "x" not found in stash.'),
        ("backend-fail-maxsize", ""),
        ("verification-error", NO_LOCK),
    ],
)
def test_an_error_of_the_file_or_of_the_request_does_not_pass(code: str, text: str) -> None:
    assert not may_pass(failure(code, text))
    assert not may_pass(ReplyLost("cut"))


def test_a_lock_that_was_not_released_may_mean_that_the_work_was_done() -> None:
    for code in ("lockmanager-fail-releaselock", "stashfailed"):
        assert may_be_done(failure(code, NOT_RELEASED))
        assert may_pass(failure(code, NOT_RELEASED))
    assert not may_be_done(failure("stashfailed", NO_LOCK))


def test_codes_of_a_file_store_are_errors_of_an_upload() -> None:
    for code in ("backend-fail-stat", "lockmanager-fail-svr-acquire", "directorycreateerror"):
        assert type(failure(code, "")) is UploadError


@pytest.mark.wiki
@pytest.mark.parametrize("version", ["1.39", "1.43"])
def test_the_table_has_every_message_of_a_file_store_and_its_text(version: str) -> None:
    """Read from MediaWiki's own files. Markup and what follows a line break are not compared."""
    root = find_root(version=version).path
    texts: dict[str, str] = {}
    for file in ("languages/i18n/en.json", "includes/api/i18n/en.json"):
        texts |= json.loads((root / file).read_text(encoding="utf-8"))
    store = {key for key in texts if key.startswith(("backend-fail-", "lockmanager-"))} - PERMANENT
    known = {**file_backend_errors._STORE, **file_backend_errors._RELEASE}
    assert store <= known.keys()
    for key, text in {**known, **file_backend_errors._STASH}.items():
        theirs = texts.get(key) or texts.get(f"apierror-{key}") or ""
        assert may_pass(failure("stashfailed", theirs.replace("<em>", "").replace("</em>", ""))) or not theirs, text


# Chunks --------------------------------------------------------------------------------------------------------------


def unknown_after(cause: MediaWikiError) -> MediaWikiError:
    """What the session raises for a write after an error that leaves its outcome open."""
    error = OutcomeUnknown("unknown")
    error.__cause__ = cause
    return error


NOT_TAKEN: list[list[Answer]] = [
    [unknown_after(refusal("internal_api_error_UploadChunkFileException")), continued(4000)],
    [failure("uploadstash-exception", NOT_STORED), continued(4000)],
    [stash_failure("Error storing file in 'x': backend-fail-internal; x", offset="4000"), continued(4000)],
    [refusal("uploadstash-bad-path"), {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 4000}]}}, continued(4000)],
]


@pytest.mark.parametrize("answers", NOT_TAKEN, ids=["exception", "stash", "text", "unreadable"])
def test_u3_a_chunk_that_the_store_did_not_take_is_sent_again(answers: list[Answer]) -> None:
    script = Script(continued(4000), *answers, continued(8000), stashed())
    assert script.run(sending()).filekey == "WHOLE"
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), (4000, 4000), (8000, 2000)]
    assert {"action": "upload", "checkstatus": "1", "filekey": "K"} in [request.params for request in script.requests]


def test_u3_a_chunk_that_the_store_took_after_all_is_not_sent_again() -> None:
    script = Script(continued(4000), failure("uploadstash-exception", NOT_STORED), continued(8000), stashed())
    script.run(sending())
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), (8000, 2000)]


@pytest.mark.parametrize("error", [failure("uploadstash-exception", NOT_STORED), LOCKED], ids=["stash", "text"])
def test_u3_a_first_chunk_that_the_store_did_not_take_is_sent_again(error: ApiError) -> None:
    script = Script(error, continued(4000), continued(8000), stashed())
    script.run(sending())
    assert sent_ranges(script) == [(0, 4000), (0, 4000), (4000, 4000), (8000, 2000)]


def test_u3_a_store_that_keeps_failing_is_tried_as_often_as_the_policy_allows() -> None:
    script = Script(continued(4000), *[answer for _ in range(ATTEMPTS) for answer in NOT_TAKEN[1]])
    with pytest.raises(StashError, match="Could not store upload in the stash"):
        script.run(sending())
    assert len(sent_ranges(script)) == 1 + ATTEMPTS


@pytest.mark.parametrize("refusals", [[LOCKED, LOCKED], [poll(), LOCKED]], ids=["at once", "by a job"])
def test_u3_a_file_that_could_not_be_assembled_is_sent_from_the_beginning_once(refusals: list[Answer]) -> None:
    """The wiki refuses another try: "Chunked upload is already completed"."""
    script = Script(*refusals, NO_STASH, stashed(), reply={})
    script.run(sending(start=Position(filekey="K", offset=8000), asynchronous=True, chunk_size=10_000))
    assert sent_ranges(script) == [(8000, 2000), (0, 10_000)]
    assert progress(script)[-2:] == [(UploadStage.SENDING, 0, True), (UploadStage.SENDING, 10_000, True)]
    with pytest.raises(StashError, match="Could not acquire lock"):
        Script(*refusals, NO_STASH, reply={}).run(
            sending(start=Position(filekey="K", offset=8000), asynchronous=True, restarted=True)
        )


@pytest.mark.parametrize("refusals", [[stash_failure(NOT_RELEASED)] * 2, [poll(), stash_failure(NOT_RELEASED)]])
def test_u3_a_file_that_was_assembled_in_spite_of_an_error_is_found_in_the_stash(refusals: list[Answer]) -> None:
    script = Script(*refusals, *FOUND, reply={})
    assert script.run(sending(start=Position(filekey="K", offset=8000))).filekey == "WHOLE"
    assert sent_ranges(script) == [(8000, 2000)]


def test_an_exception_that_is_not_of_the_store_ends_the_upload() -> None:
    error = refusal("internal_api_error_TypeError")
    with pytest.raises(InternalError):
        Script(continued(4000), unknown_after(error), continued(4000)).run(sending())
