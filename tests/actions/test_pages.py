"""Move, delete, undelete, protect, merge histories, roll back, and the raw edit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mwclient_async import PageStatus, Site
from mwclient_async.errors import (
    ApiError,
    BadRequest,
    EditConflict,
    InvalidParameter,
    InvalidTitle,
    PageExists,
    PageMissing,
    PermissionDenied,
    Protected,
    Refused,
    UnrecognizedParameters,
)
from tests.support.actions import assert_codes, last_log, new_page, page_of
from tests.support.logins import fresh


async def test_a_page_moves_with_its_talk_page_and_subpages(steward: Site) -> None:
    old = await new_page(steward)
    new = f"{old} moved"
    for title in (f"Talk:{old}", f"{old}/part", f"Talk:{old}/part"):
        await steward.actions.edit(title, text="Along.")
    done = await steward.actions.move(
        old, to=new, reason="better", movetalk=True, movesubpages=True, watchlist="watch", watchlistexpiry="2 weeks"
    )
    assert (done.from_, done.to, done.reason, done.redirectcreated) == (old, new, "better", True)
    assert (done.talkfrom, done.talkto, done.errors) == (f"Talk:{old}", f"Talk:{new}", ())
    assert [(part.from_, part.to) for part in done.subpages] == [(f"{old}/part", f"{new}/part")]
    assert [part.to for part in done.subpages_talk] == [f"Talk:{new}/part"]
    info = (await page_of(steward, new, prop="info", inprop="watched")).info
    assert info.watched
    assert (info.watchlistexpiry or "").endswith("Z")


async def test_a_page_moves_by_its_id_and_the_result_names_what_did_not_move(steward: Site) -> None:
    old = await new_page(steward)
    new = f"{old} moved"
    await steward.actions.edit(f"Talk:{old}", text="Along?")
    await steward.actions.edit(f"Talk:{new}", text="In the way.")
    pageid = (await page_of(steward, old)).pageid
    done = await steward.actions.move(fromid=pageid, to=new, movetalk=True, noredirect=True)
    assert (done.from_, done.redirectcreated, done.talkto) == (old, False, None)
    assert [error.code for error in done.errors] == ["articleexists"]
    assert (await page_of(steward, old)).status is PageStatus.MISSING
    category = await new_page(steward, prefix="Category:Without subpages")
    parts = (await steward.actions.move(category, to=f"{category} moved", movesubpages=True)).subpages
    assert [[error.code for error in part.errors] for part in parts] == [["namespace-nosubpages"]]


async def test_a_page_is_deleted_and_restored(steward: Site) -> None:
    title = await new_page(steward)
    await steward.actions.edit(title, appendtext=" More.", summary="second")
    await steward.actions.edit(f"Talk:{title}", text="Along.")
    gone = await steward.actions.delete(title, reason="not ''needed''", deletetalk=True)
    assert (gone.title, gone.reason, gone.scheduled) == (title, "not ''needed''", False)
    entry = await last_log(steward, title)
    assert (entry["type"], entry["comment"]) == ("delete", "not ''needed''")
    assert (await page_of(steward, f"Talk:{title}")).status is PageStatus.MISSING
    back = await steward.actions.undelete(title, reason="again", undeletetalk=True, watchlist="watch")
    assert (back.title, back.reason, back.revisions, back.fileversions) == (title, "again", 3, 0)
    assert (await page_of(steward, f"Talk:{title}")).status is PageStatus.OK
    made = await steward.actions.delete(pageid=(await page_of(steward, title)).pageid)
    assert made.reason != ""


async def test_single_revisions_are_restored(steward: Site) -> None:
    page = await page_of(steward, "Buried", prop="revisions", rvlimit=5)
    moments = [revision.timestamp for revision in page.revisions]
    await steward.actions.delete("Buried")
    assert (await steward.actions.undelete("Buried", timestamps=moments[:2])).revisions == 2
    left = await page_of(steward, "Buried", prop="deletedrevisions", drvprop="timestamp")
    assert [revision.timestamp for revision in left.deletedrevisions] == moments[2:]


async def test_protection_is_exactly_what_was_asked_for(steward: Site, member: Site) -> None:
    title = await new_page(steward)
    soon = datetime.now(UTC) + timedelta(days=3)
    done = await steward.actions.protect(
        title,
        protections={"edit": "sysop", "move": "autoconfirmed"},
        expiry={"move": soon, "edit": "infinite"},
        cascade=True,
        reason="important",
    )
    assert done.cascade
    assert [(p.type, p.level) for p in done.protections] == [("edit", "sysop"), ("move", "autoconfirmed")]
    assert [p.expiry for p in done.protections] == ["infinite", f"{soon:%Y-%m-%dT%H:%M:%SZ}"]
    await assert_codes(
        (
            (Protected, "protectedpage", member.actions.edit(title, text="Mine.")),
            (ApiError, "protect-invalidaction", steward.actions.protect(title, protections={"dance": "sysop"})),
            (ApiError, "protect-invalidlevel", steward.actions.protect(title, protections={"edit": "king"})),
            (ApiError, "create-titleexists", steward.actions.protect(title, protections={"create": "sysop"})),
            (ApiError, "missingtitle-createonly", steward.actions.protect(fresh("No"), protections={"edit": "sysop"})),
            (
                InvalidParameter,
                "invalidexpiry",
                steward.actions.protect(title, protections={"edit": "sysop"}, expiry="soonish"),
            ),
            (PermissionDenied, "permissiondenied", member.actions.protect(title, protections={"edit": "all"})),
        )
    )
    assert (
        await page_of(steward, title, prop="info", inprop="watched")
    ).info.watched  # as the preferences of the account say
    opened = await steward.actions.protect(title, protections={"edit": "all", "move": "all"}, watchlist="unwatch")
    assert not (await page_of(steward, title, prop="info", inprop="watched")).info.watched
    assert [p.level for p in opened.protections] == ["", ""]
    assert (await page_of(steward, title, prop="info", inprop="protection")).info.protection == ()


async def test_histories_merge(steward: Site) -> None:
    old, new = "History of old", await new_page(steward)
    page = await page_of(steward, old, prop="revisions", rvlimit=5, rvdir="newer")
    first = page.revisions[0].timestamp
    toid = (await page_of(steward, new)).pageid
    done = await steward.actions.mergehistory(fromid=page.pageid, toid=toid, timestamp=first, reason="one page")
    assert (done.from_, done.to, done.timestamp, done.reason) == (old, new, first, "one page")
    assert len((await page_of(steward, new, prop="revisions", rvlimit=5)).revisions) == 2
    await assert_codes(
        (
            (ApiError, "mergehistory-fail-self-merge", steward.actions.mergehistory(new, to=new)),
            (ApiError, "mergehistory-fail-timestamps-overlap", steward.actions.mergehistory(new, to=old)),
            (PageMissing, "nosuchpageid", steward.actions.mergehistory(fromid=9_999_999, to=old)),
        )
    )
    new = await new_page(steward)
    rest = await steward.actions.mergehistory(old, to=new)
    assert (rest.timestamp, rest.reason) == (None, "")
    assert len((await page_of(steward, new, prop="revisions", rvlimit=5)).revisions) == 3


async def test_a_rollback_reverts_all_edits_of_the_last_user(steward: Site, member: Site) -> None:
    title = "Vandalised"
    ids = [r.revid for r in (await page_of(steward, title, prop="revisions", rvlimit=5)).revisions]
    await assert_codes(
        (
            (PermissionDenied, "permissiondenied", member.actions.rollback(title, user="Vandal")),
            (ApiError, "alreadyrolled", steward.actions.rollback(title, user="Another user")),
            (PageMissing, "missingtitle", steward.actions.rollback(fresh("None"), user="Vandal")),
        )
    )
    done = await steward.actions.rollback(title, user="Vandal", summary="vandalism", markbot=True)
    assert (done.title, done.summary, done.old_revid, done.last_revid) == (title, "vandalism", ids[0], ids[2])
    latest = (await page_of(steward, title, prop="revisions", rvprop="ids|content", rvslots="main")).revisions[0]
    assert (latest.revid, latest.content) == (done.revid, "Good.")
    change = await steward.list("recentchanges", title=title, prop="ids|flags", limit=1).first()
    assert change is not None
    assert (change.revid, change.bot) == (done.revid, True)
    with pytest.raises(ApiError, match="onlyauthor"):
        await steward.actions.rollback(await new_page(steward), user="Steward")


async def test_the_raw_edit_does_what_the_manual_says(steward: Site) -> None:
    title = fresh("Raw")
    made = await steward.actions.edit(title, text="== A ==\none", summary="first", createonly=True)
    assert (made.new, made.oldrevid, made.title) == (True, 0, title)
    more = await steward.actions.edit(title, appendtext="!", prependtext="?", minor=False, baserevid=made.newrevid)
    assert (more.new, more.oldrevid, more.nochange) == (False, made.newrevid, False)
    assert more.newtimestamp is not None
    undone = await steward.actions.edit(pageid=made.pageid, undo=more.newrevid, starttimestamp=more.newtimestamp)
    assert undone.oldrevid == more.newrevid
    assert (await steward.actions.edit(title, text="== A ==\none")).nochange
    assert (await steward.actions.edit(title, text="Two.", section="new", sectiontitle="B", bot=True)).newrevid > 0
    await assert_codes(
        (
            (PageExists, "articleexists", steward.actions.edit(title, text="x", createonly=True)),
            (PageMissing, "missingtitle", steward.actions.edit(fresh("No"), text="x", nocreate=True)),
            (EditConflict, "editconflict", steward.actions.edit(title, text="x", baserevid=made.newrevid)),
            (InvalidTitle, "invalidtitle", steward.actions.edit("A|B", text="x")),
            (PageMissing, "nosuchsection", steward.actions.edit(title, text="x", section=77)),
        )
    )
    with pytest.raises(UnrecognizedParameters, match="action=edit knows no parameter 'captchaid'"):
        await steward.actions.edit(title, text="x", captchaid="1")


async def test_an_edit_is_minor_or_not_or_as_the_preferences_say(steward: Site) -> None:
    title = await new_page(steward)
    await steward.actions.options({"minordefault": True})
    flags = []
    for minor in (None, False, True):
        await steward.actions.edit(title, appendtext=f"{minor}", minor=minor)
        flags.append((await page_of(steward, title, prop="revisions", rvprop="flags")).revisions[0].minor)
    await steward.actions.options({"minordefault": None})
    assert flags == [True, False, True]


async def test_a_text_is_stashed_before_it_is_saved(steward: Site, member: Site) -> None:
    title, text = await new_page(steward), "A text that is soon to be saved."
    revid = (await page_of(steward, title, prop="revisions", rvprop="ids")).revisions[0].revid or 0
    stashed = await member.actions.stashedit(title, baserevid=revid, text=text, summary="soon")
    assert stashed.status == "stashed"
    again = await member.actions.stashedit(title, baserevid=revid, stashedtexthash=stashed.texthash)
    assert again == stashed
    with pytest.raises(ApiError, match="missingtext"):
        await member.actions.stashedit(title, baserevid=revid, stashedtexthash="0" * 40)


@pytest.mark.everywhere
async def test_the_content_model_of_a_page_changes(steward: Site, anonymous: Site) -> None:
    title = await new_page(steward, '{"a": 1}')
    before = (await page_of(steward, title, prop=["info", "revisions"], rvprop="ids")).info
    actions = steward.actions
    done = await actions.changecontentmodel(title, model="json", summary="it is data", bot=True)
    page = await page_of(steward, title, prop=["info", "revisions"], rvprop="ids|comment|content")
    assert (done.title, done.contentmodel, done.revid) == (title, "json", page.info.lastrevid)
    assert (done.pageid, done.logid) == (page.pageid, (await last_log(steward, title, "ids"))["logid"])
    assert (before.contentmodel, page.info.contentmodel) == ("wikitext", "json")
    assert "it is data" in (page.revisions[0].comment or "")
    back = await actions.changecontentmodel(pageid=page.pageid, model="wikitext")
    assert back.contentmodel == "wikitext"
    assert back.revid != done.revid
    await assert_codes(
        (
            (PageMissing, "changecontentmodel-missingtitle", actions.changecontentmodel(fresh("No"), model="json")),
            (InvalidParameter, "badvalue", actions.changecontentmodel(title, model="nosuch")),
            (PermissionDenied, "permissiondenied", anonymous.actions.changecontentmodel(title, model="json")),
            (Refused, "badtags", actions.changecontentmodel(title, model="json", tags="no such tag")),
            (ApiError, "nochanges", actions.changecontentmodel(title, model="wikitext")),
            (Refused, "invalid-json-data", actions.changecontentmodel(await new_page(steward), model="json")),
        )
    )


@pytest.mark.everywhere
async def test_the_language_of_a_page_changes(steward: Site, member: Site) -> None:
    title, actions = await new_page(steward), steward.actions
    done = await actions.setpagelanguage(title, lang="fr", reason="it is French")
    assert (done.title, done.oldlanguage, done.newlanguage) == (title, "en[def]", "fr")
    page = await page_of(steward, title, prop="info")
    assert page.info.pagelanguage == "fr"
    logged = await last_log(steward, title, "ids")
    assert (logged["logid"], logged["comment"]) == (done.logid, "it is French")
    back = await actions.setpagelanguage(pageid=page.pageid, lang="default")
    assert (back.oldlanguage, back.newlanguage) == ("fr", "en[def]")
    await assert_codes(
        (
            (PageMissing, "missingtitle", actions.setpagelanguage(fresh("No"), lang="fr")),
            (InvalidParameter, "badvalue", actions.setpagelanguage(title, lang="nosuch")),
            (PermissionDenied, "permissiondenied", member.actions.setpagelanguage(title, lang="fr")),
            (ApiError, "pagelang-unchanged-language", actions.setpagelanguage(title, lang="default")),
        )
    )


async def test_each_refusal_of_the_manual_is_its_error(steward: Site, member: Site) -> None:
    title = await new_page(steward)
    actions = steward.actions
    await assert_codes(
        (
            (PageMissing, "missingtitle", actions.move(fresh("None"), to="Anywhere")),
            (PageMissing, "nosuchpageid", actions.move(fromid=9_999_999, to="Anywhere")),
            (PageExists, "articleexists", actions.move(title, to="Main Page")),
            (BadRequest, "selfmove", actions.move(title, to=title)),
            (Refused, "immobile-target-namespace", actions.move(title, to="Special:Log")),
            (InvalidTitle, "invalidtitle", actions.move(title, to="A[B")),
            (PageMissing, "missingtitle", actions.delete(fresh("None"))),
            (PageMissing, "nosuchpageid", actions.delete(pageid=9_999_999)),
            (InvalidTitle, "pagecannotexist", actions.delete("Special:Log")),
            (PermissionDenied, "permissiondenied", member.actions.delete(title)),
            (ApiError, "undelete-no-results", actions.undelete(fresh("None"))),
            (PermissionDenied, "permissiondenied", member.actions.undelete(title)),
            (PermissionDenied, "mergehistory-fail-permission", member.actions.mergehistory("Vandalised", to=title)),
            (Refused, "badtags", actions.delete(title, tags="no such tag")),
        )
    )
