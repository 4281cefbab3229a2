"""The differences between two revisions, line by line.

The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference#Compare_revisions. Offsets and lengths are
in bytes of UTF-8, as the wiki counts them. ``DiffLine.spans``, ``DiffSide.slices`` and ``position_in`` turn them into
parts of a ``str``.
"""

from __future__ import annotations

from enum import Enum
from itertools import pairwise

from attrs import frozen

from mwclient_async._values.value import Value


class DiffType(Enum):
    """What happened to a line. UNKNOWN is a type of a newer wiki; ``DiffLine.type_number`` is its number."""

    UNKNOWN = -1
    CONTEXT = 0
    ADDED = 1
    DELETED = 2
    CHANGED = 3
    MOVED_FROM = 4
    MOVED_TO = 5


class HighlightType(Enum):
    """What happened to a part of a line. UNKNOWN is a type of a newer wiki."""

    UNKNOWN = -1
    ADDED = 0
    DELETED = 1


@frozen(kw_only=True, repr=False)
class Section(Value):
    """A heading of one of the two texts: its ``level``, its line, and its ``offset`` in bytes.

    ``position_in(text, section.offset)`` is its index in a ``str``.
    """

    level: int
    heading: str
    offset: int


@frozen(kw_only=True, repr=False)
class DiffSide(Value):
    """One of the two revisions, with the headings of its text. ``slot_role`` is the slot of the page, mostly main."""

    id: int
    slot_role: str = "main"
    sections: tuple[Section, ...] = ()

    def slices(self, text: str) -> tuple[str, ...]:
        """The text of this revision, cut at its headings: what is before the first, then one part for each section.

        All parts together are ``text``.

        Raises:
            ValueError: this is not the text of this revision.
        """
        whole = text.encode()
        if any(not whole.startswith(section.heading.encode(), section.offset) for section in self.sections):
            raise ValueError(f"this is not the text of revision {self.id}: its headings are not where they should be")
        cuts = [0, *(section.offset for section in self.sections), len(whole)]
        return tuple(whole[start:end].decode() for start, end in pairwise(cuts))


@frozen(kw_only=True, repr=False)
class Highlight(Value):
    """A part of a line that is in only one of the two texts: ``start`` and ``length`` in bytes of the line."""

    start: int
    length: int
    type: HighlightType


@frozen(kw_only=True, repr=False)
class MoveInfo(Value):
    """The other end of a move: the line whose ``id`` is ``link_id``; ``Diff.counterpart`` finds it.

    ``lower`` says that the other end is further down on the page.
    """

    id: str
    link_id: str
    lower: bool


@frozen(kw_only=True, repr=False)
class Span(Value):
    """A part of a line, as text. ``type`` is None if both texts have it."""

    text: str
    type: HighlightType | None = None


@frozen(kw_only=True, repr=False)
class DiffLine(Value):
    """One line of a comparison.

    ``text`` is the line; for a changed line it has the words of both texts, and ``highlights`` say which are whose.
    ``line_number`` counts from 1, in the newer text (None for a line that is not in it). ``from_offset`` and
    ``to_offset`` are the line's offsets in the older and the newer text, in bytes, None if it is not in that text. A
    moved line comes twice: at its old position as MOVED_FROM, and at its new one as MOVED_TO, whose highlights are the
    changes within it.
    """

    type: DiffType
    text: str
    type_number: int = 0
    line_number: int | None = None
    from_offset: int | None = None
    to_offset: int | None = None
    highlights: tuple[Highlight, ...] = ()
    move: MoveInfo | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The line, cut at the highlights: all spans together are ``text``."""
        whole, done, found = self.text.encode(), 0, []
        for mark in self.highlights:
            found += [(whole[done : mark.start], None), (whole[mark.start : mark.start + mark.length], mark.type)]
            done = mark.start + mark.length
        found.append((whole[done:], None))
        return tuple(Span(text=part.decode(), type=kind) for part, kind in found if part)

    @property
    def before(self) -> str | None:
        """The line in the older text, without its line break; None if it is not in that text."""
        if self.type in {DiffType.ADDED, DiffType.MOVED_TO} or self._is_unknown_without(self.from_offset):
            return None
        return self._without(HighlightType.ADDED)

    @property
    def after(self) -> str | None:
        """The line in the newer text, without its line break; None if it is not in that text."""
        if self.type in {DiffType.DELETED, DiffType.MOVED_FROM} or self._is_unknown_without(self.to_offset):
            return None
        return self._without(HighlightType.DELETED)

    def _is_unknown_without(self, offset: int | None) -> bool:
        return self.type is DiffType.UNKNOWN and offset is None

    def _without(self, kind: HighlightType) -> str:
        return "".join(span.text for span in self.spans if span.type is not kind)


@frozen(kw_only=True, repr=False)
class Diff(Value):
    """How one revision became another: the changed lines, and up to two unchanged ones around each.

    The lines are in the order of the page: those with ``before`` in the order of the older text, those with ``after``
    in the order of the newer. Without lines, both texts are the same, except perhaps for a line break at the end.
    """

    from_: DiffSide
    to: DiffSide
    lines: tuple[DiffLine, ...] = ()

    def counterpart(self, line: DiffLine) -> DiffLine | None:
        """The other end of a moved line; None for a line that was not moved.

        It is also None if the wiki shows the other end as DELETED or ADDED, which happens rarely.
        """
        if line.move is None:
            return None
        return next((other for other in self.lines if other.move and other.move.id == line.move.link_id), None)


def position_in(text: str, offset: int) -> int:
    """The index in a ``str`` for an offset in bytes of UTF-8, as sections and lines have it.

    Raises:
        ValueError: no character of this text begins at that offset, so it is not the text that the offset is for.
    """
    whole = text.encode()
    try:
        if not 0 <= offset <= len(whole):
            raise ValueError(f"the text has {len(whole)} bytes")
        return len(whole[:offset].decode())
    except ValueError as error:
        raise ValueError(f"no character of this text begins at byte {offset}: {error}") from error
