"""Try one extra of the installed package: ``python extras.py http2``; ``make extras`` runs this.

It runs in an environment that has the wheel with this extra and nothing else: it imports nothing of the tests.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from mwclient_async import ClientLogin, HttpOptions, OAuth1, Site, eventstreams as streams_of_events

AGENT = "extra-tests/1.0 (tests@example.org)"
_NEW_CERTIFICATE = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "1", "-subj", "/CN=127.0.0.1"]
REPLY = json.dumps({"batchcomplete": True, "query": {"general": {"sitename": "Small " * 100}}}).encode()


def speed() -> None:
    """The wiki is read with aiohttp, and its JSON with orjson."""
    with answering(REPLY) as (url, requests):
        read_sitename(url, HttpOptions(backend="aiohttp"))
    assert requests
    assert "aiohttp" in sys.modules
    assert "orjson" in sys.modules


def http2() -> None:
    """A server that offers HTTP/2 is read over HTTP/2."""
    with tempfile.TemporaryDirectory() as directory:
        certificate = Path(directory, "certificate.pem")
        options = ["-out", str(certificate), "-keyout", str(certificate)]
        subprocess.run([*_NEW_CERTIFICATE, *options], check=True, capture_output=True)
        with answering_over_http2(REPLY, certificate) as (url, protocols):
            read_sitename(url, HttpOptions(http2=True, verify=False))
    assert protocols == ["h2"], protocols


def brotli() -> None:
    """Responses come compressed with brotli."""
    name = "brotli" if find_spec("brotli") else "brotlicffi"
    check_compression("br", import_module(name).compress)


def zstd() -> None:
    """Responses come compressed with zstd."""
    check_compression("zstd", import_module("zstandard").compress)


def feeds() -> None:
    """The entries of a feed of a wiki are read."""
    entry = "<item><title>Earth</title><link>http://127.0.0.1/Earth</link></item>"
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Edits</title>{entry}</channel></rss>'
    with answering(feed.encode(), {"Content-Type": "application/rss+xml"}) as (url, _):
        assert asyncio.run(feed_titles(url)) == ["Earth"]


def oauth1() -> None:
    """A request is signed."""
    texts = dict.fromkeys(["consumer_token", "consumer_secret", "access_token", "access_secret"], "text")
    with answering(REPLY) as (url, requests):
        read_sitename(url, HttpOptions(), auth=OAuth1(**texts))
    assert "oauth_signature=" in requests[0]["Authorization"], requests


def socks() -> None:
    """The wiki is read through a SOCKS proxy."""
    with answering(REPLY) as (url, requests), socks_proxy(url) as proxy:
        read_sitename(url, HttpOptions(proxy=proxy))
    assert requests


def eventstreams() -> None:
    """An event is read, and the connection is closed."""
    data = json.dumps({"$schema": "/test/1.0.0", "meta": {"id": "1", "dt": "2026-01-01T00:00:00Z"}, "word": "Earth"})
    with answering(f"data: {data}\n\n".encode(), {"Content-Type": "text/event-stream"}) as (url, _):
        assert asyncio.run(first_event(url))["word"] == "Earth"


def cli() -> None:
    """The command ``mwa`` prints the rows of a list, as JSON Lines when piped."""
    rows = [{"pageid": 1, "ns": 0, "title": "Earth"}]
    command = [str(Path(sys.executable).with_name("mwa")), "list", "allpages", "--user-agent", AGENT]
    with answering(json.dumps({"batchcomplete": True, "query": {"allpages": rows}}).encode()) as (url, _):
        done = subprocess.run([*command, "--wiki", url], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert json.loads(done.stdout)["title"] == "Earth", done.stdout


def dask() -> None:
    """A crawl of two titles on a cluster of one process."""
    import_module("pyarrow")
    from mwclient_async.dask import Crawl, Inputs, JsonLines, Pages, Wiki, committed_parts

    pages = [{"pageid": number, "ns": 0, "title": title} for number, title in enumerate(("Earth", "Mars"), start=1)]
    body = json.dumps({"batchcomplete": True, "query": {"pages": pages}}).encode()
    with answering(body) as (url, _), tempfile.TemporaryDirectory() as directory:
        crawl = Crawl(
            wikis=Wiki(api_url=url, user_agent=AGENT),
            query=Pages(),
            plan=Inputs(titles=["Earth", "Mars"]),
            sink=JsonLines(directory),
        )
        assert asyncio.run(crawl.run(workers=1)).rows == 2, directory
        assert len(committed_parts(directory)) == 1, directory


def keyring() -> None:
    """A password is kept in the keyring of the system, here in one that takes any and has none."""
    import_module("keyring").set_keyring(import_module("keyring.backends.null").Keyring())
    from mwclient_async.cli import logins
    from mwclient_async.cli.wikis import Wiki

    logins.keep_password(Wiki(api_url="https://wiki.example/w/api.php"), ClientLogin(username="Bot", password="text"))


def tour() -> None:
    """The whole tour runs on a real wiki."""
    command = [sys.executable, "-I", "-m", "mwclient_async.tour"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done
    assert "checks held." in done.stdout, done.stdout


CHECKS: Mapping[str, Callable[[], None]] = {
    "brotli": brotli,
    "cli": cli,
    "dask": dask,
    "eventstreams": eventstreams,
    "feeds": feeds,
    "http2": http2,
    "keyring": keyring,
    "oauth1": oauth1,
    "socks": socks,
    "speed": speed,
    "tour": tour,
    "zstd": zstd,
}
"""For each extra of ``pyproject.toml``, what tries it."""


def check_compression(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    """The client asks for this encoding, and reads it."""
    with answering(compress(REPLY), {"Content-Encoding": encoding}) as (url, requests):
        read_sitename(url, HttpOptions())
    assert encoding in requests[0]["Accept-Encoding"], requests


def read_sitename(url: str, http: HttpOptions, auth: OAuth1 | None = None) -> None:
    """Read the one reply of the server."""

    async def read() -> Any:
        async with Site(url, user_agent=AGENT, http=http, auth=auth) as site:
            return await site.call("query", meta="siteinfo")

    body = asyncio.run(read())
    assert body["query"]["general"]["sitename"].startswith("Small"), body


async def feed_titles(url: str) -> list[str]:
    """The titles of the entries of the one feed of the server."""
    async with Site(url, user_agent=AGENT) as site:
        document = await site.actions.feedcontributions("Bot")
    return [each.title for each in document.entries()]


async def first_event(url: str) -> Mapping[str, Any]:
    """The first event of the one reply of the server."""
    event = await streams_of_events("test", user_agent=AGENT, url=url, since="2026-01-01T00:00:00Z").first()
    assert event is not None
    return event.data


@contextmanager
def answering(body: bytes, headers: Mapping[str, str] | None = None) -> Iterator[tuple[str, list[Any]]]:
    """A server that gives this one reply to every request: its URL, and the headers of the requests."""
    requests: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append(self.headers)
            self.send_response(200)
            for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/w/api.php", requests
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def answering_over_http2(body: bytes, certificate: Path) -> Iterator[tuple[str, list[str | None]]]:
    """A server that gives this one reply to the first request: its URL, and the protocol of each connection."""
    protocols: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(["h2", "http/1.1"])

    def serve() -> None:
        plain, _ = listener.accept()
        with context.wrap_socket(plain, server_side=True) as connection:
            protocols.append(connection.selected_alpn_protocol())
            _answer_over_http2(connection, body)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}/w/api.php", protocols
        thread.join()


@contextmanager
def socks_proxy(upstream: str) -> Iterator[str]:
    """A SOCKS proxy for one connection, whose other end is this server: its URL."""
    server = urlsplit(upstream)

    def serve() -> None:
        client, _ = listener.accept()
        with client, socket.create_connection((server.hostname, server.port or 80)) as behind:
            for reply in (b"\x05\x00", b"\x05\x00\x00\x01" + bytes(6)):  # no password; connected
                client.recv(1024)
                client.sendall(reply)
            behind.sendall(client.recv(65536))
            while data := behind.recv(65536):
                client.sendall(data)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=serve, daemon=True).start()
        yield f"socks5://127.0.0.1:{listener.getsockname()[1]}"


def _answer_over_http2(connection: ssl.SSLSocket, body: bytes) -> None:
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import RequestReceived

    server = H2Connection(H2Configuration(client_side=False))
    server.initiate_connection()
    connection.sendall(server.data_to_send())
    while data := connection.recv(65536):
        for event in server.receive_data(data):
            if isinstance(event, RequestReceived):
                server.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/json")])
                server.send_data(event.stream_id, body, end_stream=True)
        connection.sendall(server.data_to_send())


def main() -> None:
    """Try the extra that the argument names."""
    extra = sys.argv[1]
    CHECKS[extra]()
    sys.stdout.write(f"The extra {extra} works\n")


if __name__ == "__main__":
    main()
