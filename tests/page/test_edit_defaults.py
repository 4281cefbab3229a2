"""EditDefaults: options of all edits, bot exclusion, the stop page, and dry runs."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from mwclient_async import BotPassword, ClientLogin, EditDefaults, EditOutcome, Limits, Site
from mwclient_async._http.text_normalization import summary_with_suffix
from mwclient_async.errors import BotsExcluded, BotStopped, DryRun, PageExists, PageMissing
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedClock, sent
from tests.support.edits import latest_revision
from tests.support.image_files import png
from tests.support.logins import EventLog, RecordingTransport, fresh, make_tag, site as site_of, whoami
from tests.support.transforms import AddLine, create_page, text_of

ALL_OF_THEM = EditDefaults(bot=True, minor=True, tags="by default", summary_suffix="(Demo)")


async def changes(site: Site, title: str) -> list[tuple[bool, bool, list[str]]]:
    """For each change of a page, newest first: whether it is minor, whether it is a bot's, and its tags."""
    found = await site.list("recentchanges", title=title, prop=["flags", "tags"]).collect()
    return [
        (bool(row.minor), bool(row.bot), [tag for tag in row.tags if tag in {"by default", "own"}]) for row in found
    ]


async def test_defaults_count_for_every_edit_unless_its_own_options_differ(
    wiki: LocalWiki, admin_auth: ClientLogin, admin_site: Site
) -> None:
    for tag in ("by default", "own"):
        await make_tag(admin_site, tag)
    title = await create_page(admin_site, "Defaults")
    async with site_of(wiki, auth=admin_auth, defaults=ALL_OF_THEM) as site_with_defaults:
        page = site_with_defaults.page(title)
        undone = (await page.append("\n* a", summary="adds")).revid
        await page.undo(undone, summary="undoes")
        await page.edit(AddLine(), summary="edits")
        await page.edit(AddLine("* b"), summary="own", minor=False, bot=False, tags=["own"])
        await page.edit(AddLine("* c"), tags=(), bot=True)
        async with site_with_defaults.edit_many([title], AddLine("* d"), summary="many") as edits:
            await edits.collect()
    whole = (True, True, ["by default"])
    expected = [whole, (True, True, []), (False, False, ["own"]), whole, whole, whole]
    assert (await changes(admin_site, title))[:6] == expected
    comments = [row.comment async for row in admin_site.page(title).revisions(limit=6)]
    assert comments == [f"{word} (Demo)" if word else "" for word in ("many", "", "own", "edits", "undoes", "adds")]


async def test_an_account_without_the_right_does_not_send_the_bot_flag(wiki: LocalWiki, user_auth: BotPassword) -> None:
    transport = RecordingTransport()
    async with site_of(wiki, auth=user_auth, defaults=EditDefaults(bot=True), transport=transport) as opened:
        await create_page(opened, "No bot")
        assert "bot" not in (await opened.userinfo()).rights
    edits = [sent(request) for request in transport.requests if sent(request)["action"] == "edit"]
    assert [edit.get("bot") for edit in edits] == [None]


