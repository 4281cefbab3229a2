"""A position in a stream, as a value that can be stored as text.

A :class:`Cursor` holds all that is needed to resume a stream later, in another process: the wiki, a fingerprint of the
query, the ``continue`` block at the *start* of the current batch, the limits that were sent with it, and the keys of
the items of that batch that the caller has already received. It holds no secret and no value of the query: the
fingerprint is one short hash per parameter, which is enough to name the parameter that differs.
See https://www.mediawiki.org/wiki/API:Continue.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import field, frozen

from mwclient_async._values.json_text import decode_json
from mwclient_async._values.mappings import picklable

T = TypeVar("T")

_PREFIX = "mwc1."  # the version of the text's format; a text of another version is refused
_PARSE_ERRORS = (ValueError, LookupError, TypeError, AttributeError, zlib.error)
_MAX_SIZE = 16 * 1024 * 1024  # bytes, decompressed; the cursor of 5,000 rows is a hundredth of that


def fingerprint(params: Mapping[str, str]) -> dict[str, str]:
    """One short hash per parameter: enough to tell which one differs, without storing its value."""
    return {name: _short_hash(value) for name, value in sorted(params.items())}


def _short_hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _checked(value: Any, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(f"it has a value of another type than {kind.__name__}")
    return value


@frozen(kw_only=True)
class Cursor:
    """A position in a stream.

    ``str(cursor)`` returns a text to store, and ``Cursor.parse(text)`` reads it. ``stream.resume(cursor)`` resumes the
    same query there, also in another process.

    - ``wiki``: the address of the wiki's api.php.
    - ``fingerprint``: one short hash per parameter of the query.
    - ``continuation``: the ``continue`` block with which the current batch begins. It is empty for the first batch, and
      None if the stream has ended.
    - ``limits``: the numeric limits that were sent with that batch, so that the same batch is fetched again.
    - ``given``: the keys of the items of that batch that the caller has already received, with repetitions.
    - ``count``: how many items the caller has received in all, in earlier runs, too. It does not count in comparisons.

    See https://www.mediawiki.org/wiki/API:Continue.
    """

    wiki: str
    fingerprint: Mapping[str, str] = field(converter=picklable, hash=False)
    continuation: Mapping[str, str] | None = field(factory=dict, converter=picklable, hash=False)
    limits: Mapping[str, int] = field(factory=dict, converter=picklable, hash=False)
    given: tuple[str, ...] = ()
    count: int = field(default=0, eq=False)

    @property
    def done(self) -> bool:
        """Whether the stream has ended. If so, resuming it yields no item and sends no request.

        Always False for ``site.pages``: more titles may follow those that were fetched.
        """
        return self.continuation is None

    def __str__(self) -> str:
        state: dict[str, Any] = {
            "w": self.wiki,
            "f": dict(self.fingerprint),
            "c": None if self.continuation is None else dict(self.continuation),
            "l": dict(self.limits),
            "g": list(self.given),
            "n": self.count,
        }
        compressed = zlib.compress(json.dumps(state, separators=(",", ":")).encode(), 9)
        return _PREFIX + base64.urlsafe_b64encode(compressed).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text that ``str(cursor)`` returned. Returns the Cursor.

        Raises:
            ValueError: the text is not a cursor, or one of another format.
        """
        try:
            if not text.startswith(_PREFIX):
                raise ValueError(f"it does not begin with {_PREFIX!r}")
            encoded = text.removeprefix(_PREFIX).rstrip()  # a file of one line ends with a line end
            compressed = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            decompressor = zlib.decompressobj()
            state = decode_json(decompressor.decompress(compressed, _MAX_SIZE))
            if not decompressor.eof:
                raise ValueError("its end is missing")
            continuation = state["c"]
            return cls(
                wiki=_checked(state["w"], str),
                fingerprint={key: _checked(value, str) for key, value in state["f"].items()},
                continuation=continuation and {key: _checked(value, str) for key, value in continuation.items()},
                limits={key: _checked(value, int) for key, value in state["l"].items()},
                given=tuple(_checked(key, str) for key in _checked(state["g"], list)),
                count=max(0, _checked(state.get("n", 0), int)),
            )
        except _PARSE_ERRORS as error:
            raise ValueError(
                f"{text[:40]!r} is not a cursor of this version ({error}): pass the whole text that str(cursor) gave, "
                "or start the stream from the beginning"
            ) from error
