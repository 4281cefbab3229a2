"""Every error that a wiki gives to an upload has the right class; none of them publishes anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import pytest
from attrs import evolve

from mwclient_async import HttpOptions, RemoteFile, RetryPolicy, Site, StashedFile, UploadMethod
from mwclient_async._upload.upload_rules import UploadRules, fetch_upload_rules
from mwclient_async.errors import (
    ApiError,
    Blocked,
    ChunkRefused,
    FileRefused,
    MissingParameter,
    NotLoggedIn,
    RateLimited,
    Refused,
    UploadError,
    UrlRefused,
)
from mwclient_async.testing import LocalWiki
from tests.conftest import once
from tests.support.image_files import sha1
from tests.support.uploads import Account, Pictures, account, serving, versions

pytestmark = pytest.mark.everywhere

CHUNKED: dict[str, Any] = {"method": UploadMethod.CHUNKED, "chunk_size": 1_024}
TAKES_ALL = UploadRules(mediawiki_version=(1, 43))
Accounts = tuple[Account, Account, Account]


@pytest.fixture(scope="session")
def uploaders(narrow: LocalWiki, mediawiki_version: str) -> Accounts:
    """A bot, an account without rights, and a blocked account."""

    def make() -> Accounts:
        bot = account(narrow, "Switcher", "bot", "sysop")
        return bot, account(narrow, "Plain one"), account(narrow, "Blocked one")

    async def block(bot: Account) -> None:
        async with bot.site(narrow) as site:
            await site.call("block", user="Blocked one")

    made = once("narrow uploaders", mediawiki_version, make)
    once("narrow block", mediawiki_version, lambda: anyio.run(block, made[0]))
    return made


@asynccontextmanager
async def site_in_state(wiki: LocalWiki, account: Account, state: str, **options: Any) -> AsyncIterator[Site]:
    """A site whose requests find the wiki in this state. The site does not know the wiki's upload rules."""
    http = HttpOptions(headers=(("x-found", state),))
    async with account.site(wiki, http=http, retry=RetryPolicy(attempts=1), **options) as site:
        site._session._fetched[fetch_upload_rules] = TAKES_ALL
        yield site


async def refused(
    site: Site, source: Any, filename: str, error: type[ApiError], *codes: str, **options: Any
) -> ApiError:
    with pytest.raises(error) as caught:
        await site.upload(source, filename=filename, **options)
    assert (type(caught.value), caught.value.code) == (
        error,
        caught.value.code if caught.value.code in codes else codes,
    )
    return caught.value


def test_a_wiki_or_account_that_may_not_upload_refuses(
    narrow: LocalWiki, uploaders: Accounts, picture: Pictures, name: str
) -> None:
    async def run() -> None:
        bot, _, blocked = uploaders
        path, remote = picture(2_000), RemoteFile("http://127.0.0.1:9/x.png")
        async with site_in_state(narrow, bot, "no uploads") as site:
            for options in ({}, CHUNKED):
                await refused(site, path, name, UploadError, "uploaddisabled", **options)
            site._session._fetched.clear()
            await refused(site, path, name, UploadError, "uploaddisabled")
        async with site_in_state(narrow, bot, "no addresses") as site:
            await refused(site, remote, name, UrlRefused, "copyuploaddisabled")
        async with site_in_state(narrow, bot, "other domains") as site:
            await refused(site, remote, name, UrlRefused, "copyuploadbaddomain", "upload-copy-upload-invalid-domain")
        async with site_in_state(narrow, bot, "") as site:
            await refused(site, remote, name, UrlRefused, "http-curl-error", "http-bad-status")
            assert await versions(site, name) == []
        async with site_in_state(narrow, blocked, "") as site:
            for options in ({}, CHUNKED):
                await refused(site, path, name, Blocked, "blocked", **options)

    anyio.run(run)


