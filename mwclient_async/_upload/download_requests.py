"""The requests of a download, and how their responses are read.

``imageinfo`` names the URL, size and SHA-1 of a file. An interrupted download is resumed with ``Range``. No header is
trusted to say whether the parts fit together: the SHA-1 of the whole file shows it. Without a SHA-1, ``If-Range`` asks
for a part of the same file, and for the whole file if it has changed. See
https://www.mediawiki.org/wiki/API:Imageinfo and RFC 9110, sections 13 and 14.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import rows_at
from mwclient_async._http.messages import ApiRequest, HttpResponse
from mwclient_async._http.params import wire_value
from mwclient_async._http.refusal_advice import file_advice
from mwclient_async._http.responses import retry_after
from mwclient_async._upload.stash import make_api_error
from mwclient_async.errors import HttpError, PageMissing, ProtocolError
from mwclient_async.models.props_files import ImageInfo

_OK, _PARTIAL, _UNSATISFIABLE = 200, 206, 416
_GONE = frozenset({404, 410})
_BUSY = frozenset({429, 500, 502, 503, 504})
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_TOTAL = re.compile(r"bytes [^/]*/(\d+)")

DownloadCheck = Literal["sha1", "size", "none"]
"""What a download is compared with: the SHA-1 and size that the wiki names, the size only, or nothing."""


@frozen(kw_only=True)
class DownloadSource:
    """A version of a file on the wiki: its URL, its size in bytes, its SHA-1 in hex.

    The size and the SHA-1 are None if the download is not compared with them.
    """

    url: str
    size: int | None
    sha1: str | None

    @property
    def check(self) -> DownloadCheck:
        """What the download is compared with."""
        return "sha1" if self.sha1 is not None else "size" if self.size is not None else "none"


def fetch_imageinfo(title: str, *, version: str | None = None) -> Flow[ImageInfo]:
    """The properties of a file: of its latest version, or of the version with this timestamp. Raises PageMissing."""
    titles = wire_value("titles", [title]) or ""  # as a list, so that a title with a separator in it stays one title
    params = {"action": "query", "titles": titles, "prop": "imageinfo", "redirects": "1"}
    params["iiprop"] = "url|size|sha1|mime|timestamp|user|archivename"
    if version is not None:
        params |= {"iistart": version, "iiend": version, "iilimit": "1"}
    response = yield ApiRequest(params=params)
    pages = rows_at(response.body, "query", "pages")
    found = rows_at(pages[0], "imageinfo") if pages else []
    if not found:
        which = f" of {version}" if version else ""
        raise make_api_error(PageMissing, "missingtitle", f"The wiki has no file {title!r}{which}.")
    return structurer(ImageInfo)(found[0])


def download_source(info: ImageInfo, api_url: str, *, check: DownloadCheck = "sha1") -> DownloadSource:
    """The source of a version's bytes. Raises ProtocolError if the wiki does not say, or names no http(s) URL.

    A wiki may have no SHA-1 of an old version: then the size remains.
    """
    if info.url is None or (info.size is None and check != "none"):
        raise ProtocolError("the wiki does not give the file's URL and size: the version may be hidden")
    try:
        url = urljoin(api_url, info.url)
        is_web_url = urlsplit(url).scheme in {"http", "https"} and bool(urlsplit(url).hostname)
    except ValueError:
        is_web_url = False
    if not is_web_url:
        raise ProtocolError(f"the wiki says that the file is at {info.url!r}, which is not a URL on the Web")
    size, sha1 = info.size if check != "none" else None, info.sha1 if check == "sha1" else None
    return DownloadSource(url=url, size=size, sha1=sha1)


def range_header(received: int, *, validator: str = "") -> Mapping[str, str]:
    """The header that asks for the bytes after those that were received, of the file with this validator."""
    if not received:
        return {}
    return {"range": f"bytes={received}-", **({"if-range": validator} if validator else {})}


def strong_validator(headers: Mapping[str, str]) -> str:
    """The entity tag that tells one version of the server's file from another; empty if there is none."""
    tag = headers.get("etag", "")
    return "" if tag.startswith("W/") else tag


def whole_size(status: int, headers: Mapping[str, str]) -> int | None:
    """The size of the server's whole file, by the headers of a response; None if they do not say."""
    if status == _OK:
        length = headers.get("content-length", "")
        is_plain = headers.get("content-encoding", "identity") == "identity"
        return int(length) if length.isdecimal() and is_plain else None
    found = _TOTAL.match(headers.get("content-range", ""))
    return int(found[1]) if found is not None else None


def shows_its_end(headers: Mapping[str, str]) -> bool:
    """Whether the end of the body cannot be mistaken for a lost connection."""
    return "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()


def first_byte(status: int, headers: Mapping[str, str], *, received: int, url: str = "") -> int | None:
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
    advice = file_advice(HttpResponse(status=status, headers=tuple(headers.items()), url=url))
    error = ProtocolError(f"HTTP {status} for a file{'. ' if advice else ''}{advice}")
    error.status = status
    raise error


def header_mapping(headers: Any) -> dict[str, str]:
    """Headers as a mapping. If a name comes more than once, the first value counts."""
    mapping: dict[str, str] = {}
    for name, value in headers:
        mapping.setdefault(name, value)
    return mapping
