"""A file's way into the stash, driven by hand: the server's offset, lost replies, refused bodies, hashes."""

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
from tests.support.scripted_flow import Answer, Script, converse, refusal
from tests.support.scripted_stash import (
    GONE,
    NO_STATUS,
    SHA1,
    poll,
    positions,
    progress,
    said,
    sending,
    stashed,
    stretches,
    went_on,
    wrong_offset,
)

# Chunks --------------------------------------------------------------------------------------------------------------


def test_u1_each_chunk_begins_where_the_wiki_stands() -> None:
    script = Script(went_on(4000), went_on(8000), stashed())
    assert script.run(sending()) == StashedFile("WHOLE", size=10_000, sha1=SHA1)
    assert stretches(script) == [(0, 4000), (4000, 4000), (8000, 2000)]


def test_u1_a_wiki_that_stands_elsewhere_than_expected_is_believed() -> None:
    script = Script(went_on(1000), went_on("7000"), stashed())
    script.run(sending())
    assert stretches(script) == [(0, 4000), (1000, 4000), (7000, 3000)]


def test_a_file_of_one_chunk_is_one_request() -> None:
    script = Script(stashed())
    assert script.run(sending(size=4000)).filekey == "WHOLE"
    assert stretches(script) == [(0, 4000)]


def test_u5_a_chunk_names_file_size_and_offset_and_ignores_warnings() -> None:
    script = Script(went_on(4000), stashed())
    script.run(sending(size=5000))
    first, second = script.calls
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
    script = Script(went_on(4000, "K1"), old, stashed("K3"))
    assert script.run(sending()).filekey == "K3"
    assert [call.params.get("filekey") for call in script.calls] == [None, "K1", "K2"]


def test_u7_progress_and_positions_are_by_the_wikis_own_count() -> None:
    script = Script(went_on(4000), wrong_offset(8000), stashed())
    script.run(sending())
    assert progress(script) == [(UploadStage.SENDING, sent, False) for sent in (0, 4000, 8000, 10_000)]
    assert positions(script) == [
        Position(filekey="K", offset=4000),
        Position(filekey="K", offset=8000),
        Position(filekey="WHOLE", offset=10_000, stashed=True),
    ]


def test_u7_an_upload_begins_where_another_process_stopped() -> None:
    script = Script(went_on(8000), stashed())
    script.run(sending(start=Position(filekey="K", offset=4000)))
    assert stretches(script) == [(4000, 4000), (8000, 2000)]
    assert script.calls[0].params["filekey"] == "K"


def test_u10_no_chunk_but_the_last_is_smaller_than_the_wiki_takes() -> None:
    script = Script(went_on(1024), stashed())
    script.run(sending(size=1100, chunk_size=10, least=1024))
    assert stretches(script) == [(0, 1024), (1024, 76)]


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
    ids=["413", "badupload", "badupload with a size", "thrown away, token and all"],
)
def test_u10_a_body_that_is_refused_as_too_large_is_sent_in_smaller_ones(error: MediaWikiError, then: int) -> None:
    script = Script(went_on(4000), error, *(went_on(at) for at in range(4000 + then, 10_000, then)), stashed())
    script.run(sending())
    smaller = ((at, min(then, 10_000 - at)) for at in range(4000, 10_000, then))
    assert stretches(script) == [(0, 4000), (4000, 4000), *smaller]


def test_u10_it_ends_at_the_smallest_chunk_that_the_wiki_takes() -> None:
    script = Script(*[too_large()] * 3)
    with pytest.raises(ProtocolError):
        script.run(sending(least=1000))
    assert [length for _, length in stretches(script)] == [4000, 2000, 1000]


@pytest.mark.parametrize(
    "error", [too_large(404), missing("filename"), refusal("chunk-too-small")], ids=["a", "b", "c"]
)
def test_another_refusal_of_a_chunk_comes_out_as_it_is(error: MediaWikiError) -> None:
    with pytest.raises((ProtocolError, MissingParameter, ChunkRefused)) as caught:
        Script(error).run(sending())
    assert caught.value is error


# U3: lost replies ----------------------------------------------------------------------------------------------------


