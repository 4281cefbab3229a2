"""Responses that are documents, not JSON: large ones, those beyond the size limit, and documents of other servers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest
from attrs import evolve

from mwclient_async import Limits, RetryPolicy, Site
from mwclient_async._http.messages import HttpResponse
from mwclient_async._http.responses import parse_response
from mwclient_async._rest.endpoints import ENDPOINTS
from mwclient_async.errors import BrokenReply, ProtocolError, ReplyTooLarge
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import (
    BROKEN_JSON,
    DROP_AFTER,
    HTML_200_AFTER,
    HTML_200_BEFORE,
    TRUNCATE,
    UNAVAILABLE_AFTER,
    Fault,
    FaultProxy,
    scripted,
)
from tests.support.http_server import ServerResponse
from tests.support.rest_wikis import VERSIONS, OpenSites

both = pytest.mark.parametrize("version", VERSIONS)

HALF = Fault(
    kind="HALF",
    answer=lambda answer: evolve(answer, body=answer.body[: len(answer.body) // 2]),
)
"""The first half of the wiki's response, with the headers of a complete response."""

LOGIN = Fault(
    kind="LOGIN",
    acted=False,
    answer=lambda _: ServerResponse(
        headers=(("content-type", "text/html"), ("etag", '"5e8f-59a1"')),
        body=b"<!DOCTYPE html><html><head></head><body class='mw:'>Sign in</body></html>",
    ),
)


@pytest.mark.parametrize("mark", [b"", b"\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n\xef\xbb\xbf"])
def test_a_document_that_is_cut_is_refused_also_behind_a_byte_order_mark(mark: bytes) -> None:
    headers = (("content-type", "text/html; charset=utf-8"), ("etag", '"12/5e8f"'))
    whole = HttpResponse(status=200, headers=headers, body=mark + b"<!DOCTYPE html><html><body></body></html>" + mark)
    documents = ENDPOINTS["page_html"].documents
    assert parse_response(whole, rest=True, documents=documents).body == whole.body
    with pytest.raises(BrokenReply):
        parse_response(evolve(whole, body=whole.body[:-20]), rest=True, documents=documents)


FAULTS = (HTML_200_BEFORE, HTML_200_AFTER, LOGIN, TRUNCATE, DROP_AFTER, UNAVAILABLE_AFTER)


@both
async def test_a_document_of_another_server_is_not_taken_for_the_wikis_and_the_request_is_sent_again(
    open_sites: OpenSites, version: str
) -> None:
    _, _, prepared = await open_sites(version)
    quick = RetryPolicy(first_delay=0.001)
    async with (
        FaultProxy(prepared.wiki.url) as proxy,
        Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=quick) as site,
    ):
        rest = site.rest
        reads: list[Callable[[], Awaitable[object]]] = [
            lambda: rest.page_html("Earth"),
            lambda: rest.revision_html(prepared.new),
        ]
        if version == "1.43":
            reads += [
                lambda: rest.to_html("x"),
                lambda: rest.to_html("x", body_only=True),
                lambda: rest.to_wikitext("<p>x</p>"),
                rest.search_description,
            ]
        for read in reads:
            proxy.plan = scripted()
            wanted = await read()
            for fault in FAULTS if read is reads[0] else (HTML_200_AFTER, LOGIN):
                proxy.plan = scripted(fault)
                assert await read() == wanted
            proxy.plan = lambda _: HTML_200_AFTER
            with pytest.raises(BrokenReply, match=r"(is not the wiki's|is not JSON).*: HTTP 200, text/html"):
                await read()
        for whole in reads[:3]:
            proxy.plan = scripted(HALF, BROKEN_JSON)
            assert await whole() is not None
            assert proxy.plan(proxy.seen[-1]) is None  # both were used
    assert proxy.counts["HALF"] >= 2


