"""One call of each method of the library that reads a response, for the mutation test.

An operation is recorded once on a real wiki, and repeated many times with the recorded responses. So its requests must
not depend on the time or on chance.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from mwclient_async import BotPassword, ClientLogin, Site
from mwclient_async.models.auth import Auth
from tests.query.test_lists import PARAMETERS

Run = Callable[[Site], Awaitable[Any]]


@frozen(kw_only=True)
class Operation:
    """``prepare`` is done before the recording. ``lost`` is the action whose first response is lost in the recording.

    ``auth`` is the login that the operation itself performs; None to use a login that the wiki knows already.
    """

    name: str
    run: Run
    prepare: Run | None = None
    lost: str = ""
    auth: Auth | None = None


@frozen(kw_only=True)
class Inputs:
    """What the operations need: files, and what the populated wiki has."""

    picture: Path
    other: Path
    ids: Mapping[str, list[int]]
    robot: BotPassword
    person: ClientLogin


def operations(inputs: Inputs) -> list[Operation]:
    """All operations."""
    return [*_reads(inputs), *_rest_reads(inputs), *_edits(), *_writes(inputs), *_uploads(inputs), *_logins(inputs)]


def _lists() -> list[Operation]:
    def run(name: str, parameters: Mapping[str, Any]) -> Run:
        return lambda site: site.list(name, batch_size=2, limit=5, **parameters).collect()

    return [
        Operation(name=f"list {name}", run=run(name, {n: v for n, v in parameters.items() if n != "limit"}))
        for name, parameters in PARAMETERS.items()
    ]


def _reads(inputs: Inputs) -> list[Operation]:
    every = [
        *("categories", "categoryinfo", "contributors", "extlinks", "fileusage", "imageinfo"),
        *("images", "info", "iwlinks", "langlinks", "links", "linkshere"),
        *("pageprops", "redirects", "revisions", "templates", "transcludedin"),
    ]
    named = {"inprop": "protection|url|watched", "rvprop": "ids|content|user|comment|sha1", "rvslots": "main"}
    reads: dict[str, Run] = {
        "query": lambda site: site.query(
            params=named, generator="allpages", prop=every, batch_size=3, limit=7
        ).collect(),
        "query in fragments": lambda site: site.query(
            generator="categorymembers", gcmtitle="Category:Planets", prop=["links", "info"], pllimit=1
        ).collect(),
        "query batches": lambda site: (
            site.query(
                list=["allpages", "recentchanges"], meta=["siteinfo", "userinfo"], aplimit=3, rclimit=3, titles="Earth"
            )
            .batches()
            .__anext__()
        ),
        "rawcontinue": lambda site: _all(
            site.query(generator="allpages", prop="links", gaplimit=3, rawcontinue=True, limit=6).batches()
        ),
        "distinct": lambda site: (
            site.query(generator="links", titles=["Earth", "Mars"], prop="info", batch_size=2).distinct().collect()
        ),
        "mappings": lambda site: site.list("allpages", batch_size=3, limit=6).mappings().collect(),
        "pages": lambda site: site.pages(
            titles=["Earth", "mars", "Terra", "No such", "A<", "wikipedia:X", "Special:Version"], prop=["info", "links"]
        ).collect(),
        "pages by revision": lambda site: site.pages(
            revids=[*inputs.ids["Earth"], 10**9], prop="revisions", rvprop="ids"
        ).collect(),
        "follow": lambda site: (
            site.list("recentchanges", start="2000-01-01T00:00:00Z", batch_size=3, limit=7).follow(every=1).collect()
        ),
        "export": lambda site: _all(site.export(titles=["Earth", "Mars"])),
        "info": lambda site: site.info("general", "namespaces", "extensions", "statistics", "usergroups", "magicwords"),
        "userinfo": lambda site: site.userinfo(),
        "get": lambda site: site.page("Earth").get("info", "categories", "revisions"),
        "exists": lambda site: site.page("Earth").exists(),
        "text": lambda site: site.page("Earth").text(),
        "section text": lambda site: site.page("Earth").text(section=0),
        "html": lambda site: site.page("Earth").html(),
        "protection": lambda site: site.page("Earth").protection(),
        "revisions": lambda site: site.page("Earth").revisions(limit=3).collect(),
        "links": lambda site: site.page("Earth").links(limit=3).collect(),
        "templates": lambda site: site.page("Earth").templates(limit=3).collect(),
        "members": lambda site: site.page("Category:Planets").members(limit=3).collect(),
        "backlinks": lambda site: site.page("Earth").backlinks(limit=3).collect(),
        "log": lambda site: site.page("Earth").log(limit=3).collect(),
        "media": lambda site: site.page("Earth").media(limit=3).collect(),
        "file info": lambda site: site.file("Globe.png").info(),
        "parse": lambda site: site.actions.parse(page="Earth"),
        "expandtemplates": lambda site: site.actions.expandtemplates("{{Planet}}", prop=["wikitext", "categories"]),
        "compare": lambda site: site.actions.compare(fromrev=inputs.ids["Earth"][0], torelative="next"),
        "opensearch": lambda site: site.actions.opensearch("Ear"),
        "paraminfo": lambda site: site.actions.paraminfo(["query+allpages", "edit"]),
        "checktoken": lambda site: site.actions.checktoken(type="csrf"),
        "stashed": _stashed,
        "call": lambda site: site.call("query", meta="siteinfo"),
        "unknown parameter": lambda site: site.list("allpages", titel="x").collect(),
        "unknown list": lambda site: site.list("allpagez").collect(),
        "unknown action": lambda site: site.call("pars", page="Earth"),
        "refused": lambda site: site.actions.parse(page="No such page"),
    }
    return [*_lists(), *(Operation(name=name, run=run) for name, run in reads.items())]


async def _all(iterator: Any) -> list[Any]:
    return [item async for item in iterator]


async def _stashed(site: Site) -> Any:
    row = await site.list("mystashedfiles").first()
    assert row is not None
    return await site.stashed(row.filekey)


def _rest_reads(inputs: Inputs) -> list[Operation]:
    first, second = inputs.ids["Earth"][-2:]
    reads: dict[str, Run] = {
        "page": lambda site: site.rest.page("Earth"),
        "page_bare": lambda site: site.rest.page_bare("Earth"),
        "page_html": lambda site: site.rest.page_html("Earth"),
        "page_with_html": lambda site: site.rest.page_with_html("Earth"),
        "search_pages": lambda site: site.rest.search_pages("planet"),
        "search_titles": lambda site: site.rest.search_titles("Ear"),
        "languages": lambda site: site.rest.languages("Earth"),
        "media": lambda site: site.rest.media("Earth"),
        "file": lambda site: site.rest.file("Globe.png"),
        "history": lambda site: site.rest.history("Earth").collect(),
        "history newer": lambda site: site.rest.history("Earth", newer_than=first).collect(),
        "history_counts": lambda site: site.rest.history_counts("Earth", "edits"),
        "revision": lambda site: site.rest.revision(first),
        "revision_bare": lambda site: site.rest.revision_bare(first),
        "compare": lambda site: site.rest.compare(first, second),
        "missing": lambda site: site.rest.page("No such page"),
    }
    return [Operation(name=f"rest {name}", run=run) for name, run in reads.items()]


def _made(title: str, text: str = "one\n\n== Two ==\ntwo\n") -> Run:
    return lambda site: site.page(title).create(text)


def _edits() -> list[Operation]:
    runs: dict[str, Callable[[str], Run]] = {
        "append": lambda title: lambda site: site.page(title).append("x", summary="s"),
        "prepend": lambda title: lambda site: site.page(title).prepend("x", summary="s"),
        "save": lambda title: lambda site: site.page(title).save("other", summary="s"),
        "edit": lambda title: lambda site: site.page(title).edit(lambda text: text + "y", summary="s"),
        "edit section": lambda title: lambda site: site.page(title).edit(lambda text: text + "y", section=1),
        "new_section": lambda title: lambda site: site.page(title).new_section("H", "text"),
        "unchanged": lambda title: lambda site: site.page(title).save("one\n\n== Two ==\ntwo"),
        "rest update": lambda title: lambda site: _rest_update(site, title),
    }
    found = []
    for name, make in runs.items():
        found += [
            Operation(name=name, run=make(f"E {name}"), prepare=_made(f"E {name}")),
            Operation(name=f"{name}, lost", run=make(f"L {name}"), prepare=_made(f"L {name}"), lost="edit"),
        ]
    return [
        *found,
        Operation(name="create", run=_made("E create")),
        Operation(name="create, lost", run=_made("L create"), lost="edit"),
        Operation(name="create again", run=_made("Earth")),
        Operation(name="missing", run=lambda site: site.page("No such page").append("x")),
        Operation(name="undo", run=_undo, prepare=_twice("E undo")),
        Operation(name="edit_many", run=_edit_many, prepare=_many),
        Operation(name="rest create", run=lambda site: site.rest.create_page("R create", source="x")),
        Operation(name="rest create, lost", run=lambda site: site.rest.create_page("RL", source="x"), lost="/v1/page"),
    ]


async def _rest_update(site: Site, title: str) -> Any:
    page = await site.rest.page(title)
    return await site.rest.update_page(title, source="other", comment="s", latest=page.latest.id)


def _twice(title: str) -> Run:
    async def run(site: Site) -> None:
        await site.page(title).create("one")
        await site.page(title).append("two")

    return run


async def _undo(site: Site) -> Any:
    page = await site.page("E undo").get("revisions")
    return await site.page("E undo").undo(page.revisions[0].revid or 0)


async def _many(site: Site) -> None:
    for title in ("Many 1", "Many 2"):
        await site.page(title).create("one")


async def _edit_many(site: Site) -> Any:
    async with site.edit_many(["Many 1", "Many 2"], lambda text: text + "x", summary="s") as edits:
        return [result async for result in edits]


def _writes(inputs: Inputs) -> list[Operation]:
    earth = inputs.ids["Earth"][-1]
    writes: dict[str, tuple[Run, Run | None]] = {
        "actions edit": (lambda site: site.actions.edit("W edit", text="x"), None),
        "move": (lambda site: site.page("W move").move("W moved", movetalk=True), _made("W move")),
        "delete": (lambda site: site.page("W delete").delete(reason="r"), _made("W delete")),
        "undelete": (lambda site: site.page("W undelete").undelete(reason="r"), _deleted("W undelete")),
        "protect": (lambda site: site.page("W protect").protect({"edit": "sysop"}), _made("W protect")),
        "mergehistory": (lambda site: site.actions.mergehistory("W merge", to="W merged"), _merge),
        "watch": (lambda site: site.page("Earth").watch(), None),
        "unwatch": (lambda site: site.page("Earth").unwatch(), None),
        "purge": (lambda site: site.page("Earth").purge(), None),
        "purge many": (
            lambda site: _all(site.actions.purge(generator="allpages", gapprefix="M", gaplimit=2, limit=5)),
            None,
        ),
        "setnotificationtimestamp": (lambda site: site.actions.setnotificationtimestamp(titles="Earth"), None),
        "patrol": (lambda site: site.actions.patrol(revid=earth), None),
        "tag": (lambda site: site.actions.tag(revid=earth, add="observed"), None),
        "managetags": (lambda site: site.actions.managetags("create", tag="mutated", reason="r"), None),
        "revisiondelete": (
            lambda site: site.actions.revisiondelete("revision", ids=inputs.ids["Mars"][0], hide="content", reason="r"),
            None,
        ),
        "block": (lambda site: site.actions.block("192.0.2.9", expiry="never", reason="r"), None),
        "unblock": (lambda site: site.actions.unblock("192.0.2.9", reason="r"), None),
        "userrights": (lambda site: site.actions.userrights("Vandal", add="bot", reason="r"), None),
        "options": (lambda site: site.actions.options({"language": "de"}), None),
        "createaccount": (lambda site: site.actions.createaccount("Newly made", password="a long password 3"), None),
        "call edit": (lambda site: site.call("edit", title="W call", text="x"), None),
        "rollback": (lambda site: site.actions.rollback("Vandalised", user="192.0.2.1"), None),
    }
    lost: dict[str, tuple[str, Run, Run | None]] = {
        "move, lost": ("move", lambda site: site.page("V move").move("V moved"), _made("V move")),
        "delete, lost": ("delete", lambda site: site.page("V delete").delete(), _made("V delete")),
        "undelete, lost": ("undelete", lambda site: site.page("V undelete").undelete(), _deleted("V undelete")),
        "protect, lost": ("protect", lambda site: site.page("V p").protect({"edit": "sysop"}), _made("V p")),
        "block, lost": ("block", lambda site: site.actions.block("192.0.2.10", expiry="never"), None),
        "userrights, lost": ("userrights", lambda site: site.actions.userrights("Vandal", add="sysop"), None),
    }
    return [
        *(Operation(name=name, run=run, prepare=prepare) for name, (run, prepare) in writes.items()),
        *(Operation(name=name, run=run, prepare=prepare, lost=what) for name, (what, run, prepare) in lost.items()),
    ]


def _deleted(title: str) -> Run:
    async def run(site: Site) -> None:
        await site.page(title).create("x")
        await site.page(title).delete()

    return run


async def _merge(site: Site) -> None:
    await site.page("W merge").create("x")
    await site.page("W merged").create("x")


def _uploads(inputs: Inputs) -> list[Operation]:
    chunked = {"chunk_size": 4096, "comment": "c"}

    def upload(name: str, **options: Any) -> Run:
        return lambda site: site.upload(inputs.picture, filename=f"{name}.png", ignore_warnings=True, **options)

    return [
        Operation(name="upload", run=upload("U one")),
        Operation(name="upload in chunks", run=upload("U chunks", **chunked)),
        Operation(name="upload, lost chunk", run=upload("U lost chunk", **chunked), lost="chunk"),
        Operation(name="upload, lost last chunk", run=upload("U lost last", **chunked), lost="last chunk"),
        Operation(name="upload, lost publishing", run=upload("U lost publishing", **chunked), lost="publish"),
        Operation(name="upload, lost", run=upload("U lost"), lost="upload"),
        Operation(name="upload, warned", run=lambda site: site.upload(inputs.other, filename="Globe.png", comment="c")),
        Operation(name="stash", run=lambda site: site.stash(inputs.other, filename="S.png", chunk_size=4096)),
        Operation(name="filerevert", run=_revert),
        Operation(name="download", run=lambda site: _download(site, inputs.picture.parent / "downloaded.png")),
    ]


async def _revert(site: Site) -> None:
    pages = await site.query(titles="File:Globe.png", prop="imageinfo", iiprop="archivename", iilimit=5).collect()
    await site.file("Globe.png").revert(archivename=(pages[0].imageinfo[-2].archivename if pages else None) or "none")


async def _download(site: Site, to: Path) -> Any:
    return await site.file("Globe.png").download(to, overwrite=True)


def _logins(inputs: Inputs) -> list[Operation]:
    return [
        Operation(name="bot password", run=lambda site: site.userinfo(), auth=inputs.robot),
        Operation(name="client login", run=lambda site: site.page("Login").create("x"), auth=inputs.person),
        Operation(name="logout", run=lambda site: site.logout(), auth=inputs.robot),
        Operation(
            name="stashedit",
            run=lambda site: site.actions.stashedit("Earth", baserevid=inputs.ids["Earth"][-1], text="x"),
            auth=inputs.person,
        ),
    ]
