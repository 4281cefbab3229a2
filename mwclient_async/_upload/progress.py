"""What an upload gives to the caller while it runs: its progress, and checkpoints from which it can be resumed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import isawaitable

from attrs import define, evolve, field

from mwclient_async._session.clock import Clock
from mwclient_async._upload.chunks import Position
from mwclient_async._upload.sources import UploadSource
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async.models.upload import UploadProgress, UploadResult, UploadStage

OnProgress = Callable[[UploadProgress], Awaitable[None] | None]
"""Called with the progress of an upload; awaited if it is a coroutine function."""

OnCheckpoint = Callable[[Checkpoint], Awaitable[None] | None]
"""Called with a checkpoint to store after each chunk; awaited if it is a coroutine function."""


@define
class ProgressReporter:
    """Reports the progress of one upload and its rate. ``restarted``: the wiki has lost the file once."""

    _clock: Clock
    _filename: str
    _on_progress: OnProgress | None
    restarted: bool = False
    _stage_starts: dict[UploadStage, tuple[float, int]] = field(init=False, factory=dict)

    async def report_spooled(self, written: int) -> None:
        """Report that so many bytes of a source of unknown size are in the temporary file."""
        await self.report(UploadProgress(stage=UploadStage.SPOOLING, sent=written, total=None))

    async def report_hashed(self, total: int, hashed: int) -> None:
        """Report that so many bytes of the file are hashed."""
        await self.report(UploadProgress(stage=UploadStage.HASHING, sent=hashed, total=total))

    async def report(self, progress: UploadProgress) -> None:
        """Give the progress to the caller. An error of the caller's function ends the upload."""
        self.restarted = self.restarted or progress.restarted
        if self._on_progress is None:
            return
        now = self._clock.now()
        is_new = progress.stage not in self._stage_starts
        began, first = self._stage_starts.setdefault(progress.stage, (now, progress.sent))
        moved = progress.sent - first
        rate = moved / (now - began) if now > began and moved > 0 else None
        try:
            await _maybe_await(self._on_progress(evolve(progress, rate=rate, restarted=self.restarted)))
        except BaseException as error:
            if progress.stage is UploadStage.PUBLISHING and not is_new:  # a job of the wiki may be publishing it
                error.add_note(f"The wiki may have published {self._filename!r}, or may still do it.")
            raise

    async def report_done(self, result: UploadResult) -> None:
        """Report that the file is published. An error of the caller's function says so, too."""
        size = result.imageinfo.size if result.imageinfo is not None else None
        try:
            await self.report(UploadProgress(stage=UploadStage.DONE, sent=size or 0, total=size))
        except BaseException as error:
            error.add_note(f"The file was published before this error, as {result.filename!r}.")
            raise


@define
class CheckpointWriter:
    """Makes a checkpoint of each position and gives it to the caller. ``latest`` is the last one."""

    _wiki: str
    _filename: str
    _file: UploadSource
    _on_checkpoint: OnCheckpoint | None
    latest: Checkpoint | None

    async def write(self, position: Position) -> None:
        """Give the caller the checkpoint of this position."""
        self.latest = Checkpoint(
            wiki=self._wiki,
            filename=self._filename,
            size=self._file.size,
            filekey=position.filekey,
            offset=position.offset,
            sha1=await self._file.sha1_up_to(position.offset),
            stashed=position.stashed,
        )
        if self._on_checkpoint is not None:
            await _maybe_await(self._on_checkpoint(self.latest))


async def _maybe_await(result: Awaitable[None] | None) -> None:
    if isawaitable(result):
        await result
