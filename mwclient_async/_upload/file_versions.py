"""Versions of a file that exists already: the check before a new one is published, and the revert to an old one.

- *A new version* needs a file that the wiki itself has, and other contents than that has now.
- *A revert* may fail without an error response: the result then is ``Failure``. This happens if the file was replaced
  in the same second already, because the name of an old version contains the second in which it was replaced. Nothing
  was done then, and the revert works in the next second. It is also sent again if the wiki's file store failed.

The manual's pages are https://www.mediawiki.org/wiki/API:Upload and https://www.mediawiki.org/wiki/API:Filerevert.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.conversion import structurer
from mwclient_async._http.failure_results import refusal_in
from mwclient_async._http.flow import Flow, may_try_again
from mwclient_async._http.json_values import object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.lost_reply import read_written
from mwclient_async._upload.file_backend_errors import may_be_done, passes_after
from mwclient_async._upload.stash import make_api_error
from mwclient_async._upload.title_permission import TITLE_PARAMS, raise_if_title_is_refused
from mwclient_async.errors import ApiError, FileRefused, PageMissing
from mwclient_async.models.props_files import ImageInfo

IMAGEINFO_PROPS = "sha1|size|timestamp|user|url|mime|canonicaltitle"


def local_imageinfo(page: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The imageinfo of the wiki's own file with exactly the title of this page.

    The query must have asked for ``IMAGEINFO_PROPS``. Returns None if the wiki shows another file under that title: the
    target of a redirect, or a file of a shared repository.
    """
    found = rows_at(page, "imageinfo")
    if not found or page.get("imagerepository", "local") != "local":
        return None
    info: Mapping[str, Any] = found[0]
    return info if info.get("canonicaltitle", page.get("title")) == page.get("title") else None


def current_version(filename: str) -> Flow[ImageInfo]:
    """The latest version of the wiki's own file of that name.

    Raises PageMissing if it has none, and Protected if the account may not replace it.
    """
    params = {"action": "query", "titles": f"File:{filename}", **TITLE_PARAMS, "iiprop": IMAGEINFO_PROPS}
    response = yield ApiRequest(params={**params, "prop": "imageinfo|info"})
    pages = rows_at(response.body, "query", "pages")
    info = local_imageinfo(pages[0]) if pages else None
    if info is None:
        text = f"The wiki has no file {filename!r} of its own to replace: site.upload makes a new file."
        raise make_api_error(PageMissing, "missingtitle", text)
    raise_if_title_is_refused(response.body)
    return structurer(ImageInfo)(info)


def same_content_error(filename: str) -> ApiError:
    """The error for contents that the file has already."""
    text = f"The latest version of {filename!r} has the same contents: nothing was published."
    return make_api_error(FileRefused, "fileexists-no-change", text)


def revert_to(filename: str, archivename: str, comment: str) -> Flow[None]:
    """Make an old version the latest one. Raises PageMissing or another ApiError, by the code that the wiki sends."""
    params = {"action": "filerevert", "filename": filename, "archivename": archivename, "comment": comment}
    while True:
        response = yield ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind
        error = read_written(f"the revert of {filename!r}", response, _refusal_of_revert)
        if error is None:
            return
        least_wait = None if may_be_done(error) else passes_after(error)
        if least_wait is None or not (yield from may_try_again(error, least_wait=least_wait)):
            raise error


def _refusal_of_revert(response: ApiResponse) -> ApiError | None:
    result = object_at(response.body, "filerevert")
    text_at(result, "result")
    return refusal_in("filerevert", result)
