"""How a Site behaves, as frozen values: retries, limits, HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import field, frozen, validators

if TYPE_CHECKING:
    import ssl

_PROXIES = ("http://", "https://", "socks5://", "socks5h://")
_OF_THE_BODY = frozenset({"content-length", "transfer-encoding"})


@frozen(kw_only=True)
class RetryPolicy:
    """When and how long the session retries a request. Times are in seconds.

    ``attempts`` is the largest number of attempts for one request, the first included. Before retry number n, counted
    from 1, the session waits for a random time between 0 and ``first_delay * 2**(n-1)``, at most ``longest_delay``
    ("full jitter"). So the first wait is at most ``first_delay``. A wait that the wiki asks for is a minimum, but not
    beyond ``longest_pause``: after that time the wiki is tried again, whatever it asked for. No attempt begins more
    than ``deadline`` seconds after the first one. The time-outs of HttpOptions bound each attempt.
    If a retry will most likely fail too (an unknown host, a response that is not an API's), there are three attempts at
    most.

    After a lost reply, an edit, the publishing of a file, and a chunk each have these numbers for all their tries
    together. The deadline then counts from the first lost reply.
    """

    attempts: int = field(default=8, validator=validators.ge(1))
    deadline: float = field(default=300.0, validator=validators.gt(0))
    first_delay: float = field(default=1.0, validator=validators.gt(0))
    longest_delay: float = field(default=60.0, validator=validators.gt(0))
    longest_pause: float = field(default=300.0, validator=validators.gt(0))


@frozen(kw_only=True)
class Limits:
    """The limits of one Site.

    ``concurrency`` is the largest number of requests in flight (Wikimedia asks for three at most; siblings share them).
    ``max_reply_bytes`` is the largest size of one response in bytes, as it is received, and decompressed; each value of
    a JSON text counts as 8 bytes more. To decode it takes up to ten times as much memory. ``max_batch_bytes`` is the
    largest size of all responses which make one batch of pages, decompressed. A read whose URL is longer than
    ``url_length`` bytes is sent as a POST. ``write_interval`` is the minimum time from one write to the next, in
    seconds.
    """

    concurrency: int = field(default=3, validator=validators.ge(1))
    max_reply_bytes: int = field(default=32 * 1024 * 1024, validator=validators.ge(1024))
    max_batch_bytes: int = field(default=128 * 1024 * 1024, validator=validators.ge(1024))
    url_length: int = field(default=6000, validator=validators.ge(500))
    write_interval: float = field(default=0.0, validator=validators.ge(0))


@frozen(kw_only=True)
class HttpOptions:
    """How to reach the wiki. Times are in seconds.

    - ``connect_timeout`` is the longest time for making a connection.
    - ``read_timeout`` is the longest silence on a connection, not the duration of a whole response.
    - ``commit_timeout`` is the same for the response to a write. It is longer, because giving up leaves the outcome of
      the write unknown.
    - ``response_timeout`` is the longest time for receiving a whole response, after the silence before it. A download
      may take longer, but not if it comes at less than 1 KiB per second for that time.
    - ``send_timeout`` is the longest silence while sending.
    - ``keepalive`` is how long a connection is kept for the next read.
    - ``proxy`` is a URL; without one the usual environment variables (``HTTPS_PROXY``, ``NO_PROXY``) are used,
      except for servers on this machine. SOCKS proxies (``socks5://``) need ``pip install mwclient_async[socks]``. The
      certificate of a proxy that is reached by https must be one that ``verify`` trusts.
    - ``verify``: True checks the server's certificate, False does not; an SSL context has your own certificates, also a
      client certificate.
    - ``headers`` are added to every request to the wiki, and never shown.
    - ``plain_http`` allows sending credentials over http to another machine, so that anyone on the way can read them.
    - ``http2`` reads over HTTP/2 if the server offers it. Writes and uploads stay on HTTP/1.1, because there the client
      notices in time that the server has closed a connection. It needs ``pip install mwclient_async[http2]``.
    - ``backend`` is the HTTP library: ``"httpx"``, or ``"aiohttp"``, which takes much less processor time. aiohttp runs
      on asyncio only, has no HTTP/2 and no SOCKS proxies, and needs ``pip install mwclient-async[speed]``.

    Responses are compressed with gzip, and with brotli or zstd after ``pip install mwclient_async[brotli,zstd]``.

    Raises:
        ValueError: ``proxy`` is not a URL of a proxy, a header cannot be sent, ``backend`` is not one of the two or
            cannot do what another option asks for, or (when the Site opens) a library is not installed or does not
            work on this event loop.
    """

    connect_timeout: float = field(default=15.0, validator=validators.gt(0))
    read_timeout: float = field(default=60.0, validator=validators.gt(0))
    commit_timeout: float = field(default=180.0, validator=validators.gt(0))
    response_timeout: float = field(default=300.0, validator=validators.gt(0))
    send_timeout: float = field(default=60.0, validator=validators.gt(0))
    keepalive: float = field(default=60.0, validator=validators.ge(0))
    proxy: str | None = field(default=None, repr=False)
    verify: ssl.SSLContext | bool = True
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    plain_http: bool = False
    http2: bool = False
    backend: Literal["httpx", "aiohttp"] = field(default="httpx", validator=validators.in_(("httpx", "aiohttp")))

    @proxy.validator
    def _is_a_proxy(self, _attribute: object, value: str | None) -> None:
        if value is not None and not value.startswith(_PROXIES):  # not shown: it may hold a password
            raise ValueError("the proxy is not a URL that begins with http://, https://, socks5:// or socks5h://")

    @headers.validator
    def _can_be_sent(self, _attribute: object, value: tuple[tuple[str, str], ...]) -> None:
        for name, text in value:  # the text is not shown: it may be a secret
            if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f"{name!r} is not a valid name of a header")
            if name.lower() in _OF_THE_BODY:
                raise ValueError(f"the header {name!r} belongs to the body of each request, and cannot be set")
            if not text.isascii() or not text.isprintable() or text != text.strip():
                raise ValueError(
                    f"the value of the header {name!r} has a line break, a space at its end or a non-ASCII character"
                )

    @backend.validator
    def _can_do_the_rest(self, _attribute: object, value: str) -> None:
        if value == "aiohttp" and self.http2:
            raise ValueError("backend='aiohttp' has no HTTP/2: use the backend httpx, or leave http2 out")
        if value == "aiohttp" and self.proxy is not None and self.proxy.startswith("socks"):
            raise ValueError("backend='aiohttp' cannot use a SOCKS proxy: use the backend httpx, or another proxy")

    @property
    def proves_who_we_are(self) -> bool:
        """Whether one of the headers is a credential."""
        return any(name.lower() in {"authorization", "cookie", "proxy-authorization"} for name, _ in self.headers)
