"""Responses of a wiki to a file that is sent to the stash, and what the flow did."""

from __future__ import annotations

from typing import Any

from mwclient_async._http.flow import Flow
from mwclient_async._upload.chunks import ChunkPlan, Position, send_chunks
from mwclient_async.errors import ApiErrorItem, MediaWikiError, StashError
from mwclient_async.models.upload import StashedFile, UploadProgress, UploadStage
from tests.support.scripted_flow import Answer, Script, refusal

SHA1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
GONE = refusal("uploadstash-file-not-found")
NO_STATUS = refusal("missingresult")
NO_STASH: Answer = {"query": {"mystashedfiles": []}}


def continued(offset: int | str, filekey: str = "K") -> dict[str, Any]:
    return {"upload": {"result": "Continue", "offset": offset, "filekey": filekey}}


def stashed(filekey: str = "WHOLE", **more: Any) -> dict[str, Any]:
    return {"upload": {"result": "Success", "filekey": filekey, "imageinfo": {"sha1": SHA1}, **more}}


def poll(**more: Any) -> dict[str, Any]:
    return {"upload": {"result": "Poll", "stage": "queued", **more}}


def wrong_offset(offset: int) -> MediaWikiError:
    """In the wiki's form: the offset is text."""
    return refusal("stashfailed", offset=str(offset))


def stash_failure(text: str, **data: Any) -> MediaWikiError:
    return StashError((ApiErrorItem(code="stashfailed", text=text, data=data),))


def sending(
    size: int = 10_000, chunk_size: int = 4000, start: Position | None = None, **options: Any
) -> Flow[StashedFile]:
    plan = ChunkPlan(filename="A.png", size=size, chunk_size=chunk_size, **options)
    return send_chunks(plan, sha1=lambda: SHA1, start=start)


def sent_ranges(script: Script) -> list[tuple[int, int]]:
    return [(request.part.offset, request.part.length) for request in script.requests if request.part is not None]


def progress(script: Script) -> list[tuple[UploadStage, int, bool]]:
    return [(event.stage, event.sent, event.restarted) for event in script.events if isinstance(event, UploadProgress)]


def positions(script: Script) -> list[Position]:
    return [event for event in script.events if isinstance(event, Position)]


def entry(filekey: str, size: int = 5000, status: str = "finished") -> dict[str, Any]:
    return {"filekey": filekey, "size": size, "status": status}
