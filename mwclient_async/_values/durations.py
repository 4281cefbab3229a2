"""Durations as MediaWiki writes them in English messages."""

from __future__ import annotations

import re

_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0}
_PART = re.compile(rf"(\d[\d,]*) ({'|'.join(_UNITS)})s?\b")


def seconds_in(text: str) -> float:
    """The duration in a text ("1 hour, 2 minutes and 5 seconds"), in seconds; 0 if the text has none."""
    return sum(float(number.replace(",", "")) * _UNITS[unit] for number, unit in _PART.findall(text))
