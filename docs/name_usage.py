"""The places that use a public name: programs and texts of these pages, types, and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import field, frozen
from sphinx.pycode import ModuleAnalyzer

import mwclient_async
from mwclient_async import dask, sync, testing
from mwclient_async._query.list_rows import LIST_ROW_CLASSES
from mwclient_async._query.row_converters import PROP_ROW_CLASSES

DOCS = Path(__file__).parent
PACKAGE = "mwclient_async"
_ROOMS: Mapping[str, Mapping[str, str]] = {
    "dask": vars(dask)["_HOMES"],
    "testing": vars(testing)["_HOMES"],
}
"""Packages with public names of their own -> name -> module."""
HOMES: Mapping[str, str] = {
    **vars(mwclient_async)["_HOME_OF"],
    **{f"sync.{name}": "sync" for name in sync.__all__},
    **{f"{room}.{name}": f"{room}.{home}" for room, homes in _ROOMS.items() for name, home in homes.items()},
}
"""The module that defines each name, below the package."""
NAMES: list[str] = sorted(HOMES)
"""Those of the front door, and those of modules, as ``testing.LocalWiki``."""
NAME_OF_WORD: Mapping[str, str] = {name.rpartition(".")[2]: name for name in reversed(NAMES)}
"""What a word in an annotation or in a text names."""
_CALLED = {"__aiter__", "__aenter__", "__await__", "__call__"}
_PLAIN = {"Callback", "Inputs", "Pages", "Part", "Rows", "Wiki", "sent"}
"""Names that are also words of a text."""
_FIELDS_KNOWN_BY_NAME = {"Page", "SiteInfo"}
"""The classes whose fields have names that nothing else in a program has."""


@frozen(kw_only=True)
class Member:
    """A public method or field of a public class, with the public names of its types and of its ``Raises:``."""

    owner: str
    name: str
    role: str
    types: frozenset[str]
    raises: frozenset[str] = frozenset()

    @property
    def link(self) -> str:
        """As reStructuredText. What ``async for`` and its like call has no page: the class has one."""
        return (
            f":doc:`{self.owner}`" if self.name in _CALLED else f":py:{self.role}:`{PACKAGE}.{self.owner}.{self.name}`"
        )


@frozen(kw_only=True)
class Usage:
    """The places of one name. Pages are names of files without their suffix."""

    calls: list[str] = field(factory=list)
    """Lists and props of queries whose rows it is."""
    programs: list[str] = field(factory=list)
    """Pages whose programs name it, or call what gives it or takes it."""
    texts: list[str] = field(factory=list)
    """Pages whose text names it."""
    members: list[Member] = field(factory=list)
    """Methods and fields whose types name it."""
    raised_by: list[Member] = field(factory=list)
    """Methods whose docstring names it among the errors."""
    docstrings: list[str] = field(factory=list)
    """Public names whose docstring names it, or that are subclasses or unions of it."""


def usage() -> Mapping[str, Usage]:
    """The places of each public name."""
    members = [member for owner in NAMES for member in _members_of(owner)]
    docstrings = {name: _names_in_text(_description(name), name) for name in NAMES}
    return {name: _usage_of(name, members, docstrings) for name in NAMES}


def value_of(name: str) -> Any:
    """What the name stands for."""
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(f"{PACKAGE}.{module}") if module else mwclient_async, attribute)


def is_alias(name: str, value: type) -> bool:
    """Whether the name is that of a type alias: the class has another."""
    return value.__name__ != name.rpartition(".")[2]


def _description(name: str) -> str:
    """Its docstring, and the classes that a type alias stands for or that a class comes from."""
    value = value_of(name)
    if inspect.isfunction(value):
        return inspect.getdoc(value) or ""
    if not inspect.isclass(value) or is_alias(name, value):
        return " ".join(alias_source(name))
    return f"{inspect.getdoc(value)} {' '.join(base.__name__ for base in value.__mro__)}"


def alias_source(name: str) -> tuple[str, str]:
    """The expression of a type alias, and the docstring below it."""
    module = f"{PACKAGE}.{HOMES[name]}"
    analyzer = ModuleAnalyzer.for_module(module)
    word = name.rpartition(".")[2]
    docstring = analyzer.find_attr_docs().get(("", word), [""])
    match = re.search(rf"^{word}(?:: TypeAlias)? = (.*?)\n(?=[^\s)])", analyzer.code, re.DOTALL | re.MULTILINE)
    expression = " ".join(match[1].split()) if match else ""
    if expression.startswith("("):
        expression = expression.removeprefix("( ").removesuffix(" )")
    return expression, "\n".join(docstring)


def _usage_of(name: str, members: list[Member], docstrings: Mapping[str, frozenset[str]]) -> Usage:
    naming = [member for member in members if name in member.types]
    raising = [member for member in members if name in member.raises]
    patterns = list(_patterns_of_rows(name))
    patterns += [_pattern_of_call(member.name) for member in naming if member.role == "meth"]
    patterns += [rf"\w\.{member.name}\b" for member in naming if member.owner in _FIELDS_KNOWN_BY_NAME]
    pages = _pages()
    return Usage(
        calls=_row_calls(name),
        programs=[
            page
            for page, (_, programs) in pages.items()
            if _is_named(name, programs, programs) or any(re.search(p, programs) for p in patterns)
        ],
        texts=[page for page, (text, programs) in pages.items() if _is_named(name, text, programs)],
        members=naming,
        raised_by=raising,
        docstrings=[other for other, words in docstrings.items() if name in words and other != name],
    )


@cache
def _pages() -> Mapping[str, tuple[str, str]]:
    """Page -> its text in code style, and its programs."""
    found = {}
    for path in sorted(DOCS.glob("*.md")):
        content = path.read_text(encoding="utf-8")
        programs = "".join(re.findall(r"```python\n(.*?)```", content, re.DOTALL))
        prose = re.sub(r"```.*?```", "", content, flags=re.DOTALL)
        found[path.stem] = ("\n".join(re.findall(r"`([^`\n]+)`", prose)), programs)
    return found


def _pattern_of_call(method: str) -> str:
    """A call of the method that is awaited, iterated or entered, so that it is not Python's."""
    return rf"(?:await |async for .+ in |async with |with )[^=\n]*\.{method}\("


