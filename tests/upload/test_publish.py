"""Publishing, with scripted responses: warnings, choices, refusals, asynchronous results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, FilePart
from mwclient_async._upload.publication import Publication
from mwclient_async._upload.publish import publish, upload_directly, upload_from_url
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
from mwclient_async.models.upload import StashedFile, UploadMethod, UploadStage
from tests.support.scripted_flow import Answer, Script, refusal
from tests.support.scripted_stash import NO_STATUS, SHA1, poll, stash_failure

DONE = {"upload": {"result": "Success", "filename": "A.png", "imageinfo": {"sha1": SHA1, "size": 10}}}
EXISTS = UploadWarning(kind="exists", value="W.png")
NOCHANGE = UploadWarning(kind="nochange", value={"timestamp": "2026-11-21T08:11:12Z"})


def warned(filekey: str = "K2", **warnings: Any) -> dict[str, Any]:
    return {"upload": {"result": "Warning", "warnings": warnings, "filekey": filekey, "sessionkey": filekey}}


def publishing(*, sha1: str | None = SHA1, resumed: bool = False, **options: Any) -> Flow[Any]:
    stashed = StashedFile("K", size=10, sha1=sha1)
    return publish(Publication(filename="A.png", **options), stashed, resumed=resumed)


def directly(**options: Any) -> Flow[Any]:
    return upload_directly(Publication(filename="A.png", **options), size=10, sha1=SHA1)


def by_url(*, version: tuple[int, int] = (1, 43), **options: Any) -> Flow[Any]:
    publication = Publication(filename="A.png", **options)
    return upload_from_url(publication, "https://e.org/x", rules=UploadRules(mediawiki_version=version))


# A stashed file ------------------------------------------------------------------------------------------------------


def test_u4_u5_publishing_is_a_write_that_ignores_no_warning() -> None:
    script = Script(DONE)
    result = script.run(publishing(comment="C", text="T", params={"tags": "a|b"}))
    params = {"action": "upload", "filename": "A.png", "filekey": "K", "comment": "C", "text": "T", "tags": "a|b"}
    assert script.requests == [ApiRequest(params=params, post=True, token="csrf", write=True)]
    assert (result.filename, result.imageinfo.sha1, result.imageinfo.size, result.ignored) == ("A.png", SHA1, 10, ())
    assert (result.method, result.verified) == (UploadMethod.STASH, False)
    assert [event.stage for event in script.events] == [UploadStage.PUBLISHING]


def test_no_text_is_sent_if_none_was_given() -> None:
    script = Script(DONE)
    script.run(publishing())
    assert script.requests[0].params == {"action": "upload", "filename": "A.png", "filekey": "K", "comment": ""}


@pytest.mark.parametrize("ignored", [(), frozenset(), {"duplicate"}, {"exists"}, False], ids=repr)
def test_u5_warnings_that_were_not_all_chosen_raise_with_a_filekey(ignored: Any) -> None:
    script = Script(warned(exists="W.png", nochange={"timestamp": "2026-11-21T08:11:12Z"}))
    with pytest.raises(UploadWarnings, match=r"exists: W\.png, nochange") as caught:
        script.run(publishing(ignored=ignored))
    assert (caught.value.warnings, caught.value.filekey, caught.value.filename) == ((EXISTS, NOCHANGE), "K2", "A.png")
    assert "ignorewarnings" not in script.requests[0].params


@pytest.mark.parametrize("ignored", [{"exists"}, ["exists", "duplicate"]], ids=repr)
def test_u5_chosen_warnings_are_ignored_in_a_second_request_and_reported(ignored: Any) -> None:
    script = Script(warned(exists="W.png"), DONE)
    result = script.run(publishing(ignored=ignored))
    assert [request.params.get("ignorewarnings") for request in script.requests] == [None, "1"]
    assert [request.params["filekey"] for request in script.requests] == ["K", "K2"]
    assert result.ignored == (EXISTS,)


def test_u5_all_warnings_are_ignored_in_the_first_request_if_chosen() -> None:
    script = Script({"upload": {**DONE["upload"], "warnings": {"exists": "W.png"}}})
    assert script.run(publishing(ignored=True)).ignored == (EXISTS,)
    assert script.requests[0].params["ignorewarnings"] == "1"


@pytest.mark.parametrize(
    "warnings", [{}, [], None, ["exists"], [{"code": "exists", "text": "There is such a file."}]], ids=repr
)
@pytest.mark.parametrize("ignored", [(), {"exists"}], ids=repr)
def test_u5_a_warning_that_is_not_understood_is_never_ignored(warnings: Any, ignored: Any) -> None:
    script = Script({"upload": {"result": "Warning", "warnings": warnings, "filekey": "K2"}}, DONE)
    with pytest.raises(MediaWikiError):
        script.run(publishing(ignored=ignored))
    assert len(script.requests) == 1


@pytest.mark.parametrize("filekey", ["K3", None])
def test_u5_a_warning_to_a_request_that_ignores_warnings_raises(filekey: str | None) -> None:
    script = Script(warned(exists="W.png"), warned("K3", exists="W.png") if filekey else warned("", exists="W.png"))
    with pytest.raises(UploadWarnings) as caught:
        script.run(publishing(ignored={"exists"}))
    assert caught.value.filekey == (filekey or "K2")  # the filekey that was sent, if the wiki names none


@pytest.mark.parametrize("body", [{}, {"upload": {}}, {"upload": []}, {"upload": {"result": "Strange"}}])
def test_w2_any_other_result_is_an_unknown_outcome_and_not_sent_again(body: Mapping[str, Any]) -> None:
    for flow in (publishing(), directly(), by_url()):
        script = Script(body)
        with pytest.raises(OutcomeUnknown, match="may or may not be published") as caught:
            script.run(flow)
        assert (caught.value.title, len(script.requests)) == ("File:A.png", 1)


def test_warnings_of_a_success_are_reported_too() -> None:
    done = {"upload": {"result": "Success", "filename": "A.png", "warnings": {"exists": "A.png"}}}
    result = Script(warned(duplicate=["B.png"]), done).run(publishing(ignored={"duplicate"}))
    assert [warning.kind for warning in result.ignored] == ["duplicate", "exists"]


@pytest.mark.parametrize("info", [{"size": "many"}, None, []], ids=repr)
def test_a_malformed_imageinfo_does_not_hide_the_success(info: Any) -> None:
    result = Script({"upload": {"result": "Success", "imageinfo": info}}).run(publishing())
    assert (result.filename, result.imageinfo) == ("A.png", None)


@pytest.mark.parametrize("code", ["protectedpage", "fileexists-no-change", "uploadstash-file-not-found"])
def test_a_refusal_is_raised_unchanged_with_the_filekey(code: str) -> None:
    error = refusal(code)
    with pytest.raises(MediaWikiError) as caught:
        Script(error).run(publishing())
    assert caught.value is error
    assert error.filekey == "K"


# Asynchronous --------------------------------------------------------------------------------------------------------


def test_u6_an_asynchronous_publication_is_polled_until_it_is_done() -> None:
    script = Script(poll(filename="A.png"), poll(), DONE)
    assert script.run(publishing(asynchronous=True)).imageinfo.sha1 == SHA1
    params = {"action": "upload", "checkstatus": "1", "filekey": "K"}
    assert [request.params.get("async") for request in script.requests] == ["1", None, None]
    assert [request.params for request in script.requests[1:]] == [params, params]
    with pytest.raises(UploadPending) as caught:
        Script(poll(), poll()).run(publishing(asynchronous=True, patience=1.0))
    assert (caught.value.filekey, caught.value.stage) == ("K", "queued")


def test_u6_a_job_may_warn_fail_or_be_running_already() -> None:
    internal = {"exists": {"warning": "exists", "file": {"fileName": "W.png", "timestamp": "20261121000000"}}}
    late = {"upload": {"result": "Warning", "stage": "publish", "warnings": internal}}
    script = Script(poll(), late, poll(), DONE)
    assert script.run(publishing(asynchronous=True, ignored={"exists"})).ignored == (EXISTS,)
    assert script.requests[2].params["filekey"] == "K"
    failed = {"upload": {"result": "Failure", "stage": "publish", "0": ["protectedpagetext", "create"]}}
    with pytest.raises(UploadError, match="protectedpagetext"):
        Script(poll(), failed).run(publishing(asynchronous=True))
    with pytest.raises(FileRefused, match="fit the extension"):
        Script(poll(), stash_failure("This file did not pass file verification.")).run(publishing(asynchronous=True))
    assert Script(refusal("publishfailed"), DONE).run(publishing(asynchronous=True)).filename == "A.png"


# In one request ------------------------------------------------------------------------------------------------------


def test_a_file_that_is_sent_whole_is_one_write_that_ignores_no_warning() -> None:
    script = Script(DONE)
    result = script.run(directly(comment="C"))
    part = FilePart(name="file", offset=0, length=10)
    params = {"action": "upload", "filename": "A.png", "comment": "C"}
    assert script.requests == [ApiRequest(params=params, post=True, token="csrf", write=True, part=part)]
    assert (result.method, result.verified, result.imageinfo.sha1) == (UploadMethod.DIRECT, False, SHA1)


def test_u5_a_direct_upload_continues_after_warnings_with_the_stashed_file() -> None:
    with pytest.raises(UploadWarnings) as caught:
        Script(warned(exists="W.png")).run(directly(ignored={"duplicate"}))
    assert (caught.value.filekey, caught.value.warnings) == ("K2", (EXISTS,))
    script = Script(warned(exists="W.png"), DONE)
    result = script.run(directly(ignored={"exists"}))
    assert (result.method, result.ignored, script.requests[1].part) == (UploadMethod.DIRECT, (EXISTS,), None)
    assert script.requests[1].params.items() >= {("filekey", "K2"), ("ignorewarnings", "1")}


UNSTASHED = {"upload": {"result": "Warning", "warnings": {"exists": "W.png"}, "stasherrors": []}}


def test_u3_a_file_that_the_wiki_could_not_stash_when_it_warned_is_sent_again() -> None:
    script = Script(UNSTASHED, DONE)
    assert script.run(directly(ignored={"exists"})).ignored == (EXISTS,)
    assert script.requests[1].part == script.requests[0].part
    assert [request.params.get("ignorewarnings") for request in script.requests] == [None, "1"]
    with pytest.raises(UploadWarnings, match=r"choose another name, or ignore_warnings$") as lost:
        Script(UNSTASHED).run(directly(ignored={"duplicate"}))
    assert lost.value.filekey == ""


def test_a_refusal_of_the_name_alone_has_the_filekey_of_the_stashed_file() -> None:
    with pytest.raises(FileRefused) as caught:
        Script(refusal("illegal-filename", filekey="K5")).run(directly())
    assert caught.value.filekey == "K5"


def test_the_sessionkey_of_an_old_wiki_is_the_filekey_everywhere() -> None:
    old = {"upload": {"result": "Warning", "warnings": {"exists": "W.png"}, "sessionkey": "K7"}}
    for make_flow in (publishing, directly, by_url):
        with pytest.raises(UploadWarnings) as caught:
            Script(old).run(make_flow())
        assert caught.value.filekey == "K7"
    with pytest.raises(FileRefused) as refused:
        Script(refusal("illegal-filename", sessionkey="K7")).run(directly())
    assert refused.value.filekey == "K7"
    script = Script(old, DONE)
    script.run(publishing(ignored={"exists"}))
    assert script.requests[1].params["filekey"] == "K7"


def test_a_published_mixture_is_an_error() -> None:
    mixed = {"upload": {**DONE["upload"], "imageinfo": {"sha1": "f" * 40}}}
    with pytest.raises(SourceChanged, match=r"is published as 'A\.png'"):
        Script(mixed).run(directly())


# From a URL ----------------------------------------------------------------------------------------------------------


def test_a_url_is_fetched_by_one_write() -> None:
    script = Script(DONE)
    assert script.run(by_url(text="T")).method is UploadMethod.URL
    params = {"action": "upload", "filename": "A.png", "comment": "", "text": "T", "url": "https://e.org/x"}
    assert script.requests == [ApiRequest(params=params, post=True, token="csrf", write=True)]


def test_u5_a_fetched_file_is_published_from_the_stash_after_warnings() -> None:
    known = {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 10}]}}
    script = Script(warned(exists="W.png"), known, DONE)
    result = script.run(by_url(ignored={"exists"}))
    assert (result.method, result.ignored, script.requests[2].params["filekey"]) == (UploadMethod.URL, (EXISTS,), "K2")
    with pytest.raises(UploadWarnings) as caught:
        Script(warned(exists="W.png")).run(by_url())
    assert caught.value.filekey == "K2"


def test_an_old_wiki_is_not_asked_to_fetch_asynchronously() -> None:
    script = Script()
    with pytest.raises(UrlRefused, match=r"1\.43 and newer can"):
        script.run(by_url(version=(1, 42), asynchronous=True))
    assert script.requests == []


def test_u6_an_asynchronous_fetch_is_polled_by_filename_and_url() -> None:
    script = Script(poll(), poll(), DONE)
    assert script.run(by_url(asynchronous=True, ignored=True)).method is UploadMethod.URL
    params = {"action": "upload", "checkstatus": "1", "url": "https://e.org/x", "filename": "A.png"}
    assert script.requests[0].params.items() >= {("async", "1"), ("ignorewarnings", "1")}
    assert [request.params for request in script.requests[1:]] == [params, params]
    assert Script(refusal("publishfailed"), DONE).run(by_url(asynchronous=True)).filename == "A.png"
    with pytest.raises(UploadPending) as caught:
        Script(poll(), poll()).run(by_url(asynchronous=True, patience=1.0))
    assert caught.value.filekey == ""


def test_u5_warnings_before_the_fetch_are_ignored_in_a_second_request() -> None:
    early = {"upload": {"result": "Warning", "warnings": {"exists": "W.png"}}}
    script = Script(early, poll(), DONE)
    assert script.run(by_url(asynchronous=True, ignored={"exists"})).ignored == (EXISTS,)
    assert [request.params.get("ignorewarnings") for request in script.requests] == [None, "1", None]
    with pytest.raises(UploadWarnings) as caught:
        Script(early).run(by_url(asynchronous=True))
    assert caught.value.filekey == ""
    nothing: Answer = {"upload": {"result": "Warning", "warnings": []}}
    with pytest.raises(UrlRefused, match="only if all warnings are ignored"):
        Script(nothing).run(by_url(asynchronous=True, ignored={"exists"}))


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (stash_failure("There was a problem during the HTTP request: 404 Not Found"), UrlRefused),
        (stash_failure("This file did not pass file verification."), FileRefused),
        (NO_STATUS, UploadError),
    ],
)
def test_u6_the_failure_of_a_fetch_has_the_right_class(failure: MediaWikiError, error: type[Exception]) -> None:
    with pytest.raises(error):
        Script(poll(), failure).run(by_url(asynchronous=True))


def test_w2_a_fetch_whose_reply_was_lost_is_not_sent_again() -> None:
    script = Script(OutcomeUnknown("lost"))
    with pytest.raises(OutcomeUnknown) as caught:
        script.run(by_url())
    assert (caught.value.title, len(script.requests)) == ("File:A.png", 1)


def test_a_body_that_is_too_large_raises_the_error_unchanged() -> None:
    refused = ProtocolError("413")
    refused.status = 413
    with pytest.raises(ProtocolError) as caught:
        Script(refused).run(directly())
    assert caught.value is refused
