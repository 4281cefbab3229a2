"""New versions of an existing file, and reverts to an old one."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from mwclient_async import RemoteFile, Site, StashedFile, UploadMethod
from mwclient_async.errors import FileRefused, PageMissing, UploadWarnings
from mwclient_async.testing import LocalWiki
from tests.support.fault_proxy import DROP_AFTER, FaultProxy
from tests.support.http_server import ReceivedRequest
from tests.support.image_files import png, sha1
from tests.support.uploads import (
    QUICK,
    Account,
    Pictures,
    chunk_at,
    fault_for,
    is_publishing,
    is_whole,
    serving,
    versions,
    wiki_name,
)

CHUNKED: dict[str, Any] = {"method": UploadMethod.CHUNKED, "chunk_size": 4_096}


def has_bytes(seen: ReceivedRequest) -> bool:
    return chunk_at(seen) is not None or is_whole(seen)


@pytest.mark.everywhere
def test_a_new_version_is_published_by_every_method_and_the_page_keeps_its_text(
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
            for number, (source, method, options) in enumerate(sources, start=1):
                result = await bot.file(name).upload_version(source, comment=f"version {number}", **options)
                assert (result.method, [warning.kind for warning in result.ignored]) == (method, ["exists"])
                assert result.imageinfo is not None
                assert (result.filename, result.imageinfo.comment) == (wiki_name(name), f"version {number}")
            assert await versions(bot, name) == [sha1(path) for path in reversed(paths)]
            assert await bot.page(f"File:{name}").text() == "the page"

    anyio.run(run)


async def test_a_missing_file_gets_no_new_version_and_nothing_is_sent(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    """Also for a page without a file, a redirect and a deleted file."""
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
                with pytest.raises(PageMissing, match="of its own to replace"):
                    await site.file(missing).upload_version(source, ignore_warnings=True)
        assert [seen.action for seen in proxy.seen if seen.action == "upload"] == []


async def test_the_same_contents_are_refused_before_they_are_sent_if_possible(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    path, other = picture(number=1), picture(number=2)
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy) as site, serving(path.read_bytes()) as server:
        await site.upload(path, filename=name)
        stashed = await site.stash(path, filename=name)
        proxy.seen.clear()
        sources: list[Any] = [path, StashedFile(stashed.filekey), RemoteFile(f"{server.url}/0")]
        for source in sources:
            with pytest.raises(FileRefused, match="has the same contents") as caught:
                await site.file(name).upload_version(source)
            assert caught.value.code == "fileexists-no-change"
        assert not any(has_bytes(seen) for seen in proxy.seen)
        assert caught.value.filekey  # the wiki had to fetch it to compare
        await site.file(name).upload_version(other)
        with pytest.raises(UploadWarnings) as again:
            await site.file(name).upload_version(path)
        assert {warning.kind for warning in again.value.warnings} == {"exists", "duplicateversions"}
        await site.file(name).upload_version(path, ignore_warnings={"duplicateversions"})
        assert await versions(site, name) == [sha1(path), sha1(other), sha1(path)]


async def next_second(site: Site) -> None:
    """Wait for the next second of the wiki's clock, because the wiki takes one new version per second."""
    began = (await site.call("query", curtimestamp=True))["curtimestamp"]
    while (await site.call("query", curtimestamp=True))["curtimestamp"] == began:
        pass


async def test_u4_a_new_version_whose_reply_was_lost_is_published_once(
    wiki: LocalWiki, uploader: Account, picture: Pictures, name: str
) -> None:
    first, second, third = (picture(number=number) for number in range(3))
    async with FaultProxy(wiki.url) as proxy, uploader.site(proxy, retry=QUICK) as site:
        await site.upload(first, filename=name)
        proxy.plan = fault_for(is_whole, DROP_AFTER)
        assert not (await site.file(name).upload_version(second)).verified  # the lost response was the warning
        await next_second(site)
        checkpoints: list[Any] = []
        proxy.plan = fault_for(is_publishing, None, DROP_AFTER)
        result = await site.file(name).upload_version(third, on_checkpoint=checkpoints.append, **CHUNKED)
        again = await site.file(name).upload_version(third, checkpoint=checkpoints[-1], **CHUNKED)
        assert (result.verified, again.verified) == (True, True)
        assert await versions(site, name) == [sha1(third), sha1(second), sha1(first)]


async def test_a_revert_in_the_same_second_is_done_in_the_next(bot: Site, picture: Pictures, name: str) -> None:
    """The wiki refuses a second replacement in one second with the result ``Failure``."""
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


async def test_a_file_is_found_by_every_name_of_its_namespace(bot: Site, picture: Pictures, name: str) -> None:
    await bot.upload(picture(number=1), filename=name)
    for number, namespace in enumerate(("File:", "image:", "", " file : "), start=2):
        await bot.file(f"{namespace}{name}").upload_version(png(picture(number=number), 2_000, seed=number * 77))
    assert len(await versions(bot, name)) == 5
