"""The wiki's stash: what the account has there, and what the wiki says of an upload that goes on without us.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow, Report, Wait
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._http.params import wire_value
from mwclient_async.errors import (
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
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import StashedFile

STASH_GONE_CODES = frozenset({"uploadstash-file-not-found", "uploadstash-bad-path", "stashedfilenotfound"})
_TOO_LARGE = 413
_ALL_PROPS = "timestamp|canonicaltitle|url|size|sha1|mime|bitdepth"
_FIRST_POLL, _LONGEST_POLL, _GROWTH = 1.0, 15.0, 1.5  # seconds, seconds, factor


def find_stashed(size: int, sha1: Callable[[], str]) -> Flow[StashedFile | None]:
    """A whole file of that size and SHA-1 in the account's stash: there the answer to its last chunk was lost."""
    going_on: Mapping[str, str] = {}
    while True:
        params = {"action": "query", "list": "mystashedfiles", "msfprop": "size|type", "msflimit": "max", **going_on}
        reply = yield ApiRequest(params=params)
        for entry in reply.body.get("query", {}).get("mystashedfiles", ()):
            if entry.get("size") == size and entry.get("status") == "finished":
                stashed = yield from look_into(str(entry.get("filekey", "")))
                if stashed is not None and stashed.sha1 == sha1():
                    return stashed
        if "continue" not in reply.body:
            return None
        going_on = {name: str(value) for name, value in reply.body["continue"].items()}


def look_into(filekey: str) -> Flow[StashedFile | None]:
    """What the wiki says of a stashed file, or None where it has none of that key for this account."""
    try:
        info = yield from describe(filekey, props="sha1|size")
    except StashError:
        return None
    return StashedFile(filekey, size=info.size, sha1=info.sha1)


def describe(filekey: str, *, props: str = _ALL_PROPS) -> Flow[ImageInfo]:
    """What the wiki says of a stashed file: https://www.mediawiki.org/wiki/API:Stashimageinfo.

    Raises StashError where it has none of that key for this account.
    """
    key = wire_value("filekey", [filekey]) or ""
    try:
        reply = yield ApiRequest(
            params={"action": "query", "prop": "stashimageinfo", "siifilekey": key, "siiprop": props}
        )
    except InternalError as error:
        if "UploadStash" not in error.code:
            raise
        text = "There is no file of that key in the stash of this account."  # that of another makes the module fail
        raise refusal(StashError, "uploadstash-wrong-owner", text) from error
    found = reply.body.get("query", {}).get("stashimageinfo") or [{}]
    return structurer(ImageInfo)(found[0])


def key_of(said: Mapping[str, Any]) -> str | None:
    """The filekey that an answer or an error names, which old wikis call the session's key."""
    return _or_none(said.get("filekey") or said.get("sessionkey"))


def wait_for(asked: Mapping[str, str], *, patience: float, event: Callable[[], Any]) -> Flow[Mapping[str, Any]]:
    """What an upload that the wiki goes on with by itself comes to: asked again and again, until it is no ``Poll``.

    ``asked`` names the upload: by its ``filekey``, or by ``url`` and ``filename``. Raises UploadPending after
    ``patience`` seconds, and the wiki's error where it failed.
    """
    waited, pause = 0.0, _FIRST_POLL
    while True:
        yield Report(event())
        yield Wait(pause)
        waited, pause = waited + pause, min(_LONGEST_POLL, pause * _GROWTH)
        result = yield from status_of(asked)
        if result.get("result") != "Poll":
            return result
        if waited >= patience:
            raise UploadPending(filekey=asked.get("filekey", ""), stage=str(result.get("stage", "")), waited=waited)


def status_of(asked: Mapping[str, str]) -> Flow[Mapping[str, Any]]:
    """How far an upload is. Raises StashError or another ApiError where it failed or is not known."""
    params = {"action": "upload", "checkstatus": "1", **asked}
    try:
        reply = yield ApiRequest(params=params, post=True, token="csrf")  # noqa: S106 - a kind
    except StashError as error:
        raise named(error) from error
    result = upload_part(reply)
    if result.get("result") == "Failure":  # for some failures, the wiki forgets to make an error of it
        said = "; ".join(str(value) for name, value in result.items() if name.isdecimal())
        raise refusal(UploadError, "publishfailed", f"The wiki did not publish it: {said}.", result)
    return result


def upload_part(reply: ApiResponse) -> Mapping[str, Any]:
    """The ``upload`` of an answer."""
    result = reply.body.get("upload") if isinstance(reply.body, Mapping) else None
    return result if isinstance(result, Mapping) else {}


def filekey_of(result: Mapping[str, Any]) -> str:
    """Its filekey. Raises ProtocolError where it has none."""
    filekey = key_of(result)
    if filekey is None:
        raise ProtocolError("the wiki's answer to an upload has no filekey")
    return filekey


def named(error: StashError) -> ApiError:
    """The error by its right name: of a file whose contents do not fit its name the wiki only says that in words."""
    if error.code == "stashfailed" and "verification" in error.text:
        text = f"{error.text} Do its contents fit the extension of its name?"
        return refusal(FileRefused, "verification-error", text, error.data)
    return error


def is_too_large(error: MediaWikiError) -> bool:
    """Whether a body was refused for its size: with 413, or as PHP does, which may throw it away, token and all."""
    if isinstance(error, ProtocolError):
        return error.status == _TOO_LARGE
    if isinstance(error, MissingParameter):
        return "token" in error.text
    return isinstance(error, ChunkRefused) and error.code == "badupload"


def refusal(cls: type[ApiError], code: str, text: str, data: Mapping[str, Any] | None = None) -> ApiError:
    """An error of ours in the words of the wiki."""
    return cls((ApiErrorItem(code=code, text=text, module="upload", data=data or {}),))


def names(values: Iterable[object]) -> str:
    """Some of many, for a message."""
    shown = [str(value) for value in values]
    return ", ".join(shown[:20]) + (" ..." if len(shown) > 20 else "")  # noqa: PLR2004 - enough to read


def _or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
