"""Misspelt options: every function that takes ``**options`` refuses an unknown one before any request."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import mwclient_async
from mwclient_async import FileHandle, PageHandle, Site
from mwclient_async._http.keywords import check_options
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.test_architecture import NAMES, tree

API = "https://wiki.example/w/api.php"


def written() -> Iterator[str]:
    """The name of every function of the package that takes the options of a TypedDict.

    Those of ``sync`` pass all options on (``tests/test_sync.py``).
    """
    for module in set(NAMES) - {"sync"}:
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.args.kwarg is not None:
                annotation = node.args.kwarg.annotation
                if annotation is not None and "Unpack[" in ast.unparse(annotation):
                    yield node.name


def options_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The options of a function, by the TypedDict that it names; empty if it takes none."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD and (
            named := re.match(r"Unpack\[(?:\w+\.)*(\w+)\]", str(parameter.annotation))
        ):
            return tuple(getattr(mwclient_async, named[1]).__annotations__)
    return ()


METHODS = [
    (holder, name)
    for holder in (Site, PageHandle, FileHandle)
    for name, method in inspect.getmembers(holder, lambda one: inspect.isfunction(one) or inspect.ismethod(one))
    if options_of(method)
]


def test_every_function_with_options_is_tried_below() -> None:
    assert sorted(name for _, name in METHODS) == sorted(written())


async def called(method: Callable[..., Any], option: str) -> None:
    """Call a method with a value for each argument that it needs, and with an option."""
    needed = [one for one in inspect.signature(method).parameters.values() if one.default is inspect.Parameter.empty]
    named = {one.name: "E.png" for one in needed if one.kind is inspect.Parameter.KEYWORD_ONLY}
    values = [str for one in needed if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    made = method(*values, **named, **{option: "x"})
    if inspect.isawaitable(made):
        await made
    elif hasattr(made, "__aenter__"):
        async with made:
            pass


@pytest.mark.parametrize(("holder", "name"), METHODS, ids=lambda value: getattr(value, "__name__", value))
async def test_s6_a_misspelt_option_raises_before_any_request(holder: type, name: str) -> None:
    transport = ScriptedTransport()
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        method = getattr({Site: site, PageHandle: site.page("E"), FileHandle: site.file("E.png")}[holder], name)
        for option in options_of(method):
            with pytest.raises(TypeError, match=rf"^{name}\(\) has no option '{option}s', did you mean '{option}'\?$"):
                await called(method, f"{option}s")
    assert not transport.requests


@pytest.mark.parametrize(
    ("option", "nearest"),
    [("summery", "summary"), ("minro", "minor"), ("mising", "missing"), ("conflict", "conflicts"), ("zzz", None)],
)
async def test_s6_an_option_may_be_a_misspelt_keyword_of_the_method(option: str, nearest: str | None) -> None:
    everything = "transform, summary, section, missing, conflicts, minor, bot, tags, watchlist, params"
    advice = f", did you mean '{nearest}'?" if nearest else f": it takes {everything}"
    with pytest.raises(TypeError) as raised:
        check_options({option: True}, mwclient_async.EditOptions, PageHandle.edit)
    assert str(raised.value) == f"edit() has no option '{option}'{advice}"
