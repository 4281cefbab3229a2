"""A loop on aiohttp and the standard library's json."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from benchmarks.clients.bare import HEADERS, Bare


class BareAiohttp(Bare):
    """aiohttp."""

    async def __aenter__(self) -> Self:
        self._http = await aiohttp.ClientSession(headers=HEADERS).__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def get(self, params: dict[str, Any]) -> Any:
        async with self._http.get(self.url, params=params) as response:
            return await response.json()

    async def post(self, data: dict[str, Any]) -> Any:
        async with self._http.post(self.url, data=data) as response:
            return await response.json()

    async def post_chunk(self, data: dict[str, Any], chunk: bytes) -> Any:
        form = aiohttp.FormData(data)
        form.add_field("chunk", chunk, filename="chunk.bin", content_type="application/octet-stream")
        return await self.post(form)  # type: ignore[arg-type]

    async def save(self, url: str, path: Path) -> None:
        with path.open("wb") as file:
            async with self._http.get(url) as response:
                async for piece in response.content.iter_any():
                    file.write(piece)
