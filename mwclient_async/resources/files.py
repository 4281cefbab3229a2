"""One file of a wiki, to be read and written. The manual's page is https://www.mediawiki.org/wiki/API:Imageinfo."""

from __future__ import annotations

import os
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from anyio import to_thread

from mwclient_async.download import AsyncSink, Downloader, OnBytes, PartFile, Sink
from mwclient_async.models.props import ImageInfo
from mwclient_async.resources.actions import call
from mwclient_async.sansio import params as wire_params
from mwclient_async.sansio.downloading import fetch_info, remote_of, safe_name
from mwclient_async.sansio.params import checked_title
from mwclient_async.sansio.uploading import file_name
from mwclient_async.session import Session


class FileHandle:
    """``site.file(title)``: one file. It makes no request by itself."""

    def __init__(self, session: Session, wiki: str, title: str) -> None:
        self._session = session
        self._wiki = wiki
        bare = checked_title(title)
        self._title = bare if ":" in bare else f"File:{bare}"

    def __repr__(self) -> str:
        return f"<{self._title}>"

    async def info(self, *, version: datetime | None = None) -> ImageInfo:
        """What the wiki says of the latest version, or of the one of that time: size in bytes, SHA-1 in hex, URL.

        Raises PageMissing. See https://www.mediawiki.org/wiki/API:Imageinfo.
        """
        when = wire_params.wire_value("version", version)
        return await self._session.drive(fetch_info(self._title, version=when))

    async def download(
        self,
        to: str | os.PathLike[str] | BinaryIO | AsyncSink,
        *,
        version: datetime | None = None,
        overwrite: bool = False,
        on_progress: OnBytes | None = None,
    ) -> Path | None:
        """Download the file, and check its SHA-1; the path that it has, or None where it went into a sink.

        ``to`` is a path, a directory (the file then has the name that it has on the wiki), a binary file object, or an
        async function that is given the bytes as they come. A path gets its file when that is whole and right: until
        then it is beside it, with ``.part`` at its end, from where an attempt that was cut is gone on with, also by
        another process. ``version`` is the time of an older version. ``on_progress`` is called, and awaited where it
        is a coroutine, with the bytes so far and all there are.

        Raises PageMissing; FileExistsError, before anything is asked for, unless ``overwrite``; ValueError for a name
        that would lead out of the directory; SourceChanged for a file that arrives damaged; TransportError when the
        line does not hold.
        """
        if isinstance(to, str | os.PathLike):
            return await self._to_path(Path(to), version, overwrite=overwrite, on_progress=on_progress)
        if not callable(to) and not hasattr(to, "write"):
            raise TypeError(
                f"to is of type {type(to).__name__}: give a path, a binary file object or an async function"
            )
        remote = remote_of(await self.info(version=version), self._wiki)
        await self._downloader.download(remote, Sink(to), on_progress)
        return None

    async def revert(self, *, archivename: str, comment: str = "") -> None:
        """Make an old version the latest one again. ``archivename`` is its name, as ``imageinfo`` tells.

        Raises PageMissing or another ApiError; OutcomeUnknown when the answer was lost. See
        https://www.mediawiki.org/wiki/API:Filerevert.
        """
        filename = file_name(self._title)
        params = {"filename": filename, "archivename": archivename, "comment": comment}
        await call(self._session, "filerevert", wire_params.encode(params))

    async def _to_path(
        self, path: Path, version: datetime | None, *, overwrite: bool, on_progress: OnBytes | None
    ) -> Path:
        final = await to_thread.run_sync(partial(_final, path, self._title, overwrite=overwrite))
        remote = remote_of(await self.info(version=version), self._wiki)
        target = await to_thread.run_sync(PartFile, final)
        try:
            await self._downloader.download(remote, target, on_progress)
        finally:
            await target.close()
        return final

    @property
    def _downloader(self) -> Downloader:
        session = self._session
        return Downloader(
            fetch=session.fetch, clock=session.farm.clock, policy=session.retry, observers=session.observers
        )


def _final(path: Path, title: str, *, overwrite: bool) -> Path:
    """The path of the file, when it is whole."""
    final = path / safe_name(title) if path.is_dir() else path
    if final.exists() and not overwrite:
        raise FileExistsError(f"{str(final)!r} is there already: say overwrite=True, or give another path")
    if not final.parent.is_dir():
        raise FileNotFoundError(f"{str(final.parent)!r} is no directory: make it first")
    return final
