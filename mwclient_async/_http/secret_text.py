"""Secret texts, as they may be in local variables."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


class SecretText(str):
    """A text whose ``repr`` hides it: many tools show the local variables of a traceback's frames by their ``repr``.

    It is equal to the plain text, and is sent as that.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'...'"


def hidden(value: T) -> T | SecretText:
    """The value; a text becomes a SecretText."""
    return SecretText(value) if isinstance(value, str) else value
