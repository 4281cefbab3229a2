"""What each method of ``site.rest`` returns, field by field; and no field of the wiki is missing."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async._rest.endpoints import ENDPOINTS
from mwclient_async._rest.readers import ListReader, ObjectReader
from mwclient_async.errors import BeyondLimit, Unsupported
from mwclient_async.models.rest import (
    BarePage,
    BareRevision,
    FileFormat,
    FileRevision,
    HistoryCount,
    HistoryRevision,
    HtmlPage,
    HtmlRevision,
    LatestRevision,
    License,
    Lint,
    PageFile,
    PageLanguage,
    PageOfRevision,
    RestFile,
    RestList,
    RestPage,
    RestRevision,
    RestUser,
    SearchHit,
)
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.field_coverage import ID, TIME, Containing, picked, without_a_field
from tests.support.rest_wikis import TOO_MANY_FILES, VERSIONS, OpenSites

both = pytest.mark.parametrize("version", VERSIONS)
LICENSE = License(url="https://creativecommons.org/licenses/by-sa/4.0/", title="CC BY-SA 4.0")
SOURCE = "== A ==\nHello há [[File:Dot.png]] [[de:Erde]]\n\npara two"
ADMIN = RestUser(id=1, name="Admin")


@both
async def test_a_page_has_its_facts_in_every_form(open_sites: OpenSites, version: str) -> None:
    site, _, prepared = await open_sites(version)
    page, bare = await site.rest.page("Earth"), await site.rest.page_bare("Earth")
    html, whole = await site.rest.page_html("Earth"), await site.rest.page_with_html("Earth")
    facts = {
        "id": ID,
        "key": "Earth",
        "title": "Earth",
        "latest": LatestRevision(id=prepared.new, timestamp=page.latest.timestamp),
        "content_model": "wikitext",
        "license": LICENSE,
        "redirect_target": None,
    }
    for cls, value in ((RestPage, page), (BarePage, bare), (HtmlPage, whole)):
        assert (type(value), picked(value, facts)) == (cls, facts)
    assert page.latest.timestamp == TIME
    assert (page.source, bare.html_url) == (SOURCE, f"{prepared.wiki.rest_url}/v1/page/Earth/html")
    assert (html.revid, str(html), html.text) == (prepared.new, html.text, whole.html)
    assert ("há" in html.text, html.text.rstrip().endswith("</html>"), "há" in repr(html)) == (True, True, False)


@both
async def test_a_revision_has_its_facts_in_every_form(open_sites: OpenSites, version: str) -> None:
    site, _, prepared = await open_sites(version)
    rest, revid = site.rest, prepared.new
    source, bare = await rest.revision(revid), await rest.revision_bare(revid)
    html, whole = await rest.revision_html(revid), await rest.revision_with_html(revid)
    facts = {
        "id": revid,
        "page": PageOfRevision(id=source.page.id, title="Earth", key="Earth"),
        "timestamp": TIME,
        "minor": False,
        "size": len(SOURCE.encode()),
        "comment": "two",
        "user": ADMIN,
        "delta": 4,
        "content_model": "wikitext",
        "license": LICENSE,
    }
    for cls, value in ((RestRevision, source), (BareRevision, bare), (HtmlRevision, whole)):
        assert (type(value), picked(value, facts)) == (cls, facts)
    assert (source.source, bare.html_url) == (SOURCE, f"{prepared.wiki.rest_url}/v1/revision/{revid}/html")
    assert (html.revid, html.text) == (revid, whole.html)
    (newest, *_) = await rest.history("Earth").collect()
    same = ("id", "timestamp", "minor", "size", "comment", "user", "delta")
    assert newest == HistoryRevision(**{name: getattr(source, name) for name in same})


@both
async def test_files_languages_and_counts_have_their_facts(open_sites: OpenSites, version: str) -> None:
    site, _, prepared = await open_sites(version)
    (shown,), file = await site.rest.media("Earth"), await site.rest.file("Dot.png")
    url = f"{prepared.wiki.url}/images/2/2a/Dot.png"
    original = FileFormat(mediatype="BITMAP", url=url, size=2895, width=256, height=11, duration=None)
    assert file.latest == FileRevision(timestamp=TIME, user=ADMIN)  # type: ignore[arg-type]  # it is equal to any
    facts = {
        "title": "Dot.png",
        "file_description_url": f"{prepared.wiki.url}/index.php/File:Dot.png",
        "latest": file.latest,
        "preferred": original,
        "original": original,
    }
    assert (type(shown), picked(shown, facts), picked(file, facts)) == (PageFile, facts, facts)
    assert (type(file), file.thumbnail) == (RestFile, original)
    assert await site.rest.languages("Earth") == (PageLanguage(code="de", name="Deutsch", key="Erde", title="Erde"),)
    kinds = {"anonymous": 0, "bot": 0, "editors": 1, "edits": 2, "minor": 0, "reverted": 0}
    counted = {kind: await site.rest.history_counts("Earth", kind) for kind in kinds}  # type: ignore[arg-type]
    assert counted == {kind: HistoryCount(count=count) for kind, count in kinds.items()}
    many = await site.rest.history_counts("Many edits", "edits")
    assert (many.count > 2000, many.limit) == (True, False)


@both
async def test_searches_find_pages_and_show_what_matched(open_sites: OpenSites, version: str) -> None:
    site, transport, prepared = await open_sites(version)
    await prepared.wiki.maintenance("rebuildtextindex")
    (hit,) = await site.rest.search_pages("Hello", limit=1)
    facts = {"id": ID, "key": "Earth", "title": "Earth", "excerpt": Containing("searchmatch", "Hello")}
    facts |= {"matched_title": None, "description": None, "thumbnail": None, "anchor": None}
    assert (type(hit), picked(hit, facts)) == (SearchHit, facts)
    found = await site.rest.search_titles("To Ea")
    assert [(hit.title, hit.matched_title) for hit in found] == [("Earth", "To Earth"), ("To Earth", "To Earth twice")]
    assert await site.rest.search_pages("nothing has this word") == RestList(())
    assert len(await site.rest.search_titles("M", limit=1)) == 1
    odd = "a&b=c #? +% \u05d0 🪐"
    assert await site.rest.search_titles(odd) == ()
    assert "a%26b%3Dc" in transport.requests[-1].url


READS: dict[str, dict[str, Any]] = {
    "search_page": {"params": {"q": "Earth"}},
    "search_title": {"params": {"q": "Ea"}},
    "page": {"title": "To Earth"},
    "page_bare": {"title": "To Earth"},
    "page_with_html": {"title": "Earth"},
    "languages": {"title": "Earth"},
    "media": {"title": "Earth"},
    "file": {"title": "Dot.png"},
    "history_counts": {"title": "Earth", "type": "edits"},
    "revision": {"id": 2},
    "revision_bare": {"id": 2},
    "revision_with_html": {"id": 2},
}


@both
async def test_everything_that_the_wiki_sends_has_a_field(open_sites: OpenSites, version: str) -> None:
    site, _, _ = await open_sites(version)
    unknown = {}
    for name, wanted in READS.items():
        segments, endpoint = {key: value for key, value in wanted.items() if key != "params"}, ENDPOINTS[name]
        body = (await site._session.send(endpoint.request(segments, params=wanted.get("params")))).body
        kind = endpoint.read
        assert isinstance(kind, ObjectReader | ListReader)
        rows = [body] if isinstance(kind, ObjectReader) else body[kind.key] if kind.key else body
        unknown[name] = sorted({key for row in rows for key in without_a_field(kind.cls, row)})
        assert rows, name
    assert {name: keys for name, keys in unknown.items() if keys} == {}


# Many files ----------------------------------------------------------------------------------------------------------


@both
async def test_too_many_files_are_an_error_that_says_how_to_get_all(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
    with pytest.raises(BeyondLimit, match=r"site\.page\(title\)\.media\(\) brings all") as caught:
        await site.rest.media("Many files")
    assert caught.value.code == "rest-media-too-many-links"
    assert (
        len(transport.statuses) == 1
    )  # older wikis respond with the status of a server error, but the request is not sent again
    files = await site.page("Many files").media().collect()
    assert sorted(page.title for page in files) == sorted(f"File:{number}.png" for number in range(TOO_MANY_FILES))
    assert (
        await site.page("Earth|Many files").media().collect() == []
    )  # this is one title, of a page that does not exist
    assert await site.page("Not there").media().collect() == []
    (shown,) = await site.page("Earth").media().collect()
    assert (shown.title, shown.imageinfo[0].size, shown.imageinfo[0].user) == ("File:Dot.png", 2895, "Admin")


@both
async def test_the_minor_edits_of_a_long_history_are_beyond_the_limit(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
    with pytest.raises(BeyondLimit, match=r"site\.rest\.history\(title, filter='minor'\)"):
        await site.rest.history_counts("Many edits", "minor")
    assert transport.statuses == [500]


# Transforms of newer wikis -------------------------------------------------------------------------------------------

WIKITEXT = "== A ==\n* ''há'' [[Earth]]\n"


async def test_wikitext_becomes_html_and_wikitext_again(open_sites: OpenSites) -> None:
    for sysop in (False, True):  # with cookies, too: no token is needed
        site, transport, prepared = await open_sites("1.43", sysop=sysop)
        rest = site.rest
        whole = await rest.to_html(WIKITEXT)
        assert (whole.startswith("<!DOCTYPE html>"), "há" in whole) == (True, True)
        body = await rest.to_html(WIKITEXT, title="What? 100%/é", body_only=True)
        assert ("<html" in body, "há" in body) == (False, True)
        assert await rest.to_html("", body_only=True) == ""
        assert await rest.to_wikitext(whole) == WIKITEXT.replace("== A ==", "==A==").replace("* ", "*")
        html = str(await rest.revision_html(prepared.new))
        same = await rest.to_wikitext(html, title="Earth", revision=prepared.new)
        assert same.strip() == SOURCE  # unchanged parts keep their form
        changed = await rest.to_wikitext(html.replace("two", "three"), title="Earth", revision=prepared.new)
        assert changed.strip() == SOURCE.replace("two", "three")
        assert set(transport.statuses) == {200}


async def test_lint_finds_errors_with_their_position(open_sites: OpenSites) -> None:
    site, _, _ = await open_sites("1.43")
    text = "'''x <center>a</center>\n<b>y"
    for found in (await site.rest.lint(text), await site.rest.lint(text, title="Earth")):
        assert {lint.type for lint in found} >= {"obsolete-tag", "missing-end-tag"}
        (old,) = (lint for lint in found if lint.type == "obsolete-tag")
        assert old == Lint(type="obsolete-tag", dsr=(5, 23, 8, 9), params={"name": "center"})
    nested = await site.rest.lint("{{Not there|<center>x</center>}}")
    assert all(isinstance(lint.template_info, dict) for lint in nested)
    assert await site.rest.lint("Fine.") == ()


async def test_a_large_text_is_transformed(open_sites: OpenSites) -> None:
    site, _, _ = await open_sites("1.43")
    line = "Plain text of a long page, without anything to look up.\n"
    html = await site.rest.to_html(line * 3000)
    assert html.count("Plain text") == 3000


async def test_an_endpoint_that_an_older_wiki_lacks_is_unsupported(open_sites: OpenSites) -> None:
    site, transport, _ = await open_sites("1.39")
    rest = site.rest
    missing: dict[str, Any] = {
        "/v1/search": rest.search_description,
        "/v1/transform/wikitext/to/html": lambda: rest.to_html("x"),
        "/v1/transform/wikitext/to/html/A%2FB": lambda: rest.to_html("x", title="A/B"),
        "/v1/transform/html/to/wikitext/A/5": lambda: rest.to_wikitext("x", title="A", revision=5),
        "/v1/transform/wikitext/to/lint": lambda: rest.lint("x"),
        "/v1/page/Earth/lint": lambda: rest.page_lint("Earth"),
        "/v1/revision/5/lint": lambda: rest.revision_lint(5),
    }
    for path, ask in missing.items():
        transport.forget()
        with pytest.raises(Unsupported, match="this wiki lacks the endpoint") as caught:
            await ask()
        assert (caught.value.status, transport.requests[0].url.endswith(path)) == (404, True)
        assert len(transport.requests) == 1


async def test_the_search_description_is_a_document(open_sites: OpenSites) -> None:
    site, _, _ = await open_sites("1.43")
    text = await site.rest.search_description()
    assert text.startswith("<?xml")
    assert "<ShortName>LocalWiki" in text


async def test_a_message_of_the_software_is_html_without_a_revision(open_sites: OpenSites) -> None:
    """And pages that are not wikitext, whose HTML is not a complete document."""
    site, _, _ = await open_sites("1.43")
    html = await site.rest.page_html("MediaWiki:Mainpage")
    assert (html.revid, "Main Page" in html.text) == (None, True)
    assert await site.rest.page_html("MediaWiki:Mainpage", previous=html) is html
    whole = await site.rest.page_with_html("MediaWiki:Mainpage")
    assert (whole.id, whole.latest, whole.html) == (0, None, html.text)
    style, data = await site.rest.page_html("MediaWiki:Own.css"), await site.rest.page_html("MediaWiki:Own.json")
    assert (style.text.startswith("<pre"), style.revid, "</html>" in data.text) == (True, style.revid, True)


# What is checked before any request ----------------------------------------------------------------------------------


async def test_wrong_arguments_are_refused_before_any_request() -> None:
    transport = ScriptedTransport()
    url = "https://wiki.example.org/w/api.php"
    async with Site(url, user_agent=USER_AGENT, transport=transport) as site:
        rest: Any = site.rest
        wrong: tuple[tuple[type[Exception], str, Any], ...] = (
            (ValueError, "query is empty", lambda: rest.search_pages(" ")),
            (TypeError, "query is of type", lambda: rest.search_titles(None)),
            *((ValueError, "from 1 to 100", lambda n=n: rest.search_pages("x", limit=n)) for n in (0, 101, -1, True)),
            (ValueError, "from 1 to 100", lambda: rest.search_titles("x", limit="5")),
            (ValueError, "title is empty", lambda: rest.page(" _ ")),
            (TypeError, "title is of type int", lambda: rest.page_html(5)),
            (ValueError, "surrogate", lambda: rest.file("\ud800")),
            (ValueError, "a revision id", lambda: rest.revision(0)),
            (ValueError, "a revision id", lambda: rest.revision_html("5")),
            (ValueError, "a revision id", lambda: rest.compare(1, 0)),
            (ValueError, "the wiki counts", lambda: rest.history_counts("Earth", "all")),
            (ValueError, "go together", lambda: rest.history_counts("Earth", "edits", from_=5)),
            (ValueError, "go together", lambda: rest.history_counts("Earth", "minor", from_=5, to=6)),
            (ValueError, "a revision id", lambda: rest.history_counts("Earth", "edits", from_=5, to=0)),
            (ValueError, "title of its page", lambda: rest.to_wikitext("x", revision=5)),
            (TypeError, "html is of type bytes", lambda: rest.to_wikitext(b"x")),
            (TypeError, "wikitext is of type", lambda: rest.lint(None)),
        )
        for error, message, act in wrong:
            with pytest.raises(error, match=message):
                await act()
    assert transport.requests == []
