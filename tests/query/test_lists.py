"""The rows of lists, typed: they have the values of real wikis, and a field for each key that the wikis send."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async._query.list_rows import LIST_ROW_CLASSES
from mwclient_async.errors import ApiError
from mwclient_async.models.accounts import BlockRestrictions, GroupMembership
from mwclient_async.models.lists import ListedPage, RecentChange
from mwclient_async.models.requested import Requested
from tests.support.converted_alike import assert_converted_alike
from tests.support.field_coverage import ID, TIME, Containing, picked, props_of, without_a_field
from tests.support.populated_wiki import PopulatedWiki

pytestmark = pytest.mark.everywhere

Row = Mapping[str, Any]

PARAMETERS: Mapping[str, Row] = {
    "allcategories": {},
    "allimages": {},
    "alllinks": {},
    "allpages": {},
    "allusers": {"activeusers": True},
    "backlinks": {"title": "Earth", "redirect": True, "limit": 50},
    "blocks": {},
    "categorymembers": {"title": "Category:Planets"},
    "embeddedin": {"title": "Template:Planet"},
    "exturlusage": {},
    "filearchive": {},
    "imageusage": {"title": "File:Globe.png"},
    "iwbacklinks": {"prefix": "wikipedia"},
    "langbacklinks": {"lang": "fr"},
    "logevents": {},
    "mystashedfiles": {},
    "prefixsearch": {"search": "Ear"},
    "protectedtitles": {},
    "querypage": {"page": "Mostlinked"},
    "random": {"namespace": 0, "limit": 3},
    "recentchanges": {},
    "search": {"search": "planet", "what": "text"},
    "tags": {},
    "usercontribs": {"user": ["Astronomer", "192.0.2.7", "Steward"]},
    "users": {
        "users": ["Steward", "Vandal", "Astronomer", "192.0.2.7", "Missing user"],
        "attachedwiki": "local",
    },
    "watchlist": {"allrev": True},
}

NEED_AN_ACCOUNT = {"mystashedfiles", "watchlist"}

LEFT_TO_MAPPINGS = {
    "random": {"id"},  # which is the pageid
    "blocks": {"restrictions.pages.id"},  # the same
}

# fmt: off
EXPECTED: Mapping[str, tuple[Row, Row]] = {
    # list: (the keys by which the row is found, the other keys)
    "allcategories": ({"category": "Planets"}, {"size": 4, "pages": 3, "files": 1, "subcats": 0, "hidden": False}),
    "allimages": (
        {"name": "Copy_of_the_globe.png"},
        {
            "title": "File:Copy of the globe.png", "ns": 6, "size": 8806, "width": 256, "height": 34,
            "sha1": "2547226219dfff63329f7ae9f45f5341ef6ea3d0", "user": "Steward", "userid": ID, "timestamp": TIME,
            "mime": "image/png", "mediatype": "BITMAP", "bitdepth": 8, "comment": "the same",
            "canonicaltitle": "File:Copy of the globe.png", "url": Containing("/Copy_of_the_globe.png"),
            "descriptionurl": Containing("File:Copy"), "parsedcomment": "the same", "filehidden": False,
        },
    ),
    "alllinks": ({"title": "Terra"}, {"ns": 0, "fromid": ID}),
    "allpages": ({"title": "Earth"}, {"ns": 0, "pageid": ID, "redirect": False, "redirlinks": ()}),
    "allusers": (
        {"name": "Steward"},
        {
            "userid": ID, "editcount": ID, "recentactions": ID, "registration": TIME, "blocked": False,
            "groups": Containing("sysop", "suppress"), "implicitgroups": Containing("*"), "missing": False,
            "rights": Containing("suppressrevision"), "centralids": {"local": ID}, "attachedlocal": {"local": True},
        },
    ),
    "backlinks": ({"title": "Terra"}, {"ns": 0, "pageid": ID, "redirect": True, "redirlinks": Containing()}),
    "blocks": (
        {"user": "203.0.113.0/24"},
        {
            "id": ID, "userid": 0, "by": "Steward", "byid": ID, "timestamp": TIME, "expiry": "2099-01-01T00:00:00Z",
            "reason": "open proxies", "rangestart": "203.0.113.0", "rangeend": "203.0.113.255", "partial": True,
            "automatic": False, "anononly": True, "nocreate": False, "autoblock": False, "noemail": False,
            "hidden": False, "allowusertalk": True,
        },
    ),
    "categorymembers": (
        {"title": "Earth"},
        {"ns": 0, "pageid": ID, "type": "page", "timestamp": TIME, "sortkey": Containing("54484952440a"),
         "sortkeyprefix": "Third"},
    ),
    "embeddedin": ({"title": "Earth"}, {"ns": 0, "pageid": ID}),
    "exturlusage": (
        {"url": "https://example.org/orbit?a=1"},
        {"title": "Earth", "ns": 0, "pageid": ID},
    ),
    "filearchive": (
        {"name": "Lost.png"},
        {
            "id": ID, "title": "File:Lost.png", "ns": 6, "user": "Steward", "userid": ID, "timestamp": TIME,
            "description": "soon deleted", "parseddescription": "soon deleted", "size": 4951, "width": 256,
            "height": 19, "sha1": "7ddacdec36cea935436dd871822dd317962936c1", "mime": "image/png", "bitdepth": 8,
            "mediatype": "BITMAP", "filemissing": False, "filehidden": False,
        },
    ),
    "imageusage": ({"title": "Earth"}, {"ns": 0, "pageid": ID}),
    "iwbacklinks": ({"title": "Erde"}, {"iwprefix": "wikipedia", "iwtitle": "Erde", "redirect": True, "pageid": ID}),
    "langbacklinks": ({"title": "Earth"}, {"lllang": "fr", "lltitle": "Terre", "redirect": False, "pageid": ID}),
    "logevents": (
        {"type": "protect", "title": "Earth"},
        {
            "logid": ID, "action": "protect", "ns": 0, "pageid": ID, "logpage": ID, "user": "Steward", "userid": ID,
            "timestamp": TIME, "comment": "important", "parsedcomment": "important", "tags": (), "anon": False,
            "params": Containing("description", "details", "cascade"), "actionhidden": False,
        },
    ),
    "mystashedfiles": (
        {"status": "finished"},
        {
            "filekey": Containing(".png"), "size": 8806, "width": 256, "height": 34, "bits": 8, "mimetype": "image/png",
            "mediatype": "BITMAP",
        },
    ),
    "prefixsearch": ({"title": "Earth"}, {"ns": 0, "pageid": ID}),
    "protectedtitles": (
        {"title": "Salted"},
        {
            "ns": 0, "timestamp": TIME, "user": "Steward", "userid": ID, "comment": "salted",
            "parsedcomment": "salted", "expiry": "infinity", "level": "sysop",
        },
    ),
    "querypage": ({"title": "Earth"}, {"ns": 0, "value": "3", "timestamp": None}),
    "random": ({"ns": 0}, {"pageid": ID, "title": Containing(), "redirect": False}),
    "recentchanges": (
        {"title": "Mars", "comment": "seen"},
        {
            "type": "edit", "ns": 0, "pageid": ID, "revid": ID, "old_revid": ID, "rcid": ID, "timestamp": TIME,
            "user": "Steward", "userid": ID, "minor": True, "new": False, "bot": False, "redirect": False,
            "newlen": ID, "oldlen": ID, "tags": Containing("observed"), "sha1": Containing(), "patrolled": True,
            "autopatrolled": True, "unpatrolled": False, "parsedcomment": "seen", "logid": None, "anon": False,
        },
    ),
    "search": (
        {"title": "Earth"},
        {
            "ns": 0, "pageid": ID, "size": ID, "wordcount": ID, "timestamp": TIME, "isfilematch": False,
            "snippet": Containing("searchmatch"), "titlesnippet": "", "redirecttitle": None,
        },
    ),
    "tags": (
        {"name": "observed"},
        {"hitcount": 1, "defined": True, "active": True, "source": ("manual",), "displayname": "observed"},
    ),
    "usercontribs": (
        {"title": "Mars", "comment": "seen"},
        {
            "revid": ID, "parentid": ID, "pageid": ID, "ns": 0, "user": "Steward", "userid": ID, "timestamp": TIME,
            "new": False, "minor": True, "top": True, "size": ID, "sizediff": 10, "tags": Containing("observed"),
            "parsedcomment": "seen", "patrolled": True, "autopatrolled": True, "texthidden": False,
        },
    ),
    "users": (
        {"name": "Vandal"},
        {
            "userid": ID, "editcount": 0, "registration": TIME, "gender": "unknown", "emailable": False,
            "blocked": True, "blockid": ID, "blockedby": "Steward", "blockedbyid": ID, "blockreason": "vandalism",
            "blockedtimestamp": TIME, "blockexpiry": "infinite", "blockpartial": False, "blocknocreate": True,
            "missing": False, "invalid": False, "groupmemberships": (), "attachedwiki": {"local": False},
        },
    ),
    "watchlist": (
        {"title": "Mars", "comment": "seen"},
        {
            "type": "edit", "revid": ID, "old_revid": ID, "user": "Steward", "anon": False, "temp": False,
            "timestamp": TIME, "minor": True, "tags": Containing("observed"), "expiry": None,
        },
    ),
}
# fmt: on


async def all_props(site: Site, name: str) -> dict[str, Any]:
    """The parameters with which the list sends all its keys."""
    return {**PARAMETERS[name], **({"prop": props} if (props := await props_of(site, name)) else {})}


def test_every_typed_list_is_tested() -> None:
    assert set(PARAMETERS) == set(EXPECTED) == set(LIST_ROW_CLASSES)


@pytest.mark.parametrize("name", LIST_ROW_CLASSES)
async def test_rows_have_the_values_of_the_wiki(steward: Site, name: str) -> None:
    selector, expected = EXPECTED[name]
    rows = await steward.list(name, **await all_props(steward, name)).collect()
    found: list[Any] = [row for row in rows if picked(row, selector) == selector]
    assert found, f"no {selector} among {rows}"
    assert isinstance(found[0], LIST_ROW_CLASSES[name])
    assert picked(found[0], expected) == expected


@pytest.mark.parametrize("name", LIST_ROW_CLASSES)
async def test_every_key_that_the_wiki_sends_has_a_field(steward: Site, name: str) -> None:
    rows = await steward.list(name, **await all_props(steward, name)).mappings().collect()
    assert rows
    missing = {key for row in rows for key in without_a_field(LIST_ROW_CLASSES[name], row)}
    assert missing == LEFT_TO_MAPPINGS.get(name, set())
    assert_converted_alike(LIST_ROW_CLASSES[name], rows)


@pytest.mark.parametrize("name", [name for name in LIST_ROW_CLASSES if name not in NEED_AN_ACCOUNT])
async def test_rows_without_any_prop_are_values_too(visitor: Site, name: str) -> None:
    """The wiki leaves out keys that were not requested, and each class allows that."""
    props = {} if name not in {"blocks", "usercontribs", "recentchanges"} else {"prop": ["timestamp"]}
    rows: list[Any] = await visitor.list(name, **{**PARAMETERS[name], **props}).collect()
    assert {type(row) for row in rows} == ({LIST_ROW_CLASSES[name]} if rows else set())


async def test_the_default_props_bring_every_field_that_is_never_none(visitor: Site) -> None:
    read = set()
    for name in ("categorymembers", "logevents", "recentchanges", "usercontribs"):
        rows: list[Any] = await visitor.list(name, **PARAMETERS[name]).collect()
        fields = [field for field, kind in vars(LIST_ROW_CLASSES[name]).items() if isinstance(kind, Requested)]
        assert None not in {getattr(row, field) for row in rows for field in fields}
        read |= {field for field in fields if rows}
    assert read >= {"pageid", "logid", "timestamp", "revid", "top"}
    latest = (await visitor.page("Earth").revisions().collect())[0]
    assert latest.revid > 0
    assert latest.timestamp.tzinfo == UTC
    assert latest.minor is True  # the protection


# Special cases -----------------------------------------------------------------------------------------------------


async def test_the_restrictions_of_a_partial_block(steward: Site) -> None:
    blocks = {block.user: block async for block in steward.list("blocks", prop=["user", "restrictions"])}
    earth = await steward.list("allpages", prefix="Earth").first()
    assert earth is not None
    partial = BlockRestrictions(
        pages=(ListedPage(title="Earth", ns=0, pageid=earth.pageid),), namespaces=(10,), actions=("upload",)
    )
    assert blocks["203.0.113.0/24"].restrictions == partial
    assert blocks["Vandal"].restrictions == BlockRestrictions()


async def test_links_through_a_redirect_come_with_it(steward: Site) -> None:
    rows = steward.list("backlinks", title="Earth", redirect=True, batch_size=50)
    through = {row.title: [link.title for link in row.redirlinks] async for row in rows}
    assert through["Terra"] == ["Moon names/Selene"]
    assert through["Mars"] == []


async def test_users_that_do_not_exist_and_memberships_that_end(steward: Site) -> None:
    names = ["192.0.2.7", "Missing user", "Astronomer"]
    rows = await steward.list("users", users=names, prop=["groupmemberships", "cancreate"]).collect()
    invalid, missing, astronomer = (next(row for row in rows if row.name == name) for name in names)
    assert (invalid.invalid, invalid.missing, invalid.userid) == (True, False, None)
    assert (missing.invalid, missing.missing, missing.cancreate) == (False, True, True)
    assert astronomer.groupmemberships == (GroupMembership(group="sysop", expiry="2099-01-01T00:00:00Z"),)


async def test_a_missing_user_that_was_requested_by_id_has_no_name(steward: Site) -> None:
    (user,) = await steward.list("users", userids=999_999).collect()
    assert (user.name, user.userid, user.missing) == ("", 999_999, True)


async def changes(site: Site, title: str) -> list[RecentChange]:
    props = ["title", "user", "userid", "comment", "sha1", "ids"]
    return [
        change async for change in site.list("recentchanges", prop=props, type=["edit", "new"]) if change.title == title
    ]


async def test_hidden_values_are_none_and_marked_as_hidden(
    populated: PopulatedWiki, visitor: Site, steward: Site
) -> None:
    """The page has four revisions: the first is hidden, the second from all users except suppressors."""
    public = [(c.user, c.comment, c.sha1, c.userhidden, c.commenthidden) for c in await changes(visitor, "Secrets")]
    assert [entry[3:] for entry in public] == [(False, False), (False, False), (True, True), (True, True)]
    assert public[3][:3] == (None, None, None)
    assert public[0][:2] == ("Astronomer", "secret 3")
    seen = await changes(steward, "Secrets")
    assert [(c.user, c.userhidden, c.suppressed) for c in seen[2:]] == [
        ("Astronomer", True, True),
        ("Astronomer", True, False),
    ]


async def test_a_log_entry_whose_action_is_hidden_has_no_title(visitor: Site, steward: Site) -> None:
    (public,) = [row async for row in visitor.list("logevents", type="move")]
    assert (public.actionhidden, public.title, public.user, public.params) == (True, None, None, {})
    (seen,) = [row async for row in steward.list("logevents", type="move")]
    assert (seen.actionhidden, seen.title, seen.user) == (True, "Moon names/Luna", "Steward")
    assert seen.params["target_title"] == "Moon names/Selene"


async def test_a_list_parameter_may_have_the_name_of_a_reserved_one_without_its_prefix(
    visitor: Site, steward: Site
) -> None:
    assert [row.type async for row in steward.list("logevents", action="move/move")] == ["move"]
    watched = visitor.list("watchlist", owner="Steward", token="wrong")
    with pytest.raises(ApiError) as caught:
        await watched.first()
    assert caught.value.code == "bad_wltoken"


async def test_an_edit_without_an_account(mediawiki_version: str, visitor: Site) -> None:
    """Newer wikis give an anonymous editor a temporary account."""
    by_address = [change async for change in visitor.list("recentchanges", user="192.0.2.7", prop=["user", "userid"])]
    assert [(change.anon, change.temp, change.userid) for change in by_address] == [(True, False, 0)]
    (edit,) = await changes(visitor, "Sandbox")
    assert (edit.anon, edit.temp) == ((True, False) if mediawiki_version == "1.39" else (False, True))


async def test_watched_pages_have_their_expiry_and_notification_time(steward: Site) -> None:
    rows = steward.list("watchlist", allrev=True, prop=["title", "expiry", "notificationtimestamp", "loginfo"])
    watched = {row.title: row async for row in rows}
    assert watched["Category:Planets"].expiry == Containing("T", "Z")
    assert watched["Mars"].expiry is None
    assert watched["Earth"].notificationtimestamp == TIME
    assert watched["Mars"].notificationtimestamp is None
