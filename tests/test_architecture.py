"""What may import what: layers of rooms, pure modules and shells, and pinned libraries.

A module that awaits is a shell. A module that does not is pure: it knows no event loop, clock, randomness or file, and
imports only pure modules. Both are found out from the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import pytest
from attrs import frozen

import mwclient_async

T = TypeVar("T")

ROOT = Path(mwclient_async.__file__).parent
PACKAGE = "mwclient_async"

LAYERS = (
    ("_lazy", "_version"),
    ("_values",),
    ("errors",),
    ("models",),
    ("_http",),
    ("_session",),
    ("_query",),
    ("_edit",),
    ("_actions", "_rest", "_upload", "_events"),
    ("_page",),
    ("_site", "_state_file"),
    ("tour", "testing", "dask"),
    ("cli",),
    ("__main__",),
    ("",),  # the front door
    ("_loop_thread",),
    ("sync",),
)
LAZY = ("", "testing", "dask")  # packages whose names are loaded when they are first used


@frozen
class Import:
    """One import: what is imported, and whether only a type checker sees it."""

    target: str
    typing_only: bool


def names() -> list[str]:
    """Every module, without the package's name: "_http.messages"; "" is the front door."""
    parts = (path.relative_to(ROOT).with_suffix("").parts for path in ROOT.rglob("*.py"))
    return sorted(".".join(part for part in some if part != "__init__") for some in parts)


NAMES = names()
LAZY_ROOMS = frozenset(path.parent.name for path in ROOT.glob("*/__init__.py")) - {"testing", "tour", "cli", "dask"}
"""The rooms, which other modules may import as a whole and whose modules are loaded when they are first used."""


@cache
def tree(name: str) -> ast.Module:
    path = ROOT.joinpath(*name.split(".")) if name else ROOT
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports(name: str) -> tuple[Import, ...]:
    """All imports of a module, those inside functions too, and the modules that it uses of packages that are lazy."""
    found = [one for one in _imports(tree(name), typing_only=False) if inside(one.target) not in LAZY_ROOMS]
    return (*found, *_used_of_rooms(tree(name), _room_names(tree(name)), typing_only=False))


def _imports(node: ast.AST, *, typing_only: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name, typing_only) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        assert node.module
        yield from (Import(_target(node.module, alias.name), typing_only) for alias in node.names)
    elif isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
        for guarded in node.body:
            yield from _imports(guarded, typing_only=True)
        for other in node.orelse:
            yield from _imports(other, typing_only=typing_only)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, typing_only=typing_only)


def _target(module: str, name: str) -> str:
    """The module that holds what is imported; a name that a package loads lazily is where its class lives."""
    if inside(f"{module}.{name}") in NAMES:
        return f"{module}.{name}"
    home = inside(module)
    if home == "":
        homes = {**vars(mwclient_async)["_HOME_OF"], "__version__": "_version"}
        return f"{PACKAGE}.{homes[name]}"
    if home in LAZY:
        return str(getattr(import_module(module), name).__module__)
    return module


def _room_names(tree: ast.Module) -> Mapping[str, str]:
    """The names of lazy rooms that a module imports as a whole, ``from mwclient_async import models``."""
    return {
        alias.asname or alias.name: alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE
        for alias in node.names
        if alias.name in LAZY_ROOMS
    }


def _used_of_rooms(node: ast.AST, rooms: Mapping[str, str], *, typing_only: bool) -> Iterator[Import]:
    """The modules that are used through a lazy room, ``models.lists``. Annotations are for type checkers only."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in rooms:
        target = f"{rooms[node.value.id]}.{node.attr}"
        assert target in NAMES, f"there is no module {target}"
        yield Import(f"{PACKAGE}.{target}", typing_only)
    for field, value in ast.iter_fields(node):
        is_annotation = typing_only or field in {"annotation", "returns"}
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _used_of_rooms(child, rooms, typing_only=is_annotation)


def inside(target: str) -> str | None:
    """The module's name within the package, or None for a module of others."""
    top, _, rest = target.partition(".")
    return rest if top == PACKAGE else None


def layer(name: str) -> int:
    """The number of a module's layer, counted from the lowest."""
    fitting = [
        (len(entry), number) for number, entries in enumerate(LAYERS) for entry in entries if _within(name, entry)
    ]
    assert fitting, f"{name} is in no layer: give it a place in LAYERS"
    return max(fitting)[1]


def _within(name: str, entry: str) -> bool:
    return name == entry or (bool(entry) and name.startswith(f"{entry}."))


def edges(*, typing_too: bool) -> Mapping[str, set[str]]:
    return {
        name: {
            target
            for found in imports(name)
            if (target := inside(found.target)) is not None and (typing_too or not found.typing_only)
        }
        for name in NAMES
    }


def reached(name: str, graph: Mapping[str, set[str]]) -> set[str]:
    """All modules that importing this one may load, itself only where it is on a cycle."""
    found: set[str] = set()
    todo = list(graph[name])
    while todo:
        target = todo.pop()
        if target not in found:
            found.add(target)
            todo += graph.get(target, ())
    return found


