"""New versions of a file that is there, by a choice that names it; and the way back to an old one."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mwclient_async import RemoteFile, Site, StashedFile, UploadMethod
from mwclient_async.errors import FileRefused, PageMissing, UploadWarnings
from mwclient_async.testing import LocalWiki
from tests.support.fault_proxy import DROP_AFTER, FaultProxy
from tests.support.http_server import Seen
from tests.support.image_files import png, sha1
from tests.support.uploads import (
    QUICK,
    Account,
    Pictures,
    capital,
    chunk_at,
    is_publishing,
    is_whole,
    only,
    serving,
    versions,
)

CHUNKED: dict[str, Any] = {"method": UploadMethod.CHUNKED, "chunk_size": 4_096}


def brings_bytes(seen: Seen) -> bool:
    return chunk_at(seen) is not None or is_whole(seen)


@pytest.mark.everywhere
def test_a_new_version_is_published_whichever_way_it_goes_and_the_page_keeps_its_text(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    paths = [picture(number=number) for number in range(5)]

    async def run() -> None:
        async with uploader.site(wiki) as bot, serving(paths[4].read_bytes()) as server:
            await bot.upload(paths[0], filename=name, text="the page")
            stashed = await bot.stash(paths[3], filename="Another name.png")
            sources: list[tuple[Any, UploadMethod, dict[str, Any]]] = [
                (paths[1], UploadMethod.DIRECT, {}),
                (paths[2], UploadMethod.CHUNKED, CHUNKED),
                (StashedFile(stashed.filekey), UploadMethod.STASH, {}),
                (RemoteFile(f"{server.url}/0"), UploadMethod.URL, {}),
            ]
            for number, (source, way, how) in enumerate(sources, start=1):
                result = await bot.file(name).upload_version(source, comment=f"version {number}", **how)
                assert (result.method, [it.kind for it in result.ignored]) == (way, ["exists"])
                assert result.imageinfo is not None
                assert (result.filename, result.imageinfo.comment) == (capital(name), f"version {number}")
            assert await versions(bot, name) == [sha1(path) for path in reversed(paths)]
            assert await bot.page(f"File:{name}").text() == "the page"

    anyio.run(run)


async def test_what_is_not_there_gets_no_new_version_and_nothing_is_sent(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """A page without a file, a redirect to one and a deleted file are no files, either."""
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site:
        await site.upload(picture(number=1), filename=f"There {name}")
        await site.call("edit", title=f"File:Redirect {name}", text=f"#REDIRECT [[File:There {name}]]")
        await site.call("edit", title=f"File:Page {name}", text="no file")
        await site.upload(picture(number=2), filename=f"Gone {name}")
        await site.call("delete", title=f"File:Gone {name}")
        stashed = await site.stash(picture(number=3), filename=name)
        proxy.seen.clear()
        for missing in (name, f"Redirect {name}", f"Page {name}", f"Gone {name}"):
            for source in (picture(number=4), stashed, RemoteFile("http://127.0.0.1:9/x")):
                with pytest.raises(PageMissing, match="could get a new version"):
                    await site.file(missing).upload_version(source, ignore_warnings=True)
        assert [seen.action for seen in proxy.seen if seen.action == "upload"] == []


async def test_the_same_contents_are_no_new_version_and_that_is_said_before_they_are_sent_where_it_can_be(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, other = picture(number=1), picture(number=2)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site, serving(path.read_bytes()) as server:
        await site.upload(path, filename=name)
        stashed = await site.stash(path, filename=name)
        proxy.seen.clear()
        sources: list[Any] = [path, StashedFile(stashed.filekey), RemoteFile(f"{server.url}/0")]
        for source in sources:
            with pytest.raises(FileRefused, match="has these very contents") as caught:
                await site.file(name).upload_version(source)
            assert caught.value.code == "fileexists-no-change"
        assert not any(brings_bytes(seen) for seen in proxy.seen)
        assert caught.value.filekey  # the wiki had to fetch it to know
        await site.file(name).upload_version(other)
        with pytest.raises(UploadWarnings) as again:
            await site.file(name).upload_version(path)
        assert {warning.kind for warning in again.value.warnings} == {"exists", "duplicateversions"}
        await site.file(name).upload_version(path, ignore_warnings={"duplicateversions"})
        assert await versions(site, name) == [sha1(path), sha1(other), sha1(path)]


async def second_is_over(site: Site) -> None:
    """By the wiki's clock: it takes one new version in a second, and what is lost is to be the answer to that."""
    began = (await site.call("query", curtimestamp=True))["curtimestamp"]
    while (await site.call("query", curtimestamp=True))["curtimestamp"] == began:
        pass


async def test_u4_a_new_version_whose_answer_was_lost_is_there_once_and_a_checkpoint_finds_it(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    first, second, third = (picture(number=number) for number in range(3))
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        await site.upload(first, filename=name)
        proxy.plan = only(is_whole, DROP_AFTER)
        assert not (await site.file(name).upload_version(second)).verified  # the loss was of the warning
        await second_is_over(site)
        points: list[Any] = []
        proxy.plan = only(is_publishing, None, DROP_AFTER)
        result = await site.file(name).upload_version(third, on_checkpoint=points.append, **CHUNKED)
        again = await site.file(name).upload_version(third, checkpoint=points[-1], **CHUNKED)
        assert (result.verified, again.verified) == (True, True)
        assert await versions(site, name) == [sha1(third), sha1(second), sha1(first)]


async def test_a_revert_that_comes_too_soon_for_the_wikis_clock_is_done_all_the_same(
    bot: Site, picture: Pictures, name: str
) -> None:
    """The wiki refuses a second replacement in one second with ``Failure``, in an answer that is no error."""
    old, new = picture(number=1), picture(number=2)
    file = bot.file(name)
    await bot.upload(old, filename=name)
    await file.upload_version(new)
    (page,) = await bot.query(titles=f"File:{name}", prop="imageinfo", iiprop="archivename", iilimit=5).collect()
    archived = page.imageinfo[1].archivename
    assert archived is not None
    await file.revert(archivename=archived, comment="back")
    assert await versions(bot, name) == [sha1(old), sha1(new), sha1(old)]
    with pytest.raises(FileRefused) as same:
        await file.revert(archivename=archived)
    assert same.value.code == "fileexists-no-change"
    with pytest.raises(Exception, match="filerevert-badversion"):
        await file.revert(archivename="20200101000000!X.png")
    with pytest.raises(PageMissing):
        await bot.file(f"No {name}").revert(archivename=archived)


async def test_a_file_is_the_same_by_whatever_name_its_namespace_has(bot: Site, picture: Pictures, name: str) -> None:
    await bot.upload(picture(number=1), filename=name)
    for number, namespace in enumerate(("File:", "image:", "", " file : "), start=2):
        await bot.file(f"{namespace}{name}").upload_version(png(picture(number=number), 2_000, seed=number * 77))
    assert len(await versions(bot, name)) == 5
