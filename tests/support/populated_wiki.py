"""A wiki that has at least one row for each list and for each property of a page."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
from attrs import frozen

from mwclient_async import BotPassword, Site
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.testing.wiki import GRANTS
from tests.support.image_files import png

SETTINGS = """
$wgWatchlistExpiry = true;
$wgRCWatchCategoryMembership = true;
$wgAllowDisplayTitle = true;
$wgRestrictDisplayTitle = false;
$wgEnablePartialActionBlocks = true;
$wgUseImageMagick = false;
$wgGroupPermissions['suppress']['hideuser'] = true;
$wgGroupPermissions['sysop']['deletelogentry'] = true;
$wgGroupPermissions['sysop']['deleterevision'] = true;
$wgGrantPermissions['basic'] += array_fill_keys(
	[ 'applychangetags', 'managechangetags', 'deletechangetags', 'userrights' ], true );
$wgRateLimits = [ 'move' => [ 'newbie' => [ 2, 120 ], 'user' => [ 8, 60 ] ] ];
$wgAddGroups['sysop'] = [ 'bot' ];
$wgGroupsRemoveFromSelf['sysop'] = [ 'sysop' ];
# A header makes the wiki cut its response after so many bytes, so that a test sees that the rest is requested.
if ( isset( $_SERVER['HTTP_X_RESULT_SIZE'] ) ) {
	$wgAPIMaxResultSize = (int)$_SERVER['HTTP_X_RESULT_SIZE'];
}
# An anonymous user edits with a temporary account, if the wiki has them. Seeding does not use them.
$wgAutoCreateTempUser['enabled'] = PHP_SAPI !== 'cli' && version_compare( MW_VERSION, '1.40', '>' );
$wgAutoCreateTempUser['genPattern'] = '~$1';
$wgAutoCreateTempUser['matchPattern'] = '~$1';
$wgAutoCreateTempUser['known'] = true;
"""

EARTH = """{{DISPLAYTITLE:''The'' Earth}}{{DEFAULTSORT:Globe}}
The third planet beside [[Mars]] and [[The Moon|its moon]].{{Planet}}
== Orbit ==
[[File:Globe.png|thumb|The globe]] https://example.org/earth [https://example.org/orbit?a=1 orbit]
[[fr:Terre]] [[de:Erde]] [[wikipedia:Earth]]
[[Category:Planets|Third]] [[Category:Maintained]]
"""

PAGES = (
    SeedPage(
        "Earth",
        revisions=[
            SeedRevision("First words.", user="192.0.2.7", comment="begun by an anonymous user"),
            SeedRevision("Second words.", user="198.51.100.9", comment="more by another anonymous user", minor=True),
            SeedRevision(EARTH, user="Astronomer", comment="/* Orbit */ the ''rest''"),
        ],
    ),
    SeedPage("Mars", "The fourth planet beside [[Earth]]. [[fr:Mars]] [[Category:Planets]]"),
    SeedPage("Terra", "#REDIRECT [[Earth#Orbit]]"),
    SeedPage("Erde", "#REDIRECT [[wikipedia:Erde]]"),
    SeedPage("Talk:Earth", "Is it [[Earth|round]]?"),
    SeedPage("Template:Planet", "A planet."),
    SeedPage("Category:Planets", "[[Category:Maintained]] What goes round the sun."),
    SeedPage("Category:Maintained", "__HIDDENCAT__"),
    SeedPage("Gone", revisions=[SeedRevision("Here", comment="first"), SeedRevision("Gone", comment="second")]),
    SeedPage(
        "Secrets",
        revisions=[SeedRevision(f"Secret {n}", user="Astronomer", comment=f"secret {n}") for n in range(4)],
    ),
    SeedPage("Moon names/Luna", "A subpage of [[Terra]]."),
)

_AGENT = "mwclient-async-tests/1.0 (tests@example.org)"
_INTERWIKI = (
    ("fr", "https://fr.example.org/wiki/$1"),
    ("de", "https://de.example.org/wiki/$1"),
    ("wikipedia", "https://en.wikipedia.org/wiki/$1"),
)


@frozen(kw_only=True)
class PopulatedWiki:
    """A populated wiki. ``steward`` may do and see everything, ``vandal`` is blocked.

    ``ids`` are the revisions of some pages, oldest first.
    """

    wiki: LocalWiki
    steward: BotPassword
    vandal: BotPassword
    ids: Mapping[str, list[int]]


def populate(wiki: LocalWiki, scratch: Path) -> PopulatedWiki:
    """Populate an empty wiki."""
    return anyio.run(_populate, wiki, scratch)


async def _populate(wiki: LocalWiki, scratch: Path) -> PopulatedWiki:
    with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database, database:
        database.executemany(
            "INSERT OR REPLACE INTO interwiki (iw_prefix, iw_url, iw_api, iw_wikiid, iw_local, iw_trans) "
            "VALUES (?, ?, '', '', 1, 0)",
            _INTERWIKI,
        )
        database.execute("INSERT INTO change_tag_def (ctd_name, ctd_user_defined, ctd_count) VALUES ('observed', 1, 0)")
    groups = ["sysop", "bureaucrat", "suppress", "interface-admin", "bot"]
    await wiki.create_user("Steward", groups=groups)
    steward = await wiki.create_bot_password("Steward", grants=[*GRANTS, "oversight", "editmyoptions"])
    await wiki.create_user("Vandal")
    vandal = await wiki.create_bot_password("Vandal")
    await wiki.seed(PAGES, shuffle_seed=None)
    async with Site(wiki.api_url, user_agent=_AGENT, auth=steward) as site:
        await _upload(site, scratch)
        await _act_on_pages(site)
        ids = {title: await _revision_ids(site, title) for title in ("Earth", "Secrets", "Mars")}
        await _hide(site, ids["Secrets"])
    async with Site(wiki.api_url, user_agent=_AGENT) as anonymous:
        await anonymous.call("edit", title="Sandbox", text="Hello", summary="no account")
    await wiki.run_jobs()
    return PopulatedWiki(wiki=wiki, steward=steward, vandal=vandal, ids=ids)


async def _upload(site: Site, scratch: Path) -> None:
    old, middle, new = (png(scratch / f"{size}.png", size, seed=size) for size in (5_000, 7_000, 9_000))
    await site.upload(old, filename="Globe.png", comment="the ''first''", text="[[Category:Planets]]")
    for version, comment in ((middle, "a better one"), (new, "the best")):
        await anyio.sleep(1.1)  # the name of an old version contains its time in seconds
        await site.upload(version, filename="Globe.png", comment=comment, ignore_warnings=True)
    await site.upload(new, filename="Copy of the globe.png", comment="the same", ignore_warnings=True)
    await site.upload(old, filename="Lost.png", comment="soon deleted", ignore_warnings=True)
    await site.call("delete", title="File:Lost.png", reason="not ''needed''")
    await site.stash(new, filename="Not published.png")


async def _act_on_pages(site: Site) -> None:
    """Do everything that leaves a trace in a list."""
    await site.call("delete", title="Gone", reason="it is [[Earth|gone]]")
    await site.call("protect", title="Salted", protections="create=sysop", expiry="infinite", reason="salted")
    await site.call(
        "protect",
        title="Earth",
        protections=["edit=autoconfirmed", "move=sysop"],
        expiry=["infinite", "2099-01-02T03:04:05Z"],
        reason="important",
    )
    await site.call("watch", titles=["Earth", "Mars"])
    await site.call("watch", titles="Category:Planets", expiry="2 weeks")
    await site.call("setnotificationtimestamp", titles="Earth", timestamp="2024-01-01T00:00:30Z")
    await site.call("block", user="Vandal", expiry="infinity", reason="vandalism", nocreate=True, autoblock=True)
    await site.call(
        "block",
        user="203.0.113.0/24",
        expiry="2099-01-01T00:00:00Z",
        reason="open proxies",
        partial=True,
        pagerestrictions=["Earth"],
        namespacerestrictions=[10],
        actionrestrictions=["upload"],
        anononly=True,
        allowusertalk=True,
    )
    await site.call("move", from_="Moon names/Luna", to="Moon names/Selene", reason="another name")
    await site.call("managetags", operation="create", tag="unused", reason="for later")
    await site.call("edit", title="Mars", appendtext=" Observed.", summary="seen", tags="observed", minor=True)
    await site.call("edit", title="The Moon", text="{{Planet}} [[Category:Planets]] [[File:Globe.png]]", summary="new")
    await site.call("protect", title="The Moon", protections="edit=sysop", expiry="infinite", cascade=True)
    await site.call("userrights", user="Astronomer", add="sysop", expiry="2099-01-01T00:00:00Z", reason="an expert")


async def _revision_ids(site: Site, title: str) -> list[int]:
    (page,) = await site.query(titles=title, prop="revisions", rvprop="ids", rvlimit=50, rvdir="newer").collect()
    return [revision.revid or 0 for revision in page.revisions]


async def _hide(site: Site, ids: list[int]) -> None:
    """Hide the first revision, and the second one from all but suppressors; a log entry, and a version of a file."""
    hide: dict[str, Any] = {"hide": ["content", "comment", "user"], "reason": "private"}
    await site.call("revisiondelete", type="revision", ids=ids[0], **hide)
    await site.call("revisiondelete", type="revision", ids=ids[1], suppress="yes", **hide)
    entry = await site.list("logevents", type="move", prop="ids", limit=1).mappings().first()
    assert entry is not None
    await site.call("revisiondelete", type="logging", ids=entry["logid"], **hide)
    (globe,) = await site.query(titles="File:Globe.png", prop="imageinfo", iilimit=5, iiprop="archivename").collect()
    name = globe.imageinfo[-1].archivename or ""
    await site.call("revisiondelete", type="oldimage", target=globe.title, ids=name.partition("!")[0], **hide)
