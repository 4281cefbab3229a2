"""Plain requests to a wiki, for tests that are about the wiki and not about the library."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from mwclient_async.testing import LocalWiki


async def ask(wiki: LocalWiki, **parameters: str) -> Any:
    """Return the body of the response to one query."""
    async with httpx.AsyncClient() as client:
        return await _json(client, wiki, action="query", **parameters)


async def get(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)


class Account:
    """A logged-in account, which sends writes."""

    def __init__(self, client: httpx.AsyncClient, wiki: LocalWiki) -> None:
        self._client = client
        self._wiki = wiki

    async def post(
        self, parameters: Mapping[str, str], *, file: bytes | None = None, chunk: bytes | None = None
    ) -> Any:
        """Post a write request with its token, and optionally a file or a chunk of one."""
        answer = await _json(self._client, self._wiki, action="query", meta="tokens")
        body = {**parameters, "format": "json", "formatversion": "2", "token": answer["query"]["tokens"]["csrftoken"]}
        given = {"file": file, "chunk": chunk}
        files = {name: (name, content) for name, content in given.items() if content is not None}
        response = await self._client.post(self._wiki.api_url, data=body, files=files)
        return response.json()


@asynccontextmanager
async def logged_in(wiki: LocalWiki, *, name: str, password: str) -> AsyncIterator[Account]:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await _json(client, wiki, action="query", meta="tokens", type="login")
        body = {"lgname": name, "lgpassword": password, "lgtoken": answer["query"]["tokens"]["logintoken"]}
        login = await client.post(wiki.api_url, data={"action": "login", "format": "json", **body})
        assert login.json()["login"]["result"] == "Success", login.text
        yield Account(client, wiki)


async def _json(client: httpx.AsyncClient, wiki: LocalWiki, **parameters: str) -> Any:
    response = await client.get(wiki.api_url, params={"format": "json", "formatversion": "2", **parameters})
    return response.json()
