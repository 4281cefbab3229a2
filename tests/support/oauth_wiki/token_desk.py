"""For the tests: register clients and consumers, issue tokens, revoke them."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import frozen

from mwclient_async import OAuth1
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.wiki import GRANTS

SETTINGS = f"""
$wgTokenDesk = __DIR__ . '/oauth';
require '{Path(__file__).parent / "setup.php"}';
"""


@frozen(kw_only=True)
class Client:
    """The id and the secret of a client."""

    id: str
    secret: str


@frozen(kw_only=True)
class TokenRequest:
    """A request to the token endpoint: the status of its response, and whether it had a header Authorization."""

    status: int
    grant_type: str
    client_id: str
    authorized: bool


class TokenDesk:
    """The clients and tokens of a wiki that was started with SETTINGS. All desks of one wiki are the same.

    The wiki reads them at each request, so a change takes effect at once.
    """

    def __init__(self, wiki: LocalWiki) -> None:
        self._directory = wiki.directory / "oauth"
        for kind in ("clients", "consumers", "nonces", "tokens"):
            (self._directory / kind).mkdir(parents=True, exist_ok=True)

    def register(self, user: str, *, grants: Iterable[str] = GRANTS, lifetime: int = 3600) -> Client:
        """Register a client that acts for ``user``; its tokens are valid for ``lifetime`` seconds."""
        client = Client(id=secrets.token_hex(16), secret=secrets.token_hex(20))
        known = {"secret": client.secret, "user": user, "grants": list(grants), "lifetime": lifetime}
        self._write("clients", client.id, known)
        return client

    def register_consumer(self, user: str, *, grants: Iterable[str] = GRANTS) -> OAuth1:
        """Register an owner-only consumer of OAuth 1.0a."""
        consumer_token, consumer_secret, access_token, access_secret = (secrets.token_hex(16) for _ in range(4))
        known = {"client": consumer_token, "token": access_token, "user": user, "grants": list(grants)}
        known |= {"consumer_secret": consumer_secret, "access_secret": access_secret}
        self._write("consumers", consumer_token, known | {"ahead": 0, "disabled": False, "elsewhere": False})
        return OAuth1(
            consumer_token=consumer_token,
            consumer_secret=consumer_secret,
            access_token=access_token,
            access_secret=access_secret,
        )

    def change_consumer(self, auth: OAuth1, **changes: Any) -> None:
        """Change what the wiki knows: ``ahead`` (seconds of its clock), ``disabled``, ``elsewhere`` (IP addresses)."""
        self._change(self._file("consumers", auth.consumer_token), **changes)

    def forget(self, client: Client) -> None:
        """Delete the client: its id and secret become wrong, its tokens stay valid."""
        self._file("clients", client.id).unlink()

    def issue(self, user: str, *, grants: Iterable[str] = GRANTS, lifetime: int = 3600) -> str:
        """Issue a token without the token endpoint; each token has a client of its own."""
        now, client = int(time.time()), secrets.token_hex(16)
        known = {"client": client, "user": user, "grants": list(grants), "expires": now + lifetime, "revoked": False}
        claims = {"aud": client, "jti": secrets.token_hex(40), "iat": now, "exp": known["expires"], "sub": user}
        token = _jwt(claims | {"scopes": ["basic"]})
        self._write("tokens", _digest(token), known)
        return token

    def revoke(self, token: str) -> None:
        """Revoke a token."""
        self._change(self._file("tokens", _digest(token)), revoked=True)

    def expire(self, token: str) -> None:
        """Let a token expire."""
        self._change(self._file("tokens", _digest(token)), expires=0)

    def expire_all(self) -> None:
        """Let all tokens expire that were issued so far."""
        for file in (self._directory / "tokens").glob("*.json"):
            self._change(file, expires=0)

    @property
    def requests(self) -> list[TokenRequest]:
        """All requests to the token endpoint so far, except those that were refused because of their token."""
        log = self._directory / "requests.jsonl"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [TokenRequest(**json.loads(line)) for line in lines]

    def issued(self, client: Client) -> int:
        """How many tokens the endpoint issued to this client."""
        return sum(request.status == 200 and request.client_id == client.id for request in self.requests)

    def _file(self, kind: str, name: str) -> Path:
        return self._directory / kind / f"{name}.json"

    def _change(self, file: Path, **changes: Any) -> None:
        self._write(file.parent.name, file.stem, json.loads(file.read_text(encoding="utf-8")) | changes)

    def _write(self, kind: str, name: str, known: dict[str, Any]) -> None:
        new = self._directory / f"{secrets.token_hex(8)}.new"
        new.write_text(json.dumps(known), encoding="utf-8")
        new.replace(self._file(kind, name))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _jwt(claims: dict[str, Any]) -> str:
    """A token as long as a real one, without a valid signature."""
    header = {"typ": "JWT", "alg": "RS256"}
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), secrets.token_bytes(256)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
