"""Seeded pages are complete and as they were given."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from mwclient_async.testing import LocalWiki, MaintenanceError, SeedPage, SeedRevision
from mwclient_async.testing.seeding import EPOCH, in_order, to_json
from tests.support.plain_requests import ask

TITLES = (
    "Slash/and/more", "What?", "AT&T", "Emoji 🪐🧑‍🚀", "\"Double\" and 'single'", "صفحة عربية", "עברית", "日本語",
    "O'Brien", "C++ 100%", "Semi;colon=equals", "Dot.", "Talk:Main Page", "Category:Ünïcödé", "User:Someone/common.js",
    "Tilde~x", "Back\\slash", "$dollar", "(Brackets), commas!", "*star", "Project:About",
)  # fmt: skip


@pytest.mark.everywhere
async def test_titles_of_every_kind_survive(wiki: LocalWiki) -> None:
    await wiki.seed([SeedPage(title, f"text of {title}") for title in TITLES], links=False)
    query = (await ask(wiki, titles="|".join(TITLES), prop="revisions", rvprop="content", rvslots="main"))["query"]
    local = {entry["to"]: entry["from"] for entry in query.get("normalized", [])}
    texts = {page["title"]: page["revisions"][0]["slots"]["main"]["content"] for page in query["pages"]}
    assert {local.get(title, title): text for title, text in texts.items()} == {t: f"text of {t}" for t in TITLES}


@pytest.mark.everywhere
async def test_a_history_keeps_its_order_and_every_detail(wiki: LocalWiki, fresh: str) -> None:
    day = datetime(2020, 2, 29, 12, tzinfo=UTC)
    revisions = [
        SeedRevision("one", user="Älice & Bob", timestamp=day, comment='<first> & "only"'),
        SeedRevision("two\n\n", user="192.0.2.7", timestamp=day, minor=True),
        SeedRevision("", user="Carol", timestamp=day + timedelta(days=400), comment="🪐"),
    ]
    await wiki.seed([SeedPage(fresh, revisions=revisions)], links=False)
    props = "ids|content|user|timestamp|comment|flags|sha1"
    answer = await ask(wiki, titles=fresh, prop="revisions", rvprop=props, rvslots="main", rvlimit="9")
    found = answer["query"]["pages"][0]["revisions"][::-1]
    assert [_as_seeded(revision) for revision in found] == revisions
    assert [revision["parentid"] for revision in found] == [0, found[0]["revid"], found[1]["revid"]]
    assert [bool(revision.get("anon")) for revision in found] == [False, True, False]


def _as_seeded(revision: dict[str, object]) -> SeedRevision:
    slots = revision["slots"]
    assert isinstance(slots, dict)
    return SeedRevision(
        slots["main"]["content"],
        user=str(revision["user"]),
        timestamp=datetime.fromisoformat(str(revision["timestamp"])),
        comment=str(revision["comment"]),
        minor=bool(revision["minor"]),
    )


@pytest.mark.everywhere
async def test_links_categories_search_and_changes_are_updated(wiki: LocalWiki, fresh: str) -> None:
    page, redirect, category, target = f"{fresh} page", f"{fresh} redirect", f"Category:{fresh}", f"{fresh} target"
    text = f"[[{category}]] [[{target}]] xylophone{fresh}"
    await wiki.seed([SeedPage(page, text), SeedPage(redirect, f"#REDIRECT [[{target}]]")])
    props = {
        "titles": f"{category}|{redirect}",
        "prop": "categoryinfo|info",
        "meta": "siteinfo",
        "siprop": "statistics",
    }
    lists = {"cmtitle": category, "srsearch": f"xylophone{fresh}", "srwhat": "text", "bltitle": target}
    changes = {"rctype": "new", "rclimit": "500", "rcprop": "title|user"}
    query = (await ask(wiki, list="categorymembers|search|backlinks|recentchanges", **lists, **changes, **props))[
        "query"
    ]
    asked = {found["title"]: found for found in query["pages"]}
    assert [member["title"] for member in query["categorymembers"]] == [page]
    assert [hit["title"] for hit in query["search"]] == [page]
    assert {link["title"] for link in query["backlinks"]} == {page, redirect}
    assert {page, redirect} <= {change["title"] for change in query["recentchanges"] if change["user"] == "Seeder"}
    assert asked[category]["categoryinfo"]["pages"] == 1
    assert asked[redirect]["redirect"]
    assert query["statistics"]["pages"] >= 3


async def test_the_statistics_and_edit_counts_are_right(wiki: LocalWiki, fresh: str) -> None:
    before = (await ask(wiki, meta="siteinfo", siprop="statistics"))["query"]["statistics"]
    await wiki.seed(
        [SeedPage(fresh, revisions=[SeedRevision(str(n), user=f"{fresh} X") for n in range(5)])], links=False
    )
    query = (
        await ask(wiki, meta="siteinfo", siprop="statistics", list="users", ususers=f"{fresh} X", usprop="editcount")
    )["query"]
    after = query["statistics"]
    assert (after["pages"] - before["pages"], after["edits"] - before["edits"]) == (1, 5)
    assert query["users"][0]["editcount"] == 5


async def test_without_links_only_pages_are_written(wiki: LocalWiki) -> None:
    await wiki.seed([SeedPage("Unlinked", "[[Category:Unlinked]]")], links=False)
    query = (await ask(wiki, list="categorymembers", cmtitle="Category:Unlinked", titles="Unlinked"))["query"]
    assert query["categorymembers"] == []
    assert query["pages"][0]["pageid"]


async def test_page_ids_do_not_follow_titles_unless_the_order_is_kept(wiki: LocalWiki) -> None:
    await wiki.seed([SeedPage(f"Seeded shuffled {n:02}") for n in range(30)], links=False)
    await wiki.seed([SeedPage(f"Seeded in order {n:02}") for n in range(30)], links=False, shuffle_seed=None)
    shuffled = (await ask(wiki, list="allpages", apprefix="Seeded shuffled", aplimit="50"))["query"]["allpages"]
    kept = (await ask(wiki, list="allpages", apprefix="Seeded in order", aplimit="50"))["query"]["allpages"]
    assert sorted(page["pageid"] for page in shuffled) != [page["pageid"] for page in shuffled]
    assert sorted(page["pageid"] for page in kept) == [page["pageid"] for page in kept]


async def test_seeding_a_page_again_adds_to_its_history(wiki: LocalWiki) -> None:
    await wiki.seed([SeedPage("Twice", "one")])
    await wiki.seed([SeedPage("Twice", revisions=[SeedRevision("two", timestamp=EPOCH + timedelta(days=1))])])
    answer = await ask(wiki, titles="Twice", prop="revisions", rvprop="content|size", rvslots="main", rvlimit="9")
    contents = [rev["slots"]["main"]["content"] for rev in answer["query"]["pages"][0]["revisions"]]
    assert contents == ["two", "one"]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (SeedPage("Bad[title]"), "cannot be the title"),
        (SeedPage("Special:Version"), "cannot be the title"),
        (SeedPage("Main Page", revisions=[SeedRevision("x", timestamp=EPOCH)]), "cannot come after it"),
        (SeedPage("X", revisions=[SeedRevision("x", user="Bad#name")]), "cannot be the name"),
    ],
)
async def test_what_the_wiki_would_refuse_is_an_error_and_nothing_is_written(
    wiki: LocalWiki, page: SeedPage, reason: str
) -> None:
    with pytest.raises(MaintenanceError, match=reason):
        await wiki.seed([SeedPage("Innocent"), page], shuffle_seed=None)
    assert (await ask(wiki, titles="Innocent"))["query"]["pages"][0]["missing"]


def test_the_order_depends_only_on_the_seed() -> None:
    pages = [SeedPage(str(number)) for number in range(50)]
    assert in_order(pages, shuffle_seed=3) == in_order(iter(pages), shuffle_seed=3)
    assert in_order(pages, shuffle_seed=3) != in_order(pages, shuffle_seed=4)
    assert in_order(pages, shuffle_seed=None) == pages


def test_revisions_without_a_time_follow_minute_by_minute() -> None:
    pages = [SeedPage("A", revisions=[SeedRevision("1"), SeedRevision("2")]), SeedPage("B", "3")]
    times = [revision["timestamp"] for page in json.loads(to_json(pages)) for revision in page["revisions"]]
    assert times == ["20240101000000", "20240101000100", "20240101000200"]


@pytest.mark.parametrize("character", ["\0", "\r", "\ud800", "\ufffe"])
def test_characters_that_no_page_can_contain_are_refused(character: str) -> None:
    with pytest.raises(ValueError, match="a wiki page cannot contain"):
        to_json([SeedPage("Title", f"text{character}")])


def test_a_page_has_a_text_or_revisions() -> None:
    with pytest.raises(ValueError, match="both a text and revisions"):
        SeedPage("Title", "text", revisions=[SeedRevision("text")])


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        SeedRevision("text", timestamp=datetime(2024, 1, 1))  # noqa: DTZ001


@pytest.mark.everywhere
async def test_a_wiki_is_seeded_by_the_columns_that_it_has(mediawiki_version: str) -> None:
    """MediaWiki 1.45 has dropped ``rc_new``; it cannot be had here, so the column of another version is dropped."""
    async with LocalWiki(version=mediawiki_version) as wiki:
        with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite")) as database, database:
            indexes = database.execute(
                "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'recentchanges'"
            ).fetchall()
            for name, sql in indexes:
                if "rc_new" in sql and name != "recentchanges":
                    database.execute(f"DROP INDEX {name}")
            database.execute("ALTER TABLE recentchanges DROP COLUMN rc_new")
        await wiki.seed([SeedPage("Seeded", "[[Category:Planets]] xylophone")])
        found = await ask(wiki, list="search", srsearch="xylophone", srwhat="text", titles="Seeded", prop="categories")
        with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite")) as database:
            changes = database.execute(
                "SELECT rc_title, rc_source FROM recentchanges WHERE rc_title = 'Seeded'"
            ).fetchall()
    assert [row["title"] for row in found["query"]["search"]] == ["Seeded"]
    assert [row["title"] for row in found["query"]["pages"][0]["categories"]] == ["Category:Planets"]
    assert changes == [("Seeded", "mw.new")]
