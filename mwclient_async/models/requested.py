"""Fields that the wiki always sends if the query asks for them, as it does unless ``prop`` says otherwise."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, cast, overload

from mwclient_async.errors import NotRequested

T = TypeVar("T")


class Requested(Generic[T]):
    """A field of a value that is never None: to read it raises NotRequested if the query did not ask for it.

    ``timestamp = Requested("prop=timestamp")`` reads the attrs field ``_timestamp``.
    """

    def __init__(self, parameter: str) -> None:
        self._parameter = parameter

    def __repr__(self) -> str:
        return f"Requested({self._parameter!r})"

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name
        self._field = f"_{name}"
        self.__doc__ = f"Never None; NotRequested if the query did not ask for it by ``{self._parameter}``."

    @overload
    def __get__(self, value: None, owner: type) -> Self: ...
    @overload
    def __get__(self, value: object, owner: type) -> T: ...
    def __get__(self, value: Any, owner: type) -> Self | T:
        if value is None:
            return self
        if (found := getattr(value, self._field)) is None:
            raise NotRequested(f"the query did not ask for {self._name}: add {self._parameter}")
        return cast(T, found)
