"""A chunked upload, as a conversation: stash -> chunks -> publish.

- *The server's offset is the truth.* Each reply names the byte at which the wiki stands, and so does the error
  ``stashfailed`` for a chunk that does not fit; the next chunk begins there. A chunk whose reply was lost can be sent
  again: the wiki refuses it and names the end of it.
- *Chunks are sent with ``ignorewarnings``*, because a warning (the name exists!) would end the session of chunks.
  Nothing is published by that: the stash asks nobody. Publishing is a request of its own, without ``ignorewarnings``
  unless the caller chose it, so that nothing is overwritten by default.
- *Before it is published*, the SHA-1 of the stashed file is compared with that of what was read.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async.errors import ProtocolError, SourceChanged, StashError, UploadWarnings
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import UploadProgress, UploadResult, UploadStage
from mwclient_async.models.values import UploadWarning
from mwclient_async.sansio.convert import structurer
from mwclient_async.sansio.wire import Call, Conversation, Part, Report

DEFAULT_CHUNK = 5 * 1024 * 1024
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
            if filekey is None or stands_at is None or stands_at == offset or not 0 < stands_at < size:
                raise
            result: Mapping[str, Any] = {"result": "Continue", "offset": stands_at, "filekey": filekey}
        else:
            result = reply.body.get("upload", {})
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
    """Publish a stashed file. Raises UploadWarnings for warnings that the caller did not choose to ignore."""
    ignored: tuple[UploadWarning, ...] = ()
    ignoring = publication.ignored is True
    while True:
        yield Report(UploadProgress(stage=UploadStage.PUBLISHING, sent=total, total=total))
        reply = yield _publish(publication, filekey, ignoring=ignoring)
        result = reply.body.get("upload", {})
        if result.get("result") == "Success":
            yield Report(UploadProgress(stage=UploadStage.DONE, sent=total, total=total))
            info = result.get("imageinfo")
            return UploadResult(
                filename=str(result.get("filename", publication.filename)),
                imageinfo=structurer(ImageInfo)(info) if info else None,
                ignored=ignored or _warnings(result),
            )
        if result.get("result") != "Warning":
            raise ProtocolError(
                f"the wiki answered with {result.get('result')!r}, which is none of Success and Warning"
            )
        ignored = _warnings(result)
        filekey = str(result.get("filekey", filekey))
        if ignoring or not ignored or not publication.ignores(ignored):
            raise UploadWarnings(ignored, filekey=filekey, filename=publication.filename)
        ignoring = True


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
    theirs = (result.get("imageinfo") or {}).get("sha1")
    if theirs is None:  # a wiki may leave it out of a long answer
        params = {
            "action": "query",
            "prop": "stashimageinfo",
            "siifilekey": _text(result, "filekey"),
            "siiprop": "sha1",
        }
        reply = yield Call(params=params)
        found = reply.body.get("query", {}).get("stashimageinfo", [])
        theirs = found[0].get("sha1") if found else None
    ours = sha1()
    if theirs is not None and theirs != ours:
        raise SourceChanged(
            f"the wiki has a file with SHA-1 {theirs}, but {ours} was read: nothing was published; upload it again"
        )


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
