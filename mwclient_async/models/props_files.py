"""Files: their versions and what is known of them.

The manual's page is https://www.mediawiki.org/wiki/API:Imageinfo. ``props.py`` says how fields are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class ExtMetadata(Value):
    """One entry of a file's ``extmetadata``.

    ``value`` is mostly HTML, ``source`` is where it comes from, ``hidden`` says that readers do not see it.

    See https://www.mediawiki.org/wiki/API:Imageinfo.
    """

    value: Any = field(default=None, hash=False)
    source: str = ""
    hidden: bool = False


@frozen(kw_only=True, repr=False)
class ImageInfo(Value):
    """``prop=imageinfo``: one version of a file, with the fields that ``iiprop`` names.

    ``size`` is in bytes, ``sha1`` in hex, ``duration`` in seconds; ``width``, ``height``, ``thumbwidth`` and
    ``thumbheight`` are in pixels. ``responsive_urls`` are thumbnails for screens of higher density, by density;
    ``thumberror`` says why there is no thumbnail. ``metadata`` and ``commonmetadata`` are pairs of name and value,
    nested as the file has them. ``html`` is the warning that ``iiprop=uploadwarning`` asks for. ``archivename`` is the
    name of an old version.

    See https://www.mediawiki.org/wiki/API:Imageinfo.
    """

    timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    temp: bool = False
    size: int | None = None
    width: int | None = None
    height: int | None = None
    pagecount: int | None = None
    duration: float | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    canonicaltitle: str | None = None
    url: str | None = None
    descriptionurl: str | None = None
    descriptionshorturl: str | None = None
    thumburl: str | None = None
    thumbwidth: int | None = None
    thumbheight: int | None = None
    thumbmime: str | None = None
    thumberror: str | None = None
    responsive_urls: Mapping[str, str] = field(default={}, hash=False)
    sha1: str | None = None
    mime: str | None = None
    mediatype: str | None = None
    bitdepth: int | None = None
    archivename: str | None = None
    metadata: Any = field(default=None, hash=False)
    commonmetadata: Any = field(default=None, hash=False)
    extmetadata: Mapping[str, ExtMetadata] = field(default={}, hash=False)
    html: str | None = None
    filemissing: bool = False
    filehidden: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    suppressed: bool = False


@frozen(kw_only=True, repr=False)
class DuplicateFile(Value):
    """``prop=duplicatefiles``: a file with the same contents.

    ``name`` is the title without ``File:`` and with underscores; ``shared`` says that it is in another repository.

    See https://www.mediawiki.org/wiki/API:Duplicatefiles.
    """

    name: str = ""
    user: str | None = None
    timestamp: datetime | None = None
    shared: bool = False
