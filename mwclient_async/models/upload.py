"""What goes into an upload and what comes out. The manual's page is https://www.mediawiki.org/wiki/API:Upload."""

from __future__ import annotations

from enum import Enum
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from mwclient_async._values.warnings import UploadWarning
from mwclient_async.models.props import ImageInfo


@frozen
class StashedFile:
    """A file that the wiki already has in the account's stash: a source of an upload that sends nothing again.

    ``size`` in bytes and ``sha1`` in hex are what the wiki said of it, None where it did not.
    """

    filekey: str
    size: int | None = field(default=None, kw_only=True)
    sha1: str | None = field(default=None, kw_only=True)


@frozen
class RemoteFile:
    """A file somewhere on the Web, which the wiki itself fetches: a source of an upload that sends nothing.

    The wiki must allow it, for this account and that server (``$wgAllowCopyUploads``, the right ``upload_by_url``).
    What may be secret in the address, a password or what stands behind the question mark, is in no ``repr``.
    """

    url: str = field(repr=lambda url: repr(_shown(url)))

    @url.validator
    def _is_an_address(self, _attribute: Attribute[str], value: str) -> None:
        try:
            fine = urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).hostname)
        except ValueError:
            fine = False
        if not fine:
            raise ValueError(
                f"{_shown(value)!r} is no address that a wiki could fetch: write it whole, as 'https://...'"
            )


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    place, question, _ = str(url).partition("?")
    scheme, slashes, rest = place.rpartition("//")
    host, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}{question and '?...'}"


class UploadMethod(Enum):
    """How a file gets to the wiki: in one request, in chunks, fetched by the wiki, or from its stash."""

    DIRECT = "direct"
    CHUNKED = "chunked"
    URL = "url"
    STASH = "stash"


class UploadStage(Enum):
    """What an upload is doing.

    ``SPOOLING`` writes a source without length to a file, ``HASHING`` reads again what the wiki has already,
    ``SENDING`` sends, ``ASSEMBLING`` waits for the wiki to put the chunks together, ``PUBLISHING`` gives it its name.
    """

    SPOOLING = "spooling"
    HASHING = "hashing"
    SENDING = "sending"
    ASSEMBLING = "assembling"
    PUBLISHING = "publishing"
    DONE = "done"


@frozen(kw_only=True)
class UploadProgress:
    """Where an upload stands: ``sent`` bytes of ``total`` are done with, in this stage.

    While sending, these are the bytes on the wiki, by the wiki's own count; while spooling, ``total`` is 0. ``rate`` is
    the bytes a second of this stage so far, None before there are any. ``restarted`` says that the wiki had lost the
    file, and it is sent from the beginning.
    """

    stage: UploadStage
    sent: int
    total: int
    rate: float | None = None
    restarted: bool = False


@frozen(kw_only=True)
class UploadResult:
    """A published file. ``filename`` is its name as the wiki writes it, with underscores and without ``File:``.

    ``imageinfo`` is what the wiki says of the file (size in bytes, SHA-1 in hex, URL), None where it did not say.
    ``ignored`` are the warnings that ``ignore_warnings`` chose to ignore, ``method`` is how the file got there.
    ``verified`` says that the wiki's answer was lost, and the file was found there by its SHA-1.
    """

    filename: str
    imageinfo: ImageInfo | None = None
    ignored: tuple[UploadWarning, ...] = field(default=())
    method: UploadMethod = UploadMethod.CHUNKED
    verified: bool = False
