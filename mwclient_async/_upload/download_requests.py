"""The requests of a download, and how their responses are read.

``imageinfo`` names the URL, size and SHA-1 of a file. An interrupted download is resumed with ``Range``. No header is
trusted to say whether the parts fit together: the SHA-1 of the whole file shows it. See
https://www.mediawiki.org/wiki/API:Imageinfo and RFC 9110, section 14.
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
from mwclient_async._upload.stash import make_api_error
from mwclient_async.errors import HttpError, PageMissing, ProtocolError
from mwclient_async.models.props import ImageInfo

_OK, _PARTIAL, _UNSATISFIABLE = 200, 206, 416
_GONE = frozenset({404, 410})
_BUSY = frozenset({429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


@frozen(kw_only=True)
class DownloadSource:
    """A version of a file on the wiki: its URL, its size in bytes, its SHA-1 in hex."""

    url: str
    size: int
    sha1: str


def fetch_imageinfo(title: str, *, version: str | None = None) -> Flow[ImageInfo]:
    """The properties of a file: of its latest version, or of the version with this timestamp. Raises PageMissing."""
    titles = wire_value("titles", [title]) or ""  # as a list, so that a title with a separator in it stays one title
    params = {"action": "query", "titles": titles, "prop": "imageinfo", "redirects": "1"}
    params["iiprop"] = "url|size|sha1|mime|timestamp|user|archivename"
    if version is not None:
        params |= {"iistart": version, "iiend": version, "iilimit": "1"}
    response = yield ApiRequest(params=params)
    pages = response.body.get("query", {}).get("pages") or [{}]
    found = pages[0].get("imageinfo")
    if not found:
        which = f" of {version}" if version else ""
        raise make_api_error(PageMissing, "missingtitle", f"The wiki has no file {title!r}{which}.")
    return structurer(ImageInfo)(found[0])


def download_source(info: ImageInfo, api_url: str) -> DownloadSource:
    """The source of a version's bytes. Raises ProtocolError if the wiki does not say, or names no http(s) URL."""
    if info.url is None or info.size is None or info.sha1 is None:
        raise ProtocolError("the wiki does not give the file's URL, size and SHA-1: the version may be hidden")
    try:
        url = urljoin(api_url, info.url)
        is_web_url = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        is_web_url = False
    if not is_web_url:
        raise ProtocolError(f"the wiki says that the file is at {info.url!r}, which is not a URL on the Web")
    return DownloadSource(url=url, size=info.size, sha1=info.sha1)


def range_header(received: int) -> Mapping[str, str]:
    """The header that asks for the bytes after those that were received."""
    return {"range": f"bytes={received}-"} if received else {}


def first_byte(status: int, headers: Mapping[str, str], *, received: int) -> int | None:
    """The offset of the first byte in a response; None if the server's file has no bytes after those received.

    Raises HttpError or ProtocolError for a response without bytes of the file, and PageMissing if the server does not
    have it.
    """
    if status == _OK:
        return 0
    if status == _PARTIAL:
        found = _CONTENT_RANGE.match(headers.get("content-range", ""))
        if found is None or int(found[1]) > received:
            raise ProtocolError("the server sent another part of the file than it was asked for")
        return int(found[1])
    if status == _UNSATISFIABLE and received:
        return None
    if status in _BUSY:
        wait = retry_after(HttpResponse(status=status, headers=tuple(headers.items()), body=b""))
        raise HttpError(f"HTTP {status} for a file", status=status, retry_after=wait)
    if status in _GONE:
        raise make_api_error(PageMissing, f"http-{status}", "The wiki knows the file, but its server does not have it.")
    error = ProtocolError(f"HTTP {status} for a file")
    error.status = status
    raise error


def header_mapping(headers: Any) -> dict[str, str]:
    """Headers as a mapping. If a name comes more than once, the first value counts."""
    mapping: dict[str, str] = {}
    for name, value in headers:
        mapping.setdefault(name, value)
    return mapping
