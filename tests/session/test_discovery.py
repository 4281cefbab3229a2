"""How the APIs are found from a page, in a web that is a table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._session.discovery import Addresses, Discovery, checked_page_url
from mwclient_async.errors import ConnectionFailed, MediaWikiError, ProtocolError, ReplyTooLarge

Web = Mapping[str, HttpResponse | MediaWikiError]
"""The response at an address without its query. Any other address is a 404."""

EARTH = "https://wiki.example.org/wiki/Earth"
API = "https://wiki.example.org/w/api.php"
REST = "https://wiki.example.org/w/rest.php"
LINK = '<link rel="EditURI" type="application/rsd+xml" href="//wiki.example.org/w/api.php?action=rsd"/>'
EVIL = LINK.replace("/w/", "/evil/")
HTML = (("content-type", "text/html; charset=UTF-8"),)
NOT_FOUND = HttpResponse(status=404, headers=HTML, body=b"Not Found")


def html(head: str, *, body: str = "") -> HttpResponse:
    page = f'<!DOCTYPE html>\n<html><head><meta charset="UTF-8"/>{head}</head><body>{body}</body></html>'
    return HttpResponse(status=200, headers=HTML, body=page.encode())


def redirect(location: str, status: int = 301) -> HttpResponse:
    return HttpResponse(status=status, headers=(("location", location),))


def json_response(body: Any, *headers: tuple[str, str], status: int = 200) -> HttpResponse:
    return HttpResponse(
        status=status, headers=(("content-type", "application/json"), *headers), body=json.dumps(body).encode()
    )


def siteinfo(server: object = "//wiki.example.org", scriptpath: object = "/w") -> HttpResponse:
    return json_response(
        {"query": {"general": {"generator": "MediaWiki 1.43.1", "server": server, "scriptpath": scriptpath}}}
    )


NO_HANDLER = json_response({"httpCode": 404, "httpReason": "Not Found"}, status=404)
WIKI: Web = {EARTH: html(LINK), API: siteinfo(), f"{REST}/v1/": NO_HANDLER}


def search(web: Web, page: str = EARTH, **options: bool) -> tuple[Addresses, list[HttpRequest]]:
    """The addresses that were found, and the requests."""
    steps = Discovery(page, user_agent="Tests/1.0", **options).run()
    requests = [next(steps)]
    try:
        while True:
            response = web.get(requests[-1].url.partition("?")[0], NOT_FOUND)
            requests.append(steps.throw(response) if isinstance(response, MediaWikiError) else steps.send(response))
    except StopIteration as end:
        return end.value, requests


def requested_urls(web: Web, page: str = EARTH) -> list[str]:
    return [request.url.partition("?")[0] for request in search(web, page)[1]]


# The page ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        LINK,
        '<link href="https://wiki.example.org/w/api.php?action=rsd" type="application/rsd+xml" rel="EditURI">',
        "<LINK REL=edituri HREF='/w/api.php?action=rsd'>",
        '<link rel="alternate  EditURI" href="../w/api.php?action=rsd&amp;x=1#top">',
        '<link rel="EditURI" href="/xmlrpc.php?rsd"><link rel="EditURI"><link rel="EditURI" href="/w/api.php">',
    ],
    ids=["as 1.39 has it", "absolute", "from the root", "relative", "after a blog's"],
)
def test_the_api_that_the_page_names_is_used(link: str) -> None:
    found, requests = search({**WIKI, EARTH: html(f"<title>EditURI</title>{link}")})
    assert found == Addresses(api_url=API, rest_url=REST)
    assert [request.method for request in requests] == ["GET", "GET", "GET"]
    assert all(set(request.headers) == {"user-agent", "accept"} for request in requests)


@pytest.mark.parametrize(
    "page",
    [
        html("", body=EVIL),
        HttpResponse(status=200, headers=HTML, body=f"<title>Earth</title><body>{EVIL}".encode()),
        HttpResponse(status=200, headers=HTML, body=f"<title>Earth</title><p>{EVIL}".encode()),
        HttpResponse(status=200, headers=HTML, body=f"<head><title>Earth</title></head>{EVIL}".encode()),
        html('<link rel="EditURI" href="https://blog.example.org/xmlrpc.php?rsd">'),
        html(f"<![evil[{EVIL}"),
        html('<link rel="EditURI" href="//[bad/w/api.php">'),
        HttpResponse(status=200, headers=(("content-type", "image/png"),), body=bytes(range(256))),
        NOT_FOUND,
    ],
    ids=[
        "in the body",
        "in a body without a head",
        "in a body without a tag",
        "after the head",
        "a blog's",
        "a broken declaration",
        "not an address",
        "not HTML",
        "not found",
    ],
)
def test_if_the_page_names_no_api_the_usual_path_is_tried(page: HttpResponse) -> None:
    assert requested_urls({**WIKI, EARTH: page}) == [EARTH, API, f"{REST}/v1/"]


@pytest.mark.parametrize(
    ("page", "places"),
    [
        ("/wiki/A/B", ["/w/api.php", "/api.php", "/wiki/api.php", "/wiki/A/api.php"]),
        ("/mw/index.php/A", ["/mw/api.php", "/w/api.php", "/api.php", "/wiki/api.php"]),
        ("/index.php?title=A/B", ["/api.php", "/w/api.php", "/wiki/api.php"]),
        ("", ["/w/api.php", "/api.php", "/wiki/api.php"]),
    ],
)
def test_the_usual_paths_are_tried_in_order_and_named_in_the_error(page: str, places: list[str]) -> None:
    with pytest.raises(ProtocolError, match=r"leads to no api\.php.*Special:Version") as caught:
        search({"https://wiki.example.org/w/api.php": ConnectionFailed("refused")}, f"https://wiki.example.org{page}")
    tried = str(caught.value).partition("tried ")[2]
    assert [part.split(" ")[0] for part in tried.split(", https")[1:]] == [f"://wiki.example.org{at}" for at in places]
    assert "(refused)" in tried


def test_an_api_address_is_used_without_guesses() -> None:
    assert requested_urls(WIKI, f"{API}?action=help") == [API, f"{REST}/v1/"]
    with pytest.raises(ProtocolError, match=r"tried https://other.example.org/api.php \(HTTP 404, text/html\)"):
        search(WIKI, "https://other.example.org/api.php")


def test_if_the_named_address_is_not_an_api_the_usual_paths_are_tried() -> None:
    wiki = {**WIKI, EARTH: html(LINK.replace("/w/", "/old/"))}
    assert requested_urls(wiki)[1:3] == ["https://wiki.example.org/old/api.php", API]


def test_if_the_named_api_cannot_be_reached_its_error_is_raised() -> None:
    with pytest.raises(ConnectionFailed):
        search({**WIKI, API: ConnectionFailed("refused")})
    with pytest.raises(ReplyTooLarge):
        search({**WIKI, EARTH: ReplyTooLarge("too large")})


# What is an API ------------------------------------------------------------------------------------------------------


def test_a_wiki_that_only_members_may_read_is_found() -> None:
    refusal = json_response(
        {"errors": [{"code": "readapidenied", "text": "No."}]}, ("mediawiki-api-error", "readapidenied")
    )
    denied = json_response({"error": "rest-read-denied", "httpCode": 403, "httpReason": "Forbidden"}, status=403)
    found, _ = search({**WIKI, API: refusal, f"{REST}/v1/": denied})
    assert found == Addresses(api_url=API, rest_url=REST)


@pytest.mark.parametrize(
    "response",
    [
        json_response({"errors": [{"code": "unauthorized", "text": "No."}]}),
        json_response({"query": {"general": {"generator": "Another wiki"}}}),
        json_response({"query": []}),
        json_response(["MediaWiki"]),
        html(LINK),
        redirect("https://wiki.example.org/wiki/Api.php"),
    ],
)
def test_a_response_unlike_mediawikis_is_not_an_api(response: HttpResponse) -> None:
    with pytest.raises(ProtocolError, match=r"leads to no api\.php"):
        search({API: response}, API)


def test_an_api_that_redirects_is_used_at_its_target() -> None:
    there = "https://www.example.org/w/api.php"
    wiki = {
        API: redirect(f"{there}?action=query"),
        there: siteinfo(),
        "https://www.example.org/w/rest.php/v1/": NO_HANDLER,
    }
    found, _ = search(wiki, API)
    assert found == Addresses(api_url=there, rest_url="https://www.example.org/w/rest.php")
    with pytest.raises(ProtocolError, match=r"leads to no api\.php"):
        search({API: redirect("/w/api.php5"), "https://wiki.example.org/w/api.php5": siteinfo()}, API)


# rest.php ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "path", "there", "rest"),
    [
        ("//wiki.example.org", "/w", True, REST),
        ("https://main.example.org", "/x", True, "https://main.example.org/x/rest.php"),
        ("//main.example.org", "", True, "https://main.example.org/rest.php"),
        ("//main.example.org", "/x", False, REST),
        ("http://main.example.org", "/x", True, REST),
        ("//[bad", "/x", True, REST),
        (None, 5, True, REST),
    ],
)
def test_rest_is_at_the_address_in_siteinfo_if_it_answers(server: object, path: object, there: bool, rest: str) -> None:  # noqa: FBT001
    places = {f"{scheme}://main.example.org{at}/rest.php/v1/" for scheme in ("http", "https") for at in ("", "/x")}
    web = {**WIKI, API: siteinfo(server, path), **dict.fromkeys(places, NO_HANDLER if there else NOT_FOUND)}
    assert search(web)[0] == Addresses(api_url=API, rest_url=rest)


@pytest.mark.parametrize(
    "response", [NOT_FOUND, html(""), json_response({"error": "x"}, status=404), ConnectionFailed("refused")]
)
def test_if_no_rest_answers_the_usual_address_is_returned(response: HttpResponse | MediaWikiError) -> None:
    main = {"https://main.example.org/w/rest.php/v1/": response}
    assert search({**WIKI, API: siteinfo("//main.example.org"), **main})[0].rest_url == REST
    assert search({EARTH: html(LINK), API: siteinfo()})[0].rest_url == REST


def test_a_given_rest_url_is_not_searched_for() -> None:
    steps = Discovery(API, user_agent="Tests/1.0").run(rest_url="https://rest.example.org/rest.php")
    next(steps)
    with pytest.raises(StopIteration) as end:
        steps.send(siteinfo())
    assert end.value.value.rest_url == "https://rest.example.org/rest.php"


# Redirects -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_other_hosts_too(status: int) -> None:
    start = "http://short.example.com/Earth"
    wiki = {**WIKI, start: redirect("/to?x=1", status), "http://short.example.com/to": redirect(EARTH, status)}
    assert requested_urls(wiki, start)[:3] == [start, "http://short.example.com/to", EARTH]


def test_too_many_redirects_are_an_error() -> None:
    chain = {f"https://wiki.example.org/{number}": redirect(f"/{number - 1}") for number in range(1, 7)}
    wiki = {**WIKI, **chain, "https://wiki.example.org/0": html(LINK)}
    assert search(wiki, "https://wiki.example.org/5")[0].api_url == API
    with pytest.raises(ProtocolError, match=r"redirects more than 5 times, at last to https://wiki\.example\.org/0"):
        search(wiki, "https://wiki.example.org/6")


@pytest.mark.parametrize("location", ["mailto:me@example.org", "https://user:geheim@wiki.example.org/", "//[bad"])
def test_a_redirect_to_an_invalid_address_is_an_error(location: str) -> None:
    with pytest.raises(ProtocolError, match="redirects to something that is not a web address") as caught:
        search({EARTH: redirect(location)})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "web",
    [
        {EARTH: redirect("http://wiki.example.org/wiki/Earth")},
        {**WIKI, EARTH: html(LINK.replace("//wiki", "http://wiki"))},
        {**WIKI, API: redirect("http://wiki.example.org/w/api.php")},
    ],
    ids=["the page", "the api", "a redirect of the api"],
)
@pytest.mark.parametrize("with_credentials", [False, True])
def test_s3_the_search_never_goes_from_https_to_plain_http(web: Web, with_credentials: bool) -> None:  # noqa: FBT001
    with pytest.raises(ProtocolError, match="from https to plain http"):
        search(web, with_credentials=with_credentials)


def test_a_wiki_on_plain_http_is_found_if_no_credentials_follow() -> None:
    plain = {url.replace("https", "http"): response for url, response in WIKI.items()}
    found, _ = search(plain, EARTH.replace("https", "http"))
    assert found.api_url == "http://wiki.example.org/w/api.php"


# Credentials ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page_url", "page"),
    [
        ("https://example.org/wiki/Earth", "https://en.example.org/wiki/Earth"),
        ("https://example.org/wiki/Earth", "https://www.example.org/wiki/Earth"),
        ("https://www.example.org/wiki/Earth", "https://example.org/wiki/Earth"),
        ("http://127.0.0.1:8080/wiki/Earth", "http://127.0.0.1:8080/wiki/Erde"),
        ("https://example.org:443/wiki/Earth", "https://example.org/wiki/Erde"),
        ("http://localhost:80/wiki/Earth", "https://localhost/wiki/Earth"),
    ],
)
def test_s2_credentials_follow_to_the_same_host_and_those_below(page_url: str, page: str) -> None:
    api = page.partition("/wiki/")[0] + "/w/api.php"
    found, _ = search(
        {page_url: redirect(page), page: html('<link rel="EditURI" href="/w/api.php">'), api: siteinfo()},
        page_url,
        with_credentials=True,
    )
    assert found.api_url == api


@pytest.mark.parametrize(
    ("page_url", "page"),
    [
        ("https://en.example.org/wiki/google:Earth", "https://google.example/Earth"),
        ("https://en.example.org/wiki/de:Erde", "https://de.example.org/wiki/Erde"),
        ("https://en.example.org/wiki/Earth", "https://example.org/wiki/Earth"),
        ("https://example.org/wiki/Earth", "https://evilexample.org/wiki/Earth"),
        ("https://example.org/wiki/Earth", "https://example.org.evil.example/wiki/Earth"),
        ("https://example.org/wiki/Earth", "https://example.org:8443/wiki/Earth"),
        ("http://127.0.0.1:8080/wiki/Earth", "http://127.0.0.1:8081/wiki/Earth"),
        ("http://127.0.0.1/wiki/Earth", "http://127.0.0.2/wiki/Earth"),
    ],
)
def test_s2_credentials_do_not_follow_a_redirect_to_another_host(page_url: str, page: str) -> None:
    api = page.rpartition("/")[0] + "/api.php"
    web = {page_url: redirect(page), page: html(f'<link rel="EditURI" href="{api}">'), api: siteinfo()}
    assert search(web, page_url)[0].api_url == api
    with pytest.raises(ProtocolError, match=r"leads to another host.*credentials do not follow"):
        search(web, page_url, with_credentials=True)


def test_s2_the_page_itself_may_name_another_host() -> None:
    api = "https://api.example.net/w/api.php"
    wiki = {EARTH: html(f'<link rel="EditURI" href="{api}">'), api: siteinfo("//api.example.net")}
    assert search(wiki, with_credentials=True)[0].api_url == api
    moved = "https://api.example.net/v2/api.php"
    assert search({**wiki, api: redirect("/v2/api.php"), moved: siteinfo()}, with_credentials=True)[0].api_url == moved
    with pytest.raises(ProtocolError, match="credentials do not follow"):
        search({**wiki, api: redirect("https://evil.example/w/api.php")}, with_credentials=True)


def test_s2_a_usual_path_that_leads_to_another_host_is_skipped() -> None:
    other_host = "https://evil.example/api.php"
    wiki = {API: redirect(other_host), other_host: siteinfo(), "https://wiki.example.org/api.php": siteinfo()}
    assert search(wiki)[0].api_url == other_host
    assert search(wiki, with_credentials=True)[0].api_url == "https://wiki.example.org/api.php"


def test_s2_a_rest_of_another_host_is_not_used_with_credentials() -> None:
    there = "https://evil.example/w/rest.php"
    wiki = {**WIKI, API: siteinfo("//evil.example"), f"{there}/v1/": NO_HANDLER}
    assert search(wiki)[0].rest_url == there
    found, requests = search(wiki, with_credentials=True)
    assert found.rest_url == REST
    assert not [request for request in requests if "evil" in request.url]


def test_s3_credentials_need_a_page_on_https() -> None:
    for page in ("http://wiki.example.org/wiki/Earth", "http://10.0.0.1/"):
        with pytest.raises(ValueError, match=r"plain http.*plain_http=True"):
            Discovery(page, user_agent="Tests/1.0", with_credentials=True)
        Discovery(page, user_agent="Tests/1.0", with_credentials=True, plain_http=True)
        Discovery(page, user_agent="Tests/1.0")
    Discovery("http://localhost:8080/", user_agent="Tests/1.0", with_credentials=True)


# Addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page_url", "sent"),
    [
        (" https://a.example/wiki/New York#Parks ", "https://a.example/wiki/New%20York"),
        ("https://a.example/wiki/Café?x=ü&y=%20", "https://a.example/wiki/Caf%C3%A9?x=%C3%BC&y=%20"),
        ("https://a.example/wiki/User:A@b/(1)_100%25_+_C%23", "https://a.example/wiki/User:A@b/(1)_100%25_+_C%23"),
        ("https://a.example?title=A\n", "https://a.example/?title=A"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
    ],
)
def test_the_address_of_a_page_is_sent_as_a_browser_would(page_url: str, sent: str) -> None:
    assert checked_page_url(page_url) == sent == checked_page_url(sent)


@pytest.mark.parametrize(
    "page_url",
    ["", "en.wikipedia.org/wiki/Earth", "/wiki/Earth", "ftp://a.example/", "https://", "https://a b.example/",
     "https://a.example:x/", "https://a.example:0/", "https://[bad/", f"https://{'a' * 64}.example/"],
)  # fmt: skip
def test_an_invalid_page_address_is_refused(page_url: str) -> None:
    with pytest.raises(ValueError, match="write the whole address"):
        checked_page_url(page_url)


def test_s1_credentials_in_an_address_are_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="credentials in it") as caught:
        checked_page_url("https://user:geheim@a.example/")
    assert "geheim" not in str(caught.value)
