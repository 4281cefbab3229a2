"""Files in the stash: found by their hash, assembled by a job, resumed by another process."""

from __future__ import annotations

import pytest

from mwclient_async._http.messages import ApiRequest
from mwclient_async._upload.chunks import HashUpTo, Position
from mwclient_async._upload.stash import fetch_stash_info, find_stashed
from mwclient_async.errors import FileRefused, ProtocolError, UploadPending
from mwclient_async.models.upload import StashedFile, UploadStage
from tests.support.scripted_flow import Answer, Script
from tests.support.scripted_stash import (
    GONE,
    NO_STASH,
    NO_STATUS,
    SHA1,
    continued,
    entry,
    poll,
    positions,
    progress,
    sending,
    sent_ranges,
    stash_failure,
    stashed,
)


def test_u3_a_file_is_found_by_size_and_hash_among_all_stashed_files() -> None:
    listed = [entry("UNFINISHED", status="chunks"), entry("SMALL", 4999), entry("OTHER")]
    script = Script(
        *(continued(4000), GONE, NO_STATUS),
        {"query": {"mystashedfiles": listed}, "continue": {"msfcontinue": 17, "continue": "-||"}},
        {"query": {"stashimageinfo": [{"sha1": "f" * 40, "size": 5000}]}},
        {"query": {"mystashedfiles": [entry("OURS")]}},
        {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 5000}]}},
        reply={},
    )
    assert script.run(sending(size=5000)) == StashedFile("OURS", size=5000, sha1=SHA1)
    assert script.requests[5].params["msfcontinue"] == "17"
    assert [request.params.get("siifilekey") for request in script.requests[4::2]] == ["OTHER", "OURS"]


def test_u3_a_list_of_stashed_files_that_does_not_end_is_an_error() -> None:
    endless = ({"query": {"mystashedfiles": []}, "continue": {"msfcontinue": number}} for number in range(100))
    with pytest.raises(ProtocolError, match="does not end after 100 responses"):
        Script(*endless).run(find_stashed(5000, lambda: SHA1))


def test_a_filekey_with_a_separator_in_it_is_asked_for_as_one_key() -> None:
    script = Script({"query": {"stashimageinfo": [{"sha1": SHA1, "width": 5}]}})
    info = script.run(fetch_stash_info("a|b"))
    assert (info.sha1, info.width, script.requests[0].params["siifilekey"]) == (SHA1, 5, "\x1fa|b")


# U6: jobs ------------------------------------------------------------------------------------------------------------


def test_u6_an_assembling_job_is_polled_until_it_is_done() -> None:
    assembling = {"upload": {"result": "Poll", "stage": "assembling"}}
    script = Script(continued(4000), poll(filekey="K"), poll(), assembling, stashed("NEW"))
    assert script.run(sending(size=5000, asynchronous=True)).filekey == "NEW"
    assert [request.params.get("async") for request in script.requests] == [None, "1", None, None, None]
    status_request = ApiRequest(
        params={"action": "upload", "checkstatus": "1", "filekey": "K"}, post=True, token="csrf"
    )
    assert script.requests[2:] == [status_request] * 3
    sending_first = [(UploadStage.SENDING, sent) for sent in (0, 4000, 5000)]  # and never again
    assert [step[:2] for step in progress(script)] == [*sending_first, *[(UploadStage.ASSEMBLING, 5000)] * 3]
    assert positions(script)[1:] == [
        Position(filekey="K", offset=5000),
        Position(filekey="NEW", offset=5000, stashed=True),
    ]


def test_u6_a_slow_job_is_upload_pending_and_a_failed_one_has_the_right_class() -> None:
    with pytest.raises(UploadPending) as caught:
        Script(poll(filekey="K"), *[poll()] * 3).run(sending(size=10, patience=4.0))
    assert (caught.value.filekey, caught.value.stage, caught.value.waited) == ("K", "queued", 1 + 1.5 + 2.25)
    with pytest.raises(FileRefused, match="fit the extension") as refused:
        Script(poll(filekey="K"), stash_failure("This file did not pass file verification.")).run(sending(size=10))
    assert refused.value.code == "verification-error"


@pytest.mark.parametrize(
    ("answers", "filekey"),
    [
        pytest.param([poll(), stashed("NEW")], "NEW", id="assembling"),
        pytest.param([stashed("NEW")], "NEW", id="assembled"),
        pytest.param(
            [NO_STATUS, {"query": {"mystashedfiles": [entry("OLD")]}}, {"query": {"stashimageinfo": [{"sha1": SHA1}]}}],
            "OLD",
            id="no status, but in the stash",
        ),
        pytest.param([NO_STATUS, NO_STASH, continued(4000), stashed("NEW")], "NEW", id="gone"),
    ],
)
def test_u6_u7_a_process_that_resumes_a_complete_file_asks_for_its_status(answers: list[Answer], filekey: str) -> None:
    script = Script(*answers, reply={})
    assert script.run(sending(size=5000, start=Position(filekey="K", offset=5000))).filekey == filekey
    assert script.requests[0].params == {"action": "upload", "checkstatus": "1", "filekey": "K"}
    assert (0, 0) not in sent_ranges(script)


@pytest.mark.parametrize("status", [poll(), stashed("NEW")], ids=["assembling", "done"])
def test_u3_u6_after_a_lost_reply_to_the_last_chunk_the_status_is_asked(status: Answer) -> None:
    """When the chunk is sent again, the wiki refuses it, because it has all chunks."""
    complete = stash_failure("Chunked upload is already completed, check status for details.")
    script = Script(continued(4000), complete, status, *([stashed("NEW")] if status != stashed("NEW") else []))
    assert script.run(sending(size=5000, asynchronous=True)).filekey == "NEW"


@pytest.mark.parametrize("status", [poll(), stashed("NEW")], ids=["assembling", "done"])
def test_u7_bytes_that_another_process_has_sent_are_hashed_and_not_sent_again(status: Answer) -> None:
    complete = stash_failure("Chunked upload is already completed, check status for details.")
    script = Script(complete, status, *([stashed("NEW")] if status != stashed("NEW") else []), reply={})
    assert script.run(sending(start=Position(filekey="K", offset=4000))).filekey == "NEW"
    assert (sent_ranges(script), script.questions) == ([(4000, 4000)], [HashUpTo(end=10_000)])


def test_u3_the_lost_reply_to_a_last_chunk_may_be_a_refusal_of_the_file() -> None:
    complete = stash_failure("Chunked upload is already completed, check status for details.")
    with pytest.raises(FileRefused, match="did not pass"):
        Script(continued(4000), complete, stash_failure("This file did not pass file verification.")).run(
            sending(size=5000)
        )
