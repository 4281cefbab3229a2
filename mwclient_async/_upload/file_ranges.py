"""A file's way from the wiki: what is asked for, and what an answer brings.

A download that was cut goes on with ``Range``; whether the parts fit together is not believed of any header, but shown
by the SHA-1 of the whole, which the wiki names. See https://www.mediawiki.org/wiki/API:Imageinfo and RFC 9110,
section 14.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, HttpResponse
from mwclient_async._http.params import wire_value
from mwclient_async._http.responses import retry_after
from mwclient_async._upload.stash import refusal
from mwclient_async.errors import HttpError, PageMissing, ProtocolError
from mwclient_async.models.props import ImageInfo

_OK, _PARTIAL, _UNSATISFIABLE = 200, 206, 416
_GONE = frozenset({404, 410})
_BUSY = frozenset({429, 500, 502, 503, 504})
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_SEPARATORS = re.compile(r"[/\\\x00-\x1f\x7f]")
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?", re.IGNORECASE)
_NOT_ON_WINDOWS = re.compile(r'[<>"|?*]|[. ]$')


@frozen(kw_only=True)
class Remote:
    """A version of a file on the wiki: where it is, how large in bytes, its SHA-1 in hex."""

    url: str
    size: int
    sha1: str


def fetch_info(title: str, *, version: str | None = None) -> Flow[ImageInfo]:
    """What the wiki says of a file: of its latest version, or of the one of that time. Raises PageMissing."""
    titles = wire_value("titles", [title]) or ""  # one, even where it holds what stands between two
    params = {"action": "query", "titles": titles, "prop": "imageinfo", "redirects": "1"}
    params["iiprop"] = "url|size|sha1|mime|timestamp|user|archivename"
    if version is not None:
        params |= {"iistart": version, "iiend": version, "iilimit": "1"}
    reply = yield ApiRequest(params=params)
    pages = reply.body.get("query", {}).get("pages") or [{}]
    found = pages[0].get("imageinfo")
    if not found:
        which = f" of {version}" if version else ""
        raise refusal(PageMissing, "missingtitle", f"The wiki has no file {title!r}{which}.")
    return structurer(ImageInfo)(found[0])


def remote_of(info: ImageInfo, api_url: str) -> Remote:
    """Where a version is. Raises ProtocolError where the wiki does not say, or names no place on the Web."""
    if info.url is None or info.size is None or info.sha1 is None:
        raise ProtocolError("the wiki does not say where the file is, and what it should be: is it hidden?")
    try:
        url = urljoin(api_url, info.url)
        on_the_web = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        on_the_web = False
    if not on_the_web:
        raise ProtocolError(f"the wiki says that the file is at {info.url!r}, which is no address on the Web")
    return Remote(url=url, size=info.size, sha1=info.sha1)


def range_header(have: int) -> Mapping[str, str]:
    """What asks for the rest of it."""
    return {"range": f"bytes={have}-"} if have else {}


def starts_at(status: int, headers: Mapping[str, str], *, have: int) -> int | None:
    """The byte with which an answer begins; None where the file there has no more bytes than we do.

    Raises HttpError or ProtocolError for an answer that brings nothing.
    """
    if status == _OK:
        return 0
    if status == _PARTIAL:
        told = _RANGE.match(headers.get("content-range", ""))
        if told is None or int(told[1]) > have:
            raise ProtocolError("the server sent another part of the file than it was asked for")
        return int(told[1])
    if status == _UNSATISFIABLE and have:
        return None
    if status in _BUSY:
        wait = retry_after(HttpResponse(status=status, headers=tuple(headers.items()), body=b""))
        raise HttpError(f"HTTP {status} for a file", status=status, retry_after=wait)
    if status in _GONE:
        raise refusal(PageMissing, f"http-{status}", "The wiki knows the file, but its server does not have it.")
    error = ProtocolError(f"HTTP {status} for a file")
    error.status = status
    raise error


def safe_name(title: str, *, windows: bool = False) -> str:
    """The file's name for a directory of this machine. Raises ValueError for one that would lead out of it.

    On Windows, there are devices that are in every directory, and characters that mean something else.
    """
    name = title.partition(":")[2].strip().replace(" ", "_") if ":" in title else title.strip().replace(" ", "_")
    odd = not name.strip(".") or _SEPARATORS.search(name) or name.startswith("-") or ":" in name
    if odd or (windows and (_DEVICE.fullmatch(name) or _NOT_ON_WINDOWS.search(name))):
        raise ValueError(f"{title!r} is no name for a file here: say download(to=...) with the path that it shall have")
    return name


def as_mapping(headers: Any) -> dict[str, str]:
    """Headers as a mapping; of several with one name the first."""
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name, value)
    return found
