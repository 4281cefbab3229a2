"""The lowest values: where a stream or an upload stands, and what a wiki warned of.

A :class:`Cursor` is everything that is needed to go on with a stream later, in another process: the wiki, a fingerprint
of the query, the ``continue`` block at the *start* of the current batch, the limits that were sent with it, and the
keys of that batch's items that were already handed out. It holds no secret and none of the query's values: a
fingerprint is one short hash per parameter, enough to name the parameter that differs. The manual's page on
continuation is https://www.mediawiki.org/wiki/API:Continue.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, Self

from attrs import field, frozen

_PREFIX = "mwc1."  # the format version of a cursor's text; text of another version is refused
_DAMAGED = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError, zlib.error)
_LARGEST = 16 * 1024 * 1024  # bytes of an unpacked cursor; that of 5,000 rows is a hundredth of it


def fingerprint(params: Mapping[str, str]) -> dict[str, str]:
    """One short hash per parameter: enough to tell which one differs, without storing what it said."""
    return {name: _short_hash(value) for name, value in sorted(params.items())}


def _short_hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]


@frozen(kw_only=True)
class Cursor:
    """A place in a stream, as a value: ``str(cursor)`` to store it, ``Cursor.parse(text)`` to get it back.

    ``continuation`` is the ``continue`` block with which the current batch begins: empty for the first batch, None when
    the stream has ended. ``limits`` are the numeric limits that were sent with that batch, so that the same batch comes
    again. ``given`` are the keys of the items of that batch that were handed out already, with repetitions.
    """

    wiki: str
    fingerprint: Mapping[str, str]
    continuation: Mapping[str, str] | None = field(factory=dict)
    limits: Mapping[str, int] = field(factory=dict)
    given: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether nothing is left: resuming gives no item and sends no request.

        Never so for ``site.pages``: more inputs may follow those that were answered.
        """
        return self.continuation is None

    def __str__(self) -> str:
        state: dict[str, Any] = {
            "w": self.wiki,
            "f": dict(self.fingerprint),
            "c": None if self.continuation is None else dict(self.continuation),
            "l": dict(self.limits),
            "g": list(self.given),
        }
        packed = zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 9)
        return _PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor that ``str(cursor)`` wrote. ValueError when the text is no cursor, or one of another format."""
        try:
            if not text.startswith(_PREFIX):
                raise ValueError(f"it does not begin with {_PREFIX!r}")
            packed = text.removeprefix(_PREFIX)
            packed_state = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
            unpacker = zlib.decompressobj()
            state = json.loads(unpacker.decompress(packed_state, _LARGEST))
            if not unpacker.eof:
                raise ValueError("its end is missing")
            continuation = state["c"]
            return cls(
                wiki=str(state["w"]),
                fingerprint={str(k): str(v) for k, v in state["f"].items()},
                continuation=None if continuation is None else {str(k): str(v) for k, v in continuation.items()},
                limits={str(k): int(v) for k, v in state["l"].items()},
                given=tuple(str(key) for key in state["g"]),
            )
        except _DAMAGED as error:
            raise ValueError(
                f"{text[:40]!r} is not a cursor of this version ({error}): pass the whole text that str(cursor) gave, "
                "or start the stream anew"
            ) from error
