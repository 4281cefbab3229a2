"""Compressed bodies, in pieces of any size."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable, Mapping
from types import SimpleNamespace

import brotli  # type: ignore[import-untyped]  # it has no types
import pytest
import zstandard

from mwclient_async._http.decompression import ACCEPTED, _decompressors, decompressor_for

TEXT = b'{"title": "Caf\xc3\xa9"}' * 1000
COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "X-GZip": gzip.compress,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstandard.ZstdCompressor().compress,
}


def decompress(encoding: str, *pieces: bytes) -> tuple[bytes, bool]:
    """The decompressed bytes, and whether the body is complete."""
    decompressor = decompressor_for(encoding)
    assert decompressor is not None
    return b"".join(output for piece in pieces for output in decompressor.feed(piece)), decompressor.is_complete


@pytest.mark.parametrize("encoding", COMPRESSORS)
def test_a_body_is_decompressed_whatever_its_pieces(encoding: str) -> None:
    whole = COMPRESSORS[encoding](TEXT)
    assert decompress(encoding, whole) == (TEXT, True)
    assert decompress(encoding, *(whole[at : at + 1] for at in range(len(whole)))) == (TEXT, True)
    assert decompress(encoding) == decompress(encoding, b"") == (b"", True)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_body_that_was_cut_is_not_complete(encoding: str) -> None:
    whole = COMPRESSORS[encoding](TEXT)
    assert [decompress(encoding, whole[:end])[1] for end in (1, len(whole) // 2, len(whole) - 1)] == [False] * 3


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_a_broken_body_is_a_value_error(encoding: str) -> None:
    with pytest.raises(ValueError, match="broken"):
        decompress(encoding, b"\xff<html>" * 20)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_concatenated_bodies_are_one_body(encoding: str) -> None:
    one, two = (COMPRESSORS[encoding](part) for part in (TEXT, b"x"))
    for pieces in ([one + two], [one, two], [one + two[:1], two[1:]]):
        assert decompress(encoding, *pieces) == (TEXT + b"x", True)


def test_padding_after_a_gzip_body_is_ignored() -> None:
    assert decompress("gzip", gzip.compress(TEXT) + bytes(512), bytes(512)) == (TEXT, True)
    assert decompress("gzip", gzip.compress(TEXT), bytes(512)) == (TEXT, True)


@pytest.mark.parametrize("encoding", ["deflate", "gzip, gzip", "compress", "br, identity"])
def test_an_encoding_that_is_not_accepted_has_no_decompressor(encoding: str) -> None:
    assert ACCEPTED == "gzip, br, zstd"
    assert decompressor_for(encoding) is None


def test_a_zstd_window_larger_than_the_rfc_allows_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters.from_level(1, window_log=24)
    compressor = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(ValueError, match="too much memory"):
        decompress("zstd", compressor.compress(TEXT) + compressor.flush())


def test_the_checksum_of_gzip_is_checked() -> None:
    whole = bytearray(gzip.compress(TEXT))
    whole[-8:-4] = (zlib.crc32(TEXT) ^ 1).to_bytes(4, "little")
    with pytest.raises(ValueError, match="incorrect data check"):
        decompress("gzip", bytes(whole))


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd"])
def test_s4_the_output_of_a_small_input_comes_in_pieces_of_limited_size(encoding: str) -> None:
    decompressor = decompressor_for(encoding)
    assert decompressor is not None
    sizes = [len(piece) for piece in decompressor.feed(COMPRESSORS[encoding](bytes(5_000_000)))]
    assert (sum(sizes), decompressor.is_complete) == (5_000_000, True)
    assert max(sizes) < 4_000_000


SKIPPABLE_FRAME = b"\x50\x2a\x4d\x18\x00\x00\x00\x00"  # RFC 8878, section 3.1.2
EMPTY_PARTS = {"gzip": gzip.compress(b""), "zstd": zstandard.ZstdCompressor().compress(b"")}


@pytest.mark.parametrize(
    ("encoding", "part"), [*EMPTY_PARTS.items(), ("zstd", SKIPPABLE_FRAME)], ids=["gzip", "zstd", "skippable"]
)
def test_s4_a_body_of_very_many_parts_is_refused(encoding: str, part: bytes) -> None:
    assert decompress(encoding, part * 1000) == (b"", True)
    for pieces in ([part * 1001], [part] * 1001):
        with pytest.raises(ValueError, match="more than 1000"):
            decompress(encoding, *pieces)


@pytest.mark.parametrize("brotli_module", [None, SimpleNamespace(Decompressor=object)], ids=["none", "one before 1.2"])
def test_s4_only_libraries_whose_output_can_be_limited_are_used(
    monkeypatch: pytest.MonkeyPatch, brotli_module: object
) -> None:
    for name, module in {"brotli": brotli_module, "brotlicffi": None, "zstandard": None}.items():
        monkeypatch.setitem(sys.modules, name, module)  # None forbids the import
    assert list(_decompressors()) == ["gzip"]
