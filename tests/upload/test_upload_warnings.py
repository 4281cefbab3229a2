"""U5: every kind of warning that a wiki has, typed; what was not chosen raises, and the file is gone on with."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from mwclient_async import RemoteFile, Site, StashedFile, UploadMethod, UploadWarning
from mwclient_async.errors import FileRefused, UploadWarnings
from mwclient_async.testing import LocalWiki
from tests.support.image_files import png, sha1
from tests.support.uploads import Account, Pictures, capital, in_database, serving, versions


async def warned(site: Site, path: Path | RemoteFile, filename: str, **options: object) -> dict[str, UploadWarning]:
    """What the wiki warns of; nothing is published."""
    with pytest.raises(UploadWarnings) as caught:
        await site.upload(path, filename=filename, **options)  # type: ignore[arg-type]
    assert caught.value.filename == filename
    assert caught.value.filekey
    return {warning.kind: warning for warning in caught.value.warnings}


@pytest.mark.everywhere
def test_u5_every_kind_that_a_name_is_warned_of(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    async def run() -> None:
        numbers = iter(range(100))
        async with uploader.site(wiki) as site:

            async def kinds(filename: str) -> list[tuple[str, tuple[str, ...]]]:
                warnings = await warned(site, picture(2_000, number=next(numbers)), filename)
                return [(kind, warning.titles) for kind, warning in warnings.items()]

            there = capital(name)
            await site.upload(picture(2_000, number=next(numbers)), filename=name)
            assert await kinds(name) == [("exists", (there,))]
            assert await kinds(name.replace(".png", ".PNG")) == [("exists-normalized", (there,))]
            assert await kinds(f"120px-{there}") == [("thumb", (f"120px-{there}",))]
            assert await kinds(f"120px-no {name}") == [("thumb-name", (f"120px-no_{name}",))]
            assert await kinds(f"DSC_{name}") == [("bad-prefix", (f"DSC_{name}",))]
            assert await kinds(f"Two  spaces {name}") == [("badfilename", (f"Two_spaces_{name}",))]
            await site.call("edit", title=f"File:Page of {name}", text="without a file")
            assert await kinds(f"Page of {name}") == [("page-exists", (f"Page_of_{name}",))]
            await site.call("delete", title=f"File:{name}")
            assert await kinds(name) == [("was-deleted", (there,))]

    anyio.run(run)


@pytest.mark.everywhere
def test_u5_every_kind_that_contents_are_warned_of(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    async def run() -> None:
        old, new = picture(2_000, number=1), picture(2_000, number=2)
        there = capital(name)
        async with uploader.site(wiki) as site:
            first = await site.upload(old, filename=name)
            assert first.imageinfo is not None
            same = await warned(site, old, name)
            assert same.keys() == {"exists", "nochange"}
            assert same["nochange"].timestamps == (first.imageinfo.timestamp,)
            assert (await warned(site, old, f"copy of {name}"))["duplicate"].titles == (there,)
            await site.upload(new, filename=name, ignore_warnings={"exists"})
            earlier = await warned(site, old, name, method=UploadMethod.CHUNKED)
            assert earlier.keys() == {"exists", "duplicateversions"}
            assert earlier["duplicateversions"].timestamps == (first.imageinfo.timestamp,)
            await site.call("delete", title=f"File:{name}")
            assert (await warned(site, new, f"copy of {name}"))["duplicate-archive"].titles == (there,)

    anyio.run(run)


async def test_u5_a_deleted_file_that_is_hidden_is_warned_of_without_its_name(
    wiki: LocalWiki, bot: Site, newcomer: Account, picture: Pictures, name: str
) -> None:
    path = picture(2_000)
    await bot.upload(path, filename=name)
    await bot.call("delete", title=f"File:{name}")
    in_database(wiki, f"UPDATE filearchive SET fa_deleted = 1 WHERE fa_name = '{capital(name)}'")
    async with newcomer.site(wiki) as other:
        hidden = (await warned(other, path, f"copy of {name}"))["duplicate-archive"]
    assert (hidden.titles, hidden.value) == ((), "")


async def test_u5_what_a_wiki_can_be_set_to_warn_of(narrowed: Site, picture: Pictures, name: str) -> None:
    large, odd = picture(30_000), f"{name}.apng"
    size = large.stat().st_size
    numbers = (await warned(narrowed, large, name))["large-file"].numbers
    assert numbers == (20 * 1024, size)
    small = picture(2_000, number=1)
    with pytest.raises(FileRefused, match=r"takes no files named '\.apng'"):  # the wiki does not say that it may
        await narrowed.upload(small, filename=odd, ignore_warnings={"exists"})
    result = await narrowed.upload(small, filename=odd, ignore_warnings={"filetype-unwanted-type"})
    (unwanted,) = result.ignored
    assert (unwanted.kind, unwanted.titles[0]) == ("filetype-unwanted-type", "apng")
    assert "png" in unwanted.titles[1]
    again = await warned(narrowed, picture(2_000, number=2), odd, ignore_warnings={"filetype-unwanted-type"})
    assert again.keys() == {"filetype-unwanted-type", "exists"}


async def test_an_empty_file_is_no_warning_but_refused(bot: Site, name: str) -> None:
    async with serving(b"") as server:
        with pytest.raises(FileRefused) as caught:
            await bot.upload(RemoteFile(f"{server.url}/0"), filename=name)
    assert caught.value.code == "empty-file"


@pytest.mark.parametrize("way", [UploadMethod.DIRECT, UploadMethod.CHUNKED])
async def test_u5_all_that_was_warned_of_must_have_been_chosen_by_kind_or_by_true(
    bot: Site, tmp_path: Path, picture: Pictures, name: str, way: UploadMethod
) -> None:
    """Three kinds at once; each choice that is not all of them raises, and each leaves a file to go on with."""
    path, other = picture(2_000, number=1), f"other {name}"
    await bot.upload(path, filename=other)
    await bot.upload(picture(2_000, number=2), filename=name)
    everything = {"exists", "duplicate"}
    for chosen in (["duplicate"], {"exists", "thumb"}):
        assert (await warned(bot, path, name, ignore_warnings=chosen, method=way)).keys() == everything
    result = await bot.upload(path, filename=name, ignore_warnings=[*everything, "thumb"], method=way)
    assert ({warning.kind for warning in result.ignored}, result.method) == (everything, way)
    third = png(tmp_path / "third.png", 2_000, seed=len(name))
    told = await bot.upload(third, filename=name, ignore_warnings=True, method=way)
    assert [warning.kind for warning in told.ignored] == ["exists"]
    assert (await versions(bot, name))[:2] == [sha1(third), sha1(path)]


async def test_u5_one_goes_on_from_a_warning_under_another_name_and_the_key_serves_once(
    bot: Site, picture: Pictures, name: str
) -> None:
    await bot.upload(picture(number=1), filename=name)
    with pytest.raises(UploadWarnings) as caught:
        await bot.upload(picture(number=2), filename=name)
    stashed = StashedFile(caught.value.filekey)
    await bot.upload(stashed, filename=f"other {name}")
    with pytest.raises(Exception, match="not found in stash"):
        await bot.upload(stashed, filename=f"third {name}")
    assert await versions(bot, f"third {name}") == []
