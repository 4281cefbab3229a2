"""Codes of a second factor: RFC 6238 with SHA-1, thirty seconds, six digits."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time


def totp(secret: str, *, step: int = 0) -> str:
    """Return the code of this half minute, or of the one ``step`` later (earlier if negative)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8), casefold=True)
    digest = hmac.digest(key, struct.pack(">Q", _window() + step), hashlib.sha1)
    start = digest[-1] & 0xF
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 10**6:06}"


class Authenticator:
    """Returns one valid code after the other, without waiting.

    A wiki takes the codes of the four half minutes before and after, but each only if it is later than the last one
    that it took. So the codes are those from three half minutes ago on: seven at once, and one more each half minute.
    """

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._last = 0

    def code(self) -> str:
        """Return the next code that the wiki accepts."""
        now = _window()
        self._last = max(self._last + 1, now - 3)
        if self._last > now + 3:
            raise RuntimeError("this user has used all seven codes that are valid now: use another user")
        return totp(self.secret, step=self._last - now)


def _window() -> int:
    return int(time.time()) // 30
