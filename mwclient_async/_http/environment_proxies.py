"""The proxies that the environment names: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``.

See https://docs.python.org/3/library/urllib.request.html#urllib.request.getproxies.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from urllib.parse import urlsplit
from urllib.request import getproxies

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "*.localhost", "[::1]")
"""The environment's proxy is not used for these."""


class EnvironmentProxies:
    """The proxies as the environment named them when this was made."""

    def __init__(self) -> None:
        self._proxies = getproxies()

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of all proxies."""
        return tuple(url for scheme in ("http", "https") if (url := self._of(scheme)))

    def proxy_for(self, url: str) -> str | None:
        """The URL of the proxy for a request to this URL; None if it is sent without one."""
        parts = urlsplit(url)
        proxy, host = self._of(parts.scheme), parts.hostname or ""
        if not proxy or any(fnmatchcase(host, name.strip("[]")) for name in LOOPBACK_HOSTS):
            return None
        return None if self._is_excepted(host, f"{host}:{parts.port}") else proxy

    def _is_excepted(self, host: str, host_and_port: str) -> bool:
        """Whether ``NO_PROXY`` names this host, a domain that it is in, or everything."""
        for entry in self._proxies.get("no", "").lower().split(","):
            name = entry.strip().removeprefix("*").removeprefix(".")
            if entry.strip() == "*" or (name and f".{host}".endswith(f".{name}")) or name == host_and_port:
                return True
        return False

    def _of(self, scheme: str) -> str:
        proxy = self._proxies.get(scheme) or self._proxies.get("all") or ""
        return proxy if "://" in proxy or not proxy else f"http://{proxy}"
