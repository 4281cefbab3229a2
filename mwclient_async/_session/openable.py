"""What is opened and closed: with ``async with`` in a program, or with ``open`` and ``aclose`` at a prompt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self


class Openable(ABC):
    """The base of Site and CoreRest: ``async with`` opens and closes them; usual mistakes get an answer."""

    @abstractmethod
    async def open(self) -> Self:
        """Open it."""

    @abstractmethod
    async def aclose(self) -> None:
        """Close it."""

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    if not TYPE_CHECKING:  # type checkers report these mistakes themselves

        def __await__(self) -> NoReturn:
            raise TypeError(f"{self!r} is not a coroutine: write `async with` before it, or `await ....open()`")

        def __enter__(self) -> NoReturn:
            raise TypeError(f"{self!r} needs `async with` in place of `with`")

        def __exit__(self, *error: object) -> None: ...
