"""U11: a name that does not fit the file's first bytes is refused before anything is sent, by MediaWiki's rules."""

from __future__ import annotations

import re
from typing import Any

import anyio
import pytest

from mwclient_async._upload.file_names import wiki_file_name
from mwclient_async._upload.file_types import _RECOGNIZABLE, _TYPES, mismatch
from mwclient_async.errors import FileRefused
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.roots import find_root
from tests.support.image_files import sha1
from tests.support.uploads import Account, Pictures, versions

PNG, JPEG, GIF, WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 "
TIFF, OGG, WEBM, PDF = b"II*\0", b"OggS", b"\x1a\x45\xdf\xa3", b"%PDF-1.4"


@pytest.mark.parametrize(
    ("filename", "head"),
    [
        ("a.png", PNG),
        ("a.PNG", PNG),
        ("a.jpg", JPEG),
        ("a.jpeg", JPEG),
        ("a.gif", GIF),
        ("a.webp", WEBP),
        ("a.tif", TIFF),
        ("a.opus", OGG),
        ("a.mkv", WEBM),
        ("a.pdf", PDF),
        ("a.pdf", b"\n%PDF-1.4"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt "),
        ("a.stl", PNG),
        ("a.bin", PNG),
        ("a.txt", b"text"),
        ("a.svg", b"<svg/>"),
        ("a.mp3", b"ID3"),
    ],
    ids=repr,
)
def test_a_name_that_may_fit_is_left_to_the_wiki(filename: str, head: bytes) -> None:
    assert mismatch(filename, head) == ""


@pytest.mark.parametrize(
    ("filename", "head", "text"),
    [
        ("a.png", JPEG, "a JPEG image by its first bytes, and is to be named '.png'"),
        ("a.jpg", PNG, "a PNG image"),
        ("a.svg", PNG, "a PNG image"),
        ("a.mp3", OGG, "an Ogg file"),
        ("a.gif", b"text", "does not begin as a GIF image does"),
        ("a.webp", b"RIFF\0\0\0\0WAVEfmt ", "does not begin as a WebP image does"),
        ("a.pdf", b"text", "does not begin as a PDF document does"),
        ("a.png", b"\x89PN", "does not begin as a PNG image does"),
    ],
    ids=repr,
)
def test_a_name_that_cannot_fit_is_refused(filename: str, head: bytes, text: str) -> None:
    assert text in mismatch(filename, head)
    assert text in mismatch(filename, head, ignored=True)
    assert mismatch(filename, head, ignored={"filetype-mime-mismatch"}) == ""


@pytest.mark.wiki
@pytest.mark.parametrize("version", ["1.39", "1.43"])
def test_the_tables_are_those_of_mediawiki(version: str) -> None:
    """Read from MediaWiki's own files. ``stl`` may begin with any bytes; ``glb`` is newer."""
    mime = find_root(version=version).path / "includes" / "libs" / "mime"
    analyzer = (mime / "MimeAnalyzer.php").read_text(encoding="utf-8")
    listed = analyzer.partition("isRecognizableExtension( string $extension )")[2].partition("];")[0]
    assert set(re.findall(r"'(\w+)'", listed)) - {"stl", "glb"} == set(_RECOGNIZABLE.split())
    mapped = (mime / "MimeMap.php").read_text(encoding="utf-8").partition("MIME_EXTENSIONS")[2]
    lists = [set(re.findall(r"'([\w.]+)'", line)) for line in re.findall(r"=> (\[ .* \])", mapped)]
    for kind in _TYPES:
        sharing = [found for found in lists if found & kind.extensions & set(_RECOGNIZABLE.split())]
        assert set().union(*sharing) <= kind.extensions, kind.name


# On the wiki ---------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
@pytest.mark.parametrize("options", [{}, {"chunk_size": 4_000}], ids=["in one request", "in chunks"])
def test_u11_what_is_refused_here_is_refused_by_the_wiki_too(
    wiki: LocalWiki, uploader: Account, name: str, picture: Pictures, options: dict[str, Any]
) -> None:
    """It refuses it when it has the whole file: ``verification-error``."""
    wrong = name.replace(".png", ".gif")

    async def run() -> None:
        async with uploader.site(wiki) as site:
            with pytest.raises(FileRefused, match="a PNG image by its first bytes") as early:
                await site.upload(picture(), filename=wrong, **options)
            assert early.value.code == "filetype-mime-mismatch"
            with pytest.raises(FileRefused) as late:
                await site.upload(picture(), filename=wrong, ignore_warnings={"filetype-mime-mismatch"}, **options)
            assert late.value.code == "verification-error"
            with pytest.raises(FileRefused, match="filetype-banned"):
                await site.upload(picture(), filename=f"x.com.{name}")
            with pytest.raises(FileRefused, match=r"filetype-banned|illegal-filename"):
                await site.upload(
                    picture(), filename=f"x.com.{name}", ignore_warnings={"filetype-unwanted-type"}, **options
                )
            with pytest.raises(FileRefused):
                await site.stash(b"not an image", filename=wrong)

    anyio.run(run)


FORMS = ("A__B {}", "A\xa0B 2 {}", "\u200eA B _ 3 {}", "Image:A\u3000B 4 {}", "A_B 5 {}")


@pytest.mark.everywhere
def test_u11_a_name_in_another_form_is_published_without_a_warning(
    wiki: LocalWiki, uploader: Account, name: str, picture: Pictures
) -> None:
    async def run() -> None:
        async with uploader.site(wiki) as site:
            for number, form in enumerate(FORMS):
                given, path = form.format(name), picture(2_000, number=number)
                published = (await site.upload(path, filename=given)).filename
                assert published == wiki_file_name(given).replace(" ", "_")
                assert await versions(site, published) == [sha1(path)]

    anyio.run(run)
