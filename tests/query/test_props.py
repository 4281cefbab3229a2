"""The properties of pages, typed: values of real wikis, and a field for each key that the wikis send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from attrs import field, frozen

from mwclient_async import Page, Site
from mwclient_async._query.row_converters import _SINGLE_VALUE_PROPS, PROP_ROW_CLASSES
from mwclient_async._session.module_table import core_module
from mwclient_async.errors import NotRequested, ProtocolError
from mwclient_async.models.props import CategoryInfo, Contributor, Contributors
from mwclient_async.models.props_info import PageInfo, Protection
from tests.support.converted_alike import assert_converted_alike
from tests.support.field_coverage import ID, TIME, Containing, picked, props_of, without_a_field
from tests.support.populated_wiki import EARTH, PopulatedWiki

Row = Mapping[str, Any]

PROPS = sorted({*PROP_ROW_CLASSES, *_SINGLE_VALUE_PROPS})
TITLES = [
    *("Earth", "Mars", "Terra", "Secrets", "Gone", "Salted", "Sandbox", "The Moon", "Template:Planet"),
    *("Category:Planets", "Category:Maintained", "File:Globe.png", "File:Lost.png", "Special:Version"),
]
EXTRA_PARAMS: Mapping[str, Row] = {
    "info": {"intestactions": ["read", "edit"], "intestactionsdetail": "full"},
    "revisions": {"rvslots": "*", "rvlimit": 50},
    "deletedrevisions": {"drvslots": "*", "drvlimit": 50},
    "imageinfo": {"iilimit": 10, "iiurlwidth": 100},
}
PAGE_KEYS = {"pageid", "ns", "title", "missing", "special", "known", "badfile", "imagerepository"}


async def all_values_of(site: Site, prop: str) -> dict[str, Any]:
    """The parameters with which the prop sends all its keys."""
    module = core_module(f"query+{prop}")
    assert module is not None
    values = [value for value in await props_of(site, prop) if value != "uploadwarning"]  # it is slow
    return {"prop": prop, **EXTRA_PARAMS.get(prop, {}), **({f"{module.prefix}prop": values} if values else {})}


async def page_of(site: Site, title: str, prop: str) -> Page:
    (page,) = await site.query(titles=title, **await all_values_of(site, prop)).collect()
    return page


async def pages_of(site: Site, prop: str) -> list[Page]:
    """All pages. Whole histories and preloaded texts can be requested for one page at a time only."""
    params = await all_values_of(site, prop)
    groups = [[title] for title in TITLES] if prop in {"info", "revisions"} else [TITLES]
    return [page for titles in groups async for page in site.query(titles=titles, **params)]


# Every key ----------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
@pytest.mark.parametrize("prop", sorted(PROP_ROW_CLASSES))
async def test_every_key_that_the_wiki_sends_has_a_field(steward: Site, prop: str) -> None:
    pages = await pages_of(steward, prop)
    rows = [row for page in pages for row in page.raw.get(prop, [])]
    assert rows
    assert {key for row in rows for key in without_a_field(PROP_ROW_CLASSES[prop](), row)} == set()
    assert_converted_alike(PROP_ROW_CLASSES[prop](), rows)
    assert {key for page in pages for key in page.raw} <= {*PAGE_KEYS, prop}
    assert [len(getattr(page, prop)) for page in pages] == [len(page.raw.get(prop, [])) for page in pages]


@pytest.mark.everywhere
async def test_every_key_of_info_has_a_field(steward: Site) -> None:
    pages = await pages_of(steward, "info")
    assert {key for page in pages for key in without_a_field(PageInfo, page.raw)} <= PAGE_KEYS
    assert_converted_alike(PageInfo, [page.raw for page in pages])


@pytest.mark.everywhere
@pytest.mark.parametrize("prop", [prop for prop in PROPS if prop != "deletedrevisions"])
async def test_the_values_for_an_anonymous_user_fit_too(visitor: Site, prop: str) -> None:
    pages = await pages_of(visitor, prop)
    assert len(pages) == len(TITLES)
    assert any(getattr(page, prop) for page in pages)


# Values -------------------------------------------------------------------------------------------------------------

# fmt: off
LISTED: Mapping[str, tuple[str, Row]] = {
    # prop: (a page, the keys of one of its rows)
    "categories": ("Earth", {"title": "Category:Maintained", "ns": 14, "hidden": True, "timestamp": TIME,
                             "sortkey": Containing("474c4f4245"), "sortkeyprefix": "Globe"}),
    "deletedrevisions": ("Gone", {"revid": ID, "parentid": 0, "user": "Seeder", "comment": "first", "content": "Here",
                                  "size": 4, "minor": False, "timestamp": TIME, "roles": ("main",), "tags": ()}),
    "duplicatefiles": ("File:Globe.png", {"name": "Copy_of_the_globe.png", "user": "Steward", "timestamp": TIME,
                                          "shared": False}),
    "extlinks": ("Earth", {"url": "https://example.org/orbit?a=1"}),
    "fileusage": ("File:Globe.png", {"title": "The Moon", "ns": 0, "pageid": ID, "redirect": False}),
    "imageinfo": ("File:Globe.png", {
        "timestamp": TIME, "user": "Steward", "userid": ID, "size": 8806, "width": 256, "height": 34, "duration": None,
        "comment": "the best", "parsedcomment": "the best", "canonicaltitle": "File:Globe.png",
        "sha1": "2547226219dfff63329f7ae9f45f5341ef6ea3d0", "mime": "image/png", "mediatype": "BITMAP", "bitdepth": 8,
        "url": Containing("/Globe.png"), "descriptionurl": Containing("File:Globe.png"), "thumbwidth": 100,
        "thumbheight": 13, "thumburl": Containing("/100px-Globe.png"), "thumbmime": "image/png", "thumberror": None,
        "responsive_urls": Containing("2"), "extmetadata": Containing("DateTime"), "archivename": None,
        "metadata": Containing({"name": "bitDepth", "value": 8}), "commonmetadata": [], "filehidden": False}),
    "images": ("Earth", {"title": "File:Globe.png", "ns": 6}),
    "iwlinks": ("Earth", {"prefix": "wikipedia", "title": "Earth", "url": "https://en.wikipedia.org/wiki/Earth"}),
    "langlinks": ("Earth", {"lang": "fr", "title": "Terre", "url": "https://fr.example.org/wiki/Terre",
                            "autonym": "français", "langname": Containing("fran")}),
    "links": ("Earth", {"title": "The Moon", "ns": 0}),
    "linkshere": ("Earth", {"title": "Terra", "ns": 0, "pageid": ID, "redirect": True, "fragment": None}),
    "redirects": ("Earth", {"title": "Terra", "ns": 0, "pageid": ID, "redirect": None, "fragment": "Orbit"}),
    "revisions": ("Earth", {
        "revid": ID, "parentid": ID, "user": "Astronomer", "userid": ID, "anon": False, "timestamp": TIME,
        "comment": "/* Orbit */ the ''rest''", "parsedcomment": Containing("autocomment"), "minor": False,
        "content": EARTH, "size": len(EARTH), "sha1": Containing(), "tags": (), "roles": ("main",)}),
    "templates": ("Earth", {"title": "Template:Planet", "ns": 10}),
    "transcludedin": ("Template:Planet", {"title": "Earth", "ns": 0, "pageid": ID, "redirect": False}),
}
# fmt: on


def test_every_typed_prop_is_tested() -> None:
    assert set(LISTED) == set(PROP_ROW_CLASSES)


@pytest.mark.everywhere
@pytest.mark.parametrize("prop", sorted(LISTED))
async def test_rows_have_the_values_of_the_wiki(steward: Site, prop: str) -> None:
    title, expected = LISTED[prop]
    page = await page_of(steward, title, prop)
    assert expected in [picked(row, expected) for row in getattr(page, prop)]


@pytest.mark.parametrize("prop", sorted(LISTED))
async def test_a_page_without_rows_has_an_empty_tuple(steward: Site, prop: str) -> None:
    (page,) = await steward.query(titles="Salted", prop=prop).collect()
    assert getattr(page, prop) == ()


@pytest.mark.everywhere
async def test_info_of_a_page(steward: Site) -> None:
    info = (await page_of(steward, "Earth", "info")).info
    # fmt: off
    expected = {
        "contentmodel": "wikitext", "pagelanguage": "en", "pagelanguagehtmlcode": "en", "pagelanguagedir": "ltr",
        "touched": TIME, "lastrevid": ID, "length": len(EARTH), "redirect": False, "new": False,
        "restrictiontypes": ("edit", "move"), "watched": True, "watchlistexpiry": None, "watchers": ID,
        "visitingwatchers": 0, "notificationtimestamp": TIME, "talkid": ID, "subjectid": None,
        "associatedpage": "Talk:Earth", "fullurl": Containing("/index.php/Earth"), "editurl": Containing("action=edit"),
        "canonicalurl": Containing("/index.php/Earth"), "displaytitle": "<i>The</i> Earth",
        "varianttitles": {"en": "<i>The</i> Earth"}, "linkclasses": (), "actions": {"read": [], "edit": []},
    }
    # fmt: on
    assert picked(info, expected) == expected
    assert info.protection == (
        Protection(type="edit", level="autoconfirmed", expiry="infinity"),
        Protection(type="move", level="sysop", expiry="2099-01-02T03:04:05Z"),
    )


async def test_info_of_other_kinds_of_pages(steward: Site) -> None:
    props = ["protection", "subjectid", "watched", "readable", "preload", "notificationtimestamp"]
    titles = ["Talk:Earth", "Template:Planet", "Category:Planets", "Salted", "Terra", "Nowhere at all"]
    pages = {page.title: page.info async for page in steward.query(titles=titles, prop="info", inprop=props)}
    assert pages["Talk:Earth"].subjectid == ID
    assert pages["Template:Planet"].protection[0].source == "The Moon"
    assert pages["Category:Planets"].watched is True
    assert pages["Category:Planets"].watchlistexpiry == Containing("T", "Z")
    assert pages["Category:Planets"].notificationtimestamp is None
    assert pages["Salted"].protection == (Protection(type="create", level="sysop", expiry="infinity"),)
    assert (pages["Terra"].redirect, pages["Terra"].readable, pages["Terra"].watched) == (True, True, False)
    nowhere = pages["Nowhere at all"]
    assert (nowhere.lastrevid, nowhere.length, nowhere.touched, nowhere.preload) == (0, 0, None, None)


@pytest.mark.everywhere
async def test_hidden_values_of_revisions_are_none_and_marked_as_hidden(visitor: Site, steward: Site) -> None:
    public = (await page_of(visitor, "Secrets", "revisions")).revisions
    assert [(r.user, r.comment, r.content, r.sha1 is None) for r in public][2:] == [(None, None, None, True)] * 2
    assert [(r.userhidden, r.commenthidden, r.sha1hidden, r.slots["main"].texthidden) for r in public] == [
        *[(False, False, False, False)] * 2,
        *[(True, True, True, True)] * 2,
    ]
    seen = (await page_of(steward, "Secrets", "revisions")).revisions
    assert [r.content for r in seen] == ["Secret 3", "Secret 2", "Secret 1", "Secret 0"]
    assert [r.suppressed for r in seen] == [False, False, True, False]


async def test_a_text_that_was_not_asked_for_raises(steward: Site) -> None:
    for rvprop in ("ids", ["ids", "slotsize"]):
        async for page in steward.query(titles="Mars", prop="revisions", rvprop=rvprop, rvslots="main"):
            with pytest.raises(NotRequested, match="add rvprop=content"):
                _ = page.revisions[0].content


async def test_text_comes_in_the_main_slot_if_no_slot_is_named(steward: Site) -> None:
    (page,) = await steward.query(titles="Mars", prop="revisions", rvprop=["content", "ids"]).collect()
    assert page.revisions[0].slots.keys() == {"main"}
    assert page.revisions[0].content == Containing("The fourth planet")


async def test_revisions_without_slots_have_their_text_too(steward: Site) -> None:
    """The old format, which the wiki still uses if templates are expanded."""
    old = steward.query(titles="Mars", prop="revisions", rvprop=["content", "ids"], rvexpandtemplates=True)
    (page,) = await old.collect()
    assert page.revisions[0].slots == {}
    assert page.revisions[0].content == Containing("The fourth planet")


async def test_revisions_by_an_address_and_by_an_account(visitor: Site) -> None:
    revisions = (await page_of(visitor, "Earth", "revisions")).revisions
    assert [(r.user, r.anon, r.minor) for r in revisions][-2:] == [
        ("198.51.100.9", True, True),
        ("192.0.2.7", True, False),
    ]


@pytest.mark.everywhere
async def test_the_versions_of_a_file_with_a_hidden_one(visitor: Site, steward: Site) -> None:
    seen = await page_of(steward, "File:Globe.png", "imageinfo")
    assert (seen.imagerepository, seen.badfile) == ("local", False)
    newest, middle, oldest = seen.imageinfo
    assert (newest.archivename, newest.comment) == (None, "the best")
    assert middle.archivename == Containing("!Globe.png")
    assert middle.comment == "a better one"
    assert (oldest.filehidden, oldest.user, oldest.comment) == (True, "Steward", "the ''first''")
    hidden = (await page_of(visitor, "File:Globe.png", "imageinfo")).imageinfo[-1]
    assert (hidden.filehidden, hidden.userhidden, hidden.commenthidden) == (True, True, True)
    assert (hidden.url, hidden.user, hidden.comment) == (None, None, None)
    missing = await page_of(steward, "File:Lost.png", "imageinfo")
    assert (missing.imagerepository, [version.filemissing for version in missing.imageinfo]) == (None, [True])


async def test_the_warning_before_an_upload(steward: Site) -> None:
    (page,) = await steward.query(titles="File:Globe.png", prop="imageinfo", iiprop="uploadwarning").collect()
    assert page.imageinfo[0].html == Containing("Globe.png")


@pytest.mark.everywhere
@pytest.mark.parametrize("limit", [1, 500])
async def test_contributors_are_users_and_a_number(populated: PopulatedWiki, visitor: Site, limit: int) -> None:
    """Each response repeats the number of anonymous contributors; the numbers are not added."""
    titles = ["Earth", "Mars", "Salted"]
    query = visitor.query(titles=titles, prop="contributors", pclimit=limit)
    pages = {page.title: page.contributors async for page in query}
    names = {title: sorted(user.name for user in found.users) for title, found in pages.items()}
    assert names == {"Earth": ["Astronomer", "Steward"], "Mars": ["Seeder", "Steward"], "Salted": []}
    assert {title: found.anonymous for title, found in pages.items()} == {"Earth": 2, "Mars": 0, "Salted": 0}
    assert pages["Salted"] == Contributors()
    assert {type(user) for user in pages["Earth"].users} == {Contributor}
    assert [user.userid for user in pages["Earth"].users] == [ID, ID]


@pytest.mark.everywhere
async def test_categoryinfo_and_pageprops(visitor: Site) -> None:
    titles = ["Category:Planets", "Category:Maintained", "Earth"]
    query = visitor.query(titles=titles, prop=["categoryinfo", "pageprops"])
    pages = {page.title: page async for page in query}
    assert pages["Category:Planets"].categoryinfo == CategoryInfo(size=4, pages=3, files=1, subcats=0, hidden=False)
    assert pages["Category:Maintained"].categoryinfo == CategoryInfo(size=2, pages=1, subcats=1, hidden=True)
    assert pages["Earth"].categoryinfo is None
    assert pages["Earth"].pageprops == {"defaultsort": "Globe", "displaytitle": "<i>The</i> Earth"}
    assert pages["Category:Planets"].pageprops == {}


# What was not requested ---------------------------------------------------------------------------------------------


async def test_the_error_for_a_prop_that_was_not_requested_says_how_to_request_it(visitor: Site) -> None:
    (page,) = await visitor.query(titles="Earth").collect()
    for prop in PROPS:
        with pytest.raises(NotRequested, match=f"of 'Earth' .* add prop={prop}"):
            getattr(page, prop)
    for name in ("imagerepository", "badfile"):
        with pytest.raises(NotRequested, match="add prop=imageinfo"):
            getattr(page, name)


@frozen
class Link:
    """A row of an extension's prop."""

    title: str
    ns: int = field(default=-1)


