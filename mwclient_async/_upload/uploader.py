"""Runs one upload: reads the source, runs the flows of this package, and reports progress and checkpoints."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from mwclient_async._http.flow import Flow
from mwclient_async._session.clock import Clock
from mwclient_async._session.observers import Observers
from mwclient_async._session.retry_state import RetryState
from mwclient_async._session.run_flow import Send, run_flow
from mwclient_async._upload.chunks import ChunkPlan, HashUpTo, Position, send_chunks
from mwclient_async._upload.file_types import HEAD_SIZE, MISMATCH, mismatch
from mwclient_async._upload.file_versions import current_version, same_content_error
from mwclient_async._upload.progress import CheckpointWriter, OnCheckpoint, OnProgress, ProgressReporter
from mwclient_async._upload.publication import Publication
from mwclient_async._upload.publish import publish, upload_directly, upload_from_url
from mwclient_async._upload.sources import UploadInput, UploadSource
from mwclient_async._upload.stash import STASH_GONE_CODES, fetch_stashed_file, is_too_large, make_api_error
from mwclient_async._upload.upload_rules import UploadRules
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async.errors import FileRefused, MediaWikiError, SourceChanged, StashError, UploadWarnings
from mwclient_async.models.events import WaitingForJob
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.upload import RemoteFile, StashedFile, UploadMethod, UploadProgress, UploadResult

DIRECT_UP_TO = 1024 * 1024  # bytes: below every usual limit of PHP, and one request instead of two
ASYNCHRONOUS_FROM = 50 * 1024 * 1024  # bytes: assembling a larger file takes longer than web servers wait


@frozen(kw_only=True)
class UploadJob:
    """One upload as the caller wants it. If ``method`` or ``asynchronous`` is None, the size decides.

    ``replaces`` says that it is a new version of a file, which must exist and have other contents.
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

    @property
    def title_to_check(self) -> str:
        """The name to ask the wiki about before chunks are sent; empty if none are, or if it was asked already."""
        is_sent = self.checkpoint is not None and self.checkpoint.stashed
        return "" if self.replaces or is_sent else self.publication.filename

    def is_asynchronous(self, size: int) -> bool:
        """Whether a job of the wiki assembles and publishes a file of that size."""
        return size >= ASYNCHRONOUS_FROM if self.asynchronous is None else self.asynchronous

    def is_direct(self, size: int) -> bool:
        """Whether a file of that size is sent in one request."""
        if self.checkpoint is not None:
            return False
        if self.method is not None:
            return self.method is UploadMethod.DIRECT
        return size <= min(DIRECT_UP_TO, self.chunk_size) and not self.asynchronous


