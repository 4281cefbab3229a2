"""Sending chunks to the stash, with scripted responses: the server's offset, lost replies, refused bodies, hashes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._http.messages import ApiRequest, FilePart
from mwclient_async._upload.chunks import ChunkPlan, Position, send_chunks
from mwclient_async.errors import (
    ApiErrorItem,
    ChunkRefused,
    FileRefused,
    MediaWikiError,
    MissingParameter,
    ProtocolError,
    SourceChanged,
    StashError,
)
from mwclient_async.models.upload import StashedFile, UploadStage
from tests.support.scripted_flow import Answer, Script, refusal, run_with_answers
from tests.support.scripted_stash import (
    GONE,
    NO_STATUS,
    SHA1,
    continued,
    poll,
    positions,
    progress,
    sending,
    sent_ranges,
    stash_failure,
    stashed,
    wrong_offset,
)

# Chunks --------------------------------------------------------------------------------------------------------------


def test_u1_each_chunk_begins_at_the_wikis_offset() -> None:
    script = Script(continued(4000), continued(8000), stashed())
    assert script.run(sending()) == StashedFile("WHOLE", size=10_000, sha1=SHA1)
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), (8000, 2000)]


def test_u1_an_unexpected_offset_of_the_wiki_is_followed() -> None:
    script = Script(continued(1000), continued("7000"), stashed())
    script.run(sending())
    assert sent_ranges(script) == [(0, 4000), (1000, 4000), (7000, 3000)]


def test_a_file_of_one_chunk_is_one_request() -> None:
    script = Script(stashed())
    assert script.run(sending(size=4000)).filekey == "WHOLE"
    assert sent_ranges(script) == [(0, 4000)]


def test_u5_a_chunk_names_file_size_and_offset_and_ignores_warnings() -> None:
    script = Script(continued(4000), stashed())
    script.run(sending(size=5000))
    first, second = script.requests
    common = {"action": "upload", "stash": "1", "ignorewarnings": "1", "filename": "A.png", "filesize": "5000"}
    assert first == ApiRequest(
        params={**common, "offset": "0"},
        post=True,
        token="csrf",
        write=True,
        repeatable=True,
        part=FilePart(name="chunk", offset=0, length=4000),
    )
    assert second.params == {**common, "offset": "4000", "filekey": "K"}


def test_the_filekey_of_the_latest_reply_is_used_and_an_old_wiki_calls_it_the_sessions_key() -> None:
    old = {"upload": {"result": "Continue", "offset": 8000, "sessionkey": "K2"}}
    script = Script(continued(4000, "K1"), old, stashed("K3"))
    assert script.run(sending()).filekey == "K3"
    assert [request.params.get("filekey") for request in script.requests] == [None, "K1", "K2"]


def test_u7_progress_and_positions_are_by_the_wikis_own_count() -> None:
    script = Script(continued(4000), wrong_offset(8000), stashed())
    script.run(sending())
    assert progress(script) == [(UploadStage.SENDING, sent, False) for sent in (0, 4000, 8000, 10_000)]
    assert positions(script) == [
        Position(filekey="K", offset=4000),
        Position(filekey="K", offset=8000),
        Position(filekey="WHOLE", offset=10_000, stashed=True),
    ]


def test_u7_an_upload_resumes_at_the_offset_of_another_process() -> None:
    script = Script(continued(8000), stashed())
    script.run(sending(start=Position(filekey="K", offset=4000)))
    assert sent_ranges(script) == [(4000, 4000), (8000, 2000)]
    assert script.requests[0].params["filekey"] == "K"


def test_u10_no_chunk_but_the_last_is_smaller_than_the_wiki_takes() -> None:
    script = Script(continued(1024), stashed())
    script.run(sending(size=1100, chunk_size=10, min_chunk_size=1024))
    assert sent_ranges(script) == [(0, 1024), (1024, 76)]


# U10: bodies that are refused ----------------------------------------------------------------------------------------


def too_large(status: int = 413) -> MediaWikiError:
    error = ProtocolError("a page of the server in front of the wiki")
    error.status = status
    return error


def missing(name: str) -> MediaWikiError:
    text = f'The "{name}" parameter must be set.'
    return MissingParameter((ApiErrorItem(code="missingparam", text=text),))


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (too_large(), 2000),
        (refusal("badupload"), 2000),
        (refusal("badupload", size=1500), 1500),
        (missing("token"), 2000),
    ],
    ids=["413", "badupload", "badupload with a size", "dropped with its token"],
)
def test_u10_a_body_that_is_refused_as_too_large_is_sent_in_smaller_ones(error: MediaWikiError, then: int) -> None:
    script = Script(continued(4000), error, *(continued(at) for at in range(4000 + then, 10_000, then)), stashed())
    script.run(sending())
    smaller = ((at, min(then, 10_000 - at)) for at in range(4000, 10_000, then))
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), *smaller]


def test_u10_chunks_never_become_smaller_than_the_wiki_takes() -> None:
    script = Script(*[too_large()] * 3)
    with pytest.raises(ProtocolError):
        script.run(sending(min_chunk_size=1000))
    assert [length for _, length in sent_ranges(script)] == [4000, 2000, 1000]


@pytest.mark.parametrize(
    "error", [too_large(404), missing("filename"), refusal("chunk-too-small")], ids=["a", "b", "c"]
)
def test_another_refusal_of_a_chunk_is_raised_unchanged(error: MediaWikiError) -> None:
    with pytest.raises((ProtocolError, MissingParameter, ChunkRefused)) as caught:
        Script(error).run(sending())
    assert caught.value is error


# U3: lost replies ----------------------------------------------------------------------------------------------------


def test_u3_a_chunk_that_the_wiki_had_already_is_not_sent_a_third_time() -> None:
    """Its reply was lost. When it is sent again, the wiki refuses it and names the offset at its end."""
    script = Script(continued(4000), wrong_offset(8000), stashed())
    assert script.run(sending()).filekey == "WHOLE"
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), (8000, 2000)]
    assert script.requests[2].params["filekey"] == "K"


def test_u3_a_wiki_that_lost_bytes_gets_them_again() -> None:
    script = Script(continued(4000), continued(8000), wrong_offset(4000), continued(8000), stashed())
    script.run(sending())
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), (8000, 2000), (4000, 4000), (8000, 2000)]


@pytest.mark.parametrize("lost", [1, 5, 6, 50])
def test_u3_any_number_of_lost_replies_is_resolved_while_the_offset_advances(lost: int) -> None:
    script = Script(continued(10), *(wrong_offset(10 * n) for n in range(2, 2 + lost)), stashed())
    assert script.run(sending(size=10 * (lost + 2), chunk_size=10)).filekey == "WHOLE"
    assert len(script.requests) == lost + 2


def test_u3_lost_replies_among_good_ones_do_not_add_up() -> None:
    answers: list[Answer] = [continued(10 * n) if n % 2 else wrong_offset(10 * n) for n in range(1, 40)]
    assert Script(*answers, stashed()).run(sending(size=400, chunk_size=10)).filekey == "WHOLE"


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param([GONE, NO_STATUS], id="emptied"),
        pytest.param([*[refusal("uploadstash-bad-path")] * 2, continued(4000)], id="only the files are gone"),
        pytest.param([refusal("stashedfilenotfound"), NO_STATUS], id="an older wiki"),
        pytest.param([stash_failure("No chunked upload session with this key."), NO_STATUS], id="the session ended"),
    ],
)
def test_u3_an_emptied_stash_restarts_the_upload_once_and_reports_it(loss: list[Answer]) -> None:
    script = Script(continued(4000), *loss, continued(4000, "K2"), continued(8000, "K2"), stashed())
    script.run(sending())
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), (0, 4000), (4000, 4000), (8000, 2000)]
    assert progress(script)[2:4] == [(UploadStage.SENDING, 0, True), (UploadStage.SENDING, 4000, True)]
    again = Script(continued(4000), *loss, continued(4000), *loss)
    with pytest.raises(StashError):
        again.run(sending())


def test_u3_a_file_that_was_lost_before_is_not_restarted_again() -> None:
    with pytest.raises(StashError):
        Script(continued(4000), GONE, NO_STATUS).run(sending(restarted=True))


ALL_BUT_ONE = [continued(4000), continued(8000)]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param([refusal("stashfailed")], StashError, id="no offset at the first chunk"),
        pytest.param([wrong_offset(4000)], StashError, id="no filekey yet"),
        pytest.param([continued(4000), refusal("stashfailed"), continued(4000)], StashError, id="no offset"),
        pytest.param([continued(4000), wrong_offset(4000)], FileRefused, id="right offset, so wrong contents"),
        pytest.param([continued(4000), wrong_offset(10_000), {}], StashError, id="offset at the end"),
        pytest.param([continued(4000), wrong_offset(99_999), {}], StashError, id="offset beyond the end"),
        pytest.param([continued(4000), refusal("stashfailed", offset="-5"), {}], StashError, id="negative offset"),
        pytest.param(
            [continued(4000), refusal("stashfailed", offset="?"), {}], StashError, id="offset is not a number"
        ),
        pytest.param([continued(4000), refusal("uploadstash-wrong-owner"), NO_STATUS], StashError, id="another's key"),
        pytest.param([continued(4000), refusal("protectedpage", offset="8000")], MediaWikiError, id="another refusal"),
        pytest.param([continued(10_000)], ProtocolError, id="Continue at the end"),
        pytest.param([continued(99_999)], ProtocolError, id="Continue beyond the end"),
        pytest.param([continued(-1)], ProtocolError, id="Continue below zero"),
        pytest.param([{"upload": {"result": "Warning", "warnings": {}}}], ProtocolError, id="Warning"),
        pytest.param([{"upload": {"result": "Strange"}}], ProtocolError, id="unknown result"),
        pytest.param([{}], ProtocolError, id="no upload in the response"),
        pytest.param([{"upload": {"result": "Continue", "filekey": "K"}}], ProtocolError, id="no offset"),
        pytest.param([{"upload": {"result": "Continue", "offset": 4000}}], ProtocolError, id="no filekey"),
        pytest.param([*ALL_BUT_ONE, {"upload": {"result": "Success"}}], ProtocolError, id="Success without filekey"),
        pytest.param([continued(4000), stashed()], FileRefused, id="complete too early: the wiki takes no larger file"),
        pytest.param([continued(4000), poll()], FileRefused, id="assembling too early"),
    ],
)
def test_a_response_that_allows_no_next_chunk_is_an_error(answers: list[Answer], error: type[MediaWikiError]) -> None:
    script = Script(*answers)
    with pytest.raises(error):
        script.run(sending())
    assert len(script.requests) == len(answers)


@pytest.mark.parametrize(
    "answer", [continued(0), continued(4000), continued(3999)], ids=["at 0", "at 4000", "a byte back"]
)
def test_u1_an_offset_that_never_advances_ends_in_an_error(answer: Answer) -> None:
    requests: list[ApiRequest] = []

    def stuck(request: ApiRequest) -> Answer:
        requests.append(request)
        assert len(requests) < 50, "forever"
        return answer

    with pytest.raises(MediaWikiError):
        run_with_answers(sending(), stuck)


def test_u1_an_offset_that_goes_back_and_forth_ends_in_an_error() -> None:
    requests: list[ApiRequest] = []

    def swings(request: ApiRequest) -> Answer:
        requests.append(request)
        assert len(requests) < 200, "forever"
        return continued(4000) if request.params["offset"] != "4000" else wrong_offset(2000)

    with pytest.raises(MediaWikiError):
        run_with_answers(sending(), swings)


@given(size=st.integers(1, 200), chunk_size=st.integers(1, 50), losses=st.lists(st.booleans(), max_size=5))
@settings(deadline=None)
def test_u1_u3_the_wiki_gets_each_byte_once_whichever_replies_are_lost(
    size: int, chunk_size: int, losses: list[bool]
) -> None:
    received, lost = bytearray(), list(losses)

    def wiki(request: ApiRequest) -> Answer:
        part = request.part
        assert part is not None
        assert part.length > 0
        if part.offset != len(received):
            return wrong_offset(len(received))
        received.extend(range(part.offset, part.offset + part.length))
        if len(received) == size:
            return stashed()
        if part.offset and lost and lost.pop():  # the session sends a chunk again whose reply is lost
            return wiki(request)
        return continued(len(received))

    assert run_with_answers(sending(size=size, chunk_size=chunk_size), wiki).filekey == "WHOLE"
    assert received == bytes(range(size))


# The hash ------------------------------------------------------------------------------------------------------------


def test_a_file_that_arrived_with_another_hash_is_not_published() -> None:
    with pytest.raises(SourceChanged, match=rf"SHA-1 {'f' * 40}"):
        Script(stashed(imageinfo={"sha1": "f" * 40})).run(sending(size=10))


@pytest.mark.parametrize("info", [None, {}, [], {"size": 10}], ids=repr)
@pytest.mark.parametrize(("theirs", "same"), [(SHA1, True), ("f" * 40, False)])
def test_a_hash_that_the_wiki_left_out_is_asked_for(info: Any, theirs: str, *, same: bool) -> None:
    script = Script(stashed("K9", imageinfo=info), {"query": {"stashimageinfo": [{"sha1": theirs}]}})
    try:
        script.run(sending(size=10))
    except SourceChanged:
        assert not same
    else:
        assert same
    params = {"action": "query", "prop": "stashimageinfo", "siifilekey": "K9", "siiprop": "sha1|size"}
    assert script.requests[1].params == params


def test_an_internal_error_while_asking_for_the_hash_is_raised() -> None:
    broken, another = (refusal(f"internal_api_error_{name}") for name in ("DBQueryError", "UploadStashWrongOwner"))
    with pytest.raises(MediaWikiError) as caught:
        Script(stashed(imageinfo=None), broken).run(sending(size=10))
    assert caught.value is broken
    assert Script(stashed(imageinfo=None), another).run(sending(size=10)).filekey == "WHOLE"


@pytest.mark.parametrize(
    "body", [{}, {"query": {}}, {"query": {"stashimageinfo": []}}, {"query": {"stashimageinfo": [{}]}}]
)
def test_a_wiki_that_reports_no_hash_is_trusted(body: Mapping[str, Any]) -> None:
    assert Script(stashed(imageinfo=None), body).run(sending(size=10)).filekey == "WHOLE"


def test_a_source_that_changed_raises_even_if_the_wiki_reports_no_hash() -> None:
    def changed() -> str:
        raise SourceChanged("it was written to")

    flow = send_chunks(ChunkPlan(filename="A.png", size=10, chunk_size=2000), sha1=changed)
    with pytest.raises(SourceChanged, match="written to"):
        Script(stashed(imageinfo=None)).run(flow)
