"""An error that would stop all edits ends ``edit_many``: no more edits begin, and those under way are finished."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from attrs import frozen

from mwclient_async import ClientLogin, EditDefaults, PageEdit, RetryPolicy, Site
from mwclient_async.errors import (
    AuthError,
    Blocked,
    BotStopped,
    ConnectionFailed,
    HttpError,
    MediaWikiError,
    PermissionDenied,
    ReadOnly,
)
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support.edit_many import add_line, add_line_once, count_lines, seed_pages
from tests.support.edits import site_behind
from tests.support.fault_proxy import REFUSE, FaultProxy, matching, too_many
from tests.support.logins import fresh, site as site_of

HALTED = "$wgRevokePermissions['halted']['edit'] = true;"
STOP = "Project:Stop"
ONCE = RetryPolicy(attempts=1)


@frozen
class Stopper:
    """Makes further edits of an account fail, each method in another way."""

    wiki: LocalWiki
    name: str
    admin_site: Site

    async def block(self) -> None:
        await self.admin_site.call("block", user=self.name, reason="stop it")

    async def take_the_right(self) -> None:
        await self.wiki.maintenance("createAndPromote", "--force", "--custom-groups", "halted", self.name)

    async def change_the_password(self) -> None:
        await self.wiki.maintenance("changePassword", "--user", self.name, "--password", "Another one, 4711")
        await self.wiki.maintenance("invalidateUserSessions", "--user", self.name)

    async def lock(self) -> None:
        self.lock_file.write_text("maintenance", encoding="ascii")

    async def ask_to_stop(self) -> None:
        await self.admin_site.page(STOP).save("Halt!", missing="create")

    @property
    def lock_file(self) -> Path:
        return self.wiki.directory / "www" / "images" / "lock_yBgMBwiR"


FATAL_EVENTS: list[tuple[Callable[[Stopper], Awaitable[None]], type[MediaWikiError]]] = [
    (Stopper.block, Blocked),
    (Stopper.take_the_right, PermissionDenied),
    (Stopper.change_the_password, AuthError),
    (Stopper.lock, ReadOnly),
    (Stopper.ask_to_stop, BotStopped),
]


@pytest.fixture(scope="session")
def wiki_with_halted_group(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return mediawiki_factory(version=mediawiki_version, settings=HALTED)


@pytest.mark.parametrize(("stop", "error"), FATAL_EVENTS, ids=[stop.__name__ for stop, _ in FATAL_EVENTS])
async def test_a_fatal_error_is_raised_after_the_edits_that_are_under_way(
    wiki_with_halted_group: LocalWiki, stop: Callable[[Stopper], Awaitable[None]], error: type[MediaWikiError]
) -> None:
    name = fresh("Stopped")
    password = await wiki_with_halted_group.create_user(name)
    titles = await seed_pages(wiki_with_halted_group, "Fatal", 10)
    auth = ClientLogin(username=name, password=password)
    admin = ClientLogin(username=wiki_with_halted_group.admin_name, password=wiki_with_halted_group.admin_password)
    defaults = EditDefaults(stop_page=STOP, stop_every=0)
    async with site_of(wiki_with_halted_group, auth=admin) as admin_site:
        stopper, received = Stopper(wiki_with_halted_group, name, admin_site), list[PageEdit]()
        try:
            async with site_of(wiki_with_halted_group, auth=auth, retry=ONCE, defaults=defaults) as site:
                edits = site.edit_many(titles, add_line_once, concurrency=2)
                with pytest.raises(error) as caught:
                    async with edits:
                        async for edit in edits:
                            received.append(edit)
                            if len(received) == 3:
                                await stop(stopper)
        finally:
            with suppress(FileNotFoundError):
                stopper.lock_file.unlink()
            await admin_site.page(STOP).save("", missing="create")
        assert caught.value.cursor == edits.cursor
        assert 3 <= len(received) <= 6
        assert [edit.error for edit in received] == [None] * len(received)
        number = len(received)
        assert await count_lines(admin_site, titles) == {1: number, 0: 10 - number}  # every saved edit was given out
        async with admin_site.edit_many(titles, add_line_once, resume=str(edits.cursor)) as rest:
            assert [edit.error for edit in await rest.collect()].count(None) >= 10 - len(received)
        assert await count_lines(admin_site, titles) == {1: 10}


async def test_a_block_from_some_pages_is_an_error_of_these_pages_only(wiki_with_halted_group: LocalWiki) -> None:
    name = fresh("Partly")
    auth = ClientLogin(username=name, password=await wiki_with_halted_group.create_user(name))
    admin = ClientLogin(username=wiki_with_halted_group.admin_name, password=wiki_with_halted_group.admin_password)
    titles = await seed_pages(wiki_with_halted_group, "Partial", 4)
    async with (
        site_of(wiki_with_halted_group, auth=admin) as admin_site,
        site_of(wiki_with_halted_group, auth=auth) as site,
    ):
        await admin_site.call("block", user=name, partial=True, pagerestrictions=titles[1], allowusertalk=True)
        async with site.edit_many(titles, add_line_once) as edits:
            found = {edit.title: type(edit.error) for edit in await edits.collect()}
    assert found == dict.fromkeys(titles, type(None)) | {titles[1]: Blocked}


async def test_a_wiki_that_refuses_everything_or_cannot_be_reached_is_fatal(wiki: LocalWiki) -> None:
    titles = await seed_pages(wiki, "Busy", 5)
    for fault, error in ((too_many("9999"), HttpError), (REFUSE, ConnectionFailed)):
        async with FaultProxy(wiki.url) as proxy, site_behind(proxy) as site:
            proxy.plan = matching("edit", None, fault)
            received = []
            with pytest.raises(error):
                async with site.edit_many(titles, add_line, concurrency=1) as edits:
                    async for edit in edits:
                        received += [edit.error]
            assert received == [None] * (2 if fault is REFUSE else 1)


@pytest.mark.everywhere
async def test_an_error_of_the_function_itself_is_fatal_and_raised_as_it_is(wiki: LocalWiki, user_site: Site) -> None:
    titles, error, calls, received = await seed_pages(wiki, "Function", 8), ZeroDivisionError("mine"), 0, []

    def fails(text: str) -> str:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise error
        return add_line_once(text)

    edits = user_site.edit_many(titles, fails, concurrency=2)
    with pytest.raises(ZeroDivisionError) as caught:
        async with edits:
            async for edit in edits:
                received += [edit.title]
    assert caught.value is error
    assert len(received) in {3, 4}
    async with user_site.edit_many(titles, add_line_once, resume=edits.cursor) as rest:
        await rest.collect()
    assert await count_lines(user_site, titles) == {1: 8}


async def test_an_error_of_the_source_is_raised_after_the_pages_before_it(wiki: LocalWiki, user_site: Site) -> None:
    titles, received = await seed_pages(wiki, "Source", 2), []

    def breaking() -> object:
        yield from titles
        yield from [f"{titles[0]} {number}" for number in range(48)]
        raise LookupError("no more")

    with pytest.raises(LookupError):
        async with user_site.edit_many(breaking(), add_line_once) as edits:  # type: ignore[arg-type]  # it gives titles
            async for edit in edits:
                received += [edit.title]
    assert len(received) == 50


async def test_a_broken_channel_of_the_function_is_not_mistaken_for_our_own(wiki: LocalWiki, user_site: Site) -> None:
    titles = await seed_pages(wiki, "Channel", 2)

    def broken(_: str) -> str:
        raise anyio.BrokenResourceError

    with pytest.raises(anyio.BrokenResourceError):
        async with user_site.edit_many(titles, broken) as edits:
            await edits.collect()