def test_a_file_refused_at_publishing_is_kept_in_the_stash(
    narrow: LocalWiki, uploaders: Accounts, picture: Pictures, name: str
) -> None:
    """After a rate limit or a hook has refused it, the same stashed file can be published."""

    async def run() -> None:
        plain = uploaders[1]
        first, second = picture(2_000, number=1), picture(2_000, number=2)
        async with site_in_state(narrow, plain, "a limit") as limited, site_in_state(narrow, plain, "") as site:
            await limited.upload(first, filename=f"1 {name}")
            stashed = await limited.stash(second, filename=name)
            error = await refused(limited, stashed, f"2 {name}", RateLimited, "ratelimited")
            assert error.filekey == stashed.filekey
            async with site_in_state(narrow, plain, "another hook") as hooked:
                error = await refused(hooked, stashed, f"2 {name}", Refused, "hookaborted")
                assert error.filekey == stashed.filekey
            await site.upload(stashed, filename=f"2 {name}")
            assert await versions(site, f"2 {name}") == [sha1(second)]

    anyio.run(run)


def test_contents_that_the_wiki_does_not_take_are_refused(
    narrow: LocalWiki, uploaders: Accounts, picture: Pictures, name: str
) -> None:
    async def run() -> None:
        async with site_in_state(narrow, uploaders[0], "a hook") as site:
            for options in ({}, CHUNKED):
                await refused(site, picture(2_000), name, FileRefused, "uploadvirus", "verification-error", **options)
        async with site_in_state(narrow, uploaders[0], "") as site:  # without the rules, the size is refused late
            for method in (UploadMethod.CHUNKED, UploadMethod.DIRECT):
                for chunk_size in (4_096, 4_000):  # the limit is a multiple of the first, not of the second
                    options = {"method": method, "chunk_size": chunk_size, "ignore_warnings": True}
                    with pytest.raises((ChunkRefused, FileRefused, MissingParameter)):
                        await site.upload(picture(70_000), filename=name, **options)
            site._session._fetched[fetch_upload_rules] = evolve(TAKES_ALL, min_chunk_size=1)
            with pytest.raises(ChunkRefused) as small:
                await site.upload(picture(2_000), filename=name, method=UploadMethod.CHUNKED, chunk_size=500)
            assert small.value.code == "chunk-too-small"
            assert await versions(site, name) == []

    anyio.run(run)


def test_u6_a_wiki_without_jobs_does_asynchronous_uploads_at_once(
    narrow: LocalWiki, uploaders: Accounts, picture: Pictures, name: str
) -> None:
    """The result is ``Success`` instead of ``Poll``, also from a URL."""

    async def run() -> None:
        path, remote = picture(5_000, number=1), picture(2_000, number=2)
        async with site_in_state(narrow, uploaders[0], "no jobs") as site, serving(remote.read_bytes()) as server:
            result = await site.upload(path, filename=name, asynchronous=True, chunk_size=4_096)
            assert (result.method, await versions(site, name)) == (UploadMethod.CHUNKED, [sha1(path)])
            source = RemoteFile(f"{server.url}/0")
            result = await site.upload(source, filename=name, asynchronous=True, ignore_warnings={"exists"})
            assert (result.method, await versions(site, name)) == (UploadMethod.URL, [sha1(remote), sha1(path)])

    anyio.run(run)


def test_an_anonymous_user_has_no_stash(wiki: LocalWiki) -> None:
    async def run() -> None:
        async with Site(wiki.api_url, user_agent="tests/1.0 (tests@example.org)") as site:
            with pytest.raises(NotLoggedIn):
                await site.list("mystashedfiles").collect()
            with pytest.raises(NotLoggedIn):
                await site.stashed("1d3o92ilvvpw.2zeaf1.1.png")

    anyio.run(run)


def test_a_file_that_this_account_may_not_replace_is_left_as_it_is(
    narrow: LocalWiki, uploaders: Accounts, picture: Pictures, name: str
) -> None:
    async def run() -> None:
        first, second = picture(2_000, number=1), picture(2_000, number=2)
        bot, plain, _ = uploaders
        async with site_in_state(narrow, bot, "") as site, site_in_state(narrow, plain, "no replacing") as other:
            await site.upload(first, filename=name)
            for options in ({}, CHUNKED):
                error = await refused(
                    other, second, name, FileRefused, "fileexists-forbidden", ignore_warnings=True, **options
                )
                assert error.filekey is not None
            with pytest.raises(FileRefused):
                await other.file(name).upload_version(second)
            await other.upload(StashedFile(str(error.filekey)), filename=f"2 {name}")
            assert await versions(site, name) == [sha1(first)]

    anyio.run(run)
