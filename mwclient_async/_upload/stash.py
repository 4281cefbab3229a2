"""The wiki's stash: its files, and the status of an upload that the wiki's job queue works on.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow, Report, Wait
from mwclient_async._http.json_values import continuation_at, rows_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.params import wire_value
from mwclient_async.errors import (
    QUEUED,
    ApiError,
    ApiErrorItem,
    ChunkRefused,
    FileRefused,
    InternalError,
    MediaWikiError,
    MissingParameter,
    ProtocolError,
    StashError,
    UploadError,
    UploadPending,
)
from mwclient_async.models.events import WaitingForJob
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.upload import StashedFile, UploadProgress

STASH_GONE_CODES = frozenset({"uploadstash-file-not-found", "uploadstash-bad-path", "stashedfilenotfound"})
_UNREADABLE_CODES = frozenset({"uploadstash-bad-path", "stashpathinvalid"})
_CONTENT_TOO_LARGE = 413
_ALL_PROPS = "timestamp|canonicaltitle|url|size|sha1|mime|bitdepth"
_FIRST_POLL, _LONGEST_POLL, _GROWTH = 1.0, 15.0, 1.5  # seconds, seconds, factor
_MOST_RESPONSES = 100  # to the list of stashed files, which has 500 in each
_FIRST_WORD = 60.0  # seconds until a wait is reported as an event
_MAX_SHOWN = 20  # values of a list in an error message


# Files ---------------------------------------------------------------------------------------------------------------


def find_stashed(size: int, sha1: Callable[[], str]) -> Flow[StashedFile | None]:
    """Find a whole file by its size and SHA-1 among the stashed files of the account.

    This finds the file if the reply to its last chunk was lost.
    """
    continuation: Mapping[str, str] = {}
    for _ in range(_MOST_RESPONSES):
        params = {"action": "query", "list": "mystashedfiles", "msfprop": "size|type", "msflimit": "max"}
        response = yield ApiRequest(params={**params, "continue": "", **continuation}, continues=True)
        for entry in rows_at(response.body, "query", "mystashedfiles"):
            if entry.get("size") == size and entry.get("status") == "finished":
                stashed = yield from fetch_stashed_file(str(entry.get("filekey", "")))
                if stashed is not None and stashed.sha1 == sha1():
                    return stashed
        continuation = continuation_at(response.body, "continue")
        if not continuation:
            return None
    raise ProtocolError(f"the wiki's list of stashed files does not end after {_MOST_RESPONSES} responses")


def fetch_stashed_file(filekey: str) -> Flow[StashedFile | None]:
    """The size and SHA-1 of a stashed file; None if this account has no file of that key in the stash."""
    try:
        info = yield from fetch_stash_info(filekey, props="sha1|size")
    except StashError:
        return None
    return StashedFile(filekey, size=info.size, sha1=info.sha1)


def fetch_stash_info(filekey: str, *, props: str = _ALL_PROPS) -> Flow[ImageInfo]:
    """The properties of a stashed file: https://www.mediawiki.org/wiki/API:Stashimageinfo.

    Raises StashError if this account has no file of that key in the stash.
    """
    key = wire_value("filekey", [filekey]) or ""
    try:
        response = yield ApiRequest(
            params={"action": "query", "prop": "stashimageinfo", "siifilekey": key, "siiprop": props}
        )
    except InternalError as error:
        if "UploadStash" not in error.code:
            raise
        # The module fails with an internal error if the file belongs to another account.
        text = "The stash of this account has no file with that filekey."
        raise make_api_error(StashError, "uploadstash-wrong-owner", text) from error
    found = rows_at(response.body, "query", "stashimageinfo")
    return structurer(ImageInfo)(found[0] if found else {})


# Status --------------------------------------------------------------------------------------------------------------


def poll_until_done(
    upload_key: Mapping[str, str], *, filename: str, patience: float, progress: UploadProgress
) -> Flow[Mapping[str, Any]]:
    """Ask for the status of an upload until it is not ``Poll``; return that last status.

    ``upload_key`` identifies the upload: by its ``filekey``, or by ``url`` and ``filename``. ``progress`` is reported
    before each pause, with what the wiki says of the job. A long wait is reported as WaitingForJob, too. Raises
    UploadPending after ``patience`` seconds, and the wiki's error if the upload failed.
    """
    waited, pause, stage, next_word = 0.0, _FIRST_POLL, QUEUED, _FIRST_WORD
    while True:
        yield Report(evolve(progress, job_stage=stage, waited=waited))
        if waited >= next_word:
            yield Report(WaitingForJob(filename=filename, stage=stage, waited=waited))
            next_word = 2 * waited
        yield Wait(pause)
        waited, pause = waited + pause, min(_LONGEST_POLL, pause * _GROWTH)
        status = yield from fetch_status(upload_key)
        if status.get("result") != "Poll":
            return status
        stage = str(status.get("stage", ""))
        if waited >= patience:
            raise UploadPending(filekey=upload_key.get("filekey", ""), stage=stage, waited=waited)


def fetch_status(upload_key: Mapping[str, str]) -> Flow[Mapping[str, Any]]:
    """The status of an upload. Raises StashError or another ApiError if it failed or the wiki does not know it."""
    params = {"action": "upload", "checkstatus": "1", **upload_key}
    try:
        response = yield ApiRequest(params=params, post=True, token="csrf")  # noqa: S106 - a kind
    except StashError as error:
        refused = with_right_class(error)
        if refused is error:
            raise
        raise refused from error
    status = upload_result(response)
    if status.get("result") == "Failure":  # the wiki does not send an error for every failure
        reasons = "; ".join(str(value) for name, value in status.items() if name.isdecimal())
        raise make_api_error(UploadError, "publishfailed", f"The wiki did not publish the file: {reasons}.", status)
    return status


# Responses and errors ------------------------------------------------------------------------------------------------


def upload_result(response: ApiResponse) -> Mapping[str, Any]:
    """The ``upload`` part of a response; an empty mapping if there is none that names a result."""
    result = response.body.get("upload") if isinstance(response.body, Mapping) else None
    return result if isinstance(result, Mapping) and isinstance(result.get("result"), str) else {}


def filekey_or_none(result: Mapping[str, Any]) -> str | None:
    """The filekey in a result or in the data of an error. Old wikis call it ``sessionkey``."""
    value = result.get("filekey") or result.get("sessionkey")
    return value if isinstance(value, str) else None


def required_filekey(result: Mapping[str, Any]) -> str:
    """The filekey in a result. Raises ProtocolError if there is none."""
    filekey = filekey_or_none(result)
    if filekey is None:
        raise ProtocolError("the wiki's response to an upload has no filekey")
    return filekey


def with_right_class(error: StashError) -> ApiError:
    """The same error, as FileRefused if the wiki refused the file's contents.

    The wiki reports this with the code ``stashfailed``, so only the text shows it.
    """
    if error.code == "stashfailed" and "verification" in error.text:
        text = f"{error.text} Do its contents fit the extension of its name?"
        return make_api_error(FileRefused, "verification-error", text, error.data)
    return error


def unless_gone(error: StashError, filekey: str) -> Flow[StashError]:
    """The same error, as one that may pass if the stash has the file after all.

    The wiki reports a file that its store could not read once with the code of a file that is gone.
    """
    if error.code not in _UNREADABLE_CODES or (yield from fetch_stashed_file(filekey)) is None:
        return error
    return StashError((ApiErrorItem(code="stashfilestorage", text=error.text, module="upload", data=error.data),))


def is_too_large(error: MediaWikiError) -> bool:
    """Whether a body was refused because of its size.

    Web servers answer 413. PHP answers ``badupload``, or drops the whole body, so that the token is missing.
    """
    if isinstance(error, ProtocolError):
        return error.status == _CONTENT_TOO_LARGE
    if isinstance(error, MissingParameter):
        return "token" in error.text
    return isinstance(error, ChunkRefused) and error.code == "badupload"


def make_api_error(cls: type[ApiError], code: str, text: str, data: Mapping[str, Any] | None = None) -> ApiError:
    """An error that this package raises by itself, with a code of the wiki."""
    return cls((ApiErrorItem(code=code, text=text, module="upload", data=data or {}),))


def comma_list(values: Iterable[object]) -> str:
    """The first values, separated by commas, for an error message."""
    shown = [str(value) for value in values]
    return ", ".join(shown[:_MAX_SHOWN]) + (" ..." if len(shown) > _MAX_SHOWN else "")
