"""What a request does for its upload, and how much of the file is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from attrs import frozen

from tests.support.http_server import Seen

_MOST_HEADS = 64 * 1024
_FIELD = re.compile(rb'name="([a-z]+)"\r\n\r\n([^\r]*)\r\n')
_FILE = re.compile(rb'name="(file|chunk)"; filename="[^"]*"\r\n[^\r]*\r\n\r\n')


class Point(Enum):
    """What a request does for its upload; ``SEARCH`` looks for what may be there, ``OTHER`` is what comes before."""

    DIRECT = "direct"
    FIRST = "first chunk"
    CHUNK = "chunk"
    LAST = "last chunk"
    STATUS = "status"
    PUBLISH = "publish"
    SEARCH = "search"
    OTHER = "other"


@frozen(kw_only=True)
class Load:
    """What of an upload is in a request: where it stands, its fields, and the number of the file's bytes."""

    point: Point
    fields: Mapping[str, str]
    length: int = 0

    @classmethod
    def of(cls, seen: Seen) -> Load:
        """Look into it."""
        params = seen.params
        if seen.action != "upload":
            searching = {"mystashedfiles", "stashimageinfo", "imageinfo"} & {params.get("list"), params.get("prop")}
            return cls(point=Point.SEARCH if searching else Point.OTHER, fields=params)
        part = _FILE.search(seen.body, 0, _MOST_HEADS)
        if part is None:
            return cls(point=Point.STATUS if "checkstatus" in params else Point.PUBLISH, fields=params)
        fields = {key.decode(): value.decode() for key, value in _FIELD.findall(seen.body[: part.start()])}
        length = seen.body.rindex(b"\r\n--", 0, seen.body.rindex(b'name="token"')) - part.end()
        return cls(point=_point(part[1], fields, length), fields=fields, length=length)


def _point(name: bytes, fields: Mapping[str, str], length: int) -> Point:
    if name == b"file":
        return Point.DIRECT
    offset = int(fields["offset"])
    if offset + length == int(fields["filesize"]):
        return Point.LAST
    return Point.CHUNK if offset else Point.FIRST