GENUINE = (
    b'<!DOCTYPE html>\n<html prefix="dc: http://purl.org/dc/terms/ mw: http://mediawiki.org/rdf/"><body>x</body></html>'
)
PLAIN = b"<!DOCTYPE html>\n<html><body>x</body></html>"
OF_EARTH, SPECIFIED = '"5/8c9c65/view/html"', 'text/html; profile="https://www.mediawiki.org/wiki/Specs/HTML/2.8.0"'
DOCUMENTS = [
    ("page_html", "text/html;charset=UTF-8", OF_EARTH, GENUINE, True),
    ("page_html", "text/html", f"W/{OF_EARTH}", PLAIN, True),
    ("page_html", "text/html", "", GENUINE, True),  # a proxy has removed the ETag
    ("page_html", "text/html", '"message/53a133/html"', PLAIN, True),
    ("page_html", "text/html", OF_EARTH, b"<pre>.a { }</pre>", True),
    ("page_html", "text/html", OF_EARTH, GENUINE + b"\n<!-- from the cache -->\n", True),
    ("page_html", "text/html", OF_EARTH, GENUINE[:-7], False),
    ("page_html", "text/html", "", PLAIN, False),
    ("page_html", "text/html", '"58e3-612"', PLAIN, False),
    ("page_html", "text/html", "", b"", False),
    ("page_html", "text/plain", OF_EARTH, GENUINE, False),
    ("transform", SPECIFIED, "", b"<p>x</p>", True),
    ("transform", SPECIFIED, "", b"", True),
    ("transform", SPECIFIED, "", GENUINE[:-7], False),
    ("transform", "text/html", "", GENUINE, True),
    ("transform", "text/html", "", PLAIN, False),
    ("transform", "text/plain", "", b"'''x'''", False),
    ("search_description", "application/opensearchdescription+xml", "", b"<html></html>", False),
]


@pytest.mark.parametrize(("name", "kind", "etag", "body", "fine"), DOCUMENTS)
def test_a_document_is_the_wikis_if_it_has_what_only_the_wiki_sends(
    name: str, kind: str, etag: str, body: bytes, *, fine: bool
) -> None:
    headers = (("content-type", kind), *((("etag", etag),) if etag else ()))
    response = HttpResponse(status=200, headers=headers, body=body)
    if fine:
        parsed = parse_response(response, rest=True, documents=ENDPOINTS[name].documents)
        assert str(ENDPOINTS[name].read(parsed)) == body.decode()
    else:
        with pytest.raises(ProtocolError):
            parse_response(response, rest=True, documents=ENDPOINTS[name].documents)


async def test_a_document_that_is_not_utf8_is_a_protocol_error() -> None:
    headers = (("content-type", "text/html"), ("etag", OF_EARTH))
    endpoint = ENDPOINTS["page_html"]
    parsed = parse_response(
        HttpResponse(status=200, headers=headers, body=b"\xff"), rest=True, documents=endpoint.documents
    )
    with pytest.raises(ProtocolError, match="UTF-8"):
        endpoint.read(parsed)


# Sizes ---------------------------------------------------------------------------------------------------------------


@both
async def test_large_pages_are_complete_and_a_response_beyond_the_limit_is_not_read(
    open_sites: OpenSites, version: str
) -> None:
    _, _, prepared = await open_sites(version)
    data = json.dumps({"a": "há und co. " * 160_000}, ensure_ascii=False, indent="\t")  # its HTML is made quickly
    title, url = "User:Large/data.json", prepared.wiki.api_url
    async with Site(url, user_agent=USER_AGENT, auth=prepared.sysop) as site:
        made = await site.rest.create_page(title, source=data)
        assert (await site.rest.page(title)).source == made.source == data
        html = await site.rest.page_html(title)
        assert (html.revid, html.text.count("há und co. ")) == (made.latest.id, 160_000)
    async with Site(url, user_agent=USER_AGENT, limits=Limits(max_reply_bytes=1_800_000)) as site:
        for read in (site.rest.page, site.rest.page_html, site.rest.page_with_html):
            with pytest.raises(ReplyTooLarge):
                await read(title)
        assert (await site.rest.page_bare(title)).id == made.id