def components(graph: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """The strongly connected components that are cycles."""
    reach = {name: reached(name, graph) for name in graph}
    return {
        frozenset(other for other in reach[name] if other in reach and name in reach[other])
        for name in graph
        if name in reach[name]
    }


def found_in(modules: Mapping[str, set[T]]) -> dict[str, set[T]]:
    """The modules in which something was found. An assertion shows them all."""
    return {name: found for name, found in modules.items() if found}


# Layers --------------------------------------------------------------------------------------------------------------


def test_a_module_imports_only_from_its_own_layer_and_those_below() -> None:
    graph = edges(typing_too=True)
    above = {name: {target for target in graph[name] if layer(target) > layer(name)} for name in NAMES}
    assert found_in(above) == {}


def test_there_are_no_import_cycles() -> None:
    assert components(edges(typing_too=False)) == set()


@pytest.mark.parametrize(
    ("graph", "cycles"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, set()),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, {frozenset("ab")}),
        ({"a": {"a"}}, {frozenset("a")}),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d"}}, {frozenset("abc"), frozenset("de")}),
    ],
)
def test_cycles_are_found(graph: dict[str, set[str]], cycles: set[frozenset[str]]) -> None:
    assert components(graph) == cycles


@pytest.mark.parametrize("name", ["_query.stream", "_upload.uploader"])
def test_streams_and_uploads_are_given_their_way_to_send_and_never_import_the_session(name: str) -> None:
    assert "_session.session" not in reached(name, edges(typing_too=True))


# Pins ----------------------------------------------------------------------------------------------------------------


def users(library: str) -> set[str]:
    return {name for name in NAMES for found in imports(name) if found.target.split(".")[0] == library}


@pytest.mark.parametrize(
    ("library", "file"),
    [
        ("httpcore", "_http.early_responses"),
        ("httpx_sse", "_http.event_source"),
        ("aiohttp", "_http.aiohttp_client"),
        ("yarl", "_http.aiohttp_client"),
        ("orjson", "_values.json_text"),
        ("oauthlib", "_http.oauth1"),
        ("cattrs", "_http.conversion"),
        ("feedparser", "_actions.feed_entries"),
        ("fsspec", "dask.store"),
        ("pyarrow", "dask.arrow"),
    ],
)
def test_a_third_party_library_is_known_to_one_file_only(library: str, file: str) -> None:
    assert users(library) == {file}


def test_httpx_is_known_to_its_transport_and_to_the_library_for_events_which_reads_its_responses() -> None:
    assert users("httpx") == {"_http.httpx_transport", "_http.event_source"}


def test_rich_is_known_to_the_tour_and_the_command_line_only() -> None:
    assert {name.split(".")[0] for name in users("rich")} == {"tour", "cli"}


@pytest.mark.parametrize("library", ["typer", "keyring"])
def test_typer_and_the_keyring_are_known_to_the_command_line_only(library: str) -> None:
    assert {name.split(".")[0] for name in users(library)} == {"cli"}


def test_dask_is_known_to_its_extra_only() -> None:
    assert {name.split(".")[0] for name in users("distributed")} == {"dask"}


@pytest.mark.parametrize(("extra", "also"), [("cli", {f"{PACKAGE}.dask"}), ("dask", set())])
def test_an_extra_imports_only_names_of_the_front_door(extra: str, also: set[str]) -> None:
    wanted = {
        node.module
        for name in NAMES
        if _within(name, extra)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(PACKAGE)
    }
    assert {
        module for module in wanted - also if module != PACKAGE and not _within(module, f"{PACKAGE}.{extra}")
    } == set()


def test_threads_are_taken_in_one_place_because_the_usual_limit_is_the_programs() -> None:
    """See ``worker_thread.py``."""
    takers = {
        name
        for name in NAMES
        for node in ast.walk(tree(name))
        if is_in_a_room(name) and isinstance(node, ast.alias) and node.name in {"to_thread", "anyio.to_thread"}
    }
    assert takers == {"_session.worker_thread"}


@pytest.mark.parametrize("library", ["asyncio", "trio", "sniffio"])
def test_the_library_runs_on_any_loop(library: str) -> None:
    """Except for Dask, which is written for asyncio."""
    assert {name for name in users(library) if not _within(name, "dask")} == set()


# Pure modules and shells ---------------------------------------------------------------------------------------------

AWAITING = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
IMPURE = frozenset(
    {
        *("anyio", "asyncio", "trio", "sniffio", "httpx", "aiohttp"),
        *("time", "random", "secrets", "uuid", "logging"),
        *("os", "pathlib", "io", "tempfile", "shutil", "socket", "ssl", "threading", "subprocess"),
    }
)
CLOCK_METHODS = frozenset({"now", "utcnow", "today"})


