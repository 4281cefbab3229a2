"""The conversations about a file that is there already: is it the wiki's own, and the way back to an old version."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._http.flow import Flow
from mwclient_async._upload.file_versions import current_version, revert_to
from mwclient_async.errors import ApiError, FileRefused, PageMissing, ProtocolError, UploadError
from tests.support.scripted_flow import Script

SUCCESS = {"filerevert": {"result": "Success"}}


def failure(code: str) -> dict[str, Any]:
    return {"filerevert": {"result": "Failure", "errors": [{"code": code, "text": f"The text of {code}."}]}}


def reverting(attempts: int = 3) -> Flow[None]:
    return revert_to("A.png", "20261121081112!A.png", "back", attempts=attempts)


def test_a_revert_is_a_write_with_a_token_that_is_sent_again_only_where_it_came_too_soon() -> None:
    script = Script(failure("backend-fail-alreadyexists"), SUCCESS)
    script.run(reverting())
    assert script.calls[0] == script.calls[1]
    assert (script.calls[0].write, script.calls[0].repeatable, script.calls[0].token) == (True, False, "csrf")


@pytest.mark.parametrize(
    ("answers", "attempts", "error"),
    [
        ([failure("backend-fail-alreadyexists")] * 2, 2, UploadError),
        ([failure("fileexists-no-change")], 3, FileRefused),
        ([failure("something-new")], 3, ApiError),
        ([{"filerevert": {"result": "Failure"}}], 3, ProtocolError),
        ([{"filerevert": {"result": "Failure", "errors": []}}], 3, ProtocolError),
        ([{}], 3, ProtocolError),
    ],
)
def test_a_failure_in_an_answer_that_is_no_error_is_never_taken_for_a_success(
    answers: list[dict[str, Any]], attempts: int, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        Script(*answers).run(reverting(attempts))
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
def test_what_the_wiki_shows_and_has_elsewhere_gets_no_new_version_here(page: dict[str, Any]) -> None:
    with pytest.raises(PageMissing):
        Script({"query": {"pages": [page]}}).run(current_version("A.png"))
    own = {"imagerepository": "local", "imageinfo": [{"size": 5, "sha1": "x"}]}
    assert Script({"query": {"pages": [own]}}).run(current_version("A.png")).size == 5
