"""A chunked upload, driven by hand: the server's offset, lost replies, warnings, hashes, names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async.errors import (
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    SourceChanged,
    StashError,
    UploadWarnings,
)
from mwclient_async.models.upload import UploadProgress, UploadStage
from mwclient_async.models.values import UploadWarning
from mwclient_async.sansio.uploading import Publication, file_name, publish, send_chunks
from mwclient_async.sansio.wire import Call, Conversation, Part
from tests.sansio.conversing import Answer, Script, converse, refusal

SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"


def went_on(offset: int | str, filekey: str = "K") -> dict[str, Any]:
    return {"upload": {"result": "Continue", "offset": offset, "filekey": filekey}}


def stashed(filekey: str = "WHOLE", **more: Any) -> dict[str, Any]:
    return {"upload": {"result": "Success", "filekey": filekey, "imageinfo": {"sha1": SHA1}, **more}}


def wrong_offset(offset: int) -> MediaWikiError:
    """As the wiki says it: the offset is text."""
    return refusal("stashfailed", offset=str(offset))


def sending(size: int = 10_000, chunk_size: int = 4000) -> Conversation[str]:
    return send_chunks(filename="A.png", size=size, chunk_size=chunk_size, sha1=lambda: SHA1)


def stretches(script: Script) -> list[tuple[int, int]]:
    return [(call.part.offset, call.part.length) for call in script.calls if call.part is not None]


# Chunks --------------------------------------------------------------------------------------------------------------


def test_u1_each_chunk_begins_where_the_wiki_stands() -> None:
    script = Script(went_on(4000), went_on(8000), stashed())
    assert script.run(sending()) == "WHOLE"
    assert stretches(script) == [(0, 4000), (4000, 4000), (8000, 2000)]


def test_u1_a_wiki_that_stands_elsewhere_than_expected_is_believed() -> None:
    script = Script(went_on(1000), went_on("7000"), stashed())
    script.run(sending())
    assert stretches(script) == [(0, 4000), (1000, 4000), (7000, 3000)]


def test_a_file_of_one_chunk_is_one_request() -> None:
    script = Script(stashed())
    assert script.run(sending(size=4000)) == "WHOLE"
    assert stretches(script) == [(0, 4000)]


def test_u5_a_chunk_names_file_size_and_offset_and_ignores_warnings() -> None:
    script = Script(went_on(4000), stashed())
    script.run(sending(size=5000))
    first, second = script.calls
    common = {"action": "upload", "stash": "1", "ignorewarnings": "1", "filename": "A.png", "filesize": "5000"}
    assert first == Call(
        params={**common, "offset": "0"},
        post=True,
        token="csrf",
        write=True,
        repeatable=True,
        part=Part(name="chunk", offset=0, length=4000),
    )
    assert second.params == {**common, "offset": "4000", "filekey": "K"}


def test_the_filekey_of_the_latest_reply_is_used() -> None:
    script = Script(went_on(4000, "K1"), went_on(8000, "K2"), stashed("K3"))
    assert script.run(sending()) == "K3"
    assert [call.params.get("filekey") for call in script.calls] == [None, "K1", "K2"]


def test_progress_is_by_the_wikis_own_count() -> None:
    script = Script(went_on(4000), wrong_offset(8000), stashed())
    script.run(sending())
    assert script.events == [
        UploadProgress(stage=UploadStage.SENDING, sent=sent, total=10_000) for sent in (0, 4000, 8000, 10_000)
    ]


# U3: lost replies ----------------------------------------------------------------------------------------------------


def test_u3_a_chunk_that_the_wiki_had_already_is_not_sent_a_third_time() -> None:
    """Its reply was lost; sent again, the wiki refuses it and names the end of it."""
    script = Script(went_on(4000), wrong_offset(8000), stashed())
    assert script.run(sending()) == "WHOLE"
    assert stretches(script) == [(0, 4000), (4000, 4000), (8000, 2000)]
    assert script.calls[2].params["filekey"] == "K"


def test_u3_a_wiki_that_lost_bytes_gets_them_again() -> None:
    script = Script(went_on(4000), went_on(8000), wrong_offset(4000), went_on(8000), stashed())
    script.run(sending())
    assert stretches(script) == [(0, 4000), (4000, 4000), (8000, 2000), (4000, 4000), (8000, 2000)]


@pytest.mark.parametrize("lost", [1, 5, *(pytest.param(lost) for lost in (6, 50))])
def test_u3_any_number_of_lost_replies_is_resolved_as_long_as_the_wiki_gets_on(lost: int) -> None:
    script = Script(went_on(10), *(wrong_offset(10 * n) for n in range(2, 2 + lost)), stashed())
    assert script.run(sending(size=10 * (lost + 2), chunk_size=10)) == "WHOLE"
    assert len(script.calls) == lost + 2


def test_u3_lost_replies_among_good_ones_do_not_add_up() -> None:
    answers: list[Answer] = [went_on(10 * n) if n % 2 else wrong_offset(10 * n) for n in range(1, 40)]
    assert Script(*answers, stashed()).run(sending(size=400, chunk_size=10)) == "WHOLE"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        pytest.param([refusal("stashfailed")], StashError, id="no offset at the first chunk"),
        pytest.param([wrong_offset(4000)], StashError, id="no filekey yet, so nothing to go on with"),
        pytest.param([went_on(4000), refusal("stashfailed")], StashError, id="no offset"),
        pytest.param(
            [went_on(4000), wrong_offset(4000)], StashError, id="the offset was right: something else is wrong"
        ),
        pytest.param([went_on(4000), wrong_offset(10_000)], StashError, id="offset at the end"),
        pytest.param([went_on(4000), wrong_offset(99_999)], StashError, id="offset beyond the end"),
        pytest.param([went_on(4000), refusal("stashfailed", offset="-5")], StashError, id="negative offset"),
        pytest.param([went_on(4000), refusal("stashfailed", offset="many")], StashError, id="offset that is no number"),
        pytest.param([went_on(4000), refusal("uploadstash-file-not-found")], StashError, id="the session is gone"),
        pytest.param([went_on(4000), refusal("protectedpage", offset="8000")], MediaWikiError, id="another refusal"),
        pytest.param([went_on(10_000)], ProtocolError, id="Continue at the end"),
        pytest.param([went_on(99_999)], ProtocolError, id="Continue beyond the end"),
        pytest.param([went_on(-1)], ProtocolError, id="Continue below zero"),
        pytest.param([{"upload": {"result": "Warning", "warnings": {}}}], ProtocolError, id="Warning"),
        pytest.param([{"upload": {"result": "Strange"}}], ProtocolError, id="unknown result"),
        pytest.param([{}], ProtocolError, id="no upload in the answer"),
        pytest.param(
            [{"upload": {"result": "Continue", "filekey": "K"}}],
            ProtocolError,
            id="Continue without offset",
        ),
        pytest.param(
            [{"upload": {"result": "Continue", "offset": 4000}}],
            ProtocolError,
            id="Continue without filekey",
        ),
        pytest.param([{"upload": {"result": "Success"}}], ProtocolError, id="Success without filekey"),
    ],
)
def test_what_cannot_be_gone_on_with_is_an_error(answers: list[Answer], error: type[MediaWikiError]) -> None:
    with pytest.raises(error):
        Script(*answers).run(sending())


@pytest.mark.parametrize(
    "answer",
    [went_on(0), went_on(4000), went_on(3999)],
    ids=["never leaves 0", "never leaves 4000", "goes back a byte"],
)
def test_u1_an_offset_that_never_advances_ends_in_an_error(answer: Answer) -> None:
    calls: list[Call] = []

    def stuck(call: Call) -> Answer:
        calls.append(call)
        assert len(calls) < 50, "for ever"
        return answer

    with pytest.raises(MediaWikiError):
        converse(sending(), stuck)


def test_u1_a_wiki_that_goes_to_and_fro_ends_in_an_error() -> None:
    calls: list[Call] = []

    def swings(call: Call) -> Answer:
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

    def wiki(call: Call) -> Answer:
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

    assert converse(sending(size=size, chunk_size=chunk_size), wiki) == "WHOLE"
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
    assert script.calls[1].params == {
        "action": "query",
        "prop": "stashimageinfo",
        "siifilekey": "K9",
        "siiprop": "sha1",
    }


@pytest.mark.parametrize(
    "body", [{}, {"query": {}}, {"query": {"stashimageinfo": []}}, {"query": {"stashimageinfo": [{}]}}]
)
def test_a_wiki_that_tells_no_hash_at_all_is_believed(body: Mapping[str, Any]) -> None:
    assert Script(stashed(imageinfo=None), body).run(sending(size=10)) == "WHOLE"


def test_a_source_that_changed_is_told_even_by_a_wiki_without_hashes() -> None:
    def changed() -> str:
        raise SourceChanged("it was written to")

    conversation = send_chunks(filename="A.png", size=10, chunk_size=10, sha1=changed)
    with pytest.raises(SourceChanged, match="written to"):
        Script(stashed(imageinfo=None), {}).run(conversation)


# Publishing ----------------------------------------------------------------------------------------------------------

DONE = {"upload": {"result": "Success", "filename": "A.png", "imageinfo": {"sha1": SHA1, "size": 10}}}


def warned(filekey: str = "K2", **warnings: Any) -> dict[str, Any]:
    return {"upload": {"result": "Warning", "warnings": warnings, "filekey": filekey, "sessionkey": filekey}}


def publishing(**how: Any) -> Conversation[Any]:
    return publish(Publication(filename="A.png", **how), "K", total=10)


def test_u4_u5_publishing_is_a_write_that_ignores_no_warning() -> None:
    script = Script(DONE)
    result = script.run(publishing(comment="C", text="T", params={"tags": "a|b"}))
    params = {"action": "upload", "filename": "A.png", "filekey": "K", "comment": "C", "text": "T", "tags": "a|b"}
    assert script.calls == [Call(params=params, post=True, token="csrf", write=True)]
    assert (result.filename, result.imageinfo.sha1, result.imageinfo.size, result.ignored) == ("A.png", SHA1, 10, ())
    assert [event.stage for event in script.events] == [UploadStage.PUBLISHING]


def test_a_page_gets_no_text_where_none_was_given() -> None:
    script = Script(DONE)
    script.run(publishing())
    assert script.calls[0].params == {"action": "upload", "filename": "A.png", "filekey": "K", "comment": ""}


EXISTS = UploadWarning(kind="exists", value="W.png")
NOCHANGE = UploadWarning(kind="nochange", value={"timestamp": "2026-11-21T08:11:12Z"})


@pytest.mark.parametrize("ignored", [(), frozenset(), {"duplicate"}, {"exists"}, False], ids=repr)
def test_u5_warnings_that_were_not_all_chosen_raise_and_can_be_gone_on_from(ignored: Any) -> None:
    script = Script(warned(exists="W.png", nochange={"timestamp": "2026-11-21T08:11:12Z"}))
    with pytest.raises(UploadWarnings, match=r"exists: W\.png, nochange") as caught:
        script.run(publishing(ignored=ignored))
    assert (caught.value.warnings, caught.value.filekey, caught.value.filename) == ((EXISTS, NOCHANGE), "K2", "A.png")
    assert "ignorewarnings" not in script.calls[0].params


@pytest.mark.parametrize("ignored", [{"exists"}, ["exists", "duplicate"]], ids=repr)
def test_u5_warnings_that_were_chosen_are_ignored_in_a_second_request_and_told(ignored: Any) -> None:
    script = Script(warned(exists="W.png"), DONE)
    result = script.run(publishing(ignored=ignored))
    assert [call.params.get("ignorewarnings") for call in script.calls] == [None, "1"]
    assert [call.params["filekey"] for call in script.calls] == ["K", "K2"]
    assert result.ignored == (EXISTS,)


def test_u5_all_warnings_are_ignored_at_once_where_that_was_chosen() -> None:
    script = Script({"upload": {**DONE["upload"], "warnings": {"exists": "W.png"}}})
    assert script.run(publishing(ignored=True)).ignored == (EXISTS,)
    assert script.calls[0].params["ignorewarnings"] == "1"


@pytest.mark.parametrize(
    "warnings", [{}, [], None, ["exists"], [{"code": "exists", "text": "There is such a file."}]], ids=repr
)
def test_u5_a_warning_that_is_not_understood_is_never_ignored(warnings: Any) -> None:
    script = Script({"upload": {"result": "Warning", "warnings": warnings, "filekey": "K2"}}, DONE)
    with pytest.raises(MediaWikiError):
        script.run(publishing())
    assert len(script.calls) == 1


def test_u5_a_warning_to_a_request_that_ignores_warnings_raises() -> None:
    script = Script(warned(exists="W.png"), warned("K3", exists="W.png"))
    with pytest.raises(UploadWarnings) as caught:
        script.run(publishing(ignored={"exists"}))
    assert caught.value.filekey == "K3"


def test_u5_one_can_go_on_with_the_filekey_that_was_sent_where_the_wiki_names_none() -> None:
    with pytest.raises(UploadWarnings) as caught:
        Script({"upload": {"result": "Warning", "warnings": {"exists": "W.png"}}}).run(publishing())
    assert caught.value.filekey == "K"


@pytest.mark.parametrize("body", [{}, {"upload": {}}, {"upload": []}, {"upload": {"result": "Strange"}}])
def test_w2_any_other_result_leaves_open_what_was_done(body: Mapping[str, Any]) -> None:
    with pytest.raises(OutcomeUnknown, match=r"none of Success and Warning") as caught:
        Script(body).run(publishing())
    assert caught.value.filekey == "K"


def test_an_imageinfo_that_does_not_fit_hides_no_success() -> None:
    done = {"upload": {"result": "Success", "filename": "A.png", "imageinfo": {"size": "many"}}}
    assert Script(done).run(publishing()).imageinfo is None


def test_warnings_that_came_with_the_success_are_told_too() -> None:
    done = {"upload": {"result": "Success", "filename": "A.png", "warnings": {"exists": "A.png"}}}
    result = Script(warned(duplicate=["B.png"]), done).run(publishing(ignored={"duplicate"}))
    assert [warning.kind for warning in result.ignored] == ["duplicate", "exists"]


@pytest.mark.parametrize("error", [refusal("protectedpage"), refusal("fileexists-no-change")], ids=["a", "b"])
def test_a_refusal_comes_out_as_it_is_and_with_the_filekey(error: MediaWikiError) -> None:
    with pytest.raises(MediaWikiError) as caught:
        Script(error).run(publishing())
    assert caught.value is error


def test_a_result_without_image_info_is_a_result() -> None:
    result = Script({"upload": {"result": "Success"}}).run(publishing())
    assert (result.filename, result.imageinfo) == ("A.png", None)


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Earth.png", "Earth.png"),
        ("  Earth.png ", "Earth.png"),
        ("File:Earth.png", "Earth.png"),
        ("file : Earth.png", "Earth.png"),
        ("Earth from 17.tar.gz", "Earth from 17.tar.gz"),
        ("Ünï 🪐.png", "Ünï 🪐.png"),
        ("x" * 236 + ".png", "x" * 236 + ".png"),
    ],
)
def test_a_name_is_taken_without_its_namespace(name: str, bare: str) -> None:
    assert file_name(name) == bare


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", "File:", "Earth", ".png", "Earth.", "...", "a/b.png", "a\\b.png", "a:b.png", "Image:a.png"),
        *("a#b.png", "a<b.png", "a[b.png", "a|b.png", "a{b}.png", "a\nb.png", "a\x7fb.png", "a\x00.png"),
        *("x" * 237 + ".png", "ä" * 119 + ".png", "File:File:a.png"),
    ],
    ids=ascii,
)
def test_a_name_that_no_wiki_takes_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"^filename="):
        file_name(name)
