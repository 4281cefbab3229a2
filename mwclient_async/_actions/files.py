"""Files that are there: an old version again, turned pictures."""

from __future__ import annotations

from typing import Any, Literal

from mwclient_async._actions.arguments import Texts, a_name, flags, texts
from mwclient_async._actions.call import refused
from mwclient_async._actions.page_results import PageResults
from mwclient_async._actions.page_sets import PageSets, named_pages
from mwclient_async._http.params import checked_text
from mwclient_async._query.page_inputs import Inputs
from mwclient_async.models.actions_pagesets import RotatedFile


class Files(PageSets):
    """What is done to files."""

    async def filerevert(self, filename: str, *, archivename: str, comment: str = "") -> None:
        """Make an old version of a file the latest, with the file's name and the ``archivename`` of that version.

        Archive names are what ``prop=imageinfo`` tells with ``iiprop=archivename``. Raises PageMissing for a file that
        is not there; PermissionDenied; ApiError for a version that is not (``filerevert-badversion``); UploadError or
        another ApiError where the wiki could not do it. See https://www.mediawiki.org/wiki/API:Filerevert.
        """
        given = {
            "filename": a_name("filename", filename).removeprefix("File:"),
            "archivename": a_name("archivename", archivename),
            "comment": checked_text("comment", comment),
        }
        said = await self._said("filerevert", given)
        if said.get("result") != "Success":
            raise refused("filerevert", said)

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
        """Turn pictures clockwise by so many degrees: ``await`` it, or ``async for`` over it.

        Which files, and what it gives: as ``purge``; titles may go without ``File:``. A file that could not be turned
        has the ``result`` ``"Failure"``. Raises ValueError for another angle; PermissionDenied; OutcomeUnknown where an
        answer was lost, and doing it again may turn a file twice. See https://www.mediawiki.org/wiki/API:Imagerotate.
        """
        if rotation not in {90, 180, 270}:
            raise ValueError(f"rotation={rotation!r}: give 90, 180 or 270")
        given = {
            "rotation": rotation,
            **flags(redirects=redirects, converttitles=converttitles),
            "tags": texts("tags", tags),
        }
        pages = named_pages(generator, limit, parameters, titles=titles, pageids=pageids, revids=revids)
        return self._each("imagerotate", pages, given, RotatedFile)
