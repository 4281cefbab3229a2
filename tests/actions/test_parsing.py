"""Parse wikitext, expand templates, compare texts, search."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from mwclient_async import Site
from mwclient_async._actions.parse import ParseProp
from mwclient_async.errors import (
    InvalidParameter,
    InvalidTitle,
    MissingParameter,
    PageMissing,
    ProtocolError,
    UnrecognizedParameters,
)
from mwclient_async.testing import LocalWiki
from tests.support.actions import assert_codes, assert_refused, new_page, page_of, scripted
from tests.support.logins import fresh

TEXT = """== A ==
{{Parsed template}} [[Nowhere at all]] [[Main Page]] https://example.org/x [[File:No.png]] [[Category:Parsed|k]]
=== B ===
~~~~"""


@pytest.mark.everywhere
async def test_a_page_is_parsed_into_the_parts_that_prop_names(steward: Site, action_wiki: LocalWiki) -> None:
    await steward.actions.edit("Template:Parsed template", text="A template.")
    await steward.actions.edit("Parsed", text=TEXT)
    page = await page_of(steward, "Parsed", prop="revisions", rvprop="ids")
    parts: Any = [prop for prop in get_args(ParseProp) if prop != "tocdata" or action_wiki.version >= "1.43"]
    done = await steward.actions.parse("Parsed", prop=parts)
    assert (done.title, done.pageid, done.revid) == ("Parsed", page.pageid, page.revisions[0].revid)
    assert "A template." in (done.text or "")
    assert [(s.line, s.level, s.toclevel, s.number, s.index) for s in done.sections] == [
        ("A", 2, 1, "1", "1"),
        ("B", 3, 2, "1.1", "2"),
    ]
    assert {(link.title, link.exists) for link in done.links} >= {("Nowhere at all", False), ("Main Page", True)}
    assert [(template.title, template.ns) for template in done.templates] == [("Template:Parsed template", 10)]
    assert ("Parsed", "k", True) in [(c.category, c.sortkey, c.missing) for c in done.categories]
    assert (done.images, done.externallinks) == (("No.png",), ("https://example.org/x",))
    assert (done.parsetree or "").startswith("<root>")
    assert (done.wikitext or "").startswith("== A ==")
    assert (done.displaytitle or "").endswith("Parsed</span>" if "<span" in (done.displaytitle or "") else "Parsed")
    assert done.limitreportdata[0]["name"] == "limitreport-cputime"
    alone = await steward.actions.parse(oldid=page.revisions[0].revid, prop="text", section=2, disablelimitreport=True)
    assert "A template." not in (alone.text or "")
    assert "NewPP" not in (alone.text or "")
    assert (alone.links, alone.wikitext) == ((), None)


async def test_a_text_is_parsed_as_if_it_were_on_a_page(steward: Site) -> None:
    done = await steward.actions.parse(text="{{PAGENAME}} ~~~", title="User:Another", prop="text", pst=True)
    assert "Another" in (done.text or "")
    assert "User:Steward" in (done.text or "")
    saved = await steward.actions.parse(text="~~~", title="A", onlypst=True)
    assert (saved.text or "").startswith("[[User:Steward|Steward]]")
    only = await steward.actions.parse(summary="a [[Main Page|link]]")
    assert (only.text, ">link</a>" in (only.parsedsummary or "")) == (None, True)
    title = await new_page(steward, text="#REDIRECT [[Main Page]]")
    followed = await steward.actions.parse(title, redirects=True, prop="text")
    assert (followed.title, followed.redirects[0]["from"]) == ("Main Page", title)


async def test_templates_are_expanded(steward: Site) -> None:
    text = "{{PAGENAME}}<!-- c -->{{DEFAULTSORT:x}}"
    done = await steward.actions.expandtemplates(
        text, title="Some page", prop=["wikitext", "parsetree", "properties", "volatile"], includecomments=True
    )
    assert (done.wikitext, done.volatile, done.ttl) == ("Some page<!-- c -->", False, None)
    assert (done.parsetree or "").startswith("<root>")
    assert (await steward.actions.expandtemplates("{{PAGENAME}}", title="B")).wikitext == "B"


async def test_texts_are_compared(steward: Site) -> None:
    title = await new_page(steward, text="one")
    await steward.actions.edit(title, text="two", summary="second")
    newer, older = (await page_of(steward, title, prop="revisions", rvlimit=2, rvprop="ids")).revisions
    every: Any = ["ids", "title", "rel", "size", "timestamp", "user", "comment", "parsedcomment", "diff", "diffsize"]
    done = await steward.actions.compare(fromrev=older.revid, torev=newer.revid, prop=every)
    assert (done.from_.revid, done.to.revid, done.to.comment, done.to.user) == (
        *(older.revid, newer.revid),
        *("second", "Steward"),
    )
    assert (done.from_.title, done.from_.size, done.prev, done.next) == (title, 3, None, None)
    assert done.diffsize == len((done.body or "").encode())
    assert "two" in (done.body or "")
    beside = await steward.actions.compare(fromrev=older.revid, torelative="next", slots="*", difftype="inline")
    assert (list(beside.bodies), beside.body, beside.to.revid) == (["main"], None, newer.revid)
    same = await steward.actions.compare(fromtitle=title, totext={"main": "two"})
    assert (same.body, same.to.revid) == ("", None)
    texts = await steward.actions.compare(fromtext="a", totext="b", prop="diff")
    assert "<del" in (texts.body or "") or "diff-deletedline" in (texts.body or "")


async def test_pages_and_modules_are_found(steward: Site) -> None:
    title = await new_page(steward, prefix="Findable")
    await steward.actions.edit("Findabilis", text=f"#REDIRECT [[{title}]]")
    hits = await steward.actions.opensearch("Findabl", namespace=[0, 4], limit=5)
    assert [(hit.title, hit.description) for hit in hits] == [(title, "")]
    assert hits[0].url.endswith(title.replace(" ", "_"))
    assert [hit.title for hit in await steward.actions.opensearch("Findabi", redirects="resolve")] == [title]
    assert await steward.actions.opensearch("No page begins so") == ()
    edit, pages = await steward.actions.paraminfo(["edit", "query+allpages"], helpformat="wikitext")
    assert (edit.path, edit.mustbeposted, edit.writerights, edit.source) == ("edit", True, True, "MediaWiki")
    assert (pages.prefix, pages.group, pages.generator, pages.mustbeposted) == ("ap", "list", True, False)
    parameters = {parameter.name: parameter for parameter in pages.parameters}
    assert (parameters["limit"].type, parameters["limit"].max, parameters["limit"].highmax) == ("limit", 500, 5000)
    assert parameters["filterredir"].values == ("all", "nonredirects", "redirects")
    assert {p.name: p.tokentype for p in edit.parameters}["token"] == "csrf"
    assert len(await steward.actions.paraminfo(["query+*", "main"])) > 50


async def test_each_refusal_of_the_manual_is_its_error(steward: Site) -> None:
    actions, title = steward.actions, await new_page(steward)
    await assert_codes(
        (
            (PageMissing, "missingtitle", actions.parse(fresh("None"))),
            (PageMissing, "nosuchpageid", actions.parse(pageid=9_999_999)),
            (PageMissing, "nosuchrevid", actions.parse(oldid=9_999_999)),
            (PageMissing, "nosuchsection", actions.parse(title, section=9)),
            (InvalidParameter, "invalidsection", actions.parse(title, section="x")),
            (InvalidTitle, "invalidtitle", actions.parse(text="x", title="A<")),
            (PageMissing, "nosuchrevid", actions.expandtemplates("x", revid=9_999_999)),
            (InvalidTitle, "invalidtitle", actions.expandtemplates("x", title="A<")),
            (PageMissing, "missingtitle", actions.compare(fromtitle=fresh("None"), totext="x")),
            (PageMissing, "nosuchrevid", actions.compare(fromrev=9_999_999, totext="x")),
            (MissingParameter, "missingparam", steward.call("expandtemplates", prop="wikitext")),
        )
    )
    unknown: Any = "no such part"
    with pytest.raises(UnrecognizedParameters, match="no such part"):
        await actions.parse(title, prop=unknown)
    with pytest.raises(ValueError, match="no module 'query\\+nothing'"):
        await actions.paraminfo(["edit", "query+nothing"])


async def test_wrong_arguments_are_refused_before_any_request() -> None:
    site, transport = scripted()
    async with site:
        act: Any = site.actions
        await assert_refused(
            (
                (ValueError, "not 2", lambda: act.parse("A", oldid=1)),
                (ValueError, "parsed as", lambda: act.parse("A", title="B")),
                (ValueError, "give one of page", act.parse),
                (ValueError, "title is empty", lambda: act.parse("")),
                (TypeError, "pst=1 is not a flag", lambda: act.parse("A", pst=1)),
                (TypeError, "text is of type int", lambda: act.expandtemplates(1)),
                (ValueError, "say what to compare: one of fromtitle", act.compare),
                (ValueError, "say what to compare: one of totitle", lambda: act.compare(fromrev=1)),
                (ValueError, "not 2", lambda: act.compare(fromrev=1, fromid=1, totext="x")),
                (
                    ValueError,
                    "torelative is the other side",
                    lambda: act.compare(fromrev=1, torelative="prev", torev=2),
                ),
                (ValueError, "torelative='first'", lambda: act.compare(fromrev=1, torelative="first")),
                (ValueError, "search is empty", lambda: act.opensearch("")),
                (ValueError, "limit=0", lambda: act.opensearch("A", limit=0)),
                (ValueError, "helpformat='pdf'", lambda: act.paraminfo("edit", helpformat="pdf")),
            )
        )
    assert transport.requests == []


async def test_a_response_of_another_form_is_a_protocol_error() -> None:
    """Scripted, because no wiki responds like this."""
    body: Any = {"opensearch": {"no": "list"}}
    site, _ = scripted(body, {"parse": {"sections": [{"line": "A", "level": "deep"}]}}, {"other": 1})
    async with site:
        with pytest.raises(ProtocolError, match="another form"):
            await site.actions.opensearch("A")
        with pytest.raises(ProtocolError, match=r"does not fit ParseResult.*\$\.sections\.level"):
            await site.actions.parse("A")
        with pytest.raises(ProtocolError, match="action=expandtemplates has no 'expandtemplates' in it, only: other"):
            await site.actions.expandtemplates("A")
