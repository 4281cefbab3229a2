"""Which revisions the Sites of this process have made, so that a revision of another process is not taken for ours.

A wiki does not record which request made a revision. After a lost reply, a revision of our account with our text and
summary may be ours, or that of another process with the same account. What tells them apart:

- *A revision whose reply has arrived*, at any Site of this process, is not the one whose reply was lost.
- *Other edits of the account.* An edit that the account has made since this Site began to write, and that no Site of
  this process knows of, was made by another process. From then on a revision with our text proves nothing.
- *A declaration.* ``EditDefaults.shared_account`` says whether other processes use the account.

Edits whose outcome is not known (yet) have revisions that no reply has named. So the pages with such edits say nothing
about other processes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from mwclient_async.errors import OutcomeUnknown

_MOST_REMEMBERED = 10_000  # revisions, and keys of pages
_REVISION_IDS = ("newrevid", "revid", "lastrevid")
_TITLES = ("title", "from", "to", "talkfrom", "talkto")

Row = Mapping[str, Any]
"""A revision as the wiki lists it: ``revid``, ``timestamp``, ``title`` and ``pageid``."""

Keys = Callable[[Row], tuple[str, ...]]
"""The keys (``title_locks.py``) of the page that has a revision."""

_made: dict[tuple[str, str, int, str], int | None] = {}
"""The revisions that the Sites of this process have made, oldest first: wiki, title, id and time; and the port."""

_in_progress: Counter[str] = Counter()
_unsettled: Counter[str] = Counter()
"""How many writes of this process are in progress, or have an unknown outcome, by wiki and key of the page."""


class OwnEdits:
    """The edits of one Site. ``shared`` is whether other processes use its account; None to find out.

    Without an ``api_url``, they are not shared with the other Sites of this process.
    """

    def __init__(self, api_url: str = "", *, shared: bool | None = None, keys: Keys = lambda _: ()) -> None:
        parts = urlsplit(api_url)
        self.shared = shared
        self.since: str = ""
        self._keys = keys
        self._wiki = f"{parts.hostname}{parts.path}" if parts.hostname else ""
        self._port = parts.port  # two ports may be two wikis, or one wiki and a proxy before it
        self._revids: dict[int, None] = {}  # oldest first

    def begin(self, since: str) -> None:
        """Note the wiki's clock when this Site begins to write; the first time counts."""
        self.since = self.since or since

    @contextmanager
    def writing(self, keys: Iterable[str]) -> Iterator[None]:
        """A write to the pages with these keys is in progress."""
        named = self._named(keys)
        _in_progress.update(named)
        try:
            yield
        except BaseException as error:
            if isinstance(error, OutcomeUnknown) or not isinstance(error, Exception):  # or it was cancelled
                _add_unsettled(named)
            raise
        finally:
            for key in named:
                _in_progress[key] -= 1
                if not _in_progress[key]:
                    del _in_progress[key]

    def record(self, body: object, keys: Iterable[str] = ()) -> None:
        """Keep the revisions that the response to a write names.

        ``keys`` are its pages, for an action that makes revisions without naming them, such as a move. The pages that
        went along with them, and those of an import, are in the response.
        """
        found = list(_revisions_in(body))
        self._revids.update((revid, None) for revid, _, _ in found)
        _forget_oldest(self._revids)
        if self._wiki:
            _made.update(((self._wiki, title, revid, timestamp), self._port) for revid, timestamp, title in found)
        _forget_oldest(_made)
        if not found and isinstance(body, Mapping) and not _has_changed_nothing(body):
            others = [key for title in _titles_in(body) for key in self._keys({"title": title})[:1]]
            _add_unsettled(dict.fromkeys(self._named([*keys, *others])))

    def is_answered(self, row: Row) -> bool:
        """Whether a Site of this process got the reply to the edit that made this revision."""
        return int(row["revid"]) in self._revids or self._port in self._ports_of(row)

    def is_contested(self, row: Row) -> bool:
        """Whether another Site of this process may have made it, or another write to its page is in progress.

        Two writes of one Site can be in progress if one names the page by its title and the other by its id, or by
        another name of its namespace. The first to look would take the revision of the other, whose reply is still to
        come.
        """
        keys = {_in_any_namespace(key) for key in self._named(self._keys(row))}
        writes = sum(number for key, number in _in_progress.items() if _in_any_namespace(key) in keys)
        return bool(self._ports_of(row)) or writes > 1

    def find_foreign(self, rows: Iterable[Row], *, ours: Row, since_base: Collection[int] = ()) -> Row | None:
        """A revision that another process has made since this Site began to write, among those of our account.

        ``ours`` is the revision that the write in progress has made, ``since_base`` are the ids of those that are newer
        than its base. Another write that is in progress or has an unknown outcome accounts for one further revision of
        its page.
        """
        accounted = _in_progress + _unsettled
        accounted.subtract(self._named(self._keys(ours)))
        for row in rows:
            is_new = row["revid"] in since_base or str(row.get("timestamp", "")) > self.since
            if row["revid"] == ours["revid"] or self.is_answered(row) or self._ports_of(row) or not is_new:
                continue
            keys = self._named(self._keys(row))
            if all(accounted[key] <= 0 for key in keys):
                return row
            accounted.subtract(keys)
        return None

    def _ports_of(self, row: Row) -> set[int | None]:
        """The ports of the Sites of this process that made such a revision, at this wiki or at one of the same name."""
        key = (self._wiki, str(row.get("title", "")), int(row["revid"]), str(row.get("timestamp", "")))
        return {_made[known] for known in (key, (*key[:3], "")) if known in _made}  # not every response gives the time

    def _named(self, keys: Iterable[str]) -> list[str]:
        return [f"{self._wiki} {key}" for key in keys] if self._wiki else []


