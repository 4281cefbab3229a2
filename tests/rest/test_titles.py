"""Titles of every kind in paths, and the redirects that newer wikis answer with."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import pytest

from mwclient_async import HttpOptions, OAuth2Token, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import MediaWikiError, PageMissing, ProtocolError
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import FaultProxy, rewrite_response, setting
from tests.support.http_server import Seen
from tests.support.logins import fresh
from tests.support.recording_server import Recorder
from tests.support.rest_wikis import VERSIONS, Visitor, Visits

both = pytest.mark.parametrize("version", VERSIONS)

TITLES = (
    "A/b/c {}", "What? Why? {}", "100% {}", "1+1 & 2;= {}", "~'\"!*(),@$ {}", "🪐 Saturn {}", "דף עברי {}", "... {}",
    "a/.../b {}", "{} .hidden", "User talk:Me/x/y {}", "Talk:History/{}", "Help:Foo: bar {}", "v1/page/{}/html",
    "File:Not uploaded {}.png", "bare/{}", "{}/history/counts/edits", "\u212b\u1e9b\u0323 {}",
    "{}&redirect=no?redirect=no",
)  # fmt: skip
"""In the normal form, but for the NFC of one; the braces stand for what makes each new."""


@both
async def test_titles_of_every_kind_are_written_and_read_back_under_themselves(visits: Visits, version: str) -> None:
    site, visitor, _ = await visits(version)
    word = fresh("")[1:]
    for odd in TITLES:
        title, normal = odd.format(word), unicodedata.normalize("NFC", odd.format(word))
        normal = normal[0].upper() + normal[1:]
        made = await site.rest.create_page(title, source=title)
        changed = await site.rest.update_page(title, source=f"{title}!", latest=made.latest.id)
        source = unicodedata.normalize("NFC", f"{title}!")
        assert (made.title, changed.title, changed.source) == (normal, normal, source)
        page = await site.rest.page(title)
        assert (page.title, page.key, page.source) == (normal, normal.replace(" ", "_"), source)
    for odd in TITLES[::5]:  # the same segment, and something after it
        title = odd.format(word)
        assert (await site.rest.page_bare(title)).id == (await site.rest.page_with_html(title)).id
        assert (await site.rest.page_html(title)).revid == (await site.rest.page(title)).latest.id
        assert (await site.rest.history_counts(title, "edits")).count == len(await site.rest.history(title).collect())
        assert (await site.rest.languages(title), await site.rest.media(title)) == ((), ())
    assert set(visitor.statuses) <= {200, 201, 301}


@both
async def test_other_spellings_of_a_title_lead_to_the_page(visits: Visits, version: str) -> None:
    site, visitor, ground = await visits(version)
    for spelling in ("earth", ":Earth", " Earth ", "_Earth_", "Earth#Moon"):
        assert (await site.rest.page(spelling)).title == "Earth"
        assert (await site.rest.page_html(spelling)).revid == ground.new
        assert (await site.rest.history_counts(spelling, "edits")).count == 2
        assert len(await site.rest.languages(spelling)) == len(await site.rest.media(spelling)) == 1
        changed = await site.rest.update_page(
            spelling, source=(await site.rest.page("Earth")).source, latest=ground.new
        )
        assert changed.latest.id == ground.new
    for name in ("Dot.png", "File:Dot.png", "file:dot.png", "Image:Dot.png"):
        assert (await site.rest.file(name)).title == "Dot.png"
    assert (301 in visitor.statuses) is (version == "1.43")


NO_TITLES = ("A|B", "<x>", "[x]", "A%2FB", "A%20B", "Talk:", "Special:Version", "x" * 256, "a\nb", "nul\0", "Talk:../x")
DOTS = (
    ".",
    "..",
    "./x",
    "../x",
    "x/.",
    "x/..",
    "a/../b",
    "a/./b",
    " .. ",
    "../../../api.php",
    "../../index.php?title=x",
)


@both
async def test_what_is_no_title_is_an_error_and_never_another_page(visits: Visits, version: str) -> None:
    site, _, ground = await visits(version)
    if version == "1.43":
        await site.page("A/B").save("x", missing="create")
    for title in NO_TITLES:
        for read in (site.rest.page, site.rest.page_html):
            with pytest.raises(MediaWikiError) as caught:
                await read(title)
            assert getattr(caught.value, "status", 0) in {403, 404}, title
    for title in NO_TITLES[::4]:
        with pytest.raises(MediaWikiError):
            await site.rest.update_page(title, source="x", latest=ground.new)


@both
async def test_dots_that_lead_to_another_path_are_refused_before_any_request(visits: Visits, version: str) -> None:
    site, visitor, _ = await visits(version)
    rest = site.rest
    for title in DOTS:
        for read in (rest.page, rest.page_bare, rest.page_html, rest.page_with_html, rest.media, rest.file):
            with pytest.raises(ValueError, match="relative path"):
                await read(title)
        with pytest.raises(ValueError, match="relative path"):
            await rest.history(title).collect()
        with pytest.raises(ValueError, match="relative path"):
            await rest.history_counts(title, "edits")
        with pytest.raises(ValueError, match="relative path"):
            await rest.update_page(title, source="x", latest=1)
        with pytest.raises(ValueError, match="relative path"):
            await rest.to_html("x", title=title)
    assert visitor.requests == []


@both
async def test_the_path_on_the_wire_is_one_segment_for_each_title(visits: Visits, version: str) -> None:
    """Whatever the HTTP library makes of an address: what the server gets is looked at."""
    _, _, ground = await visits(version)
    async with FaultProxy(ground.wiki.url) as proxy, Site(f"{proxy.url}/api.php", user_agent=USER_AGENT) as site:
        for odd in TITLES:
            title = unicodedata.normalize("NFC", odd.format("x"))
            with pytest.raises(PageMissing):
                await site.rest.file(title) if title.startswith("File:") else await site.rest.page_bare(title)
            _, _, path = proxy.seen[-1].target.partition("/rest.php/v1/")
            assert [unquote(part).replace("_", " ") for part in path.split("/")] in (
                ["page", title, "bare"],
                ["file", title],
            )


# Redirects of the wiki -----------------------------------------------------------------------------------------------


@both
async def test_a_redirect_leads_to_its_target_where_the_wiki_knows_that_and_is_itself_on_demand(
    visits: Visits, version: str
) -> None:
    site, visitor, ground = await visits(version)
    newer = version == "1.43"
    for title in ("to Earth", "To Earth twice"):
        led, itself = await site.rest.page_html(title), await site.rest.page_html(title, redirect=False)
        assert (led.revid == ground.new) is newer
        assert itself.revid == (await site.rest.page_bare(title)).latest.id
        whole = await site.rest.page_with_html(title)
        assert (whole.title == "Earth") is newer
        assert "mw:PageProp/redirect" in (await site.rest.page_with_html(title, redirect=False)).html
    assert (307 in visitor.statuses) is newer
    target = (await site.rest.page("To Earth twice")).redirect_target
    assert target == (await site.rest.page_bare("to Earth twice")).redirect_target == ("To Earth" if newer else None)
    odd = fresh("What? 100%/+")
    await site.page("Odd redirect").save(f"#REDIRECT [[{odd}#Section]]", missing="create")
    assert (await site.rest.page_bare("Odd redirect")).redirect_target == (odd if newer else None)


async def test_redirects_that_lead_nowhere_or_in_a_circle_are_errors_that_say_so(visits: Visits) -> None:
    site, visitor, _ = await visits("1.43")
    for read in (site.rest.page_html, site.rest.page_with_html):
        visitor.forget()
        with pytest.raises(ProtocolError, match=r"redirects more than 5 times.* redirect=False"):
            await read("In a circle")
        assert visitor.statuses == [307] * 6
        assert (await read("In a circle", redirect=False)).validator
        with pytest.raises(PageMissing, match="Not_there"):
            await read("Nowhere")


# Where a redirect may lead -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/elsewhere"])
async def test_no_redirect_leads_off_our_address_and_credentials_stay_here(visits: Visits, path: str) -> None:
    """The wiki knows itself under another address, as behind a proxy: over there, somebody else listens."""
    _, _, ground = await visits("1.43")
    async with Recorder(host="127.0.0.2") as foreign:

        def abroad(seen: Seen) -> object:
            place = "/rest.php/v1/page/Earth" + seen.action.removeprefix("/v1/page/earth")
            return (
                rewrite_response(setting("location", f"{foreign.url}{path}{place}"))
                if "/earth" in seen.target
                else None
            )

        async with FaultProxy(ground.wiki.url, abroad) as proxy:  # type: ignore[arg-type]  # a Plan
            http = HttpOptions(headers=(("X-Own", "geheim"),))
            url = f"{proxy.url}/api.php"
            async with Site(url, user_agent=USER_AGENT, auth=ground.sysop, http=http) as site:
                assert (await site.rest.page("earth")).title == "Earth"
                assert (await site.rest.history_counts("earth", "edits")).count == 2
                assert (await site.rest.page_html("earth")).revid == ground.new
                shown = [seen for seen in proxy.seen if "/page/Earth" in seen.target]
                assert len(shown) == 3
                assert all("session" in seen.header("cookie").lower() for seen in shown)  # nothing is lost, either
                assert {seen.header("x-own") for seen in shown} == {"geheim"}
    assert foreign.requests == []


OURS = "https://wiki.example.org/w/rest.php/v1"
LOCATIONS = {
    "/w/rest.php/v1/page/Earth/html?redirect=no": "/page/Earth/html?redirect=no",
    "https://evil.example/rest.php/v1/page/Earth/html?a=b": "/page/Earth/html?a=b",
    "//evil.example/v1/page/A%2Fv1%2Fpage%2FB/html": "/page/A%2Fv1%2Fpage%2FB/html",
    "http://wiki.example.org/w/rest.php/v1/page/Earth/%7Bform%7D": "/page/Earth/html?redirect=no",
    "/w/rest.php/v1/revision/5/html?x=y": "/revision/5/html?x=y",
    "/w/rest.php/v1/page/earth/html?redirect=no": None,
    "/w/rest.php/v1/page/..%2F..%2Fapi.php/html": None,
    "/w/rest.php/v1/page/../../api.php": None,
    "https://evil.example/login": None,
    "http://[": None,
}
"""Where a redirect of earth's HTML names, and where it leads: nowhere, or to our own address."""


@pytest.mark.parametrize("location", LOCATIONS)
async def test_of_a_location_only_what_comes_after_the_version_is_followed(location: str) -> None:
    class Redirecting(Visitor):
        async def send(self, request: HttpRequest) -> HttpResponse:
            self.requests.append(request)
            if len(self.requests) == 1:
                return HttpResponse(status=301, headers=(("location", location),))
            html = b"<!DOCTYPE html><html><body></body></html>"
            return HttpResponse(
                status=200, headers=(("content-type", "text/html"), ("etag", '"5/x/view/html"')), body=html
            )

    visitor, wanted = Redirecting(), LOCATIONS[location]
    auth = OAuth2Token(token="geheim")
    url = "https://wiki.example.org/w/api.php"
    async with Site(url, user_agent=USER_AGENT, auth=auth, transport=visitor, retry=RetryPolicy(attempts=1)) as site:
        if wanted is None:
            with pytest.raises(ProtocolError):
                await site.rest.page_html("earth", redirect=False)
        else:
            assert (await site.rest.page_html("earth", redirect=False)).revid == 5
    assert [request.url for request in visitor.requests[1:]] == ([OURS + wanted] if wanted else [])
    assert {request.headers["authorization"] for request in visitor.requests} == {"Bearer geheim"}
