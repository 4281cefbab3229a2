"""Patrol, tag and hide changes; import pages; rotate images and restore their old versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from mwclient_async import Site
from mwclient_async.errors import (
    ApiError,
    InvalidParameter,
    OutcomeUnknown,
    PageMissing,
    PermissionDenied,
    Refused,
    ReplyLost,
    TooManyValues,
    UploadError,
)
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import sent
from tests.support.actions import TOKENS, assert_codes, assert_refused, last_log, new_page, page_of, scripted
from tests.support.image_files import png
from tests.support.logins import fresh

ANONYMOUS = {"query": {"userinfo": {"id": 0, "name": "127.0.0.1", "anon": True, "rights": []}}}


async def test_changes_are_patrolled(steward: Site, member: Site) -> None:
    await member.actions.edit(title := fresh("Unpatrolled"), text="One.")
    made = await member.actions.edit(title, text="Two.")
    done = await steward.actions.patrol(revid=made.newrevid)
    (change, first) = await steward.list("recentchanges", title=title, prop="ids|patrolled").collect()
    assert (done.title, done.ns, done.rcid, change.patrolled, first.patrolled) == (title, 0, change.rcid, True, False)
    assert (await steward.actions.patrol(rcid=first.rcid)).rcid == first.rcid
    await assert_codes(
        (
            (PageMissing, "nosuchrevid", steward.actions.patrol(revid=9_999_999)),
            (ApiError, "nosuchrcid", steward.actions.patrol(rcid=9_999_999)),
            (PermissionDenied, "permissiondenied", member.actions.patrol(revid=made.newrevid)),
        )
    )


async def test_tags_are_created_added_and_removed(steward: Site, member: Site) -> None:
    name = fresh("seen").replace(" ", "-")
    made = await steward.actions.managetags("create", tag=name, reason="for tests")
    assert (made.operation, made.tag, made.success, (made.logid or 0) > 0) == ("create", name, True, True)
    revid = (await page_of(steward, await new_page(steward), prop="revisions", rvprop="ids")).revisions[0].revid or 0
    put, none = await steward.actions.tag(revid=[revid, 9_999_999], add=name, reason="looked at")
    assert (put.revid, put.status, put.added, put.errors) == (revid, "success", (name,), ())
    assert (none.revid, none.status, [error.code for error in none.errors]) == (9_999_999, "error", ["nosuchrevid"])
    (again,) = await steward.actions.tag(revid=revid, add=name)
    assert (again.noop, again.actionlogid) == (True, None)
    (log,) = await steward.actions.tag(logid=put.actionlogid, add=[name], remove=[])
    assert (log.logid, log.added) == (put.actionlogid, (name,))
    (off,) = await steward.actions.tag(revid=revid, remove=name)
    assert (off.removed, off.added) == ((name,), ())
    await assert_codes(
        (
            (Refused, "badtags", steward.actions.tag(revid=revid, add="mw-undo")),
            (TooManyValues, "toomanyvalues", member.actions.tag(revid=range(1, 60), add=name)),
            (ApiError, "tags-delete-not-found", steward.actions.managetags("delete", tag="no-such-tag")),
            (ApiError, "tags-create-invalid-chars", steward.actions.managetags("create", tag="a,b")),
            (PermissionDenied, "permissiondenied", member.actions.managetags("create", tag="mine")),
        )
    )
    assert (await steward.actions.managetags("deactivate", tag=name)).success


async def test_warnings_about_a_tag_are_ignored_on_demand() -> None:
    """Scripted, because the wiki warns only about tags of thousands of changes."""
    warned = {
        "operation": "delete",
        "tag": "x",
        "success": True,
        "logid": 5,
        "warnings": [{"code": "many", "text": "!"}],
    }
    site, transport = scripted(TOKENS, {"managetags": warned})
    async with site:
        done = await site.actions.managetags("delete", tag="x", ignorewarnings=True, reason="old")
    assert [warning.code for warning in done.warnings] == ["many"]
    assert {name: sent(transport.requests[-1]).get(name) for name in ("ignorewarnings", "reason", "tags")} == {
        "ignorewarnings": "1",
        "reason": "old",
        "tags": None,
    }


async def test_revisions_are_hidden_and_shown(steward: Site, member: Site) -> None:
    title = await new_page(steward)
    await steward.actions.edit(title, text="Secret.", summary="secret")
    await steward.actions.edit(title, text="Public.")
    latest, secret, _ = (await page_of(steward, title, prop="revisions", rvlimit=3, rvprop="ids")).revisions
    done = await steward.actions.revisiondelete(
        "revision", ids=[secret.revid or 0, latest.revid or 0], hide={"content", "comment"}, reason="private"
    )
    hidden, kept = sorted(done.items, key=lambda item: int(item.id or 0))
    assert (done.target, hidden.id, hidden.texthidden, hidden.commenthidden, hidden.userhidden) == (
        *(title, secret.revid),
        *(True, True, False),
    )
    assert (kept.texthidden, [error.code for error in kept.errors]) == (False, ["revdelete-hide-current"])
    assert [error.code for error in done.errors] == ["revdelete-hide-current"]
    seen = (await page_of(member, title, prop="revisions", rvlimit=3, rvprop="ids|comment")).revisions[1]
    assert (seen.comment, seen.commenthidden) == (None, True)
    shown = await steward.actions.revisiondelete("revision", ids=secret.revid or 0, show="comment", suppress="nochange")
    assert (shown.items[0].commenthidden, shown.items[0].comment) == (False, "secret")
    entry = await steward.list("logevents", type="delete", title=title, prop="ids", limit=1).mappings().first()
    assert entry is not None
    log = await steward.actions.revisiondelete("logging", ids=entry["logid"], hide="comment")
    assert (log.items[0].id, log.items[0].commenthidden) == (entry["logid"], True)
    await assert_codes(
        (
            (ApiError, "needtarget", steward.actions.revisiondelete("revision", ids=9_999_999, hide="user")),
            (PermissionDenied, "permissiondenied", member.actions.revisiondelete("revision", ids=1, hide="user")),
        )
    )


async def test_an_export_is_imported(steward: Site, member: Site, tmp_path: Path) -> None:
    title = await new_page(steward, text="To be exported.")
    xml = b"".join([piece async for piece in steward.export(titles=title)])
    await steward.actions.delete(title)
    (page,) = await steward.actions.import_(xml, interwikiprefix="local", summary="back again")
    assert (page.title, page.ns, page.revisions, page.invalid) == (title, 0, 1, False)
    assert (await last_log(steward, title))["type"] == "import"
    path = tmp_path / "export.xml"
    path.write_bytes(xml)
    (below,) = await steward.actions.import_(path, interwikiprefix="local", rootpage="Main Page", assignknownusers=True)
    assert (below.title, below.revisions) == (f"Main Page/{title}", 1)
    (talk,) = await steward.actions.import_(xml, interwikiprefix="local", namespace=1)
    assert talk.title == f"Talk:{title}"
    await assert_codes(
        (
            (PermissionDenied, "cantimport-upload", member.actions.import_(xml, interwikiprefix="local")),
            (ApiError, "import-unknownerror", steward.actions.import_(b"no XML", interwikiprefix="local")),
            (
                InvalidParameter,
                "badvalue",
                steward.actions.import_(interwikisource="nowhere", interwikipage="A", fullhistory=True),
            ),
        )
    )


async def test_an_import_from_another_wiki_sends_the_parameters_of_the_manual() -> None:
    """Scripted, because a LocalWiki has no other wiki to import from."""
    pages: Any = [{"ns": 0, "title": "A", "revisions": 3}, {"title": "B<", "invalid": True}]
    site, transport = scripted(TOKENS, {"import": pages}, ReplyLost("gone"))
    async with site:
        done = await site.actions.import_(interwikisource="meta", interwikipage="A", fullhistory=True, namespace=0)
        assert [(page.title, page.revisions, page.invalid) for page in done] == [("A", 3, False), ("B<", 0, True)]
        with pytest.raises(OutcomeUnknown):
            await site.actions.import_(b"<x/>", interwikiprefix="x")
    sent_params = sent(transport.requests[1])
    assert (
        sent_params["interwikisource"],
        sent_params["interwikipage"],
        sent_params["fullhistory"],
        sent_params["namespace"],
    ) == (
        *("meta", "A"),
        *("1", "0"),
    )
    assert "templates" not in sent_params


async def test_an_old_version_of_a_file_becomes_the_latest(steward: Site, tmp_path: Path) -> None:
    first, second = png(tmp_path / "a.png", 3000, seed=11), png(tmp_path / "b.png", 4000, seed=12)
    await steward.upload(first, filename="Turned.png", comment="first", ignore_warnings=True)
    await steward.upload(second, filename="Turned.png", comment="second", ignore_warnings=True)
    props = {"prop": "imageinfo", "iilimit": 5, "iiprop": "archivename|sha1|comment"}
    latest, old = (await page_of(steward, "File:Turned.png", **props)).imageinfo
    await anyio.sleep(1.1)  # the name of an old version has its time in it, in seconds
    await steward.actions.filerevert("File:Turned.png", archivename=old.archivename or "", comment="it was better")
    now = (await page_of(steward, "File:Turned.png", **props)).imageinfo[0]
    assert (now.sha1, now.comment, now.sha1 != latest.sha1) == (old.sha1, "it was better", True)
    nowhere = "20200101000000!Turned.png"
    await assert_codes(
        (
            (ApiError, "filerevert-badversion", steward.actions.filerevert("Turned.png", archivename=nowhere)),
            (PageMissing, "missingtitle", steward.actions.filerevert("No such file.png", archivename=nowhere)),
        )
    )
    turned, none = sorted(
        await steward.actions.imagerotate(90, titles=["File:Turned.png", "No such file.png"]), key=lambda f: f.missing
    )
    assert (turned.title, turned.result, turned.errors[0].code) == ("File:Turned.png", "Failure", "thumbnail_error")
    assert (none.title, none.missing, none.errors[0].code) == ("File:No such file.png", True, "filedoesnotexist")


async def test_an_image_is_rotated_and_a_failed_revert_is_an_error() -> None:
    """Scripted, because the image library of a LocalWiki cannot rotate, and its disk is never full."""
    rows: Any = [{"id": 5, "ns": 6, "title": "File:A.png", "result": "Success"}]
    failed: Any = {"result": "Failure", "errors": [{"code": "backend-fail-alreadyexists", "text": "No."}]}
    site, transport = scripted(TOKENS, {"filerevert": failed}, ANONYMOUS, {"imagerotate": rows})
    async with site:
        with pytest.raises(UploadError, match="backend-fail-alreadyexists: No"):
            await site.actions.filerevert("A.png", archivename="1!A.png")
        (turned,) = await site.actions.imagerotate(270, titles="File:A.png", tags=["x", "y"])
    sent_params = sent(transport.requests[-1])
    assert (turned.pageid, turned.result, turned.errors) == (5, "Success", ())
    assert (sent_params["rotation"], sent_params["tags"], sent_params["titles"]) == ("270", "x|y", "File:A.png")


async def test_wrong_arguments_are_refused_before_any_request(action_wiki: LocalWiki) -> None:
    site, transport = scripted()
    async with site:
        act: Any = site.actions

        async def rotate(*args: Any, **named: Any) -> object:
            return await act.imagerotate(*args, **named)

        await assert_refused(
            (
                (ValueError, "exactly one of rcid and revid", act.patrol),
                (ValueError, "rcid=0", lambda: act.patrol(rcid=0)),
                (ValueError, "say what to tag", lambda: act.tag(add="x")),
                (ValueError, "which tags", lambda: act.tag(revid=5)),
                (ValueError, "revid=True", lambda: act.tag(revid=[True], add="x")),
                (ValueError, "operation='make'", lambda: act.managetags("make", tag="x")),
                (ValueError, "tag is empty", lambda: act.managetags("create", tag="")),
                (ValueError, "type='page'", lambda: act.revisiondelete("page", ids=1, hide="user")),
                (ValueError, "what to hide", lambda: act.revisiondelete("revision", ids=1)),
                (ValueError, "hide='text'", lambda: act.revisiondelete("revision", ids=1, hide="text")),
                (
                    ValueError,
                    "'user' cannot be hidden and",
                    lambda: act.revisiondelete("x", ids=1, hide="user", show="user"),
                ),
                (ValueError, "ids is empty", lambda: act.revisiondelete("revision", ids=[], hide="user")),
                (ValueError, "exactly one of xml", act.import_),
                (ValueError, "xml needs interwikiprefix", lambda: act.import_(b"x")),
                (ValueError, "needs interwikipage", lambda: act.import_(interwikisource="meta")),
                (ValueError, "not both", lambda: act.import_(b"x", interwikiprefix="x", namespace=1, rootpage="A")),
                (TypeError, "xml is of type str", lambda: act.import_("x", interwikiprefix="x")),
                (ValueError, "filename is empty", lambda: act.filerevert("", archivename="x")),
                (ValueError, "rotation=45", lambda: rotate(45, titles="A")),
                (ValueError, "exactly one of titles", lambda: rotate(90)),
            )
        )
    assert transport.requests == []


@pytest.mark.parametrize(("options", "asked"), [({}, True), ({"namespace": 4}, False), ({"rootpage": "Old"}, False)])
async def test_w2_the_log_is_not_asked_for_pages_that_an_import_renames(
    options: dict[str, Any], *, asked: bool
) -> None:
    """Scripted, because what is counted is requests. The titles of the entries are not those of the file."""
    xml = b"<page><title>Page</title></page>"
    site, transport = scripted(TOKENS, ReplyLost("gone"), {"query": {"userinfo": {"name": "192.0.2.1", "anon": True}}})
    async with site:
        with pytest.raises(OutcomeUnknown):
            await site.actions.import_(xml, interwikiprefix="old", **options)
    assert len(transport.requests) == (3 if asked else 2)
