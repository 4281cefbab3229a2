"""U5: every kind of warning, typed. A warning that was not chosen raises, and the stashed file can be published."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from mwclient_async import RemoteFile, Site, StashedFile, UploadMethod, UploadWarning
from mwclient_async.errors import FileRefused, UploadWarnings
from mwclient_async.testing import LocalWiki
from tests.support.image_files import png, sha1
from tests.support.uploads import Account, Pictures, change_database, serving, versions, wiki_name


async def warned(site: Site, path: Path | RemoteFile, filename: str, **options: object) -> dict[str, UploadWarning]:
    """The warnings of the wiki about an upload; nothing is published."""
    with pytest.raises(UploadWarnings) as caught:
        await site.upload(path, filename=filename, **options)  # type: ignore[arg-type]
    assert caught.value.filename == filename
    assert caught.value.filekey
    return {warning.kind: warning for warning in caught.value.warnings}


@pytest.mark.everywhere
def test_u5_every_warning_about_a_name_is_typed(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    async def run() -> None:
        numbers = iter(range(100))
        async with uploader.site(wiki) as site:

            async def kinds(filename: str) -> list[tuple[str, tuple[str, ...]]]:
                warnings = await warned(site, picture(2_000, number=next(numbers)), filename)
                return [(kind, warning.titles) for kind, warning in warnings.items()]

            there = wiki_name(name)
            await site.upload(picture(2_000, number=next(numbers)), filename=name)
            assert await kinds(name) == [("exists", (there,))]
            assert await kinds(name.replace(".png", ".PNG")) == [("exists-normalized", (there,))]
            assert await kinds(f"120px-{there}") == [("thumb", (f"120px-{there}",))]
            assert await kinds(f"120px-no {name}") == [("thumb-name", (f"120px-no_{name}",))]
            assert await kinds(f"DSC_{name}") == [("bad-prefix", (f"DSC_{name}",))]
            await site.call("edit", title=f"File:Page of {name}", text="without a file")
            assert await kinds(f"Page of {name}") == [("page-exists", (f"Page_of_{name}",))]
            await site.call("delete", title=f"File:{name}")
            assert await kinds(name) == [("was-deleted", (there,))]

    anyio.run(run)


@pytest.mark.everywhere
def test_u5_every_warning_about_contents_is_typed(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    async def run() -> None:
        old, new = picture(2_000, number=1), picture(2_000, number=2)
        there = wiki_name(name)
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


async def test_u5_the_warning_about_a_hidden_deleted_file_has_no_name(
    wiki: LocalWiki, bot: Site, newcomer: Account, picture: Pictures, name: str
) -> None:
    path = picture(2_000)
    await bot.upload(path, filename=name)
    await bot.call("delete", title=f"File:{name}")
    change_database(wiki, f"UPDATE filearchive SET fa_deleted = 1 WHERE fa_name = '{wiki_name(name)}'")
    async with newcomer.site(wiki) as other:
        hidden = (await warned(other, path, f"copy of {name}"))["duplicate-archive"]
    assert (hidden.titles, hidden.value) == ((), "")


async def test_u5_warnings_that_a_wiki_can_be_configured_for(narrowed: Site, picture: Pictures, name: str) -> None:
    large, odd = picture(30_000), f"{name}.apng"
    size = large.stat().st_size
    numbers = (await warned(narrowed, large, name))["large-file"].numbers
    assert numbers == (20 * 1024, size)
    small = picture(2_000, number=1)
    with pytest.raises(
        FileRefused, match=r"does not take files named '\.apng'"
    ):  # siteinfo does not list the extension
        await narrowed.upload(small, filename=odd, ignore_warnings={"exists"})
    result = await narrowed.upload(small, filename=odd, ignore_warnings={"filetype-unwanted-type"})
    (unwanted,) = result.ignored
    assert (unwanted.kind, unwanted.titles[0]) == ("filetype-unwanted-type", "apng")
    assert "png" in unwanted.titles[1]
    again = await warned(narrowed, picture(2_000, number=2), odd, ignore_warnings={"filetype-unwanted-type"})
    assert again.keys() == {"filetype-unwanted-type", "exists"}


async def test_an_empty_file_is_refused_without_a_warning(bot: Site, name: str) -> None:
    async with serving(b"") as server:
        with pytest.raises(FileRefused) as caught:
            await bot.upload(RemoteFile(f"{server.url}/0"), filename=name)
    assert caught.value.code == "empty-file"


@pytest.mark.parametrize("method", [UploadMethod.DIRECT, UploadMethod.CHUNKED])
async def test_u5_every_warning_must_be_chosen_by_kind_or_by_true(
    bot: Site, tmp_path: Path, picture: Pictures, name: str, method: UploadMethod
) -> None:
    """Several kinds at once: a choice that does not name all of them raises, with a filekey."""
    path, other = picture(2_000, number=1), f"other {name}"
    await bot.upload(path, filename=other)
    await bot.upload(picture(2_000, number=2), filename=name)
    everything = {"exists", "duplicate"}
    for chosen in (["duplicate"], {"exists", "thumb"}):
        assert (await warned(bot, path, name, ignore_warnings=chosen, method=method)).keys() == everything
    result = await bot.upload(path, filename=name, ignore_warnings=[*everything, "thumb"], method=method)
    assert ({warning.kind for warning in result.ignored}, result.method) == (everything, method)
    third = png(tmp_path / "third.png", 2_000, seed=len(name))
    forced = await bot.upload(third, filename=name, ignore_warnings=True, method=method)
    assert [warning.kind for warning in forced.ignored] == ["exists"]
    assert (await versions(bot, name))[:2] == [sha1(third), sha1(path)]


async def test_u5_a_stashed_file_can_be_published_once_under_another_name(
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
