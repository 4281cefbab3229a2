"""Which names a user can meet, found out from the code: what the front door must export.

These are the public classes of ``errors``, ``models`` and ``_values``, the roots below, and every class and type alias
that a public signature of any of them names, and so on. A base class that only splits a large class into files is not a
name of its own, but its methods count. Constructors count only for the classes that users make themselves.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import mwclient_async

PACKAGE = "mwclient_async"
ROOT = Path(mwclient_async.__file__).parent

PUBLIC_MODULES = ("errors", "models", "_values")
MADE_BY_USERS = frozenset({"Site", "CoreRest", "HttpxTransport", "AiohttpTransport"})


class Home(NamedTuple):
    """The definition of a class, alias or function: its module (without the package's name), and its name there."""

    module: str
    name: str


ROOTS = (
    Home("_site", "Site"),
    Home("_rest.core_rest", "CoreRest"),
    Home("_session.file_limits", "FileLimits"),
    Home("_session.limits_coordinator", "LimitsCoordinator"),
    Home("_http.aiohttp_transport", "AiohttpTransport"),
    Home("_http.httpx_transport", "HttpxTransport"),
    Home("_http.transport", "StreamingTransport"),
    Home("_edit.wikitable", "wikitable"),
    Home("_events.event_streams", "eventstreams"),
    Home("_state_file", "StateFile"),
    Home("models.diff", "position_in"),
)


@cache
def tree(module: str) -> ast.Module:
    path = ROOT.joinpath(*module.split("."))
    return ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8"))


@cache
def scope(module: str) -> dict[str, Home]:
    """The definitions of the names of a module, as far as they are in this package."""
    return dict(_bindings(module, tree(module).body))


def _bindings(module: str, body: list[ast.stmt]) -> Iterator[tuple[str, Home]]:
    for node in body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            source = (node.module or "").removeprefix(f"{PACKAGE}.")
            yield from ((alias.asname or alias.name, Home(source, alias.name)) for alias in node.names)
        elif isinstance(node, ast.If):
            yield from _bindings(module, node.body)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name, Home(module, node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, Home(module, node.targets[0].id)


def definition(home: Home) -> ast.ClassDef | ast.FunctionDef | ast.expr | None:
    """The class, the function, or the value of an alias; None for a type variable and for what is not in the module."""
    for node in tree(home.module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == home.name:
            return node
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == home.name:
            return None if isinstance(node.value, ast.Call) else node.value
    return None


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    yield from (argument.annotation for argument in named if argument and argument.annotation)
    if function.returns:
        yield function.returns


def _is_constructor(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return function.name == "__init__" or any(ast.unparse(mark) == "classmethod" for mark in function.decorator_list)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.endswith("__") and name != "__getattr__")


_ROOMS = "|".join(path.parent.name for path in ROOT.glob("*/__init__.py"))
_PATH = re.compile(rf"(?P<module>(?:{_ROOMS})\.\w+)\.(?P<name>\w+)")


def _annotations(node: ast.ClassDef) -> Iterator[ast.expr]:
    for member in node.body:
        if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
            if _is_public(member.name) and (node.name in MADE_BY_USERS or not _is_constructor(member)):
                yield from _signature(member)
        elif isinstance(member, ast.AnnAssign) and not ast.unparse(member.target).startswith("_"):
            yield member.annotation


def _homes(module: str, expression: ast.expr) -> Iterator[Home]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Name) and node.id in scope(module):
            yield scope(module)[node.id]
        elif isinstance(node, ast.Attribute) and (room := _PATH.fullmatch(ast.unparse(node))):  # models.page.Page
            yield Home(room["module"], room["name"])


def named_by(home: Home) -> Iterator[Home]:
    """The classes and aliases that the public members of a class, a function's signature or an alias name."""
    node = definition(home)
    if isinstance(node, ast.ClassDef):
        for annotation in _annotations(node):
            yield from _homes(home.module, annotation)
        for base in node.bases:
            for parent in _homes(home.module, base):
                yield from named_by(parent)
    elif isinstance(node, ast.FunctionDef):
        for annotation in _signature(node):
            yield from _homes(home.module, annotation)
    elif node is not None:
        yield from _homes(home.module, node)


def _values() -> Iterator[Home]:
    for path in ROOT.rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if module.startswith(PUBLIC_MODULES) and path.name != "__init__.py":
            yield from (Home(module, node.name) for node in tree(module).body if isinstance(node, ast.ClassDef))


def public_names() -> dict[str, set[str]]:
    """name -> the modules that define a public class, alias or function of that name: more than one is a collision."""
    found: set[Home] = set()
    todo = [*ROOTS, *_values()]
    while todo:
        home = todo.pop()
        if home not in found and definition(home) is not None:
            found.add(home)
            todo += named_by(home)
    names: dict[str, set[str]] = {}
    for home in found:
        if not home.name.startswith("_"):
            names.setdefault(home.name, set()).add(home.module)
    return names


_IMPORT = re.compile(rf"from {PACKAGE}(?P<module>[\w.]*) import (?P<names>\([^)]*\)|.*)")


def imported_by(text: str) -> set[str]:
    """The names that the imports of a page take from this package, but for those of its test bed."""
    return {
        name
        for found in _IMPORT.finditer(text)
        if not found["module"].startswith((".testing", ".dask"))
        for name in re.findall(r"\w+", found["names"])
    }


STUB = ROOT / "__init__.pyi"


def stub() -> dict[str, str]:
    """name -> module, by the imports of the stub, which is what type checkers read."""
    return {
        alias.name: (node.module or "").removeprefix(f"{PACKAGE}.")
        for node in ast.parse(STUB.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }


def stub_of(homes: Mapping[str, str]) -> str:
    """The text of the stub for a table of module -> names."""
    blocks = []
    for module in sorted(homes):
        names = sorted(homes[module].split(), key=lambda name: (name.islower(), name.lower()))
        lines = "".join(f"    {name} as {name},\n" for name in names)
        blocks.append(f"from {PACKAGE}.{module} import (\n{lines})\n")
    return f"{_HEADER}\n{''.join(blocks)}\n__version__: str\n"


_HEADER = """\
# The names of the front door, for type checkers; at run time __init__.py loads them at first use.
# Written by `python -m tests.test_front_door` from the table in __init__.py.
"""
