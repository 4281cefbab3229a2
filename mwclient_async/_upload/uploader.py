"""Uploads: the shell that reads the source, runs the conversations of this package, and tells how far it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from inspect import isawaitable
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.run_flow import Send, run_flow
from mwclient_async._session.clock import Clock
from mwclient_async._upload.chunks import ChunkPlan, Position, ReadOn, send_chunks
from mwclient_async._upload.file_versions import current_version, unchanged
from mwclient_async._upload.publish import Publication, fetch_remote, publish, send_whole
from mwclient_async._upload.sources import UploadInput, UploadSource
from mwclient_async._upload.stash import STASH_GONE_CODES, is_too_large, look_into
from mwclient_async._upload.upload_rules import UploadRules
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async.errors import MediaWikiError, SourceChanged, StashError, UploadWarnings
from mwclient_async.models.options import RetryPolicy
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import (
    RemoteFile,
    StashedFile,
    UploadMethod,
    UploadProgress,
    UploadResult,
    UploadStage,
)

OnProgress = Callable[[UploadProgress], Awaitable[None] | None]
OnCheckpoint = Callable[[Checkpoint], Awaitable[None] | None]

DIRECT_UP_TO = 1024 * 1024  # bytes: below every usual limit of PHP, and one request instead of two
ASYNCHRONOUS_FROM = 50 * 1024 * 1024  # bytes: putting these together takes longer than web servers wait


@frozen(kw_only=True)
class UploadJob:
    """One upload as the caller wants it. ``method`` and ``asynchronous`` are None where the size decides.

    ``replaces`` says that it is a new version of a file, which must be there, and have other contents.
    """

    publication: Publication
    chunk_size: int
    method: UploadMethod | None = None
    asynchronous: bool | None = None
    replaces: bool = False
    checkpoint: Checkpoint | None = None
    spool: Path | None = None
    on_progress: OnProgress | None = None
    on_checkpoint: OnCheckpoint | None = None


@frozen(kw_only=True)
class Uploader:
    """Runs uploads on one wiki."""

    send: Send
    clock: Clock
    policy: RetryPolicy
    wiki: str
    rules: Callable[[], Awaitable[UploadRules]]

    async def upload(self, source: UploadInput | StashedFile | RemoteFile, errand: UploadJob) -> UploadResult:
        """Get the source to the wiki and publish it."""
        teller = _ProgressReporter(self.clock, errand)
        current = await self._replaced(errand, teller)
        try:
            if isinstance(source, RemoteFile):
                return await self._fetch(source, errand, teller)
            if isinstance(source, StashedFile):
                return await self._publish_stashed(source, errand, teller, current)
            return await self._send(source, errand, teller, current)
        except UploadWarnings as error:
            if not errand.replaces or all(warning.kind != "nochange" for warning in error.warnings):
                raise
            same = unchanged(errand.publication.filename)
            same.filekey, same.checkpoint = error.filekey, error.checkpoint
            raise same from error

    async def _send(
        self, source: UploadInput, errand: UploadJob, teller: _ProgressReporter, current: ImageInfo | None
    ) -> UploadResult:
        file = await UploadSource.open(source, spool=errand.spool, spooled=teller.spooled)
        try:
            rules = await self._checked_rules(file, errand.publication)
            if current is not None and file.size == current.size:
                sha1 = await file.sha1_of(file.size, hashed=partial(teller.hashed, file.size))
                _check_news(errand, current, sha1)
            if self._goes_directly(file, errand):
                try:
                    return await self._send_whole(file, errand, teller)
                except MediaWikiError as error:
                    if errand.method is UploadMethod.DIRECT or not is_too_large(error):
                        raise
            return await self._send_chunks(file, errand, rules, teller)
        finally:
            await file.aclose()

    async def _replaced(self, errand: UploadJob, teller: _ProgressReporter) -> ImageInfo | None:
        """What the file is that gets a new version. An earlier attempt may have published that already."""
        if not errand.replaces:
            return None
        current = await self._run(current_version(errand.publication.filename), teller)
        return current if errand.checkpoint is None else None

    async def stash(self, source: UploadInput, errand: UploadJob) -> StashedFile:
        """Get the source into the stash, and no further."""
        teller = _ProgressReporter(self.clock, errand)
        file = await UploadSource.open(source, spool=errand.spool, spooled=teller.spooled)
        try:
            rules = await self._checked_rules(file, errand.publication)
            return await self._to_stash(file, errand, rules, teller, await self._checked_start(file, errand, teller))
        finally:
            await file.aclose()

    async def _fetch(self, remote: RemoteFile, errand: UploadJob, teller: _ProgressReporter) -> UploadResult:
        rules = await self.rules()
        rules.check(errand.publication.filename, None, ignored=errand.publication.ignored)
        publication = evolve(errand.publication, asynchronous=bool(errand.asynchronous))
        return await self._run(fetch_remote(publication, remote.url, rules=rules, policy=self.policy), teller)

    async def _publish_stashed(
        self, stashed: StashedFile, errand: UploadJob, teller: _ProgressReporter, current: ImageInfo | None
    ) -> UploadResult:
        if stashed.sha1 is None:
            stashed = await self._run(look_into(stashed.filekey), teller) or stashed
        _check_news(errand, current, stashed.sha1)
        publication = evolve(errand.publication, asynchronous=self._waits(errand, stashed.size or 0))
        return await self._run(publish(publication, stashed, policy=self.policy), teller)

    def _goes_directly(self, file: UploadSource, errand: UploadJob) -> bool:
        if errand.checkpoint is not None or errand.method is not None:
            return errand.method is UploadMethod.DIRECT and errand.checkpoint is None
        return file.size <= min(DIRECT_UP_TO, errand.chunk_size) and not errand.asynchronous

    async def _send_whole(self, file: UploadSource, errand: UploadJob, teller: _ProgressReporter) -> UploadResult:
        sha1 = await file.sha1_of(file.size)
        whole = send_whole(errand.publication, size=file.size, sha1=sha1, policy=self.policy)
        return await self._run(whole, teller, file)

    async def _send_chunks(
        self, file: UploadSource, errand: UploadJob, rules: UploadRules, teller: _ProgressReporter
    ) -> UploadResult:
        start = await self._checked_start(file, errand, teller)
        stashed = await self._to_stash(file, errand, rules, teller, start)
        try:
            return await self._publish(stashed, errand, teller)
        except StashError as error:
            if error.code not in STASH_GONE_CODES or teller.restarted:
                raise
        teller.restarted = True  # it was too long in the stash
        return await self._publish(await self._to_stash(file, errand, rules, teller), errand, teller)

    async def _to_stash(
        self,
        file: UploadSource,
        errand: UploadJob,
        rules: UploadRules,
        teller: _ProgressReporter,
        start: Position | None = None,
    ) -> StashedFile:
        if start is not None and start.stashed:
            return StashedFile(start.filekey, size=file.size, sha1=file.sha1())
        plan = ChunkPlan(
            filename=errand.publication.filename,
            size=file.size,
            chunk_size=errand.chunk_size,
            least=rules.least_chunk,
            asynchronous=self._waits(errand, file.size),
            patience=errand.publication.patience,
            policy=self.policy,
            restarted=teller.restarted,
        )
        keeper = _CheckpointWriter(self.wiki, errand, file)
        try:
            return await self._run(send_chunks(plan, sha1=file.sha1, start=start), teller, file, keeper)
        except MediaWikiError as error:
            error.checkpoint = keeper.latest
            raise

    async def _publish(self, stashed: StashedFile, errand: UploadJob, teller: _ProgressReporter) -> UploadResult:
        publication = evolve(errand.publication, asynchronous=self._waits(errand, stashed.size or 0))
        resumed = errand.checkpoint is not None
        try:
            result = await self._run(publish(publication, stashed, policy=self.policy, resumed=resumed), teller)
        except MediaWikiError as error:
            error.checkpoint = _checkpoint(self.wiki, errand, stashed)
            raise
        return evolve(result, method=UploadMethod.CHUNKED)

    async def _checked_rules(self, file: UploadSource, publication: Publication) -> UploadRules:
        rules = await self.rules()
        rules.check(publication.filename, file.size, ignored=publication.ignored)
        return rules

    def _waits(self, errand: UploadJob, size: int) -> bool:
        return size >= ASYNCHRONOUS_FROM if errand.asynchronous is None else errand.asynchronous

    async def _checked_start(self, file: UploadSource, errand: UploadJob, teller: _ProgressReporter) -> Position | None:
        """Where to go on; SourceChanged, before a byte is sent, where it is another file."""
        point = errand.checkpoint
        if point is None:
            return None
        if file.size != point.size:
            raise SourceChanged(f"the checkpoint is of a file of {point.size} bytes, and this one has {file.size}")
        if await file.sha1_of(point.offset, hashed=partial(teller.hashed, file.size)) != point.sha1:
            raise SourceChanged(f"the first {point.offset} bytes are not those that the wiki has: it is another file")
        return Position(filekey=point.filekey, offset=point.offset, stashed=point.stashed)

    async def _run(
        self,
        conversation: Flow[Any],
        teller: _ProgressReporter,
        file: UploadSource | None = None,
        keeper: _CheckpointWriter | None = None,
    ) -> Any:
        async def report(event: UploadProgress | Position) -> None:
            if isinstance(event, UploadProgress):
                await teller.report(event)
            elif keeper is not None:
                await keeper.keep(event)

        async def read_on(question: ReadOn) -> str:
            assert file is not None
            return await file.sha1_of(question.upto, hashed=partial(teller.hashed, file.size))

        read = file.read if file is not None else None
        result = await run_flow(conversation, self.send, read=read, report=report, ask=read_on, sleep=self.clock.sleep)
        if isinstance(result, UploadResult):
            await teller.done(result)
        return result


def _check_news(errand: UploadJob, current: ImageInfo | None, sha1: str | None) -> None:
    """FileRefused for the contents that the file has already, before anything is sent."""
    if current is not None and sha1 is not None and current.sha1 == sha1:
        raise unchanged(errand.publication.filename)


class _CheckpointWriter:
    """Makes a checkpoint of each position, and gives it to the caller."""

    def __init__(self, wiki: str, errand: UploadJob, file: UploadSource) -> None:
        self._wiki = wiki
        self._errand = errand
        self._file = file
        self.latest: Checkpoint | None = errand.checkpoint

    async def keep(self, position: Position) -> None:
        self.latest = Checkpoint(
            wiki=self._wiki,
            filename=self._errand.publication.filename,
            size=self._file.size,
            filekey=position.filekey,
            offset=position.offset,
            sha1=await self._file.sha1_of(position.offset),
            stashed=position.stashed,
        )
        if self._errand.on_checkpoint is not None:
            await _maybe_await(self._errand.on_checkpoint(self.latest))


def _checkpoint(wiki: str, errand: UploadJob, stashed: StashedFile) -> Checkpoint:
    size, sha1 = stashed.size or 0, stashed.sha1 or ""
    filename = errand.publication.filename
    return Checkpoint(
        wiki=wiki, filename=filename, size=size, filekey=stashed.filekey, offset=size, sha1=sha1, stashed=True
    )


@define
class _ProgressReporter:
    """Tells the caller how far it is, and how fast. ``restarted`` says that the wiki has lost the file once."""

    _clock: Clock
    _errand: UploadJob
    restarted: bool = False
    _began: dict[UploadStage, tuple[float, int]] = field(init=False, factory=dict)

    async def spooled(self, written: int) -> None:
        await self.report(UploadProgress(stage=UploadStage.SPOOLING, sent=written, total=0))

    async def hashed(self, total: int, done: int) -> None:
        await self.report(UploadProgress(stage=UploadStage.HASHING, sent=done, total=total))

    async def report(self, progress: UploadProgress) -> None:
        self.restarted = self.restarted or progress.restarted
        if self._errand.on_progress is None:
            return
        now = self._clock.now()
        is_new = progress.stage not in self._began
        since, first = self._began.setdefault(progress.stage, (now, progress.sent))
        moved = progress.sent - first
        rate = moved / (now - since) if now > since and moved > 0 else None
        try:
            await _maybe_await(self._errand.on_progress(evolve(progress, rate=rate, restarted=self.restarted)))
        except BaseException as error:
            if progress.stage is UploadStage.PUBLISHING and not is_new:  # the wiki may be at it by itself
                error.add_note(f"The wiki may have published {self._errand.publication.filename!r}, or do it yet.")
            raise

    async def done(self, result: UploadResult) -> None:
        total = result.imageinfo.size if result.imageinfo is not None and result.imageinfo.size is not None else 0
        try:
            await self.report(UploadProgress(stage=UploadStage.DONE, sent=total, total=total))
        except BaseException as error:
            error.add_note(f"The file was published before that, as {result.filename!r}.")
            raise


async def _maybe_await(answer: Awaitable[None] | None) -> None:
    if isawaitable(answer):
        await answer
