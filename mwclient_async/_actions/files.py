"""Actions on existing files: restore an old version, rotate images."""

from __future__ import annotations

from typing import Any, Literal

from mwclient_async._actions.arguments import Texts, checked_flags, checked_nonempty, checked_texts
from mwclient_async._actions.page_results import PageResults, select_pages
from mwclient_async._actions.page_sets import PageSetActions
from mwclient_async._http.json_values import object_at
from mwclient_async._http.params import checked_text
from mwclient_async._http.titled import TitleLike
from mwclient_async._query.page_inputs import Inputs
from mwclient_async._upload.file_names import file_name_of
from mwclient_async.models.actions_pagesets import RotatedFile


class FileActions(PageSetActions):
    """Actions on files."""

    async def filerevert(self, filename: TitleLike, *, archivename: str, comment: str = "") -> None:
        """Make an old version of a file its latest version.

        Arguments:
            filename: the file's name, with or without ``File:``.
            archivename: the name of the old version, which ``prop=imageinfo`` lists with ``iiprop=archivename``.
            comment: the comment for the upload log.

        Raises:
            PageMissing: there is no such file.
            PermissionDenied: the account may not upload over this file.
            ApiError: there is no such version (``filerevert-badversion``), or the wiki could not restore it.
            UploadError: the file store failed.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Filerevert.
        """
        params = {
            "filename": checked_nonempty("filename", file_name_of(filename, self._session.wiki)).removeprefix("File:"),
            "archivename": checked_nonempty("archivename", archivename),
            "comment": checked_text("comment", comment),
        }
        await self._read_result("filerevert", params, object_at)

    def imagerotate(
        self,
        rotation: Literal[90, 180, 270],
        *,
        titles: Inputs | None = None,
        pageids: Inputs | None = None,
        revids: Inputs | None = None,
        generator: str | None = None,
        limit: int | None = None,
        redirects: bool = False,
        converttitles: bool = False,
        tags: Texts | None = None,
        **parameters: Any,
    ) -> PageResults[RotatedFile]:
        """Rotate images clockwise, by ``rotation`` degrees.

        Returns a PageResults, as ``purge`` does: one RotatedFile per file. A file that could not be rotated has the
        ``result`` ``"Failure"``. The arguments that select the files are those of ``purge``; titles may be without
        ``File:``.

        Raises:
            ValueError: another angle, or not exactly one source of files.
            TypeError: a further argument is not a generator's.
            PermissionDenied: the account may not rotate files.
            OutcomeUnknown: a response was lost. If you repeat the action, it may rotate a file twice.

        See https://www.mediawiki.org/wiki/API:Imagerotate.
        """
        if rotation not in {90, 180, 270}:
            raise ValueError(f"rotation={rotation!r}: give 90, 180 or 270")
        params = {
            "rotation": rotation,
            **checked_flags(redirects=redirects, converttitles=converttitles),
            "tags": checked_texts("tags", tags),
        }
        pages = select_pages(
            self._session.wiki, generator, limit, parameters, titles=titles, pageids=pageids, revids=revids
        )
        return self._page_results("imagerotate", pages, params, RotatedFile)
