"""The rules of a wiki for names, extensions and sizes, checked before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async._upload.file_names import wiki_file_name
from mwclient_async._upload.upload_rules import UploadRules, fetch_upload_rules
from mwclient_async.errors import ApiError, FileRefused, UploadError
from tests.support.scripted_flow import Script

RULES = UploadRules(extensions=frozenset({"png", "svg"}), max_size=1000)


def siteinfo(generator: str = "MediaWiki 1.43.9", **general: Any) -> dict[str, Any]:
    extensions = [{"ext": "png"}, {"ext": "SVG"}]
    return {"query": {"general": {"generator": generator, **general}, "fileextensions": extensions}}


def test_the_rules_are_asked_for_in_one_request() -> None:
    script = Script(siteinfo(uploadsenabled=True, maxuploadsize=1000, minuploadchunksize=1024))
    rules = UploadRules(
        extensions=frozenset({"png", "svg"}), max_size=1000, min_chunk_size=1024, mediawiki_version=(1, 43)
    )
    assert script.run(fetch_upload_rules()) == rules
    params = {"action": "query", "meta": "siteinfo", "siprop": "general|fileextensions"}
    assert [request.params for request in script.requests] == [params]


@pytest.mark.parametrize(
    ("generator", "version"),
    [("MediaWiki 1.39.17", (1, 39)), ("MediaWiki 1.46.0-wmf.4", (1, 46)), ("MediaWiki 1", (0, 0)), ("", (0, 0))],
)
def test_the_version_is_that_of_the_generator(generator: str, version: tuple[int, int]) -> None:
    assert Script(siteinfo(generator)).run(fetch_upload_rules()).mediawiki_version == version


def test_a_wiki_without_siteinfo_has_no_rules() -> None:
    rules = Script({}).run(fetch_upload_rules())
    assert (rules, rules.min_chunk_size) == (UploadRules(), 1024)
    rules.check("Any.thing", 10**12, ignored=())


@pytest.mark.parametrize(
    ("rules", "filename", "size", "ignored", "error", "code"),
    [
        pytest.param(UploadRules(enabled=False), "A.png", 1, True, UploadError, "uploaddisabled", id="no uploads"),
        pytest.param(RULES, "A.exe", 1, (), FileRefused, "filetype-banned-type", id="extension"),
        pytest.param(RULES, "A.png.exe", None, {"exists"}, FileRefused, "filetype-banned-type", id="the last counts"),
        pytest.param(RULES, "A.png", 1001, True, FileRefused, "file-too-large", id="size"),
    ],
)
def test_a_file_that_the_wiki_would_refuse_is_refused_with_its_code(
    rules: UploadRules, filename: str, size: int | None, ignored: Any, error: type[ApiError], code: str
) -> None:
    with pytest.raises(error) as caught:
        rules.check(filename, size, ignored=ignored)
    assert (caught.value.code, caught.value.errors[0].module) == (code, "upload")


@pytest.mark.parametrize("ignored", [True, {"filetype-unwanted-type"}], ids=repr)
def test_an_unknown_extension_is_left_to_the_wiki_if_its_warning_is_ignored(ignored: Any) -> None:
    RULES.check("A.exe", 1000, ignored=ignored)
    RULES.check("A.SVG", None, ignored=())


def test_a_name_with_a_prohibited_extension_inside_is_refused() -> None:
    with pytest.raises(FileRefused, match=r"'\.com\.'") as caught:
        RULES.check("Example.COM.png", 1, ignored=())
    assert caught.value.code == "filetype-banned-type"
    RULES.check("Example.com.png", 1, ignored={"filetype-unwanted-type"})
    UploadRules(extensions=frozenset({"png", "com"})).check("Example.com.png", 1, ignored=())
    RULES.check("com.png", 1, ignored=())


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Earth.png", "Earth.png"),
        ("  Earth.png ", "Earth.png"),
        ("File:Earth.png", "Earth.png"),
        ("file : Earth.png", "Earth.png"),
        ("Earth from 17.tar.gz", "Earth from 17.tar.gz"),
        ("Ünï 🪐.png", "Ünï 🪐.png"),
        ("x" * 236 + ".png", "x" * 236 + ".png"),
        ("E\u0301tude.png", "\u00c9tude.png"),
        ("e\u0301" * 118 + ".png", "\u00e9" * 118 + ".png"),
        ("Image:a.png", "a.png"),
        ("A_B.png", "A_B.png"),
        ("A__B _C.png", "A B C.png"),
        ("_A.png_", "A.png"),
        ("A\xa0B\u3000\u2009C.png", "A B C.png"),
        ("\u200eA\u202eB.png\u200f", "AB.png"),
        ("A & B; 50%.png", "A & B; 50%.png"),
        ("~~A.png", "~~A.png"),
        (".a.png", ".a.png"),
    ],
)
def test_a_name_is_taken_without_its_namespace(name: str, bare: str) -> None:
    assert wiki_file_name(name) == bare


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", "File:", "Earth", ".png", "Earth.", "...", "a/b.png", "a\\b.png", "a:b.png", "A.png."),
        *("a#b.png", "a<b.png", "a[b.png", "a|b.png", "a{b}.png", "a\nb.png", "a\x7fb.png", "a\x00.png"),
        *("x" * 237 + ".png", "ä" * 119 + ".png", "File:File:a.png"),
        *("a%41.png", "a&amp;b.png", "a&é;.png", "a~~~b.png", "a\ufffd.png", "a.png\n"),
    ],
    ids=ascii,
)
def test_a_name_that_no_wiki_takes_is_a_value_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"^filename="):
        wiki_file_name(name)


def test_a_name_that_is_not_text_is_refused() -> None:
    with pytest.raises(ValueError, match="half of a surrogate pair at 1"):
        wiki_file_name("x\ud800.png")
    with pytest.raises(TypeError, match="filename is of type bytes"):
        wiki_file_name(b"x.png")  # type: ignore[arg-type]  # on purpose
