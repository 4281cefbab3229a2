"""A file is published once, driven by hand: warnings, choices, refusals, and results without an answer's help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, FilePart
from mwclient_async._upload.publish import Publication, fetch_remote, publish, send_whole
from mwclient_async._upload.upload_rules import UploadRules
from mwclient_async._values.warnings import UploadWarning
from mwclient_async.errors import (
    FileRefused,
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    SourceChanged,
    UploadError,
    UploadPending,
    UploadWarnings,
    UrlRefused,
)
from mwclient_async.models.options import RetryPolicy
from mwclient_async.models.upload import StashedFile, UploadMethod, UploadStage
from tests.support.scripted_flow import Answer, Script, refusal
from tests.support.scripted_stash import NO_STATUS, SHA1, poll, said

DONE = {"upload": {"result": "Success", "filename": "A.png", "imageinfo": {"sha1": SHA1, "size": 10}}}
EXISTS = UploadWarning(kind="exists", value="W.png")
NOCHANGE = UploadWarning(kind="nochange", value={"timestamp": "2026-11-21T08:11:12Z"})
THRICE = RetryPolicy(attempts=3)


def warned(filekey: str = "K2", **warnings: Any) -> dict[str, Any]:
    return {"upload": {"result": "Warning", "warnings": warnings, "filekey": filekey, "sessionkey": filekey}}


def publishing(*, sha1: str | None = SHA1, resumed: bool = False, **how: Any) -> Flow[Any]:
    stashed = StashedFile("K", size=10, sha1=sha1)
    return publish(Publication(filename="A.png", **how), stashed, policy=THRICE, resumed=resumed)


def directly(**how: Any) -> Flow[Any]:
    return send_whole(Publication(filename="A.png", **how), size=10, sha1=SHA1, policy=THRICE)


def from_afar(*, version: tuple[int, int] = (1, 43), **how: Any) -> Flow[Any]:
    publication = Publication(filename="A.png", **how)
    return fetch_remote(publication, "https://e.org/x", rules=UploadRules(version=version), policy=THRICE)


# A stashed file ------------------------------------------------------------------------------------------------------


def test_u4_u5_publishing_is_a_write_that_ignores_no_warning() -> None:
    script = Script(DONE)
    result = script.run(publishing(comment="C", text="T", params={"tags": "a|b"}))
    params = {"action": "upload", "filename": "A.png", "filekey": "K", "comment": "C", "text": "T", "tags": "a|b"}
    assert script.calls == [ApiRequest(params=params, post=True, token="csrf", write=True)]
    assert (result.filename, result.imageinfo.sha1, result.imageinfo.size, result.ignored) == ("A.png", SHA1, 10, ())
    assert (result.method, result.verified) == (UploadMethod.STASH, False)
    assert [event.stage for event in script.events] == [UploadStage.PUBLISHING]


def test_a_page_gets_no_text_where_none_was_given() -> None:
    script = Script(DONE)
    script.run(publishing())
    assert script.calls[0].params == {"action": "upload", "filename": "A.png", "filekey": "K", "comment": ""}


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
@pytest.mark.parametrize("ignored", [(), {"exists"}], ids=repr)
def test_u5_a_warning_that_is_not_understood_is_never_ignored(warnings: Any, ignored: Any) -> None:
    script = Script({"upload": {"result": "Warning", "warnings": warnings, "filekey": "K2"}}, DONE)
    with pytest.raises(MediaWikiError):
        script.run(publishing(ignored=ignored))
    assert len(script.calls) == 1


@pytest.mark.parametrize("filekey", ["K3", None])
def test_u5_a_warning_to_a_request_that_ignores_warnings_raises(filekey: str | None) -> None:
    script = Script(warned(exists="W.png"), warned("K3", exists="W.png") if filekey else warned("", exists="W.png"))
    with pytest.raises(UploadWarnings) as caught:
        script.run(publishing(ignored={"exists"}))
    assert caught.value.filekey == (filekey or "K2")  # where the wiki names none, that which was sent


@pytest.mark.parametrize("body", [{}, {"upload": {}}, {"upload": []}, {"upload": {"result": "Strange"}}])
def test_w2_any_other_result_leaves_open_what_was_done_and_is_not_sent_again(body: Mapping[str, Any]) -> None:
    for conversation in (publishing(), directly(), from_afar()):
        script = Script(body)
        with pytest.raises(OutcomeUnknown, match="may or may not be published") as caught:
            script.run(conversation)
        assert (caught.value.title, len(script.calls)) == ("File:A.png", 1)


def test_warnings_that_came_with_the_success_are_told_too() -> None:
    done = {"upload": {"result": "Success", "filename": "A.png", "warnings": {"exists": "A.png"}}}
    result = Script(warned(duplicate=["B.png"]), done).run(publishing(ignored={"duplicate"}))
    assert [warning.kind for warning in result.ignored] == ["duplicate", "exists"]


@pytest.mark.parametrize("info", [{"size": "many"}, None, []], ids=repr)
def test_an_imageinfo_that_does_not_fit_hides_no_success(info: Any) -> None:
    result = Script({"upload": {"result": "Success", "imageinfo": info}}).run(publishing())
    assert (result.filename, result.imageinfo) == ("A.png", None)


@pytest.mark.parametrize("code", ["protectedpage", "fileexists-no-change", "uploadstash-file-not-found"])
def test_a_refusal_comes_out_as_it_is_and_with_the_filekey(code: str) -> None:
    error = refusal(code)
    with pytest.raises(MediaWikiError) as caught:
        Script(error).run(publishing())
    assert caught.value is error
    assert error.filekey == "K"


# A wiki that takes its time ------------------------------------------------------------------------------------------


def test_u6_a_publication_that_the_wiki_does_later_is_asked_for_until_it_is_done() -> None:
    script = Script(poll(filename="A.png"), poll(), DONE)
    assert script.run(publishing(asynchronous=True)).imageinfo.sha1 == SHA1
    asked = {"action": "upload", "checkstatus": "1", "filekey": "K"}
    assert [call.params.get("async") for call in script.calls] == ["1", None, None]
    assert [call.params for call in script.calls[1:]] == [asked, asked]
    with pytest.raises(UploadPending) as caught:
        Script(poll(), poll()).run(publishing(asynchronous=True, patience=1.0))
    assert (caught.value.filekey, caught.value.stage) == ("K", "queued")


def test_u6_a_job_may_warn_fail_or_be_at_work_already() -> None:
    inside = {"exists": {"warning": "exists", "file": {"fileName": "W.png", "timestamp": "20261121000000"}}}
    late = {"upload": {"result": "Warning", "stage": "publish", "warnings": inside}}
    script = Script(poll(), late, poll(), DONE)
    assert script.run(publishing(asynchronous=True, ignored={"exists"})).ignored == (EXISTS,)
    assert script.calls[2].params["filekey"] == "K"
    failed = {"upload": {"result": "Failure", "stage": "publish", "0": ["protectedpagetext", "create"]}}
    with pytest.raises(UploadError, match="protectedpagetext"):
        Script(poll(), failed).run(publishing(asynchronous=True))
    with pytest.raises(FileRefused, match="fit the extension"):
        Script(poll(), said("This file did not pass file verification.")).run(publishing(asynchronous=True))
    assert Script(refusal("publishfailed"), DONE).run(publishing(asynchronous=True)).filename == "A.png"


# One request for all -------------------------------------------------------------------------------------------------


def test_a_file_that_is_sent_whole_is_one_write_that_ignores_no_warning() -> None:
    script = Script(DONE)
    result = script.run(directly(comment="C"))
    part = FilePart(name="file", offset=0, length=10)
    params = {"action": "upload", "filename": "A.png", "comment": "C"}
    assert script.calls == [ApiRequest(params=params, post=True, token="csrf", write=True, part=part)]
    assert (result.method, result.verified, result.imageinfo.sha1) == (UploadMethod.DIRECT, False, SHA1)


def test_u5_one_goes_on_from_its_warnings_with_the_stashed_file_and_does_not_send_it_again() -> None:
    with pytest.raises(UploadWarnings) as caught:
        Script(warned(exists="W.png")).run(directly(ignored={"duplicate"}))
    assert (caught.value.filekey, caught.value.warnings) == ("K2", (EXISTS,))
    script = Script(warned(exists="W.png"), DONE)
    result = script.run(directly(ignored={"exists"}))
    assert (result.method, result.ignored, script.calls[1].part) == (UploadMethod.DIRECT, (EXISTS,), None)
    assert script.calls[1].params.items() >= {("filekey", "K2"), ("ignorewarnings", "1")}
    unkept = {"upload": {"result": "Warning", "warnings": {"exists": "W.png"}, "stasherrors": []}}
    with pytest.raises(UploadWarnings, match=r"choose another name, or ignore_warnings$") as lost:
        Script(unkept).run(directly(ignored={"exists"}))
    assert lost.value.filekey == ""


def test_a_refusal_of_the_name_alone_names_the_filekey_that_the_wiki_kept() -> None:
    with pytest.raises(FileRefused) as caught:
        Script(refusal("illegal-filename", filekey="K5")).run(directly())
    assert caught.value.filekey == "K5"


def test_an_old_wiki_calls_the_filekey_the_sessions_key_wherever_it_names_one() -> None:
    old = {"upload": {"result": "Warning", "warnings": {"exists": "W.png"}, "sessionkey": "K7"}}
    for begin in (publishing, directly, from_afar):
        with pytest.raises(UploadWarnings) as caught:
            Script(old).run(begin())
        assert caught.value.filekey == "K7"
    with pytest.raises(FileRefused) as refused:
        Script(refusal("illegal-filename", sessionkey="K7")).run(directly())
    assert refused.value.filekey == "K7"
    script = Script(old, DONE)
    script.run(publishing(ignored={"exists"}))
    assert script.calls[1].params["filekey"] == "K7"


def test_a_mixture_that_was_published_is_no_success() -> None:
    mixed = {"upload": {**DONE["upload"], "imageinfo": {"sha1": "f" * 40}}}
    with pytest.raises(SourceChanged, match=r"is published as 'A\.png'"):
        Script(mixed).run(directly())


# From an address -----------------------------------------------------------------------------------------------------


def test_an_address_is_fetched_by_one_write() -> None:
    script = Script(DONE)
    assert script.run(from_afar(text="T")).method is UploadMethod.URL
    params = {"action": "upload", "filename": "A.png", "comment": "", "text": "T", "url": "https://e.org/x"}
    assert script.calls == [ApiRequest(params=params, post=True, token="csrf", write=True)]


def test_u5_what_the_wiki_has_fetched_is_gone_on_with_from_its_stash() -> None:
    known = {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 10}]}}
    script = Script(warned(exists="W.png"), known, DONE)
    result = script.run(from_afar(ignored={"exists"}))
    assert (result.method, result.ignored, script.calls[2].params["filekey"]) == (UploadMethod.URL, (EXISTS,), "K2")
    with pytest.raises(UploadWarnings) as caught:
        Script(warned(exists="W.png")).run(from_afar())
    assert caught.value.filekey == "K2"


def test_an_old_wiki_cannot_be_asked_how_far_it_is_with_an_address_so_it_is_not_begun() -> None:
    script = Script()
    with pytest.raises(UrlRefused, match=r"1\.43 and newer can"):
        script.run(from_afar(version=(1, 42), asynchronous=True))
    assert script.calls == []


def test_u6_an_address_that_is_fetched_later_is_asked_for_by_name_and_address() -> None:
    script = Script(poll(), poll(), DONE)
    assert script.run(from_afar(asynchronous=True, ignored=True)).method is UploadMethod.URL
    asked = {"action": "upload", "checkstatus": "1", "url": "https://e.org/x", "filename": "A.png"}
    assert script.calls[0].params.items() >= {("async", "1"), ("ignorewarnings", "1")}
    assert [call.params for call in script.calls[1:]] == [asked, asked]
    assert Script(refusal("publishfailed"), DONE).run(from_afar(asynchronous=True)).filename == "A.png"
    with pytest.raises(UploadPending) as caught:
        Script(poll(), poll()).run(from_afar(asynchronous=True, patience=1.0))
    assert caught.value.filekey == ""


def test_u5_warnings_that_come_before_the_wiki_has_the_file_are_gone_on_from_by_asking_again() -> None:
    early = {"upload": {"result": "Warning", "warnings": {"exists": "W.png"}}}
    script = Script(early, poll(), DONE)
    assert script.run(from_afar(asynchronous=True, ignored={"exists"})).ignored == (EXISTS,)
    assert [call.params.get("ignorewarnings") for call in script.calls] == [None, "1", None]
    with pytest.raises(UploadWarnings) as caught:
        Script(early).run(from_afar(asynchronous=True))
    assert caught.value.filekey == ""
    nothing: Answer = {"upload": {"result": "Warning", "warnings": []}}
    with pytest.raises(UrlRefused, match="only where all warnings are ignored"):
        Script(nothing).run(from_afar(asynchronous=True, ignored={"exists"}))


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (said("There was a problem during the HTTP request: 404 Not Found"), UrlRefused),
        (said("This file did not pass file verification."), FileRefused),
        (NO_STATUS, UploadError),
    ],
)
def test_u6_what_came_of_an_address_is_told_by_its_right_name(told: MediaWikiError, error: type[Exception]) -> None:
    with pytest.raises(error):
        Script(poll(), told).run(from_afar(asynchronous=True))


def test_w2_an_address_whose_answer_was_lost_is_not_asked_for_again() -> None:
    script = Script(OutcomeUnknown("lost"))
    with pytest.raises(OutcomeUnknown) as caught:
        script.run(from_afar())
    assert (caught.value.title, len(script.calls)) == ("File:A.png", 1)


def test_a_body_that_is_refused_as_too_large_comes_out_as_it_is() -> None:
    refused = ProtocolError("413")
    refused.status = 413
    with pytest.raises(ProtocolError) as caught:
        Script(refused).run(directly())
    assert caught.value is refused
