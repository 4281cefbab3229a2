"""The proxies that the environment names."""

from __future__ import annotations

import pytest

from mwclient_async import HttpOptions, HttpxTransport, Limits
from mwclient_async._http.environment_proxies import EnvironmentProxies

HTTP, HTTPS = "http://wiki.test/w/api.php", "https://en.wiki.test:8443/w/api.php"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("names", "of_http", "of_https"),
    [
        ({}, None, None),
        ({"HTTPS_PROXY": "http://p:1"}, None, "http://p:1"),
        ({"http_proxy": "p:1"}, "http://p:1", None),
        ({"ALL_PROXY": "http://p:1", "HTTPS_PROXY": "http://q:2"}, "http://p:1", "http://q:2"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, None, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "x, WIKI.test"}, None, None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": ".en.wiki.test"}, "http://p:1", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*.en.wiki.test"}, "http://p:1", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "iki.test,,"}, "http://p:1", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "en.wiki.test:8443"}, "http://p:1", None),
    ],
)
def test_a_request_uses_the_proxy_of_its_scheme_but_for_the_hosts_of_no_proxy(
    names: dict[str, str], of_http: str | None, of_https: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    proxies = EnvironmentProxies()
    assert (proxies.proxy_for(HTTP), proxies.proxy_for(HTTPS)) == (of_http, of_https)


@pytest.mark.parametrize("host", ["127.0.0.1:80", "localhost", "wiki.localhost", "[::1]:80"])
def test_a_server_on_this_machine_is_reached_without_a_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://p:1")
    assert EnvironmentProxies().proxy_for(f"http://{host}/api.php") is None


@pytest.mark.parametrize(("excepted", "urls"), [("x", ("http://p:1", "http://p:1")), ("x, *", ())])
def test_all_proxies_are_named_unless_none_is_used(
    excepted: str, urls: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "p:1")
    monkeypatch.setenv("NO_PROXY", excepted)
    assert EnvironmentProxies().urls == urls


def test_a_proxy_that_httpx_cannot_use_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://p:1")
    with pytest.raises(ValueError, match="ftp"):
        HttpxTransport(HttpOptions(), Limits())
