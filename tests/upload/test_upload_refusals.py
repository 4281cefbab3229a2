"""Files that a wiki refuses: each error has the right class, and a filekey if the wiki stashed the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from mwclient_async import RequestFinished, Site, StashedFile, UploadMethod
from mwclient_async._upload.upload_rules import fetch_upload_rules
from mwclient_async.errors import (
    ApiError,
    FileRefused,
    NotLoggedIn,
    PermissionDenied,
    Protected,
    Refused,
    StashError,
)
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.support.image_files import sha1
from tests.support.uploads import Account, JobClock, Pictures, versions

DIRECT: dict[str, Any] = {"method": UploadMethod.DIRECT}
CHUNKED: dict[str, Any] = {"method": UploadMethod.CHUNKED, "chunk_size": 1024}
ASYNC: dict[str, Any] = {**CHUNKED, "asynchronous": True}
EVERY_METHOD = pytest.mark.parametrize("options", [DIRECT, CHUNKED, ASYNC], ids=["direct", "chunked", "asynchronous"])

SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10">{}</svg>\n'
SHAPES = '<rect width="5" height="5"/>' * 100
SCRIPT = "<script>alert(1)</script>"


async def refused(site: Site, source: Any, filename: str, error: type[ApiError], **options: Any) -> ApiError:
    with pytest.raises(error) as caught:
        await site.upload(source, filename=filename, **options)
    assert type(caught.value) is error
    return caught.value


# Contents ------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
def test_a_file_that_does_not_fit_its_extension_is_refused_by_every_method(
    wiki: LocalWiki, uploader: Account, name: str
) -> None:

    async def run() -> None:
        text = b"this is not an image\n" * 200
        async with uploader.site(wiki, clock=JobClock(wiki)) as site:
            for method in (DIRECT, CHUNKED, ASYNC):
                error = await refused(site, text, name, FileRefused, **method)
                assert error.code == "filetype-mime-mismatch"  # before anything is sent
                options = {**method, "ignore_warnings": {"filetype-mime-mismatch"}}
                error = await refused(site, text, name, FileRefused, **options)
                assert error.code == "verification-error"
            assert await versions(site, name) == []

    anyio.run(run)


@pytest.mark.parametrize(
    ("drawing", "options"),
    [
        pytest.param(SVG.format(SHAPES + SCRIPT + SHAPES), DIRECT, id="direct"),
        pytest.param(SVG.format(SHAPES + SCRIPT + SHAPES), {**CHUNKED, "chunk_size": 9_999}, id="in one chunk"),
        pytest.param(SVG.format(SCRIPT + SHAPES), CHUNKED, id="in the first chunk"),
        pytest.param(SVG.format(SHAPES + SCRIPT + SHAPES), CHUNKED, id="in a later chunk"),
        pytest.param(SVG.format(SHAPES + "<g onload='alert(1)'/>"), CHUNKED, id="when it is assembled"),
    ],
)
async def test_a_drawing_with_a_script_is_refused_and_one_without_arrives(
    bot: Site, name: str, tmp_path: Path, drawing: str, options: dict[str, Any]
) -> None:
    svg = name.replace(".png", ".svg")
    await refused(bot, drawing.encode(), svg, FileRefused, **options)
    assert await versions(bot, svg) == []
    fine = tmp_path / "fine.svg"
    fine.write_text(SVG.format(f"<text>{name}</text>{SHAPES}"))
    await bot.upload(fine, filename=svg, **options)
    assert await versions(bot, svg) == [sha1(fine)]


# Names ---------------------------------------------------------------------------------------------------------------


async def test_u11_a_name_that_the_wiki_refuses_is_refused_before_it_is_sent(
    bot: Site, picture: Pictures, name: str
) -> None:
    path = picture(2_000)
    early = await refused(bot, path, f"{name}.exe.png", FileRefused)
    assert (early.code, early.data["blacklisted"]) == ("filetype-banned-type", ["exe"])
    late = await refused(bot, path, f"{name}.exe.png", FileRefused, ignore_warnings={"filetype-unwanted-type"})
    assert (late.code, late.data["blacklisted"]) == ("filetype-banned", ["exe"])
    before = await refused(bot, path, f"{name}.exe", FileRefused)
    assert (before.code, "png" in before.data["allowed"]) == ("filetype-banned-type", True)
    with pytest.raises(ValueError, match="cannot hold '~~~'"):
        await bot.upload(path, filename=f"~~~~{name}")
    assert await versions(bot, name) == []


async def test_u11_a_protected_title_is_refused_before_the_first_chunk(
    wiki: LocalWiki, bot: Site, newcomer: Account, picture: Pictures, name: str
) -> None:
    path, other = picture(2_000), f"other {name}"
    await bot.call("protect", title=f"File:{name}", protections="create=sysop")
    await bot.upload(picture(2_000, number=1), filename=other)
    await bot.call("protect", title=f"File:{other}", protections="upload=sysop")
    requests: list[str] = []

    def note(event: object) -> None:
        if isinstance(event, RequestFinished):
            requests.append(event.label)

    async with newcomer.site(wiki, on_event=note) as site:
        requests.clear()
        error = await refused(site, path, name, Protected, **CHUNKED)
        assert (error.code, error.filekey, error.checkpoint, requests) == (
            "protectedpage",
            None,
            None,
            ["action=query"],
        )
        await refused(site, path, other, Protected, **CHUNKED)
        with pytest.raises(Protected):
            await site.file(other).upload_version(path)
        assert requests == ["action=query"] * 3
        await site.stash(path, filename=name)  # the wiki takes it: it may be published under another name
        await bot.call("protect", title=f"File:{name}", protections="create=all")
        requests.clear()
        await site.upload(path, filename=name, **CHUNKED)
        assert requests == ["action=query", *["action=upload"] * 3]
    assert await versions(bot, name) == [sha1(path)]


async def test_a_protected_title_is_refused_and_the_file_of_one_request_kept(
    wiki: LocalWiki, bot: Site, newcomer: Account, picture: Pictures, name: str
) -> None:
    path = picture(2_000)
    await bot.call("protect", title=f"File:{name}", protections="create=sysop")
    async with newcomer.site(wiki) as site:
        error = await refused(site, path, name, Protected, **DIRECT)
        assert error.filekey is not None
        await bot.call("protect", title=f"File:{name}", protections="create=all")
        await site.upload(StashedFile(error.filekey), filename=name)
    assert await versions(bot, name) == [sha1(path)]


async def test_an_unknown_tag_is_refused_and_the_stashed_file_kept(bot: Site, picture: Pictures, name: str) -> None:
    path = picture(2_000)
    error = await refused(bot, path, name, Refused, tags="no such tag", **CHUNKED)
    assert (error.code, error.filekey is not None) == ("badtags", True)
    assert (await refused(bot, path, name, Refused, tags=["no such tag"])).filekey is None
    await bot.upload(StashedFile(str(error.filekey)), filename=name)
    assert await versions(bot, name) == [sha1(path)]


# Accounts ------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_an_anonymous_user_may_not_upload_and_reads_how_to_log_in(site: Site, picture: Pictures) -> None:
    for options in (DIRECT, CHUNKED):
        error = await refused(site, picture(2_000), "X.png", NotLoggedIn, **options)
        assert "BotPassword" in str(error)
    await refused(site, StashedFile("1d3o92ilvvpw.2zeaf1.1.png"), "X.png", NotLoggedIn)


async def test_a_bot_password_without_the_grant_may_not_upload(
    wiki: LocalWiki, newcomer: Account, picture: Pictures
) -> None:
    narrow = await wiki.create_bot_password("Newcomer", "reader", grants=["basic"])
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=narrow) as site:
        error = await refused(site, picture(2_000), "X.png", PermissionDenied)
    assert (error.code, "grant" in str(error)) == ("permissiondenied", True)


@pytest.mark.everywhere
def test_a_filekey_that_is_wrong_gone_or_of_another_account_is_a_stash_error(
    wiki: LocalWiki, uploader: Account, newcomer: Account, picture: Pictures, name: str
) -> None:

    async def run() -> None:
        async with uploader.site(wiki) as bot:
            stashed = await bot.stash(picture(2_000), filename=name)
            async with newcomer.site(wiki) as other:
                keys: list[tuple[Site, str, str]] = [
                    (other, stashed.filekey, "uploadstash-wrong-owner"),
                    (bot, "1d3o92ilvvpw.2zeaf1.1.png", "uploadstash-file-not-found"),
                    (bot, "../../LocalSettings.php", "invalid-file-key"),
                ]
                for site, filekey, code in keys:
                    error = await refused(site, StashedFile(filekey), name, StashError)
                    assert (error.code, error.filekey) == (code, filekey)

    anyio.run(run)


@pytest.mark.parametrize("check", [lambda site: site.upload, lambda site: site.stash], ids=["upload", "stash"])
async def test_a_wiki_without_uploads_refuses_before_a_byte_is_sent(
    bot: Site, picture: Pictures, name: str, check: Callable[[Site], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = await bot._session.fetch_once(fetch_upload_rules)
    monkeypatch.setitem(bot._session._fetched, fetch_upload_rules, type(rules)(enabled=False))
    sent: list[object] = []
    with pytest.raises(ApiError) as caught:
        await check(bot)(picture(2_000), filename=name, on_progress=sent.append)
    assert (caught.value.code, sent) == ("uploaddisabled", [])
