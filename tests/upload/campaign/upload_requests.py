"""What a request is for in its upload, and how many bytes of the file it carries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from attrs import frozen

from tests.support.http_server import ReceivedRequest

_MAX_FIELDS = 64 * 1024
_FIELD = re.compile(rb'name="([a-z]+)"\r\n\r\n([^\r]*)\r\n')
_FILE = re.compile(rb'name="(file|chunk)"; filename="[^"]*"\r\n[^\r]*\r\n\r\n')


class RequestKind(Enum):
    """What a request is for. ``SEARCH`` looks for a file that may exist; ``OTHER`` is what comes before the upload."""

    DIRECT = "direct"
    FIRST = "first chunk"
    CHUNK = "chunk"
    LAST = "last chunk"
    STATUS = "status"
    PUBLISH = "publish"
    SEARCH = "search"
    OTHER = "other"


@frozen(kw_only=True)
class UploadRequest:
    """A request of an upload: its kind, its fields, and the number of the file's bytes in it."""

    kind: RequestKind
    fields: Mapping[str, str]
    length: int = 0

    @classmethod
    def parse(cls, seen: ReceivedRequest) -> UploadRequest:
        """Find these in an HTTP request."""
        params = seen.params
        if seen.action != "upload":
            search = {"mystashedfiles", "stashimageinfo", "imageinfo"} & {params.get("list"), params.get("prop")}
            return cls(kind=RequestKind.SEARCH if search else RequestKind.OTHER, fields=params)
        part = _FILE.search(seen.body, 0, _MAX_FIELDS)
        if part is None:
            return cls(kind=RequestKind.STATUS if "checkstatus" in params else RequestKind.PUBLISH, fields=params)
        fields = {key.decode(): value.decode() for key, value in _FIELD.findall(seen.body[: part.start()])}
        length = seen.body.rindex(b"\r\n--", 0, seen.body.rindex(b'name="token"')) - part.end()
        return cls(kind=_chunk_kind(part[1], fields, length), fields=fields, length=length)


def _chunk_kind(name: bytes, fields: Mapping[str, str], length: int) -> RequestKind:
    if name == b"file":
        return RequestKind.DIRECT
    offset = int(fields["offset"])
    if offset + length == int(fields["filesize"]):
        return RequestKind.LAST
    return RequestKind.CHUNK if offset else RequestKind.FIRST
