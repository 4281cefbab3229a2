"""Names of files, on a wiki and on this machine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from mwclient_async._http.params import checked_text
from mwclient_async._http.titled import TitleLike, local_title_on
from mwclient_async._values.title_text import ESCAPES, SPACES, without_direction_marks

_FORBIDDEN_ON_WIKIS = frozenset("#<>[]|{}/:\\\ufffd") | {chr(code) for code in range(32)} | {"\x7f"}
_FILE = 6
_MAX_WIKI_NAME = 240  # bytes; the wiki's own limit
_SEQUENCES = re.compile(rf"{ESCAPES}|~~~")
_NAMESPACES = frozenset({"file", "image"})  # names that the namespace has on every wiki

_SEPARATORS = re.compile(r"[/\\\x00-\x1f\x7f]")
_WINDOWS_DEVICE = re.compile(
    r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9\u00b9\u00b2\u00b3])\s*(\..*)?", re.IGNORECASE
)
_FORBIDDEN_ON_WINDOWS = re.compile(r'[<>"|?*]|[. ]$')


def file_name_of(value: TitleLike, wiki: str) -> str:
    """The name of a file, also of a Title or row of one, whose namespace has a name in the wiki's language."""
    name = checked_text("filename", local_title_on(wiki, value))
    number = value.get("ns") if isinstance(value, Mapping) else getattr(value, "ns", None)
    return name.partition(":")[2] if number == _FILE else name


def wiki_file_name(name: str) -> str:
    """The name without a leading ``File:``, in a form that wikis need not change (NFC).

    As in a title, several spaces or underscores in a row, and spaces of another kind, become one space, and marks of
    direction are dropped (``includes/title/MediaWikiTitleCodec.php``, ``splitTitleString``). A wiki that has to change
    a name warns (``badfilename``), after it has got the whole file.

    Raises ValueError for a name that all wikis refuse, before anything is sent (``includes/upload/UploadBase.php``,
    ``getTitle``).
    """
    bare = _normalize(unicodedata.normalize("NFC", checked_text("filename", name)))
    prefix, colon, rest = bare.partition(":")
    if colon and prefix.strip().lower() in _NAMESPACES:
        bare = rest.strip()
    if "." not in bare.lstrip(".") or bare.endswith("."):
        raise ValueError(f"filename={name!r}: a file's name has an extension, as in 'Earth.png'")
    if sequence := _SEQUENCES.search(bare):
        raise ValueError(f"filename={name!r}: a file's name cannot hold {sequence[0]!r}")
    forbidden = sorted(_FORBIDDEN_ON_WIKIS & set(bare))
    if forbidden:
        raise ValueError(f"filename={name!r}: a file's name cannot hold {' '.join(map(repr, forbidden))}")
    if len(bare.encode()) > _MAX_WIKI_NAME:
        raise ValueError(f"filename={name!r} is longer than {_MAX_WIKI_NAME} bytes")
    return bare


def _normalize(name: str) -> str:
    single = SPACES.sub(lambda run: "_" if run[0] == "_" else " ", without_direction_marks(name))
    return single.strip(" _")


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
