"""How far something has come: the same two attributes for streams, edits, uploads and downloads."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from attrs import frozen

from mwclient_async._values.value import Value


@runtime_checkable
class Progress(Protocol):
    """How far something has come: a StreamRun, ManyEdits, an UploadProgress or a DownloadProgress.

    ``done`` is the number of items, pages or bytes so far. ``total`` is how many there will be, None if that is not
    known. Both continue after a resume: they count what was done before, too.
    """

    @property
    def done(self) -> int:
        """The number of items, pages or bytes so far."""
        ...

    @property
    def total(self) -> int | None:
        """How many there will be, None if that is not known."""
        ...


@frozen(kw_only=True, repr=False)
class DownloadProgress(Value):
    """The progress of a download: ``done`` of ``total`` bytes have come, those of an earlier attempt among them.

    ``total`` is None if neither the wiki nor the server says how large the file is.

    See https://www.mediawiki.org/wiki/API:Imageinfo.
    """

    done: int
    total: int | None = None
