"""The body of a request comes in few pieces, and nothing of a file is copied to frame it."""

from __future__ import annotations

import pytest

from mwclient_async._http.messages import FilePart, MultipartBody
from mwclient_async._http.request_pieces import pieces_of

KIB, MIB = 1024, 1024 * 1024
FILE = bytes(range(256)) * (20 * KIB)
HEAD, TAIL = b"head", b"tail"


async def sent(offset: int, length: int, *, reads: list[bytes]) -> list[bytes]:
    async def read(offset: int, length: int) -> bytes:
        reads.append(FILE[offset : offset + length])
        return reads[-1]

    body = MultipartBody(head=HEAD, part=FilePart(name="chunk", offset=offset, length=length), tail=TAIL, read=read)
    pieces = pieces_of(body)
    assert pieces is not None
    return [piece async for piece in pieces]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (0, [8]),
        (10, [18]),
        (64 * KIB, [64 * KIB + 8]),
        (64 * KIB + 1, [4, 64 * KIB + 1, 4]),
        (MIB, [4, MIB, 4]),
        (2 * MIB + 10, [4, 2 * MIB, 14]),
        (5 * MIB - 7, [4, 2 * MIB, 2 * MIB, MIB - 7, 4]),
    ],
)
async def test_a_body_is_sent_in_few_pieces_that_are_read_as_they_are_sent(length: int, expected: list[int]) -> None:
    pieces = await sent(7, length, reads=[])
    assert b"".join(pieces) == HEAD + FILE[7 : 7 + length] + TAIL
    assert [len(piece) for piece in pieces] == expected


async def test_a_large_piece_is_the_object_that_was_read() -> None:
    reads: list[bytes] = []
    pieces = await sent(0, 5 * MIB, reads=reads)
    assert [id(piece) for piece in pieces[1:-1]] == [id(piece) for piece in reads]
