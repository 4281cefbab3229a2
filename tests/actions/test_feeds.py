"""Feeds: responses that are documents, not JSON."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mwclient_async import Site
from mwclient_async._actions.feed_entries import read_feed
from mwclient_async._http.messages import HttpResponse
from mwclient_async.errors import InvalidParameter, ProtocolError, UnrecognizedParameters
from mwclient_async.models.actions_feeds import Document
from mwclient_async.testing.scripted import sent
from tests.support.actions import assert_codes, assert_refused, new_page, scripted

ATOM = "{http://www.w3.org/2005/Atom}"


def titles(content: bytes) -> list[str]:
    root = ET.fromstring(content)
    return [str(item.findtext("title") or item.findtext(f"{ATOM}title")) for item in root.iter() if _is_item(item)]


def _is_item(element: ET.Element) -> bool:
    return element.tag in {"item", f"{ATOM}entry"}


async def test_a_feed_comes_as_the_wiki_sent_it_and_its_entries_can_be_read(steward: Site, member: Site) -> None:
    title = await new_page(steward, prefix="Fed")
    rss = await steward.actions.feedcontributions("Steward", namespace=0, newonly=True, hideminor=True)
    assert rss.content_type == "application/xml; charset=UTF-8"
    assert ET.fromstring(rss.content).tag == "rss"
    assert title in titles(rss.content)
    atom = await steward.actions.feedrecentchanges(feedformat="atom", limit=50, days=2, hidebots=True)
    assert ET.fromstring(atom.content).tag == f"{ATOM}feed"
    assert any(title in entry for entry in titles(atom.content))
    await member.actions.watch(titles=title)
    await steward.actions.edit(title, text="Changed.")
    watched = await member.actions.feedwatchlist(hours=72, allrev=True, feedformat="atom")
    assert any(title in entry for entry in titles(watched.content))
    assert [(entry.title, bool(entry.updated), entry.author) for entry in rss.entries()][:1] == [
        (title, True, "Steward")
    ]
    assert {entry.title for entry in atom.entries()} == set(titles(atom.content))
    assert all(entry.link.startswith("http") and entry.id for entry in atom.entries())
    rsd = await steward.actions.rsd()
    assert rsd.entries() == ()
    assert rsd.content_type.startswith("application/rsd+xml")
    assert b"api.php" in rsd.content


async def test_each_refusal_of_the_manual_is_its_error(steward: Site, anonymous: Site) -> None:
    await assert_codes(
        (
            (InvalidParameter, "baduser", steward.actions.feedcontributions("A<")),
            (InvalidParameter, "badvalue", steward.actions.feedrecentchanges(namespace=99)),
        )
    )
    refused = await anonymous.actions.feedwatchlist()  # the wiki puts the error into the feed
    assert "notloggedin" in titles(refused.content)[0]


async def test_a_json_response_is_not_a_document() -> None:
    """Scripted, because no wiki responds like this."""
    feed = HttpResponse(status=200, headers=(("content-type", "text/xml"),), body=b"<rss/>")
    site, transport = scripted({"feedrecentchanges": {}}, feed, feed)
    async with site:
        with pytest.raises(ProtocolError, match="is JSON, not a document"):
            await site.actions.feedrecentchanges(from_=datetime(2024, 1, 1, tzinfo=UTC), target="A", showlinkedto=True)
        # MediaWiki 1.39 fails on these
        document = await site.actions.feedwatchlist(wltype=["new", "edit"], wlshow="!bot", wlexcludeuser="A")
        assert document == Document(content=b"<rss/>", content_type="text/xml")
        await site.actions.feedwatchlist(wlowner="A", wltoken="her secret token")
        act: Any = site.actions
        await assert_refused(
            (
                (ValueError, "user is empty", lambda: act.feedcontributions(" ")),
                (ValueError, "feedformat='xml'", lambda: act.feedrecentchanges(feedformat="xml")),
                (ValueError, "limit=0", lambda: act.feedrecentchanges(limit=0)),
                (ValueError, "go together", lambda: act.feedwatchlist(wlowner="A")),
                (ValueError, "wltype='page'", lambda: act.feedwatchlist(wltype="page")),
            )
        )
    sent_params = sent(transport.requests[0])
    assert (sent_params["from"], sent_params["target"], sent_params["showlinkedto"]) == (
        "2024-01-01T00:00:00Z",
        "A",
        "1",
    )
    sent_params = sent(transport.requests[1])
    assert (sent_params["wltype"], sent_params["wlshow"], sent_params["wlexcludeuser"]) == ("new|edit", "!bot", "A")
    assert (sent(transport.requests[2])["wltoken"], "secret" in transport.requests[2].url) == (
        "her secret token",
        False,
    )
    assert len(transport.requests) == 3


def test_the_bytes_of_a_feed_are_never_read_as_a_file_name(tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(b"<rss version='2.0'><channel><item><title>Ours</title></item></channel></rss>")
    with pytest.raises(ProtocolError, match="cannot be read"):
        read_feed(bytes(path))


@pytest.mark.everywhere
async def test_a_parameter_of_a_newer_wiki_is_refused_before_the_feed_is_requested(
    steward: Site, mediawiki_version: str
) -> None:
    """A feed cannot carry a warning, so the wiki would ignore the parameter silently."""
    feed = steward.actions.feedrecentchanges(tagfilter="mw-blank", inverttags=True)
    if mediawiki_version == "1.39":
        with pytest.raises(UnrecognizedParameters, match="'inverttags'; nothing was sent"):
            await feed
    else:
        assert (await feed).entries()


def test_a_feed_that_is_cut_off_is_a_protocol_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProtocolError, match="cannot be read"):
        read_feed(b"<?xml version='1.0'?><rss version='2.0'><channel><item><title>A")
    monkeypatch.setitem(sys.modules, "feedparser", None)
    with pytest.raises(ImportError, match=r"mwclient_async\[feeds\]"):
        read_feed(b"<rss/>")