async def test_a_key_without_an_attribute_is_converted_to_any_type(visitor: Site) -> None:
    (page,) = await visitor.query(titles="Earth", prop=["links", "info", "pageprops"]).collect()
    assert page.extension("links", tuple[Link, ...]) == (Link("Mars", 0), Link("The Moon", 0))
    assert page.extension("length", int) == page.info.length
    assert page.extension("pagelanguage", str) == "en"
    assert page.extension("pageprops", Mapping[str, str]) == page.pageprops  # type: ignore[type-abstract]  # a type form


async def test_a_missing_key_and_a_wrong_type_raise_errors(visitor: Site) -> None:
    (page,) = await visitor.query(titles="Earth", prop="info").collect()
    with pytest.raises(NotRequested, match="sent no 'coordinates' for 'Earth'"):
        page.extension("coordinates", tuple[Link, ...])
    with pytest.raises(ProtocolError, match="does not fit int"):
        page.extension("pagelanguage", int)
    with pytest.raises(TypeError, match="cannot be made from what a wiki sends"):
        page.extension("length", Site)


def test_a_page_is_a_value() -> None:
    """The function that converts keys of extensions does not belong to the value."""
    first, second = Page(title="A", structure=lambda value, _: value), Page(title="A")
    assert first == second
    assert "structure" not in repr(first)
