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
import re
import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Self

from attrs import asdict, field, frozen

_PREFIX = "mwc1."  # the format version of a cursor's text; text of another version is refused
_DAMAGED = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError, zlib.error)
_LARGEST = 16 * 1024 * 1024  # bytes of an unpacked cursor; that of 5,000 rows is a hundredth of it


@frozen(kw_only=True)
class ApiWarning:
    """A warning that came beside a reply: the wiki did what it could, and says what it could not.

    ``code`` is the wiki's stable name for it (``"unrecognizedparams"``), ``text`` is for people, ``module`` is the path
    of the module that warned (``"query+allpages"``), ``data`` what it said beside that. See https://www.mediawiki.org/wiki/API:Errors_and_warnings.
    """

    code: str
    text: str
    module: str = ""
    data: Mapping[str, Any] = field(factory=dict, eq=False, repr=False)


@frozen(kw_only=True)
class UploadWarning:
    """Something that the wiki wants decided before it publishes a file.

    ``kind`` is the wiki's name for it, ``value`` what it says about it, as it was sent. ``titles``, ``timestamps`` and
    ``numbers`` are what is in that:

    ============================================  =====================================================================
    ``exists``, ``page-exists``, ``was-deleted``  ``titles``: the file or page of that name, now or once
    ``exists-normalized``                         ``titles``: a file whose name differs in case, spaces or extension
    ``thumb``, ``thumb-name``, ``bad-prefix``     ``titles``: what the name looks like
    ``badfilename``                               ``titles``: the name that the wiki would give it
    ``duplicate``, ``duplicate-archive``          ``titles``: files with the same contents, present or deleted
    ``nochange``, ``duplicateversions``           ``timestamps``: versions of this file with the same contents
    ``large-file``                                ``numbers``: bytes that the wiki recommends at most, and those sent
    ``filetype-unwanted-type``                    ``titles``: the extension, and those that the wiki prefers
    ``empty-file``                                nothing more
    ============================================  =====================================================================

    Extensions of a wiki add further kinds. See https://www.mediawiki.org/wiki/API:Upload.
    """

    kind: str
    value: Any = None

    @property
    def titles(self) -> tuple[str, ...]:
        """The names in it, as the wiki writes them; none where it keeps them to itself."""
        if self.kind in _WITHOUT_TITLES:
            return ()
        return tuple(text for text in _flat(self.value) if isinstance(text, str) and text)

    @property
    def timestamps(self) -> tuple[datetime, ...]:
        """The times in it, newest first."""
        texts = [text for text in _flat(self.value) if isinstance(text, str) and _INSTANT.fullmatch(text)]
        return tuple(datetime.fromisoformat(text) for text in texts)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers in it."""
        values = list(_flat(self.value))
        if self.kind == "large-file":  # of a stashed file, the wiki writes the size as text
            values = [int(value) if isinstance(value, str) and value.isdecimal() else value for value in values]
        return tuple(value for value in values if type(value) is int)


_WITHOUT_TITLES = frozenset({"nochange", "duplicateversions", "large-file", "empty-file"})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _flat(value: Any) -> Iterator[Any]:
    """What is in a warning's value, however deep."""
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        yield value
        return
    for item in value:
        yield from _flat(item)


@frozen(kw_only=True)
class Checkpoint:
    """A place in an upload, as a value: ``str(checkpoint)`` to store it, ``Checkpoint.parse(text)`` to get it back.

    Another process of the same account goes on from there, with the same file: ``size`` is that of the file in bytes,
    ``offset`` how many of them the wiki has under ``filekey``, and ``sha1`` that of those bytes, in hex. With
    ``stashed`` the wiki has put the whole file together. It holds no secret: a filekey is of use to its account only.
    """

    wiki: str
    filename: str
    size: int
    filekey: str
    offset: int
    sha1: str
    stashed: bool = False

    def __str__(self) -> str:
        state = json.dumps(asdict(self), separators=(",", ":"))
        return _CHECKPOINT + base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The checkpoint that ``str(checkpoint)`` wrote. ValueError when the text is none, or of another version."""
        try:
            packed = text.strip().removeprefix(_CHECKPOINT)
            if packed == text.strip():
                raise ValueError(f"it does not begin with {_CHECKPOINT!r}")
            state = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
            made = cls(**state)
            if [type(getattr(made, name)) for name in state] != _CHECKPOINT_TYPES or len(made.sha1) != _SHA1_LENGTH:
                raise ValueError("its values are of other types")
            if not 0 <= made.offset <= made.size:
                raise ValueError(f"it is at byte {made.offset} of {made.size}")
        except _DAMAGED as error:
            message = f"{text[:40]!r} is no checkpoint of this version ({error}): begin the upload anew"
            raise ValueError(message) from error
        return made


_CHECKPOINT = "mwu1."  # the format version of a checkpoint's text
_CHECKPOINT_TYPES = [str, str, int, str, int, str, bool]
_SHA1_LENGTH = 40


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
