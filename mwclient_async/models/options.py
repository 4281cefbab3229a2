"""How a Site behaves, as frozen values: retries, limits, HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen, validators

if TYPE_CHECKING:
    import ssl

_PROXIES = ("http://", "https://", "socks5://", "socks5h://")


@frozen(kw_only=True)
class RetryPolicy:
    """When and how long a request is tried again.

    ``attempts`` counts all tries of one call, the first included. A wait is drawn evenly between 0 and
    ``first_delay * 2**n`` seconds, at most ``longest_delay`` ("full jitter"); when the wiki names a wait, that is a
    minimum. No new try begins more than ``deadline`` seconds after the first one; how long a single try may take is
    bounded by the time-outs of HttpOptions. Where a new try is of little use (an unknown host, an answer that is no
    API's), three are made at most.
    """

    attempts: int = field(default=8, validator=validators.ge(1))
    deadline: float = field(default=300.0, validator=validators.gt(0))
    first_delay: float = field(default=1.0, validator=validators.gt(0))
    longest_delay: float = field(default=60.0, validator=validators.gt(0))


@frozen(kw_only=True)
class Limits:
    """What one Site takes at most.

    ``concurrency`` requests in flight (Wikimedia asks for three at most; siblings share them), ``max_reply_bytes`` of
    one decompressed answer, ``url_length`` in bytes before a read is sent as a POST, ``write_interval`` seconds from
    one write to the next.
    """

    concurrency: int = field(default=3, validator=validators.ge(1))
    max_reply_bytes: int = field(default=64 * 1024 * 1024, validator=validators.ge(1024))
    url_length: int = field(default=6000, validator=validators.ge(500))
    write_interval: float = field(default=0.0, validator=validators.ge(0))


@frozen(kw_only=True)
class HttpOptions:
    """How to reach the wiki. Times are in seconds.

    ``read_timeout`` is the longest silence on a connection, not the length of a whole answer; ``commit_timeout`` is
    the same while the answer to a write is waited for, longer because giving up leaves a doubt; ``send_timeout`` the
    longest silence while sending; ``keepalive`` how long a connection is kept for the next read. ``proxy`` is an URL;
    without one the environment's usual variables (``HTTPS_PROXY``, ``NO_PROXY``) count, though not for this machine.
    ``verify`` is False, or an SSL context with your own certificates, a client's own included. ``headers`` are added
    to every request to the wiki, and never shown. ``plain_http`` allows to send credentials over http, which everybody
    on the way can read, to another machine than this one. ``http2`` reads over HTTP/2 where the server offers it;
    writes and uploads stay on HTTP/1.1, where a connection that the server has closed is noticed in time. It needs
    ``pip install mwclient_async[http2]``: opening a Site raises ValueError without.

    Answers are compressed with gzip, and with brotli or zstd where ``pip install mwclient_async[brotli,zstd]`` was.
    """

    connect_timeout: float = field(default=15.0, validator=validators.gt(0))
    read_timeout: float = field(default=60.0, validator=validators.gt(0))
    commit_timeout: float = field(default=180.0, validator=validators.gt(0))
    send_timeout: float = field(default=60.0, validator=validators.gt(0))
    keepalive: float = field(default=60.0, validator=validators.ge(0))
    proxy: str | None = field(default=None, repr=False)
    verify: ssl.SSLContext | bool = True
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    plain_http: bool = False
    http2: bool = False

    @proxy.validator
    def _is_a_proxy(self, _attribute: object, value: str | None) -> None:
        if value is not None and not value.startswith(_PROXIES):  # not shown: it may hold a password
            raise ValueError("the proxy is no URL that begins with http://, https://, socks5:// or socks5h://")

    @headers.validator
    def _can_be_sent(self, _attribute: object, value: tuple[tuple[str, str], ...]) -> None:
        for name, text in value:  # the text is not shown: it may be a secret
            if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
                raise ValueError(f"{name!r} is no name of a header")
            if not text.isascii() or not text.isprintable() or text != text.strip():
                raise ValueError(
                    f"the value of the header {name!r} has a line break, a space at its end or a strange character"
                )

    @property
    def proves_who_we_are(self) -> bool:
        """Whether one of the headers is a credential."""
        return any(name.lower() in {"authorization", "cookie", "proxy-authorization"} for name, _ in self.headers)
