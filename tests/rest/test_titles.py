"""Titles of every kind in paths, and the redirects of newer wikis."""

from __future__ import annotations

import unicodedata
from urllib.parse import unquote

import pytest

from mwclient_async import HttpOptions, OAuth2Token, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.errors import MediaWikiError, PageMissing, ProtocolError
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import FaultProxy, rewrite_response, with_header
from tests.support.http_server import ReceivedRequest
from tests.support.logins import fresh
from tests.support.recording_server import RecordingServer
from tests.support.rest_wikis import VERSIONS, OpenSites, WatchedRest

both = pytest.mark.parametrize("version", VERSIONS)

TITLES = (
    "A/b/c {}", "What? Why? {}", "100% {}", "1+1 & 2;= {}", "~'\"!*(),@$ {}", "🪐 Saturn {}", "דף עברי {}", "... {}",
    "a/.../b {}", "{} .hidden", "User talk:Me/x/y {}", "Talk:History/{}", "Help:Foo: bar {}", "v1/page/{}/html",
    "File:Not uploaded {}.png", "bare/{}", "{}/history/counts/edits", "\u212b\u1e9b\u0323 {}",
    "{}&redirect=no?redirect=no",
)  # fmt: skip
"""In normal form, except that one is not in NFC; the braces are replaced by a word that makes each title new."""


