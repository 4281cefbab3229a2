"""What became of a file in the stash: found again by its hash, put together later, asked for by another process."""

from __future__ import annotations

import pytest

from mwclient_async._http.messages import ApiRequest
from mwclient_async._upload.chunks import Position, ReadOn
from mwclient_async._upload.stash import describe
from mwclient_async.errors import FileRefused, UploadPending
from mwclient_async.models.upload import StashedFile, UploadStage
from tests.support.scripted_flow import Answer, Script
from tests.support.scripted_stash import (
    GONE,
    NO_STASH,
    NO_STATUS,
    SHA1,
    entry,
    poll,
    positions,
    progress,
    said,
    sending,
    stashed,
    stretches,
    went_on,
)


def test_u3_the_file_of_a_lost_last_reply_is_found_by_size_and_hash_among_all_that_the_account_has() -> None:
    listed = [entry("UNFINISHED", status="chunks"), entry("SMALL", 4999), entry("OTHER")]
    script = Script(
        *(went_on(4000), GONE, NO_STATUS),
        {"query": {"mystashedfiles": listed}, "continue": {"msfcontinue": 17, "continue": "-||"}},
        {"query": {"stashimageinfo": [{"sha1": "f" * 40, "size": 5000}]}},
        {"query": {"mystashedfiles": [entry("OURS")]}},
        {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 5000}]}},
        reply={},
    )
    assert script.run(sending(size=5000)) == StashedFile("OURS", size=5000, sha1=SHA1)
    assert script.calls[5].params["msfcontinue"] == "17"
    assert [call.params.get("siifilekey") for call in script.calls[4::2]] == ["OTHER", "OURS"]


def test_one_filekey_is_asked_for_even_where_it_holds_what_stands_between_two() -> None:
    script = Script({"query": {"stashimageinfo": [{"sha1": SHA1, "width": 5}]}})
    info = script.run(describe("a|b"))
    assert (info.sha1, info.width, script.calls[0].params["siifilekey"]) == (SHA1, 5, "\x1fa|b")


# U6: a wiki that takes its time --------------------------------------------------------------------------------------


def test_u6_a_wiki_that_puts_it_together_later_is_asked_until_it_has() -> None:
    assembling = {"upload": {"result": "Poll", "stage": "assembling"}}
    script = Script(went_on(4000), poll(filekey="K"), poll(), assembling, stashed("NEW"))
    assert script.run(sending(size=5000, asynchronous=True)).filekey == "NEW"
    assert [call.params.get("async") for call in script.calls] == [None, "1", None, None, None]
    asked = ApiRequest(params={"action": "upload", "checkstatus": "1", "filekey": "K"}, post=True, token="csrf")
    assert script.calls[2:] == [asked] * 3
    assert [stage for stage, _, _ in progress(script)][2:5] == [UploadStage.ASSEMBLING] * 3
    assert positions(script)[1:] == [
        Position(filekey="K", offset=5000),
        Position(filekey="NEW", offset=5000, stashed=True),
    ]


def test_u6_patience_ends_and_a_failed_job_is_an_error_by_its_right_name() -> None:
    with pytest.raises(UploadPending) as caught:
        Script(poll(filekey="K"), *[poll()] * 3).run(sending(size=10, patience=4.0))
    assert (caught.value.filekey, caught.value.stage, caught.value.waited) == ("K", "queued", 1 + 1.5 + 2.25)
    with pytest.raises(FileRefused, match="fit the extension") as refused:
        Script(poll(filekey="K"), said("This file did not pass file verification.")).run(sending(size=10))
    assert refused.value.code == "verification-error"


@pytest.mark.parametrize(
    ("answers", "filekey"),
    [
        pytest.param([poll(), stashed("NEW")], "NEW", id="still at work"),
        pytest.param([stashed("NEW")], "NEW", id="put together"),
        pytest.param(
            [NO_STATUS, {"query": {"mystashedfiles": [entry("OLD")]}}, {"query": {"stashimageinfo": [{"sha1": SHA1}]}}],
            "OLD",
            id="long ago, and still in the stash",
        ),
        pytest.param([NO_STATUS, NO_STASH, went_on(4000), stashed("ANEW")], "ANEW", id="long ago, and gone"),
    ],
)
def test_u6_u7_a_process_that_comes_back_to_a_whole_file_asks_what_became_of_it(
    answers: list[Answer], filekey: str
) -> None:
    script = Script(*answers, reply={})
    assert script.run(sending(size=5000, start=Position(filekey="K", offset=5000))).filekey == filekey
    assert script.calls[0].params == {"action": "upload", "checkstatus": "1", "filekey": "K"}
    assert (0, 0) not in stretches(script)


@pytest.mark.parametrize("status", [poll(), stashed("NEW")], ids=["at work", "done"])
def test_u3_u6_the_lost_answer_to_a_last_chunk_is_asked_for(status: Answer) -> None:
    """Sent again, the chunk is refused: the wiki has them all."""
    complete = said("Chunked upload is already completed, check status for details.")
    script = Script(went_on(4000), complete, status, *([stashed("NEW")] if status != stashed("NEW") else []))
    assert script.run(sending(size=5000, asynchronous=True)).filekey == "NEW"


@pytest.mark.parametrize("status", [poll(), stashed("NEW")], ids=["at work", "done"])
def test_u7_what_another_process_has_sent_meanwhile_is_read_for_the_hash_and_not_sent_again(status: Answer) -> None:
    complete = said("Chunked upload is already completed, check status for details.")
    script = Script(complete, status, *([stashed("NEW")] if status != stashed("NEW") else []), reply={})
    assert script.run(sending(start=Position(filekey="K", offset=4000))).filekey == "NEW"
    assert (stretches(script), script.questions) == ([(4000, 4000)], [ReadOn(upto=10_000)])


def test_u3_the_lost_answer_to_a_last_chunk_may_be_a_refusal_of_the_file() -> None:
    complete = said("Chunked upload is already completed, check status for details.")
    with pytest.raises(FileRefused, match="did not pass"):
        Script(went_on(4000), complete, said("This file did not pass file verification.")).run(sending(size=5000))
