"""Files to upload: valid images of any size."""

from __future__ import annotations

import hashlib
import random
import struct
import zlib
from pathlib import Path


def png(path: Path, size: int, *, seed: int = 0) -> Path:
    """Write a PNG of about that many bytes; each seed makes another picture."""
    width = 256
    rows = max(1, (size - 100) // (width + 1))
    noise = random.Random(seed).randbytes(width * rows)
    lines = b"".join(b"\0" + noise[at : at + width] for at in range(0, len(noise), width))
    header = struct.pack(">IIBBBBB", width, rows, 8, 0, 0, 0, 0)
    pieces = [
        b"\x89PNG\r\n\x1a\n",
        _piece(b"IHDR", header),
        _piece(b"IDAT", zlib.compress(lines, 0)),
        _piece(b"IEND", b""),
    ]
    path.write_bytes(b"".join(pieces))
    return path


def _piece(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def sha1(path: Path) -> str:
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
