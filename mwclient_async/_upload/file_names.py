"""Names of files, on a wiki and on this machine."""

from __future__ import annotations

import re
import unicodedata

from mwclient_async._http.params import checked_text

_FORBIDDEN_ON_WIKIS = frozenset("#<>[]|{}/:\\") | {chr(code) for code in range(32)} | {"\x7f"}
_MAX_WIKI_NAME = 240  # bytes; the wiki's own limit

_SEPARATORS = re.compile(r"[/\\\x00-\x1f\x7f]")
_WINDOWS_DEVICE = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?", re.IGNORECASE
)
_FORBIDDEN_ON_WINDOWS = re.compile(r'[<>"|?*]|[. ]$')


def wiki_file_name(name: str) -> str:
    """The name without a leading ``File:``, in the form in which wikis store it (NFC).

    Raises ValueError for a name that all wikis refuse, before anything is sent.
    """
    bare = unicodedata.normalize("NFC", checked_text("filename", name)).strip()
    prefix, colon, rest = bare.partition(":")
    if colon and prefix.strip().lower() == "file":
        bare = rest.strip()
    if not bare or "." not in bare.strip("."):
        raise ValueError(f"filename={name!r}: a file's name has an extension, as in 'Earth.png'")
    forbidden = sorted(_FORBIDDEN_ON_WIKIS & set(bare))
    if forbidden:
        raise ValueError(f"filename={name!r}: a file's name cannot hold {' '.join(map(repr, forbidden))}")
    if len(bare.encode()) > _MAX_WIKI_NAME:
        raise ValueError(f"filename={name!r} is longer than {_MAX_WIKI_NAME} bytes")
    return bare


def local_file_name(title: str, *, windows: bool = False) -> str:
    """The name of a wiki's file in a directory of this machine.

    Raises ValueError for a name that would lead out of the directory. On Windows, also for a name that is a device in
    every directory, or that has a character with another meaning.
    """
    name = title.partition(":")[2].strip().replace(" ", "_") if ":" in title else title.strip().replace(" ", "_")
    is_unsafe = not name.strip(".") or _SEPARATORS.search(name) or name.startswith("-") or ":" in name
    if is_unsafe or (windows and (_WINDOWS_DEVICE.fullmatch(name) or _FORBIDDEN_ON_WINDOWS.search(name))):
        raise ValueError(f"{title!r} is not safe as the name of a file here: give the path with download(to=...)")
    return name
