"""How fast a body arrives."""

from __future__ import annotations

_SLOWEST = 1024  # bytes per second


class Pace:
    """Finds out that a body arrives too slowly: less than 1 KiB per second, over ``window`` seconds of waiting."""

    def __init__(self, window: float) -> None:
        self._window = window
        self._waited = 0.0
        self._received = 0

    def is_too_slow(self, received: int, waited: float) -> bool:
        """Whether the body is too slow, after another ``received`` bytes came in ``waited`` seconds."""
        self._received += received
        self._waited += waited
        if self._waited < self._window:
            return False
        enough = self._received >= self._waited * _SLOWEST
        self._waited, self._received = 0.0, 0
        return not enough
