"""A slot of those that several processes share, for one request. See ``shared_limits.py``."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from attrs import define, evolve

from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.rate_limits import WikiPauses
from mwclient_async._session.shared_limits import CheckedConnection
from mwclient_async.errors import MediaWikiError

_SHORTEST_PAUSE = 0.01  # seconds: a pause that ends now is asked about again after that time


@define
class SharedSlot:
    """Taken when the request is about to be sent, and given back at the end of the ``async with`` block.

    If the block ends with an error that asks for a pause, this pause begins first, for all processes.
    """

    _connection: CheckedConnection
    _pauses: WikiPauses
    _request: ApiRequest
    _is_taken: bool = False

    async def __aenter__(self) -> Self:
        return self

    async def take(self) -> bool:
        """Wait for a slot, and take it. If a pause concerns the request, that begins here, too, and it is False."""
        pauses = await self._connection.acquire(self._pauses.keys_for(self._request))
        for pause in pauses:
            self._pauses.begin(evolve(pause, seconds=max(pause.seconds, _SHORTEST_PAUSE)))
        self._is_taken = not pauses
        return self._is_taken

    async def release(self) -> None:
        """Give the slot back before the end of the block."""
        if self._is_taken:
            self._is_taken = False
            await self._connection.release()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, MediaWikiError) and (pause := self._pauses.begin_after(error, self._request)):
                await self._connection.begin_pause(pause)
        finally:
            await self.release()
