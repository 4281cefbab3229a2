"""Sources, progress and results of uploads. The manual's page is https://www.mediawiki.org/wiki/API:Upload."""

from __future__ import annotations

from enum import Enum
from urllib.parse import urlsplit

from attrs import Attribute, field, frozen

from mwclient_async._values.value import Value
from mwclient_async._values.warnings import UploadWarning
from mwclient_async.models.props_files import ImageInfo


@frozen
class StashedFile(Value):
    """A file in the account's stash on the wiki, as the source of an upload that does not send the file again.

    ``filekey`` names it there. ``size`` in bytes and ``sha1`` in hex are the wiki's own, None if they are not known.
    """

    filekey: str
    size: int | None = field(default=None, kw_only=True)
    sha1: str | None = field(default=None, kw_only=True)


@frozen
class RemoteFile:
    """A file on the web that the wiki itself fetches, as the source of an upload that sends no file.

    The wiki must allow it for this account and that server (``$wgAllowCopyUploads``, the right ``upload_by_url``). The
    ``repr`` does not show what may be secret in the address: a password, and what follows the question mark.

    Raises:
        ValueError: ``url`` is not an http or https URL.
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
                f"{_shown(value)!r} is not an address that a wiki can fetch: write the whole URL, as 'https://...'"
            )


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    place, question, _ = str(url).partition("?")
    scheme, slashes, rest = place.rpartition("//")
    host, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{host.rpartition('@')[2]}{slash}{path}{question and '?...'}"


class UploadMethod(Enum):
    """How the wiki gets a file: in one request, in chunks, fetched from a URL, or from its stash."""

    DIRECT = "direct"
    CHUNKED = "chunked"
    URL = "url"
    STASH = "stash"


class UploadStage(Enum):
    """What an upload is doing.

    ``SPOOLING``: it writes a source of unknown length to a temporary file. ``HASHING``: it reads the part that the wiki
    has already. ``SENDING``: it sends the file. ``ASSEMBLING``: it waits until the wiki has assembled the chunks.
    ``PUBLISHING``: the wiki gives the file its name. ``DONE``: the file is published.
    """

    SPOOLING = "spooling"
    HASHING = "hashing"
    SENDING = "sending"
    ASSEMBLING = "assembling"
    PUBLISHING = "publishing"
    DONE = "done"


@frozen(kw_only=True, repr=False)
class UploadProgress(Value):
    """The progress of an upload: ``sent`` of ``total`` bytes are done in this stage.

    In the stage SENDING, ``sent`` is the number of bytes that the wiki has, by its own count, those of an earlier
    process among them. In SPOOLING, ``total`` is None: the size is not known yet. ``done`` is the same as ``sent``, so
    that an UploadProgress is a Progress. ``rate`` is the number of bytes per second of this stage so far, None before
    the first. ``restarted`` says that the wiki had lost the file, and that it is sent from the beginning.

    While a job of the wiki works on the file, ``job_stage`` is what the wiki says of it (``"queued"``,
    ``"assembling"``, ``"publish"``), and ``waited`` the number of seconds that the upload has waited. It is empty if
    there is no job.
    """

    stage: UploadStage
    sent: int
    total: int | None
    rate: float | None = None
    restarted: bool = False
    job_stage: str = ""
    waited: float = 0.0

    @property
    def done(self) -> int:
        """The number of bytes that are done in this stage: ``sent``."""
        return self.sent


@frozen(kw_only=True, repr=False)
class UploadResult(Value):
    """A published file. ``filename`` is its name as the wiki writes it, with underscores and without ``File:``.

    ``imageinfo`` describes the file (size in bytes, SHA-1 in hex, URL), None if the wiki did not send it. ``ignored``
    are the warnings that ``ignore_warnings`` chose to ignore, ``method`` is how the wiki got the file. ``verified``
    says that the wiki's response was lost, and that the file was found on the wiki by its SHA-1.
    """

    filename: str
    imageinfo: ImageInfo | None = None
    ignored: tuple[UploadWarning, ...] = field(default=())
    method: UploadMethod = UploadMethod.CHUNKED
    verified: bool = False
