"""EditDefaults: what all edits have in common, who says no to them, and the run that writes nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from mwclient_async import BotPassword, ClientLogin, EditDefaults, EditOutcome, Limits, Site
from mwclient_async._edit.bot_exclusion import summary_of
from mwclient_async.errors import BotsExcluded, BotStopped, DryRun, PageExists, PageMissing
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedClock, sent
from tests.support.edits import latest
from tests.support.image_files import png
from tests.support.logins import Told, Watched, fresh, make_tag, site as site_of, whoami
from tests.support.transforms import Adder, made, text_of

ALL_OF_THEM = EditDefaults(bot=True, minor=True, tags="mannered", summary_suffix="(Demo)")


async def changes(site: Site, title: str) -> list[tuple[bool, bool, list[str]]]:
    """Whether each change of a page is minor and a bot's, and its tags of ours; the newest first."""
    found = await site.list("recentchanges", title=title, prop=["flags", "tags"]).collect()
    return [(bool(row.minor), bool(row.bot), [tag for tag in row.tags if tag in {"mannered", "own"}]) for row in found]


async def test_defaults_hold_for_every_edit_and_an_edits_own_options_win(
    wiki: LocalWiki, sysop: ClientLogin, keeper: Site
) -> None:
    for tag in ("mannered", "own"):
        await make_tag(keeper, tag)
    title = await made(keeper, "Defaults")
    async with site_of(wiki, auth=sysop, defaults=ALL_OF_THEM) as mannered:
        page = mannered.page(title)
        undone = (await page.append("\n* a", summary="adds")).revid
        await page.undo(undone, summary="undoes")
        await page.edit(Adder(), summary="edits")
        await page.edit(Adder("* b"), summary="own", minor=False, bot=False, tags=["own"])
        await page.edit(Adder("* c"), tags=(), bot=True)
        async with mannered.edit_many([title], Adder("* d"), summary="many") as edits:
            await edits.collect()
    whole = (True, True, ["mannered"])
    expected = [whole, (True, True, []), (False, False, ["own"]), whole, whole, whole]
    assert (await changes(keeper, title))[:6] == expected
    comments = [row.comment async for row in keeper.page(title).revisions(limit=6)]
    assert comments == [f"{word} (Demo)" if word else "" for word in ("many", "", "own", "edits", "undoes", "adds")]


async def test_who_has_no_right_to_it_does_not_call_himself_a_bot(wiki: LocalWiki, editor: BotPassword) -> None:
    transport = Watched()
    async with site_of(wiki, auth=editor, defaults=EditDefaults(bot=True), transport=transport) as opened:
        await made(opened, "No bot")
        assert "bot" not in (await opened.userinfo()).rights
    edits = [sent(request) for request in transport.requests if sent(request)["action"] == "edit"]
    assert [edit.get("bot") for edit in edits] == [None]


