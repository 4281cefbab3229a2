"""``site.upload`` and its kin: checks the options and builds the job, which ``uploader.py`` runs.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path
from typing import Literal, TypedDict

from attrs import evolve

from mwclient_async._http import params as wire_params
from mwclient_async._http.params import is_count
from mwclient_async._http.titled import TitleLike
from mwclient_async._session.session import Session
from mwclient_async._session.title_locks import file_lock_key
from mwclient_async._upload.chunks import DEFAULT_CHUNK_SIZE
from mwclient_async._upload.file_names import file_name_of, wiki_file_name
from mwclient_async._upload.progress import OnCheckpoint, OnProgress
from mwclient_async._upload.publication import Publication
from mwclient_async._upload.sources import UploadInput
from mwclient_async._upload.stash import fetch_stash_info
from mwclient_async._upload.title_permission import check_title
from mwclient_async._upload.upload_rules import UploadRules, fetch_upload_rules
from mwclient_async._upload.uploader import Uploader, UploadJob
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.upload import RemoteFile, StashedFile, UploadMethod, UploadResult


class UploadOptions(TypedDict, total=False):
    """The options of ``site.upload``, ``site.stash`` and ``file.upload_version``. Each may be left out.

    ``chunk_size``: the size of a chunk in bytes; 5 MiB by default.
    ``method``: ``UploadMethod.DIRECT`` (one request) or ``CHUNKED``. By default the size decides.
    ``asynchronous``: whether a job of the wiki assembles and publishes the file. By default only large files are.
    ``patience``: how many seconds to wait for such a job; an hour by default. Then UploadPending is raised. A wait of
    more than a minute is told as the event WaitingForJob, and in the log.
    ``checkpoint``: a Checkpoint from which an earlier attempt is resumed, or its text; None to begin at the beginning.
    ``on_checkpoint``: called with a Checkpoint to store after each chunk; awaited if it is a coroutine function.
    ``on_progress``: called with an UploadProgress; awaited if it is a coroutine function.
    ``spool``: the path of the file into which a source without length is written first. It is overwritten, and kept.

    See https://www.mediawiki.org/wiki/API:Upload.
    """

    chunk_size: int
    method: UploadMethod | None
    asynchronous: bool | None
    patience: float
    checkpoint: Checkpoint | str | None
    on_checkpoint: OnCheckpoint | None
    on_progress: OnProgress | None
    spool: str | os.PathLike[str] | None


class Uploads:
    """The uploads to one wiki. Errors and results are those of ``Site.upload``, ``Site.stash`` and ``Site.stashed``."""

    def __init__(self, session: Session, wiki: str) -> None:
        self.session = session
        self.wiki = wiki

    async def upload(
        self,
        source: UploadInput | StashedFile | RemoteFile,
        *,
        filename: TitleLike,
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
            filename=wiki_file_name(file_name_of(filename, self.wiki)),
            comment=wire_params.checked_text("comment", comment),
            text=None if text is None else wire_params.checked_text("text", text),
            params=wire_params.encode(
                {"tags": ([tags] if isinstance(tags, str) else list(tags)) or None, "watchlist": watchlist}
            ),
            ignored=_kinds(chosen=ignore_warnings),
            patience=options.get("patience", 3600.0),
        )
        job = evolve(self._job(publication, options), replaces=replaces)
        if job.checkpoint is not None and isinstance(source, StashedFile | RemoteFile):
            raise ValueError("this source sends no chunks, so it cannot be resumed: leave the checkpoint out")
        uploader, key = self._uploader(), file_lock_key(publication.filename)
        async with self.session.lock_titles([key]):
            result = await uploader.upload(source, job)
            if result.verified:  # after a lost reply, so no response has recorded it
                self.session.own_edits.record({}, [key])
        return result

    async def stashed(self, file: StashedFile | str) -> ImageInfo:
        """See ``Site.stashed``."""
        filekey = file.filekey if isinstance(file, StashedFile) else wire_params.checked_text("filekey", file)
        return await self.session.run_flow(fetch_stash_info(filekey))

    async def stash(self, source: UploadInput, *, filename: TitleLike, options: UploadOptions) -> StashedFile:
        """See ``Site.stash``."""
        publication = Publication(
            filename=wiki_file_name(file_name_of(filename, self.wiki)), patience=options.get("patience", 3600.0)
        )
        job = self._job(publication, options)
        return await self._uploader().stash(source, job)

    def _uploader(self) -> Uploader:
        return Uploader(
            send=self.session.send,
            clock=self.session.shared.clock,
            observers=self.session.observers,
            retries=self.session.new_retry_state,
            new_session=self.session.start_session,
            wiki=self.wiki,
            rules=self._rules,
        )

    async def _rules(self, filename: str = "") -> UploadRules:
        """The wiki's rules. Given a file name, raises Protected or TitleBlacklisted if it is refused to the account."""
        is_known = self.session.has_fetched(fetch_upload_rules)
        asking_both = partial(fetch_upload_rules, filename)
        rules = await self.session.fetch_once(fetch_upload_rules, instead=asking_both)
        if is_known and filename:
            await self.session.run_flow(check_title(filename))
        return rules

    def _job(self, publication: Publication, options: UploadOptions) -> UploadJob:
        chunk_size, spool = options.get("chunk_size", DEFAULT_CHUNK_SIZE), options.get("spool")
        if not is_count(chunk_size, least=1):
            raise ValueError(f"chunk_size={chunk_size!r}: give a positive number of bytes")
        checkpoint, method = _parsed(options.get("checkpoint")), options.get("method")
        if checkpoint is not None and (checkpoint.wiki, checkpoint.filename) != (self.wiki, publication.filename):
            raise ValueError(
                f"the checkpoint is of {checkpoint.filename!r} on {checkpoint.wiki!r}, and this upload is of "
                f"{publication.filename!r} on {self.wiki!r}"
            )
        if method not in {None, UploadMethod.DIRECT, UploadMethod.CHUNKED}:
            raise ValueError(f"method={method}: choose DIRECT or CHUNKED; the other methods follow from the source")
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


def including_exists(*, chosen: Collection[str] | bool) -> Collection[str] | bool:
    """The chosen kinds of warnings, and ``exists``, which means to overwrite the file."""
    kinds = _kinds(chosen=chosen)
    return kinds if kinds is True else {"exists", *(kinds or ())}


def _parsed(checkpoint: Checkpoint | str | None) -> Checkpoint | None:
    parsed = Checkpoint.parse(checkpoint) if isinstance(checkpoint, str) else checkpoint
    if not isinstance(parsed, Checkpoint | None):
        raise TypeError(f"checkpoint is of type {type(parsed).__name__}: give a Checkpoint, its text, or None")
    return parsed


def _kinds(*, chosen: Collection[str] | bool) -> Collection[str] | bool:
    if isinstance(chosen, bool):
        return chosen
    return frozenset({chosen} if isinstance(chosen, str) else chosen)