def test_u3_a_chunk_that_the_wiki_had_already_is_not_sent_a_third_time() -> None:
    """Its reply was lost; sent again, the wiki refuses it and names the end of it."""
    script = Script(went_on(4000), wrong_offset(8000), stashed())
    assert script.run(sending()).filekey == "WHOLE"
    assert stretches(script) == [(0, 4000), (4000, 4000), (8000, 2000)]
    assert script.calls[2].params["filekey"] == "K"


def test_u3_a_wiki_that_lost_bytes_gets_them_again() -> None:
    script = Script(went_on(4000), went_on(8000), wrong_offset(4000), went_on(8000), stashed())
    script.run(sending())
    assert stretches(script) == [(0, 4000), (4000, 4000), (8000, 2000), (4000, 4000), (8000, 2000)]


@pytest.mark.parametrize("lost", [1, 5, 6, 50])
def test_u3_any_number_of_lost_replies_is_resolved_as_long_as_the_wiki_gets_on(lost: int) -> None:
    script = Script(went_on(10), *(wrong_offset(10 * n) for n in range(2, 2 + lost)), stashed())
    assert script.run(sending(size=10 * (lost + 2), chunk_size=10)).filekey == "WHOLE"
    assert len(script.calls) == lost + 2


def test_u3_lost_replies_among_good_ones_do_not_add_up() -> None:
    answers: list[Answer] = [went_on(10 * n) if n % 2 else wrong_offset(10 * n) for n in range(1, 40)]
    assert Script(*answers, stashed()).run(sending(size=400, chunk_size=10)).filekey == "WHOLE"


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param([GONE, NO_STATUS], id="emptied"),
        pytest.param([refusal("uploadstash-bad-path"), went_on(4000)], id="only the files are gone"),
        pytest.param([refusal("stashedfilenotfound"), NO_STATUS], id="an older wiki"),
        pytest.param([said("No chunked upload session with this key."), NO_STATUS], id="the session ended"),
    ],
)
def test_u3_a_stash_that_was_emptied_is_filled_again_once_and_that_is_told(loss: list[Answer]) -> None:
    script = Script(went_on(4000), *loss, went_on(4000, "K2"), went_on(8000, "K2"), stashed())
    script.run(sending())
    assert stretches(script) == [(0, 4000), (4000, 4000), (0, 4000), (4000, 4000), (8000, 2000)]
    assert progress(script)[2:4] == [(UploadStage.SENDING, 0, True), (UploadStage.SENDING, 4000, True)]
    again = Script(went_on(4000), *loss, went_on(4000), *loss)
    with pytest.raises(StashError):
        again.run(sending())


def test_u3_a_file_that_was_lost_before_is_not_begun_a_third_time() -> None:
    with pytest.raises(StashError):
        Script(went_on(4000), GONE, NO_STATUS).run(sending(restarted=True))


ALL_BUT_ONE = [went_on(4000), went_on(8000)]


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param([refusal("stashfailed")], StashError, id="no offset at the first chunk"),
        pytest.param([wrong_offset(4000)], StashError, id="no filekey yet, so nothing to go on with"),
        pytest.param([went_on(4000), refusal("stashfailed"), went_on(4000)], StashError, id="no offset"),
        pytest.param([went_on(4000), wrong_offset(4000)], FileRefused, id="the place was right: it is the contents"),
        pytest.param([went_on(4000), wrong_offset(10_000), {}], StashError, id="offset at the end"),
        pytest.param([went_on(4000), wrong_offset(99_999), {}], StashError, id="offset beyond the end"),
        pytest.param([went_on(4000), refusal("stashfailed", offset="-5"), {}], StashError, id="negative offset"),
        pytest.param([went_on(4000), refusal("stashfailed", offset="?"), {}], StashError, id="offset is no number"),
        pytest.param([went_on(4000), refusal("uploadstash-wrong-owner"), NO_STATUS], StashError, id="another's key"),
        pytest.param([went_on(4000), refusal("protectedpage", offset="8000")], MediaWikiError, id="another refusal"),
        pytest.param([went_on(10_000)], ProtocolError, id="Continue at the end"),
        pytest.param([went_on(99_999)], ProtocolError, id="Continue beyond the end"),
        pytest.param([went_on(-1)], ProtocolError, id="Continue below zero"),
        pytest.param([{"upload": {"result": "Warning", "warnings": {}}}], ProtocolError, id="Warning"),
        pytest.param([{"upload": {"result": "Strange"}}], ProtocolError, id="unknown result"),
        pytest.param([{}], ProtocolError, id="no upload in the answer"),
        pytest.param([{"upload": {"result": "Continue", "filekey": "K"}}], ProtocolError, id="no offset"),
        pytest.param([{"upload": {"result": "Continue", "offset": 4000}}], ProtocolError, id="no filekey"),
        pytest.param([*ALL_BUT_ONE, {"upload": {"result": "Success"}}], ProtocolError, id="Success without filekey"),
        pytest.param([went_on(4000), stashed()], FileRefused, id="whole when it is not: it takes no larger one"),
        pytest.param([went_on(4000), poll()], FileRefused, id="at work on it when that is not all"),
    ],
)
def test_what_cannot_be_gone_on_with_is_an_error(answers: list[Answer], error: type[MediaWikiError]) -> None:
    script = Script(*answers)
    with pytest.raises(error):
        script.run(sending())
    assert len(script.calls) == len(answers)


