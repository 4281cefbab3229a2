"""What goes into an upload and what comes out. The manual's page is https://www.mediawiki.org/wiki/API:Upload."""

from __future__ import annotations

from enum import Enum

from attrs import field, frozen

from mwclient_async.models.props import ImageInfo
from mwclient_async.models.values import UploadWarning


@frozen
class StashedFile:
    """A file that the wiki already has in the account's stash: a source of an upload that sends nothing again."""

    filekey: str


class UploadStage(Enum):
    """What an upload is doing."""

    SENDING = "sending"
    PUBLISHING = "publishing"
    DONE = "done"


@frozen(kw_only=True)
class UploadProgress:
    """Where an upload stands: ``sent`` bytes of ``total`` are on the wiki, by the wiki's own count."""

    stage: UploadStage
    sent: int
    total: int


@frozen(kw_only=True)
class UploadResult:
    """A published file. ``filename`` is its name as the wiki writes it, with underscores and without ``File:``.

    ``imageinfo`` is what the wiki says of the file (size in bytes, SHA-1 in hex, URL), None where it did not say.
    ``ignored`` are the warnings that ``ignore_warnings`` chose to ignore.
    """

    filename: str
    imageinfo: ImageInfo | None = None
    ignored: tuple[UploadWarning, ...] = field(default=())
