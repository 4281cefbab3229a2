"""One file of a wiki: its properties, download, new versions and reverts.

The manual's page is https://www.mediawiki.org/wiki/API:Imageinfo.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, Unpack, get_args

from mwclient_async import _http
from mwclient_async._http import params as wire_params
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.titled import TitleLike
from mwclient_async._session.observers import log
from mwclient_async._session.session import Session
from mwclient_async._session.title_locks import file_lock_key
from mwclient_async._session.worker_thread import run_in_thread
from mwclient_async._upload.download import AsyncSink, Downloader, OnDownloadProgress, Sink
from mwclient_async._upload.download_requests import DownloadCheck, DownloadSource, download_source, fetch_imageinfo
from mwclient_async._upload.file_names import local_file_name, wiki_file_name
from mwclient_async._upload.file_versions import revert_to
from mwclient_async._upload.part_file import PartFile
from mwclient_async._upload.sources import UploadInput, open_in_thread
from mwclient_async._upload.uploads import UploadOptions, Uploads, including_exists
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.upload import RemoteFile, StashedFile, UploadResult


class FileHandle:
    """One file of a wiki: ``site.file(title)``. Making a handle sends no request.

    See https://www.mediawiki.org/wiki/API:Imageinfo.
    """

    def __init__(self, session: Session, wiki: str, title: TitleLike) -> None:
        self._session = session
        self._wiki = wiki
        bare = checked_title(title, wiki)
        self._title = bare if ":" in bare else f"File:{bare}"

    def __repr__(self) -> str:
        return f"<{self._title}>"

    async def info(self, *, version: datetime | None = None) -> ImageInfo:
        """Get the properties of the file.

        Returns an ImageInfo of the latest version: size in bytes, SHA-1 in hex, URL, MIME type, timestamp, user.
        ``version`` is the timestamp of an older version, to get the properties of that one.

        Raises:
            PageMissing: the wiki has no such file, or no such version of it.
            ValueError: ``version`` has no time zone.

        See https://www.mediawiki.org/wiki/API:Imageinfo.
        """
        when = wire_params.wire_value("version", version)
        return await self._session.run_flow(fetch_imageinfo(self._title, version=when))

    async def download(
        self,
        to: str | os.PathLike[str] | BinaryIO | AsyncSink,
        *,
        version: datetime | None = None,
        overwrite: bool = False,
        on_progress: OnDownloadProgress | None = None,
        check: DownloadCheck = "sha1",
    ) -> Path | None:
        """Download the file and check its size and SHA-1.

        Returns the path of the file; None if it was written to a file object or a function. The file gets its
        name when it is whole and its SHA-1 is right. Until then it has ``.part`` at the end of its name, and the next
        download to this path resumes it, also in another process.

        If the wiki names no SHA-1, as for some old versions, the file is checked by its size, and the log says so. The
        event Downloaded has what a file was compared with.

        Arguments:
            to: a path; a directory, in which the file gets the name that it has on the wiki; a binary file object; or
                a function, which is given the bytes as they come, and is awaited if it is an async function.
            version: the timestamp of an older version.
            overwrite: whether to replace an existing file.
            on_progress: called with a DownloadProgress, and awaited if it is a coroutine function.
            check: ``"size"`` compares the size only; ``"none"`` accepts what the server has, such as an image that a
                cache has compressed again. Then a part of an earlier download is not resumed.

        Raises:
            FileExistsError: the path exists and ``overwrite`` is False, before any request; or another download is
                writing to this path.
            FileNotFoundError: the directory does not exist.
            ValueError: the name on the wiki would lead out of the directory, ``version`` has no time zone, or ``check``
                is none of these.
            TypeError: ``to`` is none of these.
            OSError: the file cannot be written.
            PageMissing: the wiki has no such file, or no such version of it.
            SizeMismatch: the server has a whole file of another size than the wiki says; after one request.
            SourceChanged: the file arrived damaged, or was replaced during the download.
            ProtocolError: the server's response is not the file, or the wiki hides the file's URL.
            TransportError: the download was interrupted more often than the retry policy allows.

        See https://www.mediawiki.org/wiki/API:Imageinfo.
        """
        if isinstance(to, str | os.PathLike):
            return await self._to_path(Path(to), version, overwrite=overwrite, on_progress=on_progress, check=check)
        if not callable(to) and not hasattr(to, "write"):
            raise TypeError(f"to is of type {type(to).__name__}: give a path, a binary file object or a function")
        sink = Sink(to)
        source = await self._source(version, check)
        await self._downloader.download(source, sink, on_progress)
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
        """Publish a new version of this file, exactly once.

        Returns an UploadResult. The text of the file's page stays as it is, and the old version stays in the file's
        history. The warning ``exists`` is ignored; every other warning raises, unless ``ignore_warnings`` names it.

        Arguments:
            source: a path, bytes, a binary file object, an asynchronous iterator of bytes, a StashedFile or a
                RemoteFile, as for ``site.upload``.
            comment: the summary of the upload.
            tags: change tags for the log entry.
            watchlist: whether the account watches the file's page.
            ignore_warnings: kinds of warnings to ignore, or True for all of them.
            options: those of UploadOptions.

        Raises:
            PageMissing: the wiki has no such file of its own, before anything is sent. This is also raised for a
                redirect and for a file of a shared repository.
            FileRefused: the latest version has the same contents (code ``fileexists-no-change``), or the wiki does not
                take the file.
            MediaWikiError: every error of ``site.upload``.

        See https://www.mediawiki.org/wiki/API:Upload.
        """
        _http.keywords.check_options(options, UploadOptions, self.upload_version)
        return await Uploads(self._session, self._wiki).upload(
            source,
            filename=self._filename,
            comment=comment,
            text=None,
            tags=tags,
            watchlist=watchlist,
            ignore_warnings=including_exists(chosen=ignore_warnings),
            options=options,
            replaces=True,
        )

    async def revert(self, *, archivename: str | None, comment: str = "") -> None:
        """Make an old version the latest one again.

        ``archivename`` is the name of the old version: ask for ``iiprop=archivename``. If the file was replaced in the
        same second, the wiki refuses the revert, and it is sent again in the next second.

        Raises:
            ValueError: ``archivename`` is None: it was not asked for, or the version is the latest one.
            PageMissing: the wiki has no such file.
            FileRefused: the latest version has the same contents (code ``fileexists-no-change``).
            ApiError: the wiki refused the revert for another reason.
            OutcomeUnknown: the reply was lost. Look at the file's history.

        See https://www.mediawiki.org/wiki/API:Filerevert.
        """
        name, session = self._filename, self._session
        if archivename is None:
            raise ValueError(
                "archivename=None: the latest version has none, or the query did not ask iiprop=archivename"
            )
        archivename, comment = checked_text("archivename", archivename), checked_text("comment", comment)
        async with session.lock_titles([file_lock_key(name)]):
            await session.run_flow(revert_to(name, archivename, comment))

    async def _to_path(
        self,
        path: Path,
        version: datetime | None,
        *,
        overwrite: bool,
        on_progress: OnDownloadProgress | None,
        check: DownloadCheck,
    ) -> Path:
        final = await run_in_thread(partial(_final_path, path, self._title, overwrite=overwrite))
        source = await self._source(version, check)
        target = await open_in_thread(partial(PartFile, final, overwrite=overwrite), PartFile.close_now)
        try:
            await self._downloader.download(source, target, on_progress)
        finally:
            await target.close()
        return final

    async def _source(self, version: datetime | None, check: DownloadCheck) -> DownloadSource:
        """The URL of the file, and what the file is compared with."""
        if check not in get_args(DownloadCheck):
            raise ValueError(f"check={check!r}: choose one of {', '.join(map(repr, get_args(DownloadCheck)))}")
        source = download_source(await self.info(version=version), self._wiki, check=check)
        if check == "sha1" and source.check != "sha1":
            log.warning("the wiki names no SHA-1 of %s: it is checked by its size", self._title)
        return source

    @property
    def _filename(self) -> str:
        """The file's name without its namespace, whose name depends on the wiki's language."""
        return wiki_file_name(self._title.partition(":")[2])

    @property
    def _downloader(self) -> Downloader:
        session = self._session
        return Downloader(
            fetch=session.stream_file, clock=session.shared.clock, policy=session.retry, observers=session.observers
        )


def _final_path(path: Path, title: str, *, overwrite: bool) -> Path:
    """The path of the whole file."""
    final = path / local_file_name(title, windows=os.name == "nt") if path.is_dir() else path
    if final.exists() and not overwrite:
        raise FileExistsError(f"{str(final)!r} exists already: choose overwrite=True, or give another path")
    if not final.parent.is_dir():
        raise FileNotFoundError(f"{str(final.parent)!r} is not a directory: create it first")
    return final