@frozen(kw_only=True)
class Uploader:
    """Runs uploads on one wiki.

    ``rules`` gives the wiki's rules. It is given the name of a file, or "", and asks whether the account may upload it.
    """

    send: Send
    clock: Clock
    observers: Observers
    retries: Callable[[str], RetryState]
    new_session: Callable[[], Awaitable[bool]]
    wiki: str
    rules: Callable[[str], Awaitable[UploadRules]]

    async def upload(self, source: UploadInput | StashedFile | RemoteFile, job: UploadJob) -> UploadResult:
        """Send the source to the wiki and publish it."""
        reporter = self._new_reporter(job)
        current = await self._fetch_replaced_version(job, reporter)
        try:
            if isinstance(source, RemoteFile):
                return await self._upload_from_url(source, job, reporter)
            if isinstance(source, StashedFile):
                return await self._publish_stashed(source, job, reporter, current)
            return await self._upload_file(source, job, reporter, current)
        except UploadWarnings as error:
            if not job.replaces or all(warning.kind != "nochange" for warning in error.warnings):
                raise
            same_content = same_content_error(job.publication.filename)
            same_content.filekey, same_content.checkpoint = error.filekey, error.checkpoint
            raise same_content from error

    async def stash(self, source: UploadInput, job: UploadJob) -> StashedFile:
        """Send the source to the stash, without publishing it."""
        reporter = self._new_reporter(job)
        file = await UploadSource.open(source, spool=job.spool, on_spooled=reporter.report_spooled)
        try:
            rules = await self._checked_rules(file, job, await self.rules(""))
            start = await self._checked_start(file, job, reporter)
            return await self._stash_file(file, job, rules, reporter, start)
        finally:
            await file.aclose()

    # The ways to upload ----------------------------------------------------------------------------------------------

    async def _upload_from_url(self, remote: RemoteFile, job: UploadJob, reporter: ProgressReporter) -> UploadResult:
        rules = await self.rules("")
        rules.check(job.publication.filename, None, ignored=job.publication.ignored)
        publication = evolve(job.publication, asynchronous=bool(job.asynchronous))
        flow = partial(upload_from_url, publication, remote.url, rules=rules)
        return await self._run_unless_gone(flow, reporter)

    async def _publish_stashed(
        self, stashed: StashedFile, job: UploadJob, reporter: ProgressReporter, current: ImageInfo | None
    ) -> UploadResult:
        if stashed.sha1 is None:
            stashed = await self._run(fetch_stashed_file(stashed.filekey), reporter) or stashed
        _check_contents_differ(job, current, stashed.sha1)
        publication = evolve(job.publication, asynchronous=job.is_asynchronous(stashed.size or 0))
        return await self._run(publish(publication, stashed), reporter)

    async def _upload_file(
        self, source: UploadInput, job: UploadJob, reporter: ProgressReporter, current: ImageInfo | None
    ) -> UploadResult:
        file = await UploadSource.open(source, spool=job.spool, on_spooled=reporter.report_spooled)
        try:
            name = "" if job.is_direct(file.size) else job.title_to_check
            rules = await self._checked_rules(file, job, await self.rules(name))
            if current is not None and file.size == current.size:
                sha1 = await file.sha1_up_to(file.size, on_hashed=partial(reporter.report_hashed, file.size))
                _check_contents_differ(job, current, sha1)
            if job.is_direct(file.size):
                try:
                    return await self._upload_directly(file, job, reporter)
                except MediaWikiError as error:
                    if job.method is UploadMethod.DIRECT or not is_too_large(error):
                        raise
                await self.rules(job.title_to_check)
            return await self._upload_in_chunks(file, job, rules, reporter)
        finally:
            await file.aclose()

    async def _upload_directly(self, file: UploadSource, job: UploadJob, reporter: ProgressReporter) -> UploadResult:
        sha1 = await file.sha1_up_to(file.size)
        flow = partial(upload_directly, job.publication, size=file.size, sha1=sha1)
        return await self._run_unless_gone(flow, reporter, file)

    async def _upload_in_chunks(
        self, file: UploadSource, job: UploadJob, rules: UploadRules, reporter: ProgressReporter
    ) -> UploadResult:
        start = await self._checked_start(file, job, reporter)
        stashed = await self._stash_file(file, job, rules, reporter, start)
        try:
            return await self._publish_chunks(stashed, job, reporter)
        except StashError as error:
            if error.code not in STASH_GONE_CODES or reporter.restarted:
                raise
        reporter.restarted = True  # the file was too long in the stash, and the wiki has removed it
        stashed = await self._stash_file(file, job, rules, reporter)
        return await self._publish_chunks(stashed, job, reporter)

    async def _stash_file(
        self,
        file: UploadSource,
        job: UploadJob,
        rules: UploadRules,
        reporter: ProgressReporter,
        start: Position | None = None,
    ) -> StashedFile:
        """Send the file to the stash, from ``start`` on. An error carries the latest checkpoint."""
        if start is not None and start.stashed:
            return StashedFile(start.filekey, size=file.size, sha1=file.sha1())
        filename = job.publication.filename
        plan = ChunkPlan(
            filename=filename,
            size=file.size,
            chunk_size=job.chunk_size,
            min_chunk_size=rules.min_chunk_size,
            asynchronous=job.is_asynchronous(file.size),
            patience=job.publication.patience,
            restarted=reporter.restarted,
        )
        checkpoints = CheckpointWriter(self.wiki, filename, file, job.on_checkpoint, job.checkpoint)
        try:
            return await self._run(send_chunks(plan, sha1=file.sha1, start=start), reporter, file, checkpoints)
        except MediaWikiError as error:
            error.checkpoint = checkpoints.latest
            raise

    async def _publish_chunks(self, stashed: StashedFile, job: UploadJob, reporter: ProgressReporter) -> UploadResult:
        """Publish a file that was sent in chunks. An error carries a checkpoint that sends nothing again."""
        publication = evolve(job.publication, asynchronous=job.is_asynchronous(stashed.size or 0))
        resumed = job.checkpoint is not None
        try:
            result = await self._run(publish(publication, stashed, resumed=resumed), reporter)
        except MediaWikiError as error:
            error.checkpoint = _stashed_checkpoint(self.wiki, publication.filename, stashed)
            raise
        return evolve(result, method=UploadMethod.CHUNKED)

    # Checks before the transfer --------------------------------------------------------------------------------------

    async def _fetch_replaced_version(self, job: UploadJob, reporter: ProgressReporter) -> ImageInfo | None:
        """The latest version of the file that gets a new one; None if its contents need not be compared.

        They are not compared for an upload that is resumed, because the earlier attempt may have published it.
        """
        if not job.replaces:
            return None
        current = await self._run(current_version(job.publication.filename), reporter)
        return current if job.checkpoint is None else None

    async def _checked_rules(self, file: UploadSource, job: UploadJob, rules: UploadRules) -> UploadRules:
        """The wiki's rules. Raises FileRefused or UploadError for a file that the wiki would refuse after the transfer.

        With a checkpoint, the file's bytes are compared with those of the first attempt instead.
        """
        publication = job.publication
        rules.check(publication.filename, file.size, ignored=publication.ignored)
        head = await file.read_head(HEAD_SIZE) if job.checkpoint is None else None
        if head is not None and (text := mismatch(publication.filename, head, ignored=publication.ignored)):
            raise make_api_error(FileRefused, MISMATCH, text)
        return rules

    async def _checked_start(self, file: UploadSource, job: UploadJob, reporter: ProgressReporter) -> Position | None:
        """The position of the checkpoint. Raises SourceChanged, before a byte is sent, if it is another file."""
        checkpoint = job.checkpoint
        if checkpoint is None:
            return None
        if file.size != checkpoint.size:
            raise SourceChanged(
                f"the checkpoint is of a file of {checkpoint.size} bytes, and this one has {file.size}: give the file "
                "of the first attempt, or upload without the checkpoint"
            )
        sha1 = await file.sha1_up_to(checkpoint.offset, on_hashed=partial(reporter.report_hashed, file.size))
        if sha1 != checkpoint.sha1:
            raise SourceChanged(
                f"the first {checkpoint.offset} bytes are not those that the wiki has: it is another file; give the "
                "file of the first attempt, or upload without the checkpoint"
            )
        return Position(filekey=checkpoint.filekey, offset=checkpoint.offset, stashed=checkpoint.stashed)

    # Flows -----------------------------------------------------------------------------------------------------------

    def _new_reporter(self, job: UploadJob) -> ProgressReporter:
        return ProgressReporter(self.clock, job.publication.filename, job.on_progress)

    async def _run_unless_gone(
        self, make_flow: Callable[[], Flow[UploadResult]], reporter: ProgressReporter, file: UploadSource | None = None
    ) -> UploadResult:
        """Run a flow. Run it once more if the stash has lost the file that the flow was to publish."""
        try:
            return await self._run(make_flow(), reporter, file)
        except StashError as error:
            if error.code not in STASH_GONE_CODES:
                raise
        return await self._run(make_flow(), reporter, file)

    async def _run(
        self,
        flow: Flow[Any],
        reporter: ProgressReporter,
        file: UploadSource | None = None,
        checkpoints: CheckpointWriter | None = None,
    ) -> Any:
        async def report(event: UploadProgress | Position | WaitingForJob) -> None:
            if isinstance(event, UploadProgress):
                await reporter.report(event)
            elif isinstance(event, WaitingForJob):
                self.observers.notify_event(event)
            elif checkpoints is not None:
                await checkpoints.write(event)

        async def hash_up_to(question: HashUpTo) -> str:
            assert file is not None
            return await file.sha1_up_to(question.end, on_hashed=partial(reporter.report_hashed, file.size))

        result = await run_flow(
            flow,
            self.send,
            read=file.read if file is not None else None,
            report=report,
            ask=hash_up_to,
            sleep=self.clock.sleep,
            retries=self.retries,
            new_session=self.new_session,
        )
        if isinstance(result, UploadResult):
            await reporter.report_done(result)
        return result


def _check_contents_differ(job: UploadJob, current: ImageInfo | None, sha1: str | None) -> None:
    """Raise FileRefused, before anything is sent, if the file has these contents already."""
    if current is not None and sha1 is not None and current.sha1 == sha1:
        raise same_content_error(job.publication.filename)


def _stashed_checkpoint(wiki: str, filename: str, stashed: StashedFile) -> Checkpoint:
    size, sha1 = stashed.size or 0, stashed.sha1 or ""
    return Checkpoint(
        wiki=wiki, filename=filename, size=size, filekey=stashed.filekey, offset=size, sha1=sha1, stashed=True
    )
