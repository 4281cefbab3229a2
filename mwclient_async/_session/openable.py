"""What is entered with ``async with``; and what ``open`` and ``aclose`` open and close at a prompt, too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, NoReturn, Self


class AsynchronousContext:
    """A base class of what is entered with ``async with``. Other uses get an answer, which Python's errors are not."""

    __slots__ = ()
    _or: ClassVar[str] = ""

    if not TYPE_CHECKING:  # type checkers report these mistakes themselves

        def __await__(self) -> NoReturn:
            raise TypeError(f"{self!r} is not a coroutine: write `async with ...:`{self._or}")

        def __enter__(self) -> NoReturn:
            raise TypeError(f"{self!r} needs `async with` in place of `with`")

        def __exit__(self, *error: object) -> None: ...


class Openable(AsynchronousContext, ABC):
    """The base of Site and CoreRest: ``async with`` opens and closes them."""

    def __init_subclass__(cls) -> None:
        cls._or = f", or `await {cls.__name__}(...).open()`"

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
