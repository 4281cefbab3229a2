"""The proxies that the environment names: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``.

See https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit
from urllib.request import getproxies

_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "*.localhost", "[::1]")
"""The environment's proxy is not used for these."""


class EnvironmentProxies:
    """The proxies as the environment named them when this was made. ``urls`` are the URLs of all of them."""

    def __init__(self) -> None:
        proxies = getproxies()
        self._exceptions = [entry.strip() for entry in proxies.get("no", "").lower().split(",")]
        self._proxies = proxies if "*" not in self._exceptions else {}
        self.urls = tuple(url for scheme in ("http", "https") if (url := self._of(scheme)))

    def proxy_for(self, url: str) -> str | None:
        """The URL of the proxy for a request to this URL; None if it is sent without one."""
        if not self.urls:
            return None
        parts = urlsplit(url)
        proxy, host = self._of(parts.scheme), parts.hostname or ""
        if not proxy or any(fnmatchcase(host, name.strip("[]")) for name in _LOOPBACK_HOSTS):
            return None
        return None if self._is_excepted(host, f"{host}:{parts.port}") else proxy

    def _is_excepted(self, host: str, host_and_port: str) -> bool:
        """Whether ``NO_PROXY`` names this host, or a domain that it is in."""
        names = [entry.removeprefix("*").removeprefix(".") for entry in self._exceptions]
        return any((name and f".{host}".endswith(f".{name}")) or name == host_and_port for name in names)

    def _of(self, scheme: str) -> str:
        proxy = self._proxies.get(scheme) or self._proxies.get("all") or ""
        return proxy if "://" in proxy or not proxy else f"http://{proxy}"
