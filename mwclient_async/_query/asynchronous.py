"""What is asynchronous, used as if it were not: the error says how to use it.

Python's own errors say only that it is not iterable, or that it cannot be awaited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NoReturn


class AsynchronousIterable:
    """A base class of what is iterated with ``async for``. ``_whole`` is the code that fetches all items at once."""

    __slots__ = ()
    _whole: ClassVar[str] = ""

    if not TYPE_CHECKING:  # a type checker reports these mistakes by itself

        def __getitem__(self, _: object) -> NoReturn:
            """Refuse ``for item in ...``. With ``__iter__`` this would pass for an Iterable."""
            raise TypeError(self._advice("is asynchronous"))

        def __await__(self) -> NoReturn:
            raise TypeError(self._advice("cannot be awaited"))

    def _advice(self, problem: str) -> str:
        whole = f", or write `{self._whole}` for all of them" if self._whole else ""
        return f"a {type(self).__name__} {problem}: iterate it with `async for`{whole}"
