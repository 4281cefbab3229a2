"""Which pages a write changes, as keys: writes with a key in common go one after the other.

A key is a title in its normal form, or ``#`` and a page id. It need not be exact: a title too many only makes a write
wait, and one that is not recognised as the same is what the wiki's own conflict detection is for.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

_TITLES = ("title", "from", "to")
_IDS = ("pageid", "fromid", "toid")
_FILE_ACTIONS = frozenset({"upload", "filerevert"})


def title_key(title: str) -> str:
    """The key of a title: spaces, the first letters, and the old name of the files' namespace do not matter."""
    text = " ".join(unicodedata.normalize("NFC", title).replace("_", " ").split()).removeprefix(":").strip()
    namespace, colon, name = text.partition(":")
    if not colon:
        return _upper_first(text)
    namespace = namespace.strip().casefold()
    return f"{'file' if namespace == 'image' else namespace}:{_upper_first(name.strip())}"


def page_key(pageid: int | str) -> str:
    """The key of a page id."""
    return f"#{pageid}"


def file_key(filename: str) -> str:
    """The key of a file's page."""
    return title_key(filename if filename[:5].casefold() == "file:" else f"File:{filename}")


def write_keys(params: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of what a write of the Action API with these parameters changes."""
    found = [title_key(params[name]) for name in _TITLES if params.get(name)]
    found += [page_key(params[name]) for name in _IDS if params.get(name)]
    if params.get("action") in _FILE_ACTIONS and params.get("filename"):
        found.append(file_key(params["filename"]))
    return tuple(dict.fromkeys(found))


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