def _add_unsettled(named: Iterable[str]) -> None:
    for key in named:
        _unsettled[key] = _unsettled.pop(key, 0) + 1  # the latest is the last
    _forget_oldest(_unsettled)


def _has_changed_nothing(body: Mapping[str, Any]) -> bool:
    """Whether this response, which names no revision, says that none was made: by an edit, or an upload that warns."""
    upload = body.get("upload")
    return "edit" in body or (isinstance(upload, Mapping) and upload.get("result") == "Warning")


def _forget_oldest(kept: dict[Any, Any]) -> None:
    while len(kept) > _MOST_REMEMBERED:
        del kept[next(iter(kept))]


def _in_any_namespace(named: str) -> str:
    """The key of a page, the same for all namespaces but the main one."""
    wiki, _, key = named.partition(" ")
    _, colon, name = key.partition(":")
    return f"{wiki} *:{name}" if colon else named


def _titles_in(body: Mapping[str, Any]) -> Iterator[str]:
    """The pages that the response to a move or an import names: each has a new revision."""
    for result in (body.get("move"), body.get("import")):
        for row in (result, *(result.values() if isinstance(result, Mapping) else ())):
            for one in row if isinstance(row, list) else [row]:
                titles = [one.get(name) for name in _TITLES] if isinstance(one, Mapping) else []
                yield from (title for title in titles if isinstance(title, str))


def _revisions_in(body: object) -> Iterator[tuple[int, str, str]]:
    """The revisions that a response to a write names: the id, the time and the title, if it gives them."""
    if not isinstance(body, Mapping):
        return
    latest = body.get("latest")  # of the REST API
    if isinstance(latest, Mapping) and isinstance(latest.get("id"), int):
        yield latest["id"], str(latest.get("timestamp", "")), str(body.get("title", ""))
    for result in body.values():
        ids = [result.get(name) for name in _REVISION_IDS] if isinstance(result, Mapping) else []
        for revid in ids:
            if isinstance(revid, int) and revid:
                yield revid, str(result.get("newtimestamp", "")), str(result.get("title", ""))
