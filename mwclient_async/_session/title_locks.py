"""One write at a time to each title. Writes to other titles do not wait.

On real servers, two edits of one page at the same time stall, or one of them is lost. The locks are those of one Site.
A write of another process shows as an edit conflict.

A lock has a key: a title in its normal form, or ``#`` and a page id. Keys need not be exact. One key too many only
makes a write wait. If two spellings of one title are not recognised as the same, the wiki's own conflict detection
still applies.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio

from mwclient_async._http.params import split_values
from mwclient_async._values.title_text import with_single_spaces, without_direction_marks

_TITLES = ("title", "from", "to")
_IDS = ("pageid", "fromid", "toid")
_FILE_ACTIONS = frozenset({"upload", "filerevert"})
_WITH_TALK = frozenset({"movetalk", "deletetalk", "undeletetalk"})


class TitleLocks:
    """A lock for each title that is being written to, and none for the others."""

    def __init__(self) -> None:
        self._locks: dict[str, anyio.Lock] = {}
        self._users: Counter[str] = Counter()

    @asynccontextmanager
    async def hold(self, keys: Iterable[str]) -> AsyncIterator[None]:
        """Hold the locks of all these keys. They are taken in sorted order, so that no deadlock is possible."""
        ordered = sorted(set(keys))
        held: list[anyio.Lock] = []
        for key in ordered:
            self._users[key] += 1
        try:
            for key in ordered:
                lock = self._locks.setdefault(key, anyio.Lock(fast_acquire=True))  # a request follows
                await lock.acquire()
                held.append(lock)
            yield
        finally:
            for lock in held:
                lock.release()
            for key in ordered:
                self._users[key] -= 1
                if not self._users[key]:
                    del self._users[key]
                    self._locks.pop(key, None)


def title_lock_key(title: str) -> str:
    """The key of a title. Spacing, the case of first letters, and "Image" instead of "File" make no difference."""
    text = with_single_spaces(without_direction_marks(unicodedata.normalize("NFC", title))).removeprefix(":").strip()
    namespace, colon, name = text.partition(":")
    if not colon:
        return _upper_first(text)
    namespace = namespace.strip().casefold()
    return f"{'file' if namespace == 'image' else namespace}:{_upper_first(name.strip())}"


def page_lock_key(pageid: int | str) -> str:
    """The key of a page id."""
    return f"#{pageid}"


def file_lock_key(filename: str) -> str:
    """The key of a file's page."""
    return title_lock_key(filename if filename[:5].casefold() == "file:" else f"File:{filename}")


def revision_lock_keys(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the page that has this revision, as the wiki lists it."""
    return title_lock_key(str(row.get("title", ""))), page_lock_key(int(row.get("pageid") or 0))


def write_lock_keys(params: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of the pages that a write of the Action API with these parameters changes; a stashed file has none."""
    action, titles = params.get("action"), [params[name] for name in _TITLES if params.get(name)]
    if action == "revisiondelete" and params.get("target"):
        titles.append(params["target"])
    found = [title_lock_key(title) for title in titles]
    if not _WITH_TALK.isdisjoint(params):
        found += [title_lock_key(_talk(title)) for title in titles]
    if action == "imagerotate":
        found += [file_lock_key(title) for title in split_values(params.get("titles", ""))]
    found += [page_lock_key(params[name]) for name in _IDS if params.get(name)]
    if action in _FILE_ACTIONS and params.get("filename") and "stash" not in params:
        found.append(file_lock_key(params["filename"]))
    return tuple(dict.fromkeys(found))


def _talk(title: str) -> str:
    """The talk page of a title, with the English name of its namespace."""
    namespace, colon, name = title.partition(":")
    return f"{namespace.strip()} talk:{name}" if colon and namespace.strip() else f"Talk:{title.removeprefix(':')}"


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