async def test_a_long_summary_is_stored_as_it_was_sent(wiki: LocalWiki) -> None:
    units = ("x", "👨‍👩‍👧‍👦", "🇩🇪", "o\u0323\u0302\u0307", "क़", "👍🏿", "é")
    async with site_of(wiki, defaults=EditDefaults(summary_suffix="(bot 🤖)")) as site:
        page = site.page(await create_page(site, "Summaries"))
        for number, unit in enumerate(units):
            sent_summary = f"{number}: " + unit * 500
            await page.append(f"\n* {number}", summary=sent_summary)
            stored = (await page.get()).revisions[0].comment
            assert stored == summary_with_suffix(sent_summary, "(bot 🤖)")
            assert stored is not None
            body = stored.removesuffix("… (bot 🤖)").removeprefix(f"{number}: ")
            whole = unicodedata.normalize("NFC", unit)
            assert 490 - 2 * len(whole) < len(stored) <= 500
            assert body == whole * (len(body) // len(whole))


# Bot exclusion and the stop page -------------------------------------------------------------------------------------


async def test_pages_that_exclude_the_bot_are_not_edited(wiki: LocalWiki, user_site: Site) -> None:
    title = await create_page(user_site, "Excluding", "Text. {{bots|deny=Other,Demo_Bot}}")
    old = (await latest_revision(user_site, title)).revid
    await user_site.page(title).append(" More.")
    last = await latest_revision(user_site, title)
    events = EventLog()
    async with site_of(wiki, defaults=EditDefaults(obey_bots="Demo Bot"), on_event=events.append) as demo:
        page, adder = demo.page(title), AddLine()
        refused_edits: list[Callable[[], Awaitable[object]]] = [
            lambda: page.edit(adder),
            lambda: page.save("All of it."),
            lambda: page.append("!"),
            lambda: page.prepend("!"),
            lambda: page.new_section("A", "a"),
            lambda: page.undo(last.revid, after=old),
        ]
        for edit in refused_edits:
            with pytest.raises(BotsExcluded, match="Demo Bot"):
                await edit()
        async with demo.edit_many([title, fresh("Allowing")], adder, missing="create") as edits:
            found = {edit.title: edit for edit in await edits.collect()}
    assert isinstance(found.pop(title).error, BotsExcluded)
    assert [edit.result.outcome for edit in found.values() if not edit.error] == [EditOutcome.CREATED]
    assert (adder.texts, events.requests("action=edit"), (await latest_revision(user_site, title)).revid) == (
        [""],
        1,
        last.revid,
    )
    async with site_of(wiki, defaults=EditDefaults(obey_bots="Third")) as third:
        assert (await third.page(title).edit(adder)).outcome is EditOutcome.SAVED


async def test_a_stop_page_stops_all_edits_and_is_read_at_intervals(
    wiki: LocalWiki, user_site: Site, admin_site: Site
) -> None:
    stop, title, clock, events = fresh("Stop"), await create_page(user_site, "Stopped"), ScriptedClock(), EventLog()
    defaults = EditDefaults(stop_page=stop, stop_every=60)
    async with site_of(wiki, clock=clock, defaults=defaults, on_event=events.append) as bot:

        async def edit(number: int) -> None:
            await bot.page(title).append(f"\n* {number}")

        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(edit, number)
        assert events.requests("action=query") == 3  # for ten tasks: the stop page, the page, and a token
        await user_site.page(stop).create("Halt! ~~~~")
        await edit(10)  # the stop page was not read since
        clock.pass_by(60)
        events.clear()
        for _ in range(3):
            with pytest.raises(BotStopped, match="Halt!"):
                await edit(11)
        assert events.requests("action=query") == 1
        for lift in (lambda: user_site.page(stop).save(""), lambda: admin_site.call("delete", title=stop)):
            await lift()
            clock.pass_by(60)
            await edit(12)
            await user_site.page(stop).save("Halt!", missing="create")
            clock.pass_by(60)
            with pytest.raises(BotStopped):
                await bot.page(title).edit(AddLine())
        assert "* 11" not in await text_of(user_site, title)


async def test_a_stop_page_is_read_again_before_a_second_try(wiki: LocalWiki, user_site: Site) -> None:
    stop, title = fresh("Stop"), await create_page(user_site, "Tried")

    async def halt() -> None:
        await user_site.page(title).append("\n* theirs")
        await user_site.page(stop).create("Halt!")

    async with site_of(wiki, defaults=EditDefaults(stop_page=stop, stop_every=0)) as bot:
        with pytest.raises(BotStopped):
            await bot.page(title).edit(AddLine(before_first=halt))
    with pytest.raises(ValueError, match="stop_every"):
        EditDefaults(stop_every=-1)
    async with site_of(wiki, defaults=EditDefaults(stop_page="a|b")) as bot:
        with pytest.raises(ValueError, match="stop_page"):  # it is not the error of a single page
            async with bot.edit_many([title], AddLine()) as edits:
                await edits.collect()


HARMLESS = {"login", "clientlogin", "logout", "purge", "stashedit", "validatepassword", "cspreport"}
"""Actions that the wiki counts as writes, or wants posted, but that change no page, log or account."""

# A dry run -----------------------------------------------------------------------------------------------------------


async def test_a_dry_run_writes_nothing_and_reads_as_usual(
    wiki: LocalWiki, admin_auth: ClientLogin, admin_site: Site, tmp_path: Path
) -> None:
    title, transport = await create_page(admin_site, "Dry"), RecordingTransport()
    revid = (await admin_site.page(title).append("!")).revid
    picture = png(tmp_path / "a.png", 9_000)
    before = await admin_site.list("recentchanges", limit=1).collect()
    async with site_of(wiki, auth=admin_auth, transport=transport, defaults=EditDefaults(dry_run=True)) as dry:
        page = dry.page(title)
        edits: list[Callable[[], Awaitable[Any]]] = [
            lambda: page.edit(AddLine()),
            lambda: page.edit(AddLine(), section=0),
            lambda: page.save("All of it."),
            lambda: page.append("!"),
            lambda: page.prepend("!"),
            lambda: page.new_section("A", "a"),
            lambda: page.undo(revid),
            lambda: dry.page(fresh("Dry")).create("x"),
            lambda: dry.page(fresh("Dry")).edit(AddLine(), missing="create"),
        ]
        for edit in edits:
            assert (await edit()).outcome is EditOutcome.DRY_RUN
        assert (await page.edit(lambda text: text)).outcome is EditOutcome.UNCHANGED
        async with dry.edit_many([title], AddLine()) as many:
            assert [edit.result.outcome for edit in await many.collect()] == [EditOutcome.DRY_RUN]
        for refused, error in (
            (lambda: page.create("x"), PageExists),
            (lambda: dry.page(fresh("Dry")).append("x"), PageMissing),
            (lambda: dry.page(fresh("Dry")).edit(AddLine()), PageMissing),
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
        assert (await page.text(), await page.exists(), await whoami(dry)) == ("Start.!", True, "Page admin")
        await dry.logout()
        assert await whoami(dry) != "Page admin"
    assert {sent(request)["action"] for request in transport.requests if request.method != "GET"} == {
        "clientlogin",
        "logout",
    }
    assert await admin_site.list("recentchanges", limit=1).collect() == before


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


async def test_edits_wait_for_the_write_interval(wiki: LocalWiki, user_site: Site) -> None:
    titles, clock = [await create_page(user_site, "Paced") for _ in range(3)], ScriptedClock()
    async with site_of(wiki, clock=clock, limits=Limits(write_interval=5)) as paced:
        began = clock.now()
        async with paced.edit_many(titles, AddLine(), concurrency=2) as edits:
            assert [edit.error for edit in await edits.collect()] == [None] * 3
        assert clock.now() - began == 10
        await paced.page(titles[0]).edit(lambda _: None)  # an edit that is not sent does not wait
        assert clock.now() - began == 10
