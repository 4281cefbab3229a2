"""Versions of an existing file, with scripted responses: whether it is the wiki's own, and reverts."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._http.flow import Flow
from mwclient_async._upload.file_versions import current_version, revert_to
from mwclient_async.errors import ApiError, FileRefused, OutcomeUnknown, PageMissing, UploadError
from tests.support.scripted_flow import Script

SUCCESS = {"filerevert": {"result": "Success"}}


def failure(code: str) -> dict[str, Any]:
    return {"filerevert": {"result": "Failure", "errors": [{"code": code, "text": f"The text of {code}."}]}}


def reverting() -> Flow[None]:
    return revert_to("A.png", "20261121081112!A.png", "back")


def test_a_revert_is_a_write_that_is_sent_again_only_if_it_came_too_soon() -> None:
    script = Script(failure("backend-fail-alreadyexists"), SUCCESS)
    script.run(reverting())
    assert script.requests[0] == script.requests[1]
    assert (script.requests[0].write, script.requests[0].repeatable, script.requests[0].token) == (True, False, "csrf")


@pytest.mark.parametrize(
    ("answers", "attempts", "error"),
    [
        ([failure("backend-fail-alreadyexists")] * 2, 2, UploadError),
        ([failure("fileexists-no-change")], 3, FileRefused),
        ([failure("something-new")], 3, ApiError),
        ([{"filerevert": {"result": "Failure"}}], 3, ApiError),
        ([{"filerevert": {"result": "Failure", "errors": []}}], 3, ApiError),
        ([{}], 3, OutcomeUnknown),
    ],
)
def test_a_failure_without_an_error_response_is_an_error(
    answers: list[dict[str, Any]], attempts: int, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        Script(*answers, attempts=attempts).run(reverting())
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "page",
    [
        {"title": "File:A.png", "missing": True, "imagerepository": ""},
        {
            "title": "File:A.png",
            "missing": True,
            "known": True,
            "imagerepository": "shared",
            "imageinfo": [{"size": 5}],
        },
        {"title": "File:A.png", "imagerepository": "", "imageinfo": []},
        {"title": "File:A.png", "imagerepository": "local", "imageinfo": [{"size": 5, "canonicaltitle": "File:B.png"}]},
    ],
)
def test_a_file_of_another_title_or_repository_gets_no_new_version(page: dict[str, Any]) -> None:
    with pytest.raises(PageMissing):
        Script({"query": {"pages": [page]}}).run(current_version("A.png"))
    own = {"imagerepository": "local", "imageinfo": [{"size": 5, "sha1": "x"}]}
    assert Script({"query": {"pages": [own]}}).run(current_version("A.png")).size == 5


def test_u3_a_revert_that_the_file_store_did_not_take_is_sent_again() -> None:
    Script(failure("backend-fail-internal"), SUCCESS).run(reverting())
    with pytest.raises(UploadError, match="releaselock"):  # it may be reverted
        Script(failure("lockmanager-fail-releaselock")).run(reverting())
