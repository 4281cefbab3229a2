"""The methods of Site that upload files, and the handle of one file.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from typing import Literal, Unpack

from mwclient_async import _http, _upload, models
from mwclient_async._http.titled import TitleLike


class UploadMethods(ABC):
    """The part of Site that uploads files."""

    @property
    @abstractmethod
    def _uploads(self) -> _upload.uploads.Uploads:
        """The uploads to the open site. RuntimeError if it is not open."""

    def file(self, title: TitleLike) -> _upload.file_handle.FileHandle:
        """The handle of one file: ``await site.file("Earth.png").download("earth.png")``.

        Returns a FileHandle. It sends no request by itself. ``title`` is the file's name, with or without ``File:``, or
        a Page or row that has it as its title.

        Raises:
            ValueError: the title is empty.
            TypeError: it is not a title, and has none.

        See https://www.mediawiki.org/wiki/API:Imageinfo.
        """
        uploads = self._uploads
        return _upload.file_handle.FileHandle(uploads.session, uploads.wiki, title)

    async def upload(
        self,
        source: _upload.sources.UploadInput | models.upload.StashedFile | models.upload.RemoteFile,
        *,
        filename: TitleLike,
        comment: str = "",
        text: str | None = None,
        tags: Iterable[str] = (),
        watchlist: Literal["watch", "preferences", "nochange"] | None = None,
        ignore_warnings: Collection[str] | bool = (),
        **options: Unpack[_upload.uploads.UploadOptions],
    ) -> models.upload.UploadResult:
        """Upload a file and publish it under a name, exactly once, even if requests or responses get lost.

        Returns an UploadResult. A file of more than 1 MiB is sent in chunks.

        Arguments:
            source: a path, bytes, a binary file object, an asynchronous iterator of bytes, a StashedFile (the filekey
                of an earlier UploadWarnings), or a RemoteFile, which the wiki fetches itself.
            filename: the name of the file on the wiki, without ``File:``; or a Title, Page or row of the file.
            comment: the summary.
            text: the first text of the file page; the comment if it is None.
            tags: change tags.
            watchlist: whether to watch the page.
            ignore_warnings: the kinds of warnings to ignore (``{"exists"}``), or True for all. Without it no existing
                file is overwritten.
            options: those of UploadOptions. Among them are ``chunk_size``, in bytes; ``on_progress``, called (and
                awaited, if it is a coroutine function) with an UploadProgress; and ``checkpoint``, to resume from.

        Raises:
            FileNotFoundError: the path does not exist.
            ValueError: no wiki accepts such a name or source; before any request.
            FileRefused: this wiki does not accept the extension or the size, or the first bytes of the file do not fit
                the extension; before the transfer.
            UploadWarnings: the wiki wants a decision; ``filekey`` is the stashed file to publish.
            SourceChanged: the file changed while it was being sent.
            UploadPending: the wiki is still working on the file.
            StashError: the stash lost the file or its chunks.
            ApiError: the wiki refused for another reason.
            OutcomeUnknown: the response to the publishing was lost, and it could not be found out what happened.

        An error during the upload has the ``checkpoint`` to resume from.

        See https://www.mediawiki.org/wiki/API:Upload.
        """
        _http.keywords.check_options(options, _upload.uploads.UploadOptions, self.upload)
        return await self._uploads.upload(
            source,
            filename=filename,
            comment=comment,
            text=text,
            tags=tags,
            watchlist=watchlist,
            ignore_warnings=ignore_warnings,
            options=options,
        )

    async def stash(
        self,
        source: _upload.sources.UploadInput,
        *,
        filename: TitleLike,
        **options: Unpack[_upload.uploads.UploadOptions],
    ) -> models.upload.StashedFile:
        """Upload a file to the account's stash only: ``site.upload(stashed, filename=...)`` publishes it.

        Returns a StashedFile: its filekey, its size in bytes and its SHA-1. The stash keeps files for some hours. The
        wiki checks ``filename`` already here.

        Raises:
            FileNotFoundError: the path does not exist.
            ValueError: no wiki accepts such a name, or an option is not valid; before any request.
            FileRefused: this wiki does not accept the extension or the size, or the first bytes of the file do not fit
                the extension; before the transfer.
            SourceChanged: the file changed while it was being sent.
            UploadPending: the wiki is still working on the file.
            StashError: the stash lost the file or its chunks.
            ApiError: the wiki refused for another reason.
            TransportError: no response came, even after the retries.

        An error during the upload has the ``checkpoint`` to resume from.

        See https://www.mediawiki.org/wiki/API:Upload.
        """
        _http.keywords.check_options(options, _upload.uploads.UploadOptions, self.stash)
        return await self._uploads.stash(source, filename=filename, options=options)

    async def stashed(self, file: models.upload.StashedFile | str) -> models.props_files.ImageInfo:
        """Get the properties of a file in the account's stash.

        Returns an ImageInfo: size in bytes, SHA-1 in hex, width and height in pixels, MIME type, timestamp. ``file`` is
        a StashedFile or its filekey, which older wikis called the session key. For a file of which only some chunks
        have arrived, this describes the first chunk. ``site.list("mystashedfiles")`` lists all files.

        Raises:
            StashError: the account does not have this file in its stash (any longer).
            NotLoggedIn: the site is not logged in.

        See https://www.mediawiki.org/wiki/API:Stashimageinfo.
        """
        return await self._uploads.stashed(file)
