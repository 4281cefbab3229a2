"""Pages with histories that a test writes to a wiki, hundreds of them a second."""

import itertools
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import field, frozen

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""The time of the first revision without a timestamp of its own; each later one follows a minute after the last."""

SCRIPT = Path(__file__).with_name("seed.php")
"""The maintenance script that writes the pages."""

_FORBIDDEN = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@frozen
class SeedRevision:
    """One revision: its whole text, its author, its time and its comment.

    ``user`` is an account's name or an IP address. ``timestamp`` is an aware datetime in whole seconds; None is a
    minute after the revision that is written before this one.
    """

    text: str
    user: str = field(default="Seeder", kw_only=True)
    timestamp: datetime | None = field(default=None, kw_only=True)
    comment: str = field(default="", kw_only=True)
    minor: bool = field(default=False, kw_only=True)

    @timestamp.validator
    def _is_aware(self, _attribute: object, value: datetime | None) -> None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"timestamp {value!r} has no time zone: write datetime(..., tzinfo=UTC)")


def _as_tuple(revisions: Iterable[SeedRevision]) -> tuple[SeedRevision, ...]:
    return tuple(revisions)


@frozen
class SeedPage:
    """A page with one revision of this ``text``, or with these ``revisions``, oldest first."""

    title: str
    text: str = ""
    revisions: Sequence[SeedRevision] = field(default=(), kw_only=True, converter=_as_tuple)

    @revisions.validator
    def _has_not_both(self, _attribute: object, value: Sequence[SeedRevision]) -> None:
        if self.text and value:
            raise ValueError(f"page {self.title!r} has both a text and revisions: give one of them")

    @property
    def history(self) -> Sequence[SeedRevision]:
        """The revisions, oldest first; at least one."""
        return self.revisions or (SeedRevision(self.text),)


def in_order(pages: Iterable[SeedPage], *, shuffle_seed: int | None) -> list[SeedPage]:
    """Return the pages, shuffled with this seed, or in their order if it is None."""
    ordered = list(pages)
    if shuffle_seed is not None:
        random.Random(shuffle_seed).shuffle(ordered)  # noqa: S311
    return ordered


def to_json(pages: Iterable[SeedPage]) -> bytes:
    """Return the pages, in their order, as the JSON that ``seed.php`` reads."""
    minutes = itertools.count()
    return json.dumps([_page(page, minutes=minutes) for page in pages]).encode()


def _page(page: SeedPage, *, minutes: Iterator[int]) -> dict[str, object]:
    revisions = [_revision(revision, minutes=next(minutes)) for revision in page.history]
    return {"title": _checked(page.title), "revisions": revisions}


def _revision(revision: SeedRevision, *, minutes: int) -> dict[str, object]:
    at = revision.timestamp or EPOCH + timedelta(minutes=minutes)
    return {
        "text": _checked(revision.text),
        "user": _checked(revision.user),
        "timestamp": at.astimezone(UTC).strftime("%Y%m%d%H%M%S"),
        "comment": _checked(revision.comment),
        "minor": revision.minor,
    }


def _checked(value: str) -> str:
    if found := _FORBIDDEN.search(value):
        raise ValueError(f"a wiki page cannot contain the character {found[0]!r} (in {value[:80]!r})")
    return value
