"""Strange Set-Cookie headers: they stop neither the other cookies nor later requests."""

from __future__ import annotations

import time

import pytest

from mwclient_async import Site
from mwclient_async._http.cookies import Cookies, names_session
from tests.conftest import USER_AGENT
from tests.support.http_server import ServerResponse
from tests.support.transport_servers import Arrival, Server

URL = "https://wiki.test/w/api.php"
STRANGE = {
    "a NUL": "x=a\x00b",
    "a line break": "x=a\nb",
    "an escape": "x=\x1b[2J",
    "not ASCII": "x=\xe9",
    "too large": "x=" + "a" * 5000,
    "a Max-Age that is too large": "x=1; Max-Age=" + "9" * 400,
    "no name": "=;;=",
    "an unknown version": "x=1; Version=abc",
    "another domain": "x=1; Domain=other.test",
    "a broken domain": "x=1; Domain=[::1",
}


@pytest.mark.parametrize(
    ("header", "is_session"),
    [
        ("wiki_session=a", True),
        ("seen=1; enwikiUserID=5", True),
        ("centralauth_Token = x", True),
        ("sso=session; GeoIP=NL", False),
        ("", False),
    ],
)
def test_which_cookies_identify_a_session(header: str, *, is_session: bool) -> None:
    assert names_session(header) is is_session


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_s8_a_strange_cookie_is_dropped_and_the_others_are_kept(strange: str) -> None:
    cookies = Cookies()
    cookies.store(URL, [("set-cookie", "before=1"), ("set-cookie", strange), ("set-cookie", "after=2; path=/")])
    assert sorted((cookies.header_for(URL) or "").split("; ")) == ["after=2", "before=1"]


def test_the_header_follows_each_change_of_the_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    cookies = Cookies()
    headers = [cookies.header_for(URL)]
    for value in ("a=1; path=/w; Max-Age=100", "wiki_session=2; path=/w"):
        cookies.store(URL, [("set-cookie", value)])
        headers.append(cookies.header_for(f"{URL}?action=query"))
    stored = cookies.to_values()
    cookies.discard_session()
    headers += [cookies.header_for(URL), cookies.header_for("https://wiki.test/other"), cookies.header_for(URL)]
    cookies.restore(stored)
    headers.append(cookies.header_for(URL))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 200)
    headers.append(cookies.header_for(URL))
    assert headers == [None, "a=1", "a=1; wiki_session=2", "a=1", None, "a=1", "a=1; wiki_session=2", "wiki_session=2"]


async def test_s8_a_site_goes_on_after_a_strange_cookie() -> None:
    """Scripted, because MediaWiki sets no such cookie. The jar warns of this one, and a warning fails a test."""
    strange = ServerResponse(
        headers=(("content-type", "application/json"), ("set-cookie", STRANGE["a Max-Age that is too large"])),
        body=b'{"query": {"userinfo": {"id": 0, "name": "127.0.0.1", "anon": true, "groups": [], "rights": []}}}',
    )
    seen: list[str] = []

    def react(arrival: Arrival) -> ServerResponse:
        seen.append(arrival.seen.header("cookie"))
        return strange

    async with Server(react) as server, Site(f"{server.url}/api.php", user_agent=USER_AGENT) as site:
        for _ in range(2):
            assert (await site.call("query", meta="userinfo"))["query"]["userinfo"]["anon"]
    assert seen == [""] * len(seen)
