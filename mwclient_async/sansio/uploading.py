"""A chunked upload, as a conversation: stash -> chunks -> publish.

- *The server's offset is the truth.* Each reply names the byte at which the wiki stands, and so does the error
  ``stashfailed`` for a chunk that does not fit; the next chunk begins there. A chunk whose reply was lost can be sent
  again: the wiki refuses it and names the end of it.
- *Chunks are sent with ``ignorewarnings``*, because a warning (the name exists!) would end the session of chunks.
  Nothing is published by that: the stash asks nobody. Publishing is a request of its own, without ``ignorewarnings``
  unless the caller chose it, so that nothing is overwritten by default.
- *When the answer to the last chunk is lost*, the wiki has put the file together under another key and forgotten the
  old one; the file is found again among the account's stashed files, by its size and SHA-1.
- *Before it is published*, the SHA-1 of the stashed file is compared with that of what was read.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async.errors import (
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    SourceChanged,
    StashError,
    UploadWarnings,
)
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import UploadProgress, UploadResult, UploadStage
from mwclient_async.models.values import UploadWarning
from mwclient_async.sansio.convert import structurer
from mwclient_async.sansio.wire import Call, Conversation, Part, Reply, Report

DEFAULT_CHUNK = 5 * 1024 * 1024
_GONE = frozenset({"uploadstash-file-not-found", "stashedfilenotfound"})
_MOST_STUCK = 5  # chunks in a row that brought the wiki no further than it was
_FORBIDDEN_IN_NAMES = frozenset("#<>[]|{}/:\\") | {chr(code) for code in range(32)} | {"\x7f"}
_LONGEST_NAME = 240  # bytes; the wiki's own limit


@frozen(kw_only=True)
class Publication:
    """What is published, and how. ``ignored`` are kinds of warnings, or True for all of them."""

    filename: str
    comment: str = ""
    text: str | None = None
    params: Mapping[str, str] = field(factory=dict)
    ignored: Collection[str] | bool = ()

    def ignores(self, warnings: Collection[UploadWarning]) -> bool:
        """Whether the caller chose to ignore every one of these."""
        if isinstance(self.ignored, bool):
            return self.ignored
        return all(warning.kind in self.ignored for warning in warnings)


def file_name(name: str) -> str:
    """The name without a leading ``File:``; ValueError for one that no wiki takes, before anything is sent."""
    bare = name.strip()
    prefix, colon, rest = bare.partition(":")
    if colon and prefix.strip().lower() == "file":
        bare = rest.strip()
    if not bare or "." not in bare.strip("."):
        raise ValueError(f"filename={name!r}: a file's name has an extension, as in 'Earth.png'")
    wrong = sorted(_FORBIDDEN_IN_NAMES & set(bare))
    if wrong:
        raise ValueError(f"filename={name!r}: a file's name cannot hold {' '.join(map(repr, wrong))}")
    if len(bare.encode()) > _LONGEST_NAME:
        raise ValueError(f"filename={name!r} is longer than {_LONGEST_NAME} bytes")
    return bare


def send_chunks(*, filename: str, size: int, chunk_size: int, sha1: Callable[[], str]) -> Conversation[str]:
    """Send a file of that size to the stash; returns the filekey of the whole. Raises StashError, SourceChanged."""
    offset, filekey, furthest, stuck = 0, None, 0, 0
    while True:
        yield Report(UploadProgress(stage=UploadStage.SENDING, sent=offset, total=size))
        length = min(chunk_size, size - offset)
        try:
            reply = yield _chunk(filename, size, offset, length, filekey)
        except StashError as error:
            stands_at = error.offset
            if filekey is not None and offset + length == size and error.code in _GONE:
                found = yield from _find(size, sha1)
                if found is None:
                    raise
                return found
            if filekey is None or stands_at is None or stands_at == offset or not 0 < stands_at < size:
                raise
            result: Mapping[str, Any] = {"result": "Continue", "offset": stands_at, "filekey": filekey}
        else:
            result = _result(reply)
        if result.get("result") == "Success":
            yield Report(UploadProgress(stage=UploadStage.SENDING, sent=size, total=size))
            yield from _check_sha1(result, sha1)
            return _text(result, "filekey")
        if result.get("result") != "Continue":
            raise ProtocolError(
                f"the wiki answered a chunk with {result.get('result')!r}, which is none of Continue and Success"
            )
        before, offset, filekey = offset, _number(result, "offset"), _text(result, "filekey")
        stuck = 0 if offset > furthest else stuck + 1
        furthest = max(offset, furthest)
        if stuck > _MOST_STUCK or not 0 <= offset < size:
            raise ProtocolError(
                f"the wiki stands at byte {offset} of {size} after a chunk of {length} bytes at {before}"
            )


def publish(publication: Publication, filekey: str, *, total: int) -> Conversation[UploadResult]:
    """Publish a stashed file; every error raised carries its ``filekey``.

    Raises UploadWarnings for warnings that the caller did not choose to ignore, and OutcomeUnknown for an answer that
    does not say what was done.
    """
    ignored: tuple[UploadWarning, ...] = ()
    ignoring = publication.ignored is True
    while True:
        yield Report(UploadProgress(stage=UploadStage.PUBLISHING, sent=total, total=total))
        try:
            reply = yield _publish(publication, filekey, ignoring=ignoring)
        except MediaWikiError as error:
            error.filekey = filekey
            raise
        result = _result(reply)
        warnings = _warnings(result)
        if result.get("result") == "Success":
            return UploadResult(
                filename=str(result.get("filename", publication.filename)),
                imageinfo=_imageinfo(result),
                ignored=(*ignored, *(warning for warning in warnings if warning not in ignored)),
            )
        if result.get("result") != "Warning":
            unknown = OutcomeUnknown(
                f"the wiki answered the publishing of {publication.filename!r} with {result.get('result')!r}, which is "
                "none of Success and Warning: look whether the file is there"
            )
            unknown.filekey = filekey
            raise unknown
        filekey = str(result.get("filekey", filekey))
        if ignoring or not warnings or not publication.ignores(warnings):
            raise UploadWarnings(warnings, filekey=filekey, filename=publication.filename)
        ignored, ignoring = warnings, True


def _chunk(filename: str, size: int, offset: int, length: int, filekey: str | None) -> Call:
    params = {
        "action": "upload",
        "stash": "1",
        "ignorewarnings": "1",
        "filename": filename,
        "filesize": str(size),
        "offset": str(offset),
    }
    if filekey is not None:
        params["filekey"] = filekey
    part = Part(name="chunk", offset=offset, length=length)
    return Call(params=params, post=True, token="csrf", write=True, repeatable=True, part=part)  # noqa: S106 - a kind


def _publish(publication: Publication, filekey: str, *, ignoring: bool) -> Call:
    params = {"action": "upload", "filename": publication.filename, "filekey": filekey, **publication.params}
    params["comment"] = publication.comment
    if publication.text is not None:
        params["text"] = publication.text
    if ignoring:
        params["ignorewarnings"] = "1"
    return Call(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind


def _check_sha1(result: Mapping[str, Any], sha1: Callable[[], str]) -> Conversation[None]:
    info = result.get("imageinfo")
    theirs = info.get("sha1") if isinstance(info, Mapping) else None
    if theirs is None:  # a wiki may leave it out of a long answer
        theirs = yield from _stashed_sha1(_text(result, "filekey"))
    ours = sha1()
    if theirs is not None and theirs != ours:
        raise SourceChanged(
            f"the wiki has a file with SHA-1 {theirs}, but {ours} was read: nothing was published; upload it again"
        )


def _find(size: int, sha1: Callable[[], str]) -> Conversation[str | None]:
    """The filekey of the whole file, when the answer to its last chunk was lost: the wiki has put it together then."""
    params = {"action": "query", "list": "mystashedfiles", "msfprop": "size|type", "msflimit": "max"}
    reply = yield Call(params=params)
    stashed = reply.body.get("query", {}).get("mystashedfiles", ())
    for entry in stashed:
        if entry.get("size") == size and entry.get("status") == "finished":
            filekey = _text(entry, "filekey")
            if (yield from _stashed_sha1(filekey)) == sha1():
                return filekey
    return None


def _stashed_sha1(filekey: str) -> Conversation[str | None]:
    reply = yield Call(params={"action": "query", "prop": "stashimageinfo", "siifilekey": filekey, "siiprop": "sha1"})
    found = reply.body.get("query", {}).get("stashimageinfo", [])
    return str(found[0]["sha1"]) if found and "sha1" in found[0] else None


def _result(reply: Reply) -> Mapping[str, Any]:
    result = reply.body.get("upload") if isinstance(reply.body, Mapping) else None
    return result if isinstance(result, Mapping) else {}


def _imageinfo(result: Mapping[str, Any]) -> ImageInfo | None:
    try:
        return structurer(ImageInfo)(result["imageinfo"])
    except (KeyError, ProtocolError):  # the file is published, whatever the wiki says of it
        return None


def _text(result: Mapping[str, Any], name: str) -> str:
    value = result.get(name)
    if not isinstance(value, str) or not value:
        raise ProtocolError(f"the wiki's answer to a chunk has no {name}")
    return value


def _number(result: Mapping[str, Any], name: str) -> int:
    value = result.get(name)
    if not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        raise ProtocolError(f"the wiki's answer to a chunk has no {name} that is a number")
    return int(value)


def _warnings(result: Mapping[str, Any]) -> tuple[UploadWarning, ...]:
    warnings = result.get("warnings")
    if not isinstance(warnings, Mapping):
        return ()
    return tuple(UploadWarning(kind=str(kind), value=value) for kind, value in warnings.items())