def _is_named(name: str, text: str, programs: str) -> bool:
    """Whether the text has the name. A name that is also another one is meant if programs import from its module."""
    module, _, word = name.rpartition(".")
    is_unique = NAME_OF_WORD[word] == name and word not in _PLAIN
    return bool(re.search(rf"\b{word}\b", text)) and (is_unique or f"{PACKAGE}.{module} import" in programs)


def _row_calls(name: str) -> list[str]:
    value = value_of(name)
    lists = [f'site.list("{module}")' for module, row in LIST_ROW_CLASSES.items() if row is value]
    props = [f'site.query(prop=["{prop}"])' for prop, row in PROP_ROW_CLASSES.items() if row() is value]
    return lists + props


def _patterns_of_rows(name: str) -> Iterator[str]:
    value = value_of(name)
    yield from (rf'\.list\(\s*"{module}"' for module, row in LIST_ROW_CLASSES.items() if row is value)
    yield from (rf'prop=\[?[^\]\n]*"{prop}"' for prop, row in PROP_ROW_CLASSES.items() if row() is value)


def _members_of(owner: str) -> Iterator[Member]:
    value = value_of(owner)
    if not inspect.isclass(value) or is_alias(owner, value):
        return
    for base in value.__mro__:
        if base.__module__.startswith(PACKAGE):
            yield from _own_members(owner, base)


def _own_members(owner: str, base: type) -> Iterator[Member]:
    for name, annotation in vars(base).get("__annotations__", {}).items():
        if not name.startswith("_"):
            yield Member(owner=owner, name=name, role="attr", types=_names_in(annotation, owner))
    for name, member in vars(base).items():
        function = getattr(member, "fget", None) or getattr(member, "__func__", member)
        if inspect.isfunction(function) and (name in _CALLED or not name.startswith("_")):
            yield Member(
                owner=owner,
                name=name,
                role="attr" if isinstance(member, property) else "meth",
                types=frozenset().union(*(_names_in(hint, owner) for hint in function.__annotations__.values())),
                raises=_names_in_text((inspect.getdoc(function) or "").partition("Raises:")[2], owner),
            )


def _names_in(value: Any, owner: str) -> frozenset[str]:
    """The public names in an annotation."""
    words = re.findall(r"\w+", value if isinstance(value, str) else str(value))
    return frozenset({NAME_OF_WORD[word] for word in words if word in NAME_OF_WORD} - {owner})


def _names_in_text(text: str, owner: str) -> frozenset[str]:
    return _names_in(text, owner) - {name for word in _PLAIN if "." in (name := NAME_OF_WORD[word])}
