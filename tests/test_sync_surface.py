"""Whatever can be reached from the asynchronous Site can be reached from the blocking one, with nothing to await.

The annotations of the public methods, properties and fields say what each of them gives, and so on from that.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

import mwclient_async
from mwclient_async.sync import Blocking, _has_to_wait

ASYNCHRONOUS = ("__aiter__", "__anext__", "__aenter__", "__await__")
OF_THE_BLOCKING_SITE = {"Site.discover"}
"""What it has in a form of its own."""


def given(cls: type) -> Iterator[tuple[str, Any]]:
    """The public members of a class, and the type of what each of them gives."""
    for name in dir(cls):
        member = inspect.getattr_static(cls, name)
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if inspect.isfunction(function) and (name in ASYNCHRONOUS or not name.startswith("_")):
            yield name, get_type_hints(function).get("return")
    if attrs.has(cls):
        yield from ((name, kind) for name, kind in get_type_hints(cls).items() if not name.startswith("_"))


def classes(kind: Any, *, outer: bool = False) -> set[type]:
    """The classes that an annotation names; with ``outer``, without those of the parts of a container."""
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        return {found for part in get_args(kind) for found in classes(part, outer=outer)}
    inner = [] if outer else [found for part in get_args(kind) for found in classes(part)]
    return {found for found in [origin or kind, *inner] if isinstance(found, type)}


def is_asynchronous(cls: type) -> bool:
    return cls is not object and any(hasattr(cls, name) for name in ASYNCHRONOUS)


def reached() -> Iterator[tuple[type, str, Any]]:
    """Each class that can be reached, with each of its public members."""
    seen: set[type] = set()
    todo: list[type] = [mwclient_async.Site]
    while todo:
        cls = todo.pop()
        if cls in seen or not cls.__module__.startswith("mwclient_async."):
            continue
        seen.add(cls)
        for name, kind in given(cls):
            todo += classes(kind)
            yield cls, name, kind


def test_whatever_is_asynchronous_becomes_blocking() -> None:
    found = list(reached())
    for cls, name, kind in found:
        for each in classes(kind):
            blocks = _has_to_wait(each) and each in classes(kind, outer=True)
            in_place = f"{cls.__name__}.{name}" in OF_THE_BLOCKING_SITE or name.startswith("__")
            assert in_place or blocks or not (_has_to_wait(each) or is_asynchronous(each)), (cls, name, kind)
        member = inspect.getattr_static(cls, name, None)
        assert _has_to_wait(cls) or not inspect.iscoroutinefunction(member), (cls, name)
        assert not inspect.isasyncgenfunction(member), (cls, name)
    assert {cls for cls, _, _ in found if _has_to_wait(cls)} > {mwclient_async.PageHandle, mwclient_async.Rest}


def test_no_name_of_the_library_is_hidden_by_one_of_the_blocking_form() -> None:
    own = {name for name in vars(Blocking) if not name.startswith("_")}
    assert not own & {name for cls, name, _ in reached() if _has_to_wait(cls)}