@pytest.mark.parametrize("answer", [went_on(0), went_on(4000), went_on(3999)], ids=["at 0", "at 4000", "a byte back"])
def test_u1_an_offset_that_never_advances_ends_in_an_error(answer: Answer) -> None:
    calls: list[ApiRequest] = []

    def stuck(call: ApiRequest) -> Answer:
        calls.append(call)
        assert len(calls) < 50, "for ever"
        return answer

    with pytest.raises(MediaWikiError):
        converse(sending(), stuck)


def test_u1_a_wiki_that_goes_to_and_fro_ends_in_an_error() -> None:
    calls: list[ApiRequest] = []

    def swings(call: ApiRequest) -> Answer:
        calls.append(call)
        assert len(calls) < 200, "for ever"
        return went_on(4000) if call.params["offset"] != "4000" else wrong_offset(2000)

    with pytest.raises(MediaWikiError):
        converse(sending(), swings)


@given(size=st.integers(1, 200), chunk_size=st.integers(1, 50), luck=st.lists(st.booleans(), max_size=5))
@settings(deadline=None)
def test_u1_u3_the_wiki_gets_each_byte_once_whichever_replies_are_lost(
    size: int, chunk_size: int, luck: list[bool]
) -> None:
    got, lost = bytearray(), list(luck)

    def wiki(call: ApiRequest) -> Answer:
        part = call.part
        assert part is not None
        assert part.length > 0
        if part.offset != len(got):
            return wrong_offset(len(got))
        got.extend(range(part.offset, part.offset + part.length))
        if len(got) == size:
            return stashed()
        if part.offset and lost and lost.pop():  # the session sends a chunk again whose reply is lost
            return wiki(call)
        return went_on(len(got))

    assert converse(sending(size=size, chunk_size=chunk_size), wiki).filekey == "WHOLE"
    assert got == bytes(range(size))


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
    asked = {"action": "query", "prop": "stashimageinfo", "siifilekey": "K9", "siiprop": "sha1|size"}
    assert script.calls[1].params == asked


def test_where_the_wiki_fails_to_tell_the_hash_nothing_is_taken_for_granted() -> None:
    broken, another = (refusal(f"internal_api_error_{name}") for name in ("DBQueryError", "UploadStashWrongOwner"))
    with pytest.raises(MediaWikiError) as caught:
        Script(stashed(imageinfo=None), broken).run(sending(size=10))
    assert caught.value is broken
    assert Script(stashed(imageinfo=None), another).run(sending(size=10)).filekey == "WHOLE"


@pytest.mark.parametrize(
    "body", [{}, {"query": {}}, {"query": {"stashimageinfo": []}}, {"query": {"stashimageinfo": [{}]}}]
)
def test_a_wiki_that_tells_no_hash_at_all_is_believed(body: Mapping[str, Any]) -> None:
    assert Script(stashed(imageinfo=None), body).run(sending(size=10)).filekey == "WHOLE"


def test_a_source_that_changed_is_told_even_by_a_wiki_without_hashes() -> None:
    def changed() -> str:
        raise SourceChanged("it was written to")

    conversation = send_chunks(ChunkPlan(filename="A.png", size=10, chunk_size=2000), sha1=changed)
    with pytest.raises(SourceChanged, match="written to"):
        Script(stashed(imageinfo=None)).run(conversation)
