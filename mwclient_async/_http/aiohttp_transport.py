"""The transport that uses aiohttp, for asyncio only. It takes about a fourth of the time that httpx takes per request.

``pooled_transport.py`` says what a transport does; ``aiohttp_client.py``, which is loaded when a transport is made, is
the only file that imports aiohttp.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from mwclient_async._http.pooled_transport import PooledTransport
from mwclient_async.models.options import HttpOptions, Limits

if TYPE_CHECKING:
    from mwclient_async._http.attempt import Attempt
    from mwclient_async._http.messages import HttpRequest


class AiohttpTransport(PooledTransport):
    """The transport of a Site with ``HttpOptions(backend="aiohttp")``. It sends requests with aiohttp, over HTTP/1.1.

    - ``options``: time-outs, proxy, certificates.
    - ``limits``: ``concurrency`` is the number of connections for reads, and the same for writes; ``max_reply_bytes``
      is the largest body of a response, as received and decompressed.

    Make it in a coroutine that runs on asyncio. It raises ValueError if it cannot work: aiohttp is not installed, the
    event loop is not one of asyncio, or a proxy of the environment is a SOCKS proxy. Close it with
    ``await transport.aclose()``. A Site closes its transport itself.
    """

    def __init__(self, options: HttpOptions, limits: Limits) -> None:
        if find_spec("aiohttp") is None:
            raise ValueError("HttpOptions(backend='aiohttp') needs other libraries: pip install mwclient-async[speed]")
        from mwclient_async._http import aiohttp_client

        super().__init__(options, limits)
        for proxy in self._proxies:
            if proxy.startswith("socks"):
                raise ValueError(
                    "the environment names a SOCKS proxy (HTTPS_PROXY, HTTP_PROXY or ALL_PROXY), which the backend "
                    "aiohttp cannot use: use the backend httpx, or name another proxy"
                )
        self._reads = aiohttp_client.AiohttpPool(options, limits, keepalive=options.keepalive)
        self._writes = aiohttp_client.AiohttpPool(options, limits, keepalive=self._write_keepalive)

    def _attempt(self, request: HttpRequest) -> Attempt:
        pool = self._reads if request.method == "GET" else self._writes
        return pool.attempt(request, self._closing, proxy=self._proxy_for(request.url))

    async def _close_pools(self) -> None:
        for pool in (self._reads, self._writes):
            await pool.aclose()
