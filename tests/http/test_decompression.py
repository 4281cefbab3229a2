"""Compressed bodies, in whatever pieces they come."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest
import zstandard

from mwclient_async._http.decompression import ACCEPTED, _unpackers, decompressor_for

TEXT = b'{"title": "Caf\xc3\xa9"}' * 1000
COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "X-GZip": gzip.compress,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstandard.ZstdCompressor().compress,
}


def unpacked(encoding: str, *pieces: bytes) -> tuple[bytes, bool]:
    """What came out, and whether that is all."""
    unpacking = decompressor_for(encoding)
    assert unpacking is not None
    return b"".join(out for piece in pieces for out in unpacking.feed(piece)), unpacking.done


@pytest.mark.parametrize("encoding", COMPRESSORS)
def test_a_body_comes_out_whole_however_it_was_cut(encoding: str) -> None:
    whole = COMPRESSORS[encoding](TEXT)
    assert unpacked(encoding, whole) == (TEXT, True)
    assert unpacked(encoding, *(whole[at : at + 1] for at in range(len(whole)))) == (TEXT, True)
    assert unpacked(encoding) == unpacked(encoding, b"") == (b"", True)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_body_that_was_cut_is_not_done(encoding: str) -> None:
    whole = COMPRESSORS[encoding](TEXT)
    assert [unpacked(encoding, whole[:end])[1] for end in (1, len(whole) // 2, len(whole) - 1)] == [False] * 3


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_broken_body_is_a_value_error(encoding: str) -> None:
    with pytest.raises(ValueError, match="broken"):
        unpacked(encoding, b"\xff<html>" * 20)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_bodies_that_follow_one_another_are_one_body(encoding: str) -> None:
    one, two = (COMPRESSORS[encoding](part) for part in (TEXT, b"x"))
    for pieces in ([one + two], [one, two], [one + two[:1], two[1:]]):
        assert unpacked(encoding, *pieces) == (TEXT + b"x", True)


def test_what_pads_a_gzip_body_is_passed_over() -> None:
    assert unpacked("gzip", gzip.compress(TEXT) + bytes(512), bytes(512)) == (TEXT, True)


@pytest.mark.parametrize("encoding", ["deflate", "gzip, gzip", "compress", "br, identity"])
def test_what_is_not_accepted_has_no_unpacker(encoding: str) -> None:
    assert ACCEPTED == "gzip, br, zstd"
    assert decompressor_for(encoding) is None


def test_a_window_larger_than_browsers_take_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters.from_level(1, window_log=24)
    packing = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(ValueError, match="too much memory"):
        unpacked("zstd", packing.compress(TEXT) + packing.flush())


def test_the_checksum_of_gzip_is_looked_at() -> None:
    whole = bytearray(gzip.compress(TEXT))
    whole[-8:-4] = (zlib.crc32(TEXT) ^ 1).to_bytes(4, "little")
    with pytest.raises(ValueError, match="incorrect data check"):
        unpacked("gzip", bytes(whole))


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_much_that_was_packed_into_little_comes_out_in_pieces(encoding: str) -> None:
    unpacking = decompressor_for(encoding)
    assert unpacking is not None
    sizes = [len(piece) for piece in unpacking.feed(COMPRESSORS[encoding](bytes(5_000_000)))]
    assert (sum(sizes), unpacking.done) == (5_000_000, True)
    assert max(sizes) < 4_000_000


@pytest.mark.parametrize("brotli_module", [None, SimpleNamespace(Decompressor=object)], ids=["none", "one before 1.2"])
def test_only_what_is_installed_and_can_be_bounded_is_offered(
    monkeypatch: pytest.MonkeyPatch, brotli_module: object
) -> None:
    for name, module in {"brotli": brotli_module, "brotlicffi": None, "zstandard": None}.items():
        monkeypatch.setitem(sys.modules, name, module)  # None forbids the import
    assert list(_unpackers()) == ["gzip"]