def is_in_a_room(name: str) -> bool:
    """Whether a module is library code, and neither the front door, the test bed nor an extra."""
    return name.startswith(("_", "errors", "models")) and name != "__main__"


def awaits(tree: ast.AST) -> bool:
    return any(isinstance(node, AWAITING) for node in ast.walk(tree))


def gathers(name: str) -> bool:
    """Whether a module only gathers what is in others: the ``__init__.py`` of a room, and the class of all actions."""
    return ROOT.joinpath(*name.split(".")).is_dir() or name == "_actions.actions"


@cache
def pure_modules() -> frozenset[str]:
    rooms = (name for name in NAMES if is_in_a_room(name) and not gathers(name))
    return frozenset(name for name in rooms if not awaits(tree(name)))


EXCEPTIONS: Mapping[str, set[str]] = {
    "_session.observers": {"logging"},
    "_http.secret_log_filter": {"logging"},
    "_state_file": {"os", "pathlib", "tempfile"},  # callbacks use it, which cannot await
}
"""Modules that do not await, and still use these libraries."""


def impurities(name: str, found: Iterable[Import], pure: frozenset[str]) -> set[str]:
    """What a pure module must not import: impure libraries and, except for types, shells."""
    libraries = {one.target for one in found if not one.typing_only and one.target.split(".")[0] in IMPURE}
    ours = {inside(one.target) for one in found if not one.typing_only} - {None}
    return libraries | {str(target) for target in ours if target not in pure}


def clock_calls(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & CLOCK_METHODS


def test_a_pure_module_imports_only_pure_ones() -> None:
    pure = pure_modules()
    found = {name: impurities(name, imports(name), pure) - EXCEPTIONS.get(name, set()) for name in pure}
    assert found_in(found) == {}


def test_a_pure_module_reads_no_clock() -> None:
    assert found_in({name: clock_calls(tree(name)) for name in pure_modules()}) == {}


def test_most_modules_are_pure() -> None:
    """A guard of the rules above: they would hold for an empty set, too."""
    rooms = [name for name in NAMES if is_in_a_room(name)]
    pure = pure_modules()
    assert len(pure) > len(rooms) / 2
    assert {"_http.messages", "_query.continuation", "_session.retry", "_upload.chunks"} <= pure
    assert not {"_session.session", "_http.httpx_transport", "_query.stream"} & pure


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", {"time"}),
        ("from os import path", {"os"}),
        ("from mwclient_async.shell import run", {"shell"}),
        ("from mwclient_async.rules import rule", set()),
        ("if TYPE_CHECKING:\n    from mwclient_async.shell import Run", set()),
        ("def late() -> None:\n    import anyio", {"anyio"}),
    ],
)
def test_impurities_are_found(source: str, found: set[str]) -> None:
    seen = tuple(_imports(ast.parse(source), typing_only=False))
    assert impurities("rules", seen, frozenset({"rules"})) == found


@pytest.mark.parametrize(
    ("source", "shell"),
    [
        ("async def run() -> None: ...", True),
        ("def run() -> None: ...", False),
        ("class A:\n    async def run(self) -> None: ...", True),
    ],
)
def test_a_module_that_awaits_is_a_shell(source: str, *, shell: bool) -> None:
    assert awaits(ast.parse(source)) is shell


def test_what_a_module_uses_of_a_room_is_an_import() -> None:
    source = (
        "from mwclient_async import _rest, models\n"
        "def read(page: models.page.Page) -> None:\n    _rest.rest.Rest(page, models.lists)\n"
    )
    rooms = _room_names(ast.parse(source))
    found = set(_used_of_rooms(ast.parse(source), rooms, typing_only=False))
    assert found == {
        Import("mwclient_async._rest.rest", typing_only=False),
        Import("mwclient_async.models.lists", typing_only=False),
        Import("mwclient_async.models.page", typing_only=True),
    }


def public_signatures(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(name, signature) of every public function, method and annotated attribute below a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from ((child.name, ast.unparse(base)) for base in child.bases)
            yield from public_signatures(child)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and _is_public(child.name):
            yield child.name, f"{ast.unparse(child.args)} -> {ast.unparse(child.returns) if child.returns else ''}"
        elif isinstance(child, ast.AnnAssign) and _is_public(ast.unparse(child.target)):
            yield ast.unparse(child.target), ast.unparse(child.annotation)


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name.endswith("__")


def test_no_public_signature_names_the_http_library() -> None:
    signatures = {name: public_signatures(tree(name)) for name in NAMES}
    naming = {
        name: {found for found in some if re.search(r"\b(httpx|aiohttp|yarl)\.", found[1])}
        for name, some in signatures.items()
    }
    assert found_in(naming) == {}


def test_what_a_module_gives_to_others_says_what_it_is() -> None:
    """Methods that implement a documented protocol need no docstring of their own."""
    silent = [
        f"{name}.{node.name}"
        for name in NAMES
        for node in tree(name).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if ast.get_docstring(node) is None
    ]
    assert silent == []
