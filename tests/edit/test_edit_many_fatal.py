"""What is fatal for all pages ends the edits: nothing more is begun, what was under way is given out first."""

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
from tests.support.edit_many import always, lines_of, once, seeded
from tests.support.edits import through
from tests.support.fault_proxy import REFUSE, FaultProxy, matching, too_many
from tests.support.logins import fresh, site as site_of

HALTED = "$wgRevokePermissions['halted']['edit'] = true;"
STOP = "Project:Stop"
ONCE = RetryPolicy(attempts=1)


@frozen
class Scene:
    wiki: LocalWiki
    name: str
    keeper: Site

    async def block(self) -> None:
        await self.keeper.call("block", user=self.name, reason="stop it")

    async def take_the_right(self) -> None:
        await self.wiki.maintenance("createAndPromote", "--force", "--custom-groups", "halted", self.name)

    async def change_the_password(self) -> None:
        await self.wiki.maintenance("changePassword", "--user", self.name, "--password", "Another one, 4711")
        await self.wiki.maintenance("invalidateUserSessions", "--user", self.name)

    async def lock(self) -> None:
        self.lock_file.write_text("maintenance", encoding="ascii")

    async def ask_to_stop(self) -> None:
        await self.keeper.page(STOP).save("Halt!", missing="create")

    @property
    def lock_file(self) -> Path:
        return self.wiki.directory / "www" / "images" / "lock_yBgMBwiR"


CALAMITIES: list[tuple[Callable[[Scene], Awaitable[None]], type[MediaWikiError]]] = [
    (Scene.block, Blocked),
    (Scene.take_the_right, PermissionDenied),
    (Scene.change_the_password, AuthError),
    (Scene.lock, ReadOnly),
    (Scene.ask_to_stop, BotStopped),
]


@pytest.fixture(scope="session")
def halting(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return mediawiki_factory(version=mediawiki_version, settings=HALTED)


@pytest.mark.parametrize(("happen", "error"), CALAMITIES, ids=[happen.__name__ for happen, _ in CALAMITIES])
async def test_what_is_fatal_stops_it_after_what_was_under_way(
    halting: LocalWiki, happen: Callable[[Scene], Awaitable[None]], error: type[MediaWikiError]
) -> None:
    name = fresh("Unfortunate")
    password = await halting.create_user(name)
    titles = await seeded(halting, "Fatal", 10)
    auth = ClientLogin(username=name, password=password)
    admin = ClientLogin(username=halting.admin_name, password=halting.admin_password)
    defaults = EditDefaults(stop_page=STOP, stop_every=0)
    async with site_of(halting, auth=admin) as keeper:
        scene, given = Scene(halting, name, keeper), list[PageEdit]()
        try:
            async with site_of(halting, auth=auth, retry=ONCE, defaults=defaults) as site:
                edits = site.edit_many(titles, once, concurrency=2)
                with pytest.raises(error) as caught:
                    async with edits:
                        async for edit in edits:
                            given.append(edit)
                            if len(given) == 3:
                                await happen(scene)
        finally:
            with suppress(FileNotFoundError):
                scene.lock_file.unlink()
            await keeper.page(STOP).save("", missing="create")
        assert caught.value.cursor == edits.cursor
        assert 3 <= len(given) <= 6
        assert [edit.error for edit in given] == [None] * len(given)
        assert await lines_of(keeper, titles) == {1: len(given), 0: 10 - len(given)}  # all that was done was given out
        async with keeper.edit_many(titles, once, resume=str(edits.cursor)) as rest:
            assert [edit.error for edit in await rest.collect()].count(None) >= 10 - len(given)
        assert await lines_of(keeper, titles) == {1: 10}


async def test_a_block_from_some_pages_is_their_error_alone(halting: LocalWiki) -> None:
    name = fresh("Partly")
    auth = ClientLogin(username=name, password=await halting.create_user(name))
    admin = ClientLogin(username=halting.admin_name, password=halting.admin_password)
    titles = await seeded(halting, "Partial", 4)
    async with site_of(halting, auth=admin) as keeper, site_of(halting, auth=auth) as site:
        await keeper.call("block", user=name, partial=True, pagerestrictions=titles[1], allowusertalk=True)
        async with site.edit_many(titles, once) as edits:
            found = {edit.title: type(edit.error) for edit in await edits.collect()}
    assert found == dict.fromkeys(titles, type(None)) | {titles[1]: Blocked}


async def test_a_wiki_that_refuses_all_or_is_gone_is_fatal(wiki: LocalWiki) -> None:
    titles = await seeded(wiki, "Busy", 5)
    for fault, error in ((too_many("9999"), HttpError), (REFUSE, ConnectionFailed)):
        async with FaultProxy(wiki.url) as proxy, through(proxy) as site:
            proxy.plan = matching("edit", None, fault)
            given = []
            with pytest.raises(error):
                async with site.edit_many(titles, always, concurrency=1) as edits:
                    async for edit in edits:
                        given += [edit.error]
            assert given == [None] * (2 if fault is REFUSE else 1)


@pytest.mark.everywhere
async def test_an_error_of_the_function_itself_is_fatal_and_comes_as_it_is(wiki: LocalWiki, mine: Site) -> None:
    titles, error, calls, given = await seeded(wiki, "Function", 8), ZeroDivisionError("mine"), 0, []

    def fails(text: str) -> str:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise error
        return once(text)

    edits = mine.edit_many(titles, fails, concurrency=2)
    with pytest.raises(ZeroDivisionError) as caught:
        async with edits:
            async for edit in edits:
                given += [edit.title]
    assert caught.value is error
    assert len(given) in {3, 4}
    async with mine.edit_many(titles, once, resume=edits.cursor) as rest:
        await rest.collect()
    assert await lines_of(mine, titles) == {1: 8}


async def test_an_error_of_the_source_comes_after_what_it_gave(wiki: LocalWiki, mine: Site) -> None:
    titles, given = await seeded(wiki, "Source", 2), []

    def breaking() -> object:
        yield from titles
        yield from [f"{titles[0]} {number}" for number in range(48)]
        raise LookupError("no more")

    with pytest.raises(LookupError):
        async with mine.edit_many(breaking(), once) as edits:  # type: ignore[arg-type]  # it does give titles
            async for edit in edits:
                given += [edit.title]
    assert len(given) == 50


async def test_a_broken_channel_of_the_function_is_not_taken_for_ours(wiki: LocalWiki, mine: Site) -> None:
    titles = await seeded(wiki, "Channel", 2)

    def broken(_: str) -> str:
        raise anyio.BrokenResourceError

    with pytest.raises(anyio.BrokenResourceError):
        async with mine.edit_many(titles, broken) as edits:
            await edits.collect()
