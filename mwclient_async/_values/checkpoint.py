"""A place in an upload, as a value that can be stored as text."""

from __future__ import annotations

import base64
import json
from typing import Self

from attrs import asdict, frozen

_DAMAGED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)


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