async def test_a_summary_is_cut_where_the_wiki_would_and_between_characters(wiki: LocalWiki) -> None:
    units = ("x", "👨‍👩‍👧‍👦", "🇩🇪", "o\u0323\u0302\u0307", "क़", "👍🏿", "é")
    async with site_of(wiki, defaults=EditDefaults(summary_suffix="(bot 🤖)")) as site:
        page = site.page(await made(site, "Summaries"))
        for number, unit in enumerate(units):
            sent_summary = f"{number}: " + unit * 500
            await page.append(f"\n* {number}", summary=sent_summary)
            stored = (await page.get()).revisions[0].comment
            assert stored == summary_of(sent_summary, "(bot 🤖)")
            assert stored is not None
            body = stored.removesuffix("… (bot 🤖)").removeprefix(f"{number}: ")
            whole = unicodedata.normalize("NFC", unit)
            assert 490 - 2 * len(whole) < len(stored) <= 500
            assert body == whole * (len(body) // len(whole))


# Who says no ---------------------------------------------------------------------------------------------------------


async def test_pages_that_exclude_the_bot_are_left_alone(wiki: LocalWiki, mine: Site) -> None:
    title = await made(mine, "Excluding", "Text. {{bots|deny=Other,Demo_Bot}}")
    old = (await latest(mine, title)).revid
    await mine.page(title).append(" More.")
    last = await latest(mine, title)
    told = Told()
    async with site_of(wiki, defaults=EditDefaults(obey_bots="Demo Bot"), on_event=told.append) as demo:
        page, adder = demo.page(title), Adder()
        ways: list[Callable[[], Awaitable[object]]] = [
            lambda: page.edit(adder),
            lambda: page.save("All of it."),
            lambda: page.append("!"),
            lambda: page.prepend("!"),
            lambda: page.new_section("A", "a"),
            lambda: page.undo(last.revid, after=old),
        ]
        for way in ways:
            with pytest.raises(BotsExcluded, match="Demo Bot"):
                await way()
        async with demo.edit_many([title, fresh("Admitting")], adder, missing="create") as edits:
            found = {edit.title: edit for edit in await edits.collect()}
    assert isinstance(found.pop(title).error, BotsExcluded)
    assert [edit.result.outcome for edit in found.values() if edit.result] == [EditOutcome.CREATED]
    assert (adder.seen, told.requests("action=edit"), (await latest(mine, title)).revid) == ([""], 1, last.revid)
    async with site_of(wiki, defaults=EditDefaults(obey_bots="Third")) as third:
        assert (await third.page(title).edit(adder)).outcome is EditOutcome.SAVED


async def test_a_stop_page_stops_all_edits_and_is_read_at_intervals(wiki: LocalWiki, mine: Site, keeper: Site) -> None:
    stop, title, clock, told = fresh("Stop"), await made(mine, "Stopped"), ScriptedClock(), Told()
    defaults = EditDefaults(stop_page=stop, stop_every=60)
    async with site_of(wiki, clock=clock, defaults=defaults, on_event=told.append) as bot:

        async def edit(number: int) -> None:
            await bot.page(title).append(f"\n* {number}")

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(edit, number)
        assert told.requests("action=query") == 3  # ten tasks read the stop page once, the page once, and one token
        await mine.page(stop).create("Halt! ~~~~")
        await edit(10)  # nobody has looked since
        clock.pass_by(60)
        told.clear()
        for _ in range(3):
            with pytest.raises(BotStopped, match="Halt!"):
                await edit(11)
        assert told.requests("action=query") == 1
        for lift in (lambda: mine.page(stop).save(""), lambda: keeper.call("delete", title=stop)):
            await lift()
            clock.pass_by(60)
            await edit(12)
            await mine.page(stop).save("Halt!", missing="create")
            clock.pass_by(60)
            with pytest.raises(BotStopped):
                await bot.page(title).edit(Adder())
        assert "* 11" not in await text_of(mine, title)


async def test_a_stop_page_is_looked_at_again_before_a_second_try(wiki: LocalWiki, mine: Site) -> None:
    stop, title = fresh("Stop"), await made(mine, "Tried")

    async def halt() -> None:
        await mine.page(title).append("\n* theirs")
        await mine.page(stop).create("Halt!")

    async with site_of(wiki, defaults=EditDefaults(stop_page=stop, stop_every=0)) as bot:
        with pytest.raises(BotStopped):
            await bot.page(title).edit(Adder(first=halt))
    with pytest.raises(ValueError, match="stop_every"):
        EditDefaults(stop_every=-1)
    async with site_of(wiki, defaults=EditDefaults(stop_page="a|b")) as bot:
        with pytest.raises(ValueError, match="stop_page"):  # and no page's own error
            async with bot.edit_many([title], Adder()) as edits:
                await edits.collect()


HARMLESS = {"login", "clientlogin", "logout", "purge", "stashedit", "validatepassword", "cspreport"}
"""Actions that the wiki counts as writes, or wants posted, and that change no page, no log and no account."""

# A dry run -----------------------------------------------------------------------------------------------------------


async def test_a_dry_run_writes_nothing_by_any_way_and_reads_as_ever(
    wiki: LocalWiki, sysop: ClientLogin, keeper: Site, tmp_path: Path
) -> None:
    title, transport = await made(keeper, "Dry"), Watched()
    revid = (await keeper.page(title).append("!")).revid
    picture = png(tmp_path / "a.png", 9_000)
    before = await keeper.list("recentchanges", limit=1).collect()
    async with site_of(wiki, auth=sysop, transport=transport, defaults=EditDefaults(dry_run=True)) as dry:
        page = dry.page(title)
        edits: list[Callable[[], Awaitable[Any]]] = [
            lambda: page.edit(Adder()),
            lambda: page.edit(Adder(), section=0),
            lambda: page.save("All of it."),
            lambda: page.append("!"),
            lambda: page.prepend("!"),
            lambda: page.new_section("A", "a"),
            lambda: page.undo(revid),
            lambda: dry.page(fresh("Dry")).create("x"),
            lambda: dry.page(fresh("Dry")).edit(Adder(), missing="create"),
        ]
        for edit in edits:
            assert (await edit()).outcome is EditOutcome.DRY_RUN
        assert (await page.edit(lambda text: text)).outcome is EditOutcome.UNCHANGED
        async with dry.edit_many([title], Adder()) as many:
            assert [edit.result.outcome for edit in await many.collect() if edit.result] == [EditOutcome.DRY_RUN]
        for refused, error in (
            (lambda: page.create("x"), PageExists),
            (lambda: dry.page(fresh("Dry")).append("x"), PageMissing),
            (lambda: dry.page(fresh("Dry")).edit(Adder()), PageMissing),
            (lambda: dry.page(fresh("Dry")).undo(revid), PageMissing),
            (lambda: dry.rest.create_page(fresh("Dry"), source="x"), DryRun),
            (lambda: dry.rest.update_page(title, source="x", latest=revid), DryRun),
            (lambda: dry.upload(picture, filename="Dry.png"), DryRun),
            (lambda: dry.upload(picture, filename="Dry.png", chunk_size=4_000), DryRun),
            (lambda: dry.stash(picture, filename="Dry.png"), DryRun),
            (lambda: dry.file("Dry.png").revert(archivename="20200101000000!Dry.png"), DryRun),
            (lambda: dry.call("delete", title=title), DryRun),
            (lambda: dry.call("move", from_=title, to="x"), DryRun),
            (lambda: dry.call("watch", titles=title), DryRun),
        ):
            with pytest.raises(error):
                await refused()
        assert (await page.text(), await page.exists(), await whoami(dry)) == ("Start.!", True, "Keeper")
        await dry.logout()
        assert await whoami(dry) != "Keeper"
    assert {sent(request)["action"] for request in transport.requests if request.method != "GET"} == {
        "clientlogin",
        "logout",
    }
    assert await keeper.list("recentchanges", limit=1).collect() == before


@pytest.mark.everywhere
async def test_a_dry_run_refuses_every_action_that_the_wiki_says_writes(wiki: LocalWiki) -> None:
    async with site_of(wiki, defaults=EditDefaults(dry_run=True)) as dry:
        modules = (await dry.call("paraminfo", modules="main"))["paraminfo"]["modules"][0]["parameters"]
        actions = next(found["type"] for found in modules if found["name"] == "action")
        described = []
        for at in range(0, len(actions), 50):
            described += (await dry.call("paraminfo", modules=actions[at : at + 50]))["paraminfo"]["modules"]
        writing = [found["name"] for found in described if "writerights" in found and found["name"] not in HARMLESS]
        assert len(writing) > 25
        for action in writing:
            with pytest.raises(DryRun):
                await dry.call(action)
        posted = {found["name"] for found in described if "mustbeposted" in found} - {*writing}
        assert posted <= HARMLESS


async def test_edits_keep_their_pace(wiki: LocalWiki, mine: Site) -> None:
    titles, clock = [await made(mine, "Paced") for _ in range(3)], ScriptedClock()
    async with site_of(wiki, clock=clock, limits=Limits(write_interval=5)) as paced:
        began = clock.now()
        async with paced.edit_many(titles, Adder(), concurrency=2) as edits:
            assert [edit.error for edit in await edits.collect()] == [None] * 3
        assert clock.now() - began == 10
        await paced.page(titles[0]).edit(lambda _: None)  # what is not sent needs no turn
        assert clock.now() - began == 10
