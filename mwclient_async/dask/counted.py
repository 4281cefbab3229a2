"""Numbers with what they count, for messages."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """The number and its noun: ``1 row``, ``1,500 rows``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
