"""What became of a chunk, by the wiki's response to it or by its status.

The manual's page is https://www.mediawiki.org/wiki/API:Upload#Chunked_uploading.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from mwclient_async._http.json_values import number_at
from mwclient_async._upload.stash import filekey_or_none, required_filekey
from mwclient_async.errors import ProtocolError


@frozen
class Smaller:
    """The body was refused as too large: a smaller chunk must follow."""


@frozen
class Accepted:
    """The wiki wants the next chunk, from ``offset`` on."""

    filekey: str
    offset: int


@frozen
class Assembling:
    """The wiki has all chunks, and a job assembles the file.

    ``reported``: this is known from a status request, not from the last chunk's response.
    """

    filekey: str
    reported: bool = False


@frozen
class Assembled:
    """The file is in the stash.

    ``reported``: this is known from a status request or a search of the stash, not from the last chunk's response.
    """

    filekey: str
    sha1: str | None = None
    reported: bool = False


@frozen
class SessionGone:
    """The wiki has lost the chunks."""


Outcome = Smaller | Accepted | Assembling | Assembled | SessionGone


def chunk_outcome(result: Mapping[str, Any], *, filekey: str | None, reported: bool = False) -> Outcome:
    """The outcome that the wiki names. ``filekey`` is the one that was sent, for responses without one."""
    kind = result.get("result")
    if kind == "Continue":
        return Accepted(filekey_or_none(result) or filekey or required_filekey(result), number_at(result, "offset"))
    if kind == "Poll":
        return Assembling(filekey_or_none(result) or str(filekey), reported=reported)
    if kind == "Success":
        info = result.get("imageinfo")
        sha1 = info.get("sha1") if isinstance(info, Mapping) else None
        sha1 = sha1 if isinstance(sha1, str) else None
        key = filekey_or_none(result) or (filekey if reported else None) or required_filekey(result)
        return Assembled(key, sha1, reported)
    raise ProtocolError(f"the wiki answered a chunk with {kind!r}, which is not Continue, Poll or Success")
