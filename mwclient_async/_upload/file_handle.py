"""One file of a wiki, to be read and written. The manual's page is https://www.mediawiki.org/wiki/API:Imageinfo."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, Unpack

from anyio import to_thread

from mwclient_async._http import params as wire_params
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._session.lock_keys import file_key
from mwclient_async._session.session import Session
from mwclient_async._upload.download import AsyncSink, Downloader, OnBytes, PartFile, Sink
from mwclient_async._upload.file_ranges import fetch_info, remote_of, safe_name
from mwclient_async._upload.file_versions import revert_to
from mwclient_async._upload.sources import UploadInput, opened
from mwclient_async._upload.upload_rules import file_name
from mwclient_async._upload.uploads import UploadOptions, Uploads, with_exists
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import RemoteFile, StashedFile, UploadResult


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
        return await self._session.run_flow(fetch_info(self._title, version=when))

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

        Raises PageMissing; FileExistsError, before anything is asked for, unless ``overwrite``, and where another
        download is at work on that path; ValueError for a name that would lead out of the directory; OSError where it
        cannot be written; SourceChanged for a file that arrives damaged; TransportError when the line does not hold.
        """
        if isinstance(to, str | os.PathLike):
            return await self._to_path(Path(to), version, overwrite=overwrite, on_progress=on_progress)
        if not callable(to) and not hasattr(to, "write"):
            raise TypeError(
                f"to is of type {type(to).__name__}: give a path, a binary file object or an async function"
            )
        sink = Sink(to)
        remote = remote_of(await self.info(version=version), self._wiki)
        await self._downloader.download(remote, sink, on_progress)
        return None

    async def upload_version(
        self,
        source: UploadInput | StashedFile | RemoteFile,
        *,
        comment: str = "",
        tags: Iterable[str] = (),
        watchlist: Literal["watch", "preferences", "nochange"] | None = None,
        ignore_warnings: Collection[str] | bool = (),
        **options: Unpack[UploadOptions],
    ) -> UploadResult:
        """Publish a new version of this file, once, in the place of the one that it has.

        It is ``site.upload`` (where ``source`` and ``options`` are explained) with the choice made to overwrite: the
        warning ``exists`` is ignored, and no other, unless ``ignore_warnings`` names it. The text of the file's page
        stays as it is; the old version stays in its history.

        Raises PageMissing, before anything is sent, where the wiki has no such file of its own: for a redirect, too,
        and for a file that it only shows from a shared repository. Raises FileRefused with the code
        ``fileexists-no-change`` where the latest version has these contents already, and whatever ``site.upload``
        raises. See https://www.mediawiki.org/wiki/API:Upload.
        """
        return await Uploads(self._session, self._wiki).upload(
            source,
            filename=self._filename,
            comment=comment,
            text=None,
            tags=tags,
            watchlist=watchlist,
            ignore_warnings=with_exists(chosen=ignore_warnings),
            options=options,
            replaces=True,
        )

    async def revert(self, *, archivename: str, comment: str = "") -> None:
        """Make an old version the latest one again. ``archivename`` is its name, as ``imageinfo`` tells.

        Where the file was replaced in this very second, which the wiki refuses, it is done in the next.

        Raises PageMissing or another ApiError: FileRefused with the code ``fileexists-no-change`` where the latest
        version has the same contents; OutcomeUnknown when the answer was lost. See
        https://www.mediawiki.org/wiki/API:Filerevert.
        """
        name, session = self._filename, self._session
        archivename, comment = checked_text("archivename", archivename), checked_text("comment", comment)
        async with session.lock_titles([file_key(name)]):
            await session.run_flow(revert_to(name, archivename, comment, attempts=session.retry.attempts))

    async def _to_path(
        self, path: Path, version: datetime | None, *, overwrite: bool, on_progress: OnBytes | None
    ) -> Path:
        final = await to_thread.run_sync(partial(_final, path, self._title, overwrite=overwrite))
        remote = remote_of(await self.info(version=version), self._wiki)
        target = await opened(partial(PartFile, final, overwrite=overwrite), PartFile.close_now)
        try:
            await self._downloader.download(remote, target, on_progress)
        finally:
            await target.close()
        return final

    @property
    def _filename(self) -> str:
        """Its name, which no namespace stands before, in whatever language it is."""
        return file_name(self._title.partition(":")[2])

    @property
    def _downloader(self) -> Downloader:
        session = self._session
        return Downloader(
            fetch=session.stream_file, clock=session.shared.clock, policy=session.retry, observers=session.observers
        )


def _final(path: Path, title: str, *, overwrite: bool) -> Path:
    """The path of the file, when it is whole."""
    final = path / safe_name(title, windows=os.name == "nt") if path.is_dir() else path
    if final.exists() and not overwrite:
        raise FileExistsError(f"{str(final)!r} is there already: say overwrite=True, or give another path")
    if not final.parent.is_dir():
        raise FileNotFoundError(f"{str(final.parent)!r} is no directory: make it first")
    return final
