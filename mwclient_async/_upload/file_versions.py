"""A file that is there already: what a new version of it needs, and the way back to an old one.

- *A new version* is for a file that the wiki itself has, and for other contents than it has now.
- *Going back* may fail in an answer that is no error: the wiki says ``Failure`` in so many words. It does so where the
  file was replaced in the same second already, because the name of an old version is the second in which it became one;
  nothing was done then, and in the next second it can be.

The manual's pages are https://www.mediawiki.org/wiki/API:Upload and https://www.mediawiki.org/wiki/API:Filerevert.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow, Wait
from mwclient_async._http.messages import ApiRequest
from mwclient_async._upload.stash import refusal
from mwclient_async.errors import ApiError, ApiErrorItem, FileRefused, PageMissing, ProtocolError, class_for
from mwclient_async.models.props import ImageInfo

PROPS = "sha1|size|timestamp|user|url|mime|canonicaltitle"
ARCHIVE_CLOCK = 1.0  # seconds: how long the name of an old version is taken
TOO_SOON = "backend-fail-alreadyexists"


def own_file(page: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a page of a query says of the wiki's own file of just that title; ``PROPS`` must have been asked for.

    None for what the wiki shows under that title and has elsewhere: the target of a redirect, a file of a repository
    that it shares.
    """
    found = page.get("imageinfo")
    if not found or page.get("imagerepository", "local") != "local":
        return None
    info: Mapping[str, Any] = found[0]
    return info if info.get("canonicaltitle", page.get("title")) == page.get("title") else None


def current_version(filename: str) -> Flow[ImageInfo]:
    """What the wiki's own file of that name is now. Raises PageMissing where it has none."""
    reply = yield ApiRequest(
        params={"action": "query", "titles": f"File:{filename}", "prop": "imageinfo", "iiprop": PROPS}
    )
    info = own_file((reply.body.get("query", {}).get("pages") or [{}])[0])
    if info is None:
        text = (
            f"The wiki has no file {filename!r} of its own that could get a new version: site.upload makes a new file."
        )
        raise refusal(PageMissing, "missingtitle", text)
    return structurer(ImageInfo)(info)


def unchanged(filename: str) -> ApiError:
    """The error for contents that the file has already."""
    text = f"The latest version of {filename!r} has these very contents: there is nothing to be published."
    return refusal(FileRefused, "fileexists-no-change", text)


def revert_to(filename: str, archivename: str, comment: str, *, attempts: int) -> Flow[None]:
    """Make an old version the latest. Raises PageMissing or another ApiError, by the code that the wiki names."""
    params = {"action": "filerevert", "filename": filename, "archivename": archivename, "comment": comment}
    for left in reversed(range(attempts)):
        reply = yield ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind
        said = reply.body.get("filerevert")
        if isinstance(said, Mapping) and said.get("result") == "Success":
            return
        error = _failure(said)
        if not (left and error.code == TOO_SOON):
            raise error
        yield Wait(ARCHIVE_CLOCK)


def _failure(said: Any) -> ApiError:
    told = said.get("errors") if isinstance(said, Mapping) else None
    if not isinstance(told, list) or not told:
        raise ProtocolError(f"the wiki answered a revert with {said!r:.200}: look at the file's history")
    items = tuple(
        ApiErrorItem(code=str(item.get("code", "unknown")), text=str(item.get("text", "")), module="filerevert")
        for item in told
    )
    return class_for(items[0].code)(items)
