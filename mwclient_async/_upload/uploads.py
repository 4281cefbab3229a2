"""Files on their way to the wiki. The manual's page is https://www.mediawiki.org/wiki/API:Upload."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Literal, TypedDict

from attrs import evolve

from mwclient_async._http import params as wire_params
from mwclient_async._session.lock_keys import file_key
from mwclient_async._session.session import Session
from mwclient_async._upload.chunks import DEFAULT_CHUNK
from mwclient_async._upload.publish import Publication
from mwclient_async._upload.sources import UploadInput
from mwclient_async._upload.stash import describe
from mwclient_async._upload.upload_rules import fetch_rules, file_name
from mwclient_async._upload.uploader import OnCheckpoint, OnProgress, Uploader, UploadJob
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import RemoteFile, StashedFile, UploadMethod, UploadResult


class UploadOptions(TypedDict, total=False):
    """How a file gets there; every one may be left out.

    ``chunk_size`` is in bytes. ``method`` chooses between one request and chunks, which the size does otherwise, and
    ``asynchronous`` whether the wiki takes its time, which it does for large files; it is waited for, up to
    ``patience`` seconds. ``checkpoint`` goes on from an earlier attempt; ``on_checkpoint`` is given one after each
    chunk, to be stored. ``spool`` is where a source without length is written to first, over what is there, and stays.
    """

    chunk_size: int
    method: UploadMethod | None
    asynchronous: bool | None
    patience: float
    checkpoint: Checkpoint | None
    on_checkpoint: OnCheckpoint | None
    on_progress: OnProgress | None
    spool: str | os.PathLike[str] | None


class Uploads:
    """Uploads to one wiki."""

    def __init__(self, session: Session, wiki: str) -> None:
        self._session = session
        self._wiki = wiki

    async def upload(
        self,
        source: UploadInput | StashedFile | RemoteFile,
        *,
        filename: str,
        comment: str,
        text: str | None,
        tags: Iterable[str],
        watchlist: Literal["watch", "preferences", "nochange"] | None,
        ignore_warnings: Collection[str] | bool,
        options: UploadOptions,
        replaces: bool = False,
    ) -> UploadResult:
        """See ``Site.upload``; ``replaces``: see ``FileHandle.upload_version``."""
        publication = Publication(
            filename=file_name(filename),
            comment=wire_params.checked_text("comment", comment),
            text=None if text is None else wire_params.checked_text("text", text),
            params=wire_params.encode(
                {"tags": ([tags] if isinstance(tags, str) else list(tags)) or None, "watchlist": watchlist}
            ),
            ignored=_kinds(chosen=ignore_warnings),
            patience=options.get("patience", 3600.0),
        )
        errand = evolve(self._job(publication, options), replaces=replaces)
        if errand.checkpoint is not None and isinstance(source, StashedFile | RemoteFile):
            raise ValueError("a checkpoint is of a file that is sent: this source sends nothing")
        uploader = self._uploader()
        async with self._session.lock_titles([file_key(publication.filename)]):
            return await uploader.upload(source, errand)

    async def stashed(self, file: StashedFile | str) -> ImageInfo:
        """See ``Site.stashed``."""
        filekey = file.filekey if isinstance(file, StashedFile) else wire_params.checked_text("filekey", file)
        return await self._session.run_flow(describe(filekey))

    async def stash(self, source: UploadInput, *, filename: str, options: UploadOptions) -> StashedFile:
        """See ``Site.stash``."""
        publication = Publication(filename=file_name(filename), patience=options.get("patience", 3600.0))
        errand = self._job(publication, options)
        return await self._uploader().stash(source, errand)

    def _uploader(self) -> Uploader:
        return Uploader(
            send=self._session.send,
            clock=self._session.shared.clock,
            policy=self._session.retry,
            wiki=self._wiki,
            rules=partial(self._session.fetch_once, fetch_rules),
        )

    def _job(self, publication: Publication, options: UploadOptions) -> UploadJob:
        _check_names(options)
        chunk_size, spool = options.get("chunk_size", DEFAULT_CHUNK), options.get("spool")
        if chunk_size < 1:
            raise ValueError(f"chunk_size={chunk_size}: give a number of bytes")
        checkpoint, method = options.get("checkpoint"), options.get("method")
        if checkpoint is not None and (checkpoint.wiki, checkpoint.filename) != (self._wiki, publication.filename):
            raise ValueError(
                f"the checkpoint is of {checkpoint.filename!r} on {checkpoint.wiki!r}, and this upload is of "
                f"{publication.filename!r} on {self._wiki!r}"
            )
        if method not in {None, UploadMethod.DIRECT, UploadMethod.CHUNKED}:
            raise ValueError(f"method={method}: the source decides that; choose between DIRECT and CHUNKED")
        return UploadJob(
            publication=publication,
            chunk_size=chunk_size,
            method=method,
            asynchronous=options.get("asynchronous"),
            checkpoint=checkpoint,
            spool=Path(spool) if spool is not None else None,
            on_progress=options.get("on_progress"),
            on_checkpoint=options.get("on_checkpoint"),
        )


def with_exists(*, chosen: Collection[str] | bool) -> Collection[str] | bool:
    """A choice of warnings, to which the choice to overwrite is added."""
    kinds = _kinds(chosen=chosen)
    return kinds if kinds is True else {"exists", *(kinds or ())}


def _kinds(*, chosen: Collection[str] | bool) -> Collection[str] | bool:
    if isinstance(chosen, bool):
        return chosen
    return frozenset({chosen} if isinstance(chosen, str) else chosen)


def _check_names(options: UploadOptions) -> None:
    """TypeError for what is no option: a mistyped one would change nothing, and nobody would know."""
    if unknown := options.keys() - UploadOptions.__annotations__.keys():
        raise TypeError(
            f"an upload has no {min(unknown)!r}: its options are {', '.join(UploadOptions.__annotations__)}"
        )
