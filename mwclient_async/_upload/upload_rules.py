"""What a wiki takes for uploads: its rules, and names of files.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from attrs import frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import checked_text
from mwclient_async._upload.chunks import LEAST_CHUNK
from mwclient_async._upload.stash import names, refusal
from mwclient_async.errors import FileRefused, UploadError

_FORBIDDEN_IN_NAMES = frozenset("#<>[]|{}/:\\") | {chr(code) for code in range(32)} | {"\x7f"}
_LONGEST_NAME = 240  # bytes; the wiki's own limit


@frozen(kw_only=True)
class UploadRules:
    """What a wiki takes: ``extensions`` in lower case, empty where it does not say; sizes in bytes."""

    enabled: bool = True
    extensions: frozenset[str] = frozenset()
    largest: int | None = None
    least_chunk: int = LEAST_CHUNK
    version: tuple[int, int] = (0, 0)

    def check(self, filename: str, size: int | None, *, ignored: Collection[str] | bool) -> None:
        """Raise UploadError or FileRefused for what the wiki would refuse after the whole transfer."""
        if not self.enabled:
            raise refusal(UploadError, "uploaddisabled", "This wiki takes no uploads.")
        extension = filename.rpartition(".")[2].lower()
        chosen = ignored is True or (not isinstance(ignored, bool) and "filetype-unwanted-type" in ignored)
        if self.extensions and extension not in self.extensions and not chosen:
            text = f"This wiki takes no files named '.{extension}', but {names(sorted(self.extensions))}."
            raise refusal(FileRefused, "filetype-banned-type", text, {"allowed": sorted(self.extensions)})
        if size is not None and self.largest is not None and size > self.largest:
            text = f"The file has {size} bytes, and this wiki takes {self.largest} at most."
            raise refusal(FileRefused, "file-too-large", text, {"size": size, "max": self.largest})


def fetch_rules() -> Flow[UploadRules]:
    """What the wiki says of the uploads that it takes: https://www.mediawiki.org/wiki/API:Siteinfo."""
    reply = yield ApiRequest(params={"action": "query", "meta": "siteinfo", "siprop": "general|fileextensions"})
    told = reply.body.get("query", {})
    general = told.get("general", {})
    digits = "".join(char if char.isdigit() else " " for char in str(general.get("generator", ""))).split()
    return UploadRules(
        enabled=general.get("uploadsenabled") is not False,
        extensions=frozenset(str(entry.get("ext", "")).lower() for entry in told.get("fileextensions", ())),
        largest=_whole(general.get("maxuploadsize")),
        least_chunk=_whole(general.get("minuploadchunksize")) or LEAST_CHUNK,
        version=(int(digits[0]), int(digits[1])) if len(digits) > 1 else (0, 0),
    )


def file_name(name: str) -> str:
    """The name without a leading ``File:``, composed as wikis store it (NFC).

    Raises ValueError for one that no wiki takes, before anything is sent.
    """
    bare = unicodedata.normalize("NFC", checked_text("filename", name)).strip()
    prefix, colon, rest = bare.partition(":")
    if colon and prefix.strip().lower() == "file":
        bare = rest.strip()
    if not bare or "." not in bare.strip("."):
        raise ValueError(f"filename={name!r}: a file's name has an extension, as in 'Earth.png'")
    wrong = sorted(_FORBIDDEN_IN_NAMES & set(bare))
    if wrong:
        raise ValueError(f"filename={name!r}: a file's name cannot hold {' '.join(map(repr, wrong))}")
    if len(bare.encode()) > _LONGEST_NAME:
        raise ValueError(f"filename={name!r} is longer than {_LONGEST_NAME} bytes")
    return bare


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value is not True else None
