"""A loop on httpx and the standard library's json: each ratio compares with this."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from benchmarks.clients.bare import HEADERS, Bare


class BareHttpx(Bare):
    """httpx."""

    async def __aenter__(self) -> Self:
        self._http = await httpx.AsyncClient(headers=HEADERS, timeout=60).__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def get(self, params: dict[str, Any]) -> Any:
        return (await self._http.get(self.url, params=params)).json()

    async def post(self, data: dict[str, Any]) -> Any:
        return (await self._http.post(self.url, data=data)).json()

    async def post_chunk(self, data: dict[str, Any], chunk: bytes) -> Any:
        return (await self._http.post(self.url, data=data, files={"chunk": ("chunk.bin", chunk)})).json()

    async def save(self, url: str, path: Path) -> None:
        with path.open("wb") as file:
            async with self._http.stream("GET", url) as response:
                async for piece in response.aiter_bytes():
                    file.write(piece)