@both
async def test_titles_of_every_kind_are_written_and_read_back(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
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
    for odd in TITLES[::5]:  # the same path segment, with further segments after it
        title = odd.format(word)
        assert (await site.rest.page_bare(title)).id == (await site.rest.page_with_html(title)).id
        assert (await site.rest.page_html(title)).revid == (await site.rest.page(title)).latest.id
        assert (await site.rest.history_counts(title, "edits")).count == len(await site.rest.history(title).collect())
        assert (await site.rest.languages(title), await site.rest.media(title)) == ((), ())
    assert set(transport.statuses) <= {200, 201, 301}


@both
async def test_other_spellings_of_a_title_find_the_page(open_sites: OpenSites, version: str) -> None:
    site, transport, prepared = await open_sites(version)
    for spelling in ("earth", ":Earth", " Earth ", "_Earth_", "Earth#Moon"):
        assert (await site.rest.page(spelling)).title == "Earth"
        assert (await site.rest.page_html(spelling)).revid == prepared.new
        assert (await site.rest.history_counts(spelling, "edits")).count == 2
        assert len(await site.rest.languages(spelling)) == len(await site.rest.media(spelling)) == 1
        changed = await site.rest.update_page(
            spelling, source=(await site.rest.page("Earth")).source, latest=prepared.new
        )
        assert changed.latest.id == prepared.new
    for name in ("Dot.png", "File:Dot.png", "file:dot.png", "Image:Dot.png"):
        assert (await site.rest.file(name)).title == "Dot.png"
    assert (301 in transport.statuses) is (version == "1.43")


INVALID_TITLES = (
    "A|B",
    "<x>",
    "[x]",
    "A%2FB",
    "A%20B",
    "Talk:",
    "Special:Version",
    "x" * 256,
    "a\nb",
    "nul\0",
    "Talk:../x",
)
RELATIVE_PATHS = (
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
async def test_an_invalid_title_is_an_error_and_never_another_page(open_sites: OpenSites, version: str) -> None:
    site, _, prepared = await open_sites(version)
    if version == "1.43":
        await site.page("A/B").save("x", missing="create")
    for title in INVALID_TITLES:
        for read in (site.rest.page, site.rest.page_html):
            with pytest.raises(MediaWikiError) as caught:
                await read(title)
            assert getattr(caught.value, "status", 0) in {403, 404}, title
    for title in INVALID_TITLES[::4]:
        with pytest.raises(MediaWikiError):
            await site.rest.update_page(title, source="x", latest=prepared.new)


@both
async def test_relative_paths_are_refused_before_any_request(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
    rest = site.rest
    for title in RELATIVE_PATHS:
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
    assert transport.requests == []


@both
async def test_the_path_on_the_wire_is_one_segment_for_each_title(open_sites: OpenSites, version: str) -> None:
    """The HTTP library may change an address, so the path that the server gets is compared."""
    _, _, prepared = await open_sites(version)
    async with FaultProxy(prepared.wiki.url) as proxy, Site(f"{proxy.url}/api.php", user_agent=USER_AGENT) as site:
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
async def test_newer_wikis_follow_a_redirect_to_its_target_unless_told_not_to(
    open_sites: OpenSites, version: str
) -> None:
    site, transport, prepared = await open_sites(version)
    newer = version == "1.43"
    for title in ("to Earth", "To Earth twice"):
        led, itself = await site.rest.page_html(title), await site.rest.page_html(title, redirect=False)
        assert (led.revid == prepared.new) is newer
        assert itself.revid == (await site.rest.page_bare(title)).latest.id
        whole = await site.rest.page_with_html(title)
        assert (whole.title == "Earth") is newer
        assert "mw:PageProp/redirect" in (await site.rest.page_with_html(title, redirect=False)).html
    assert (307 in transport.statuses) is newer
    target = (await site.rest.page("To Earth twice")).redirect_target
    assert target == (await site.rest.page_bare("to Earth twice")).redirect_target == ("To Earth" if newer else None)
    odd = fresh("What? 100%/+")
    await site.page("Odd redirect").save(f"#REDIRECT [[{odd}#Section]]", missing="create")
    assert (await site.rest.page_bare("Odd redirect")).redirect_target == (odd if newer else None)


async def test_a_redirect_to_a_missing_page_or_in_a_circle_is_an_error(open_sites: OpenSites) -> None:
    site, transport, _ = await open_sites("1.43")
    for read in (site.rest.page_html, site.rest.page_with_html):
        transport.forget()
        with pytest.raises(ProtocolError, match=r"redirects more than 5 times.* redirect=False"):
            await read("In a circle")
        assert transport.statuses == [307] * 6
        assert (await read("In a circle", redirect=False)).validator
        with pytest.raises(PageMissing, match="Not_there"):
            await read("Nowhere")


# Redirects to other hosts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/elsewhere"])
async def test_no_redirect_leads_to_another_host_and_that_host_gets_no_credentials(
    open_sites: OpenSites, path: str
) -> None:
    """The wiki believes it has another address, as behind a proxy, and another server listens at that address."""
    _, _, prepared = await open_sites("1.43")
    async with RecordingServer(host="127.0.0.2") as foreign:

        def redirect_to_foreign(seen: ReceivedRequest) -> object:
            target = "/rest.php/v1/page/Earth" + seen.action.removeprefix("/v1/page/earth")
            return (
                rewrite_response(with_header("location", f"{foreign.url}{path}{target}"))
                if "/earth" in seen.target
                else None
            )

        async with FaultProxy(prepared.wiki.url, redirect_to_foreign) as proxy:  # type: ignore[arg-type]  # a Plan
            http = HttpOptions(headers=(("X-Own", "geheim"),))
            url = f"{proxy.url}/api.php"
            async with Site(url, user_agent=USER_AGENT, auth=prepared.sysop, http=http) as site:
                assert (await site.rest.page("earth")).title == "Earth"
                assert (await site.rest.history_counts("earth", "edits")).count == 2
                assert (await site.rest.page_html("earth")).revid == prepared.new
                shown = [seen for seen in proxy.seen if "/page/Earth" in seen.target]
                assert len(shown) == 3
                assert all(
                    "session" in seen.header("cookie").lower() for seen in shown
                )  # the credentials are not lost, either
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
"""The Location of a redirect of "earth", and where it leads: to our own address, or None for nowhere."""


@pytest.mark.parametrize("location", LOCATIONS)
async def test_only_the_part_of_a_location_after_the_version_is_used(location: str) -> None:
    class Redirecting(WatchedRest):
        async def send(self, request: HttpRequest) -> HttpResponse:
            self.requests.append(request)
            if len(self.requests) == 1:
                return HttpResponse(status=301, headers=(("location", location),))
            html = b"<!DOCTYPE html><html><body></body></html>"
            return HttpResponse(
                status=200, headers=(("content-type", "text/html"), ("etag", '"5/x/view/html"')), body=html
            )

    transport, wanted = Redirecting(), LOCATIONS[location]
    auth = OAuth2Token(token="geheim")
    url = "https://wiki.example.org/w/api.php"
    async with Site(url, user_agent=USER_AGENT, auth=auth, transport=transport, retry=RetryPolicy(attempts=1)) as site:
        if wanted is None:
            with pytest.raises(ProtocolError):
                await site.rest.page_html("earth", redirect=False)
        else:
            assert (await site.rest.page_html("earth", redirect=False)).revid == 5
    assert [request.url for request in transport.requests[1:]] == ([OURS + wanted] if wanted else [])
    assert {request.headers["authorization"] for request in transport.requests} == {"Bearer geheim"}
