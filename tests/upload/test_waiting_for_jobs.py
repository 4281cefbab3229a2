"""U6: an upload that waits for a job of the wiki says so after a while."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import anyio
import pytest

from mwclient_async._http.flow import Flow
from mwclient_async._upload.stash import poll_until_done
from mwclient_async.errors import UploadPending
from mwclient_async.models.events import WaitingForJob
from mwclient_async.models.upload import UploadProgress, UploadStage
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedClock
from tests.support.scripted_flow import Script
from tests.support.uploads import Account, Pictures


def status(stage: str, result: str = "Poll") -> dict[str, Any]:
    return {"upload": {"result": result, "stage": stage}}


def polling(patience: float = 3600.0) -> Flow[Mapping[str, Any]]:
    progress = UploadProgress(stage=UploadStage.ASSEMBLING, sent=5, total=5)
    return poll_until_done({"filekey": "K"}, filename="A.png", patience=patience, progress=progress)


def waits(script: Script) -> list[tuple[str, float]]:
    return [(event.stage, event.waited) for event in script.events if isinstance(event, WaitingForJob)]


def test_a_wait_is_told_after_a_minute_and_each_time_that_it_has_doubled() -> None:
    script = Script(*[status("queued")] * 20, *[status("assembling")] * 20, status("publish", "Success"))
    script.run(polling())
    told = waits(script)
    assert [stage for stage, _ in told] == ["queued", "queued", "assembling"]
    assert [waited >= least for (_, waited), least in zip(told, (60, 120, 240), strict=True)] == [True] * 3
    assert [later >= 2 * earlier for (_, earlier), (_, later) in pairwise(told)] == [True] * 2
    assert {event.filename for event in script.events if isinstance(event, WaitingForJob)} == {"A.png"}


def test_a_short_wait_is_told_by_the_progress_only() -> None:
    script = Script(status("queued"), status("assembling"), status("publish", "Success"))
    script.run(polling())
    assert waits(script) == []
    assert [(event.job_stage, event.waited) for event in script.events] == [
        ("queued", 0.0),
        ("queued", 1.0),
        ("assembling", 2.5),
    ]


@pytest.mark.parametrize(("stage", "told"), [("queued", True), ("assembling", False)])
def test_a_wait_that_ends_says_whether_a_job_had_begun(stage: str, *, told: bool) -> None:
    with pytest.raises(UploadPending) as caught:
        Script(status(stage)).run(polling(patience=0))
    assert ("job queue may not run" in str(caught.value)) is told


@pytest.mark.everywhere
def test_u6_a_wiki_whose_jobs_do_not_run_is_told(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard, stages = list[object](), set[tuple[UploadStage, str]]()

    async def run() -> None:
        async with uploader.site(wiki, clock=ScriptedClock(), on_event=heard.append) as site:
            with pytest.raises(UploadPending, match="job queue may not run"):
                await site.upload(
                    picture(),
                    filename=name,
                    asynchronous=True,
                    patience=140,
                    on_progress=lambda progress: stages.add((progress.stage, progress.job_stage)),
                )

    with caplog.at_level(logging.WARNING, logger="mwclient_async"):
        anyio.run(run)
    told = [event for event in heard if isinstance(event, WaitingForJob)]
    assert [(event.filename, event.stage) for event in told] == [(name, "queued")] * 2
    assert (UploadStage.ASSEMBLING, "queued") in stages
    assert f"{name}: no job has begun with it after" in caplog.text
