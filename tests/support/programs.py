"""The programs of the README and the docs. ``python -m tests.support.programs DIRECTORY`` writes them as files.

Type checkers then read the files: `make check` and `make types` do that. Programs that need a library which neither the
package nor its tests need are recipes: only `make docs` installs these libraries, runs the recipes, and checks their
types.

A page that compares with another client has pairs of blocks, first the other client's, then ours. The first pair
connects; the others take the place of its ``...``, or follow it. Each half is one program. What is typed at a prompt
that has an event loop awaits outside of functions; here it becomes the body of a function.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

from attrs import frozen

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WIKIPEDIA = "https://en.wikipedia.org/w/api.php"
"""The wiki of the programs; tests put a LocalWiki in its place."""
INSTALLED = {
    "mwclient_async",
    "anyio",
    "attrs",
    "cattrs",
    "httpx",
    "mwparserfromhell",
    "rich",
    *sys.stdlib_module_names,
}


@frozen(kw_only=True)
class Program:
    """One program. ``is_ours`` is False if it is written for another client."""

    name: str
    text: str
    is_ours: bool = True

    @property
    def is_recipe(self) -> bool:
        """Whether it imports what neither the package nor its tests install."""
        return not _imports(self.text) <= INSTALLED


def programs() -> Iterator[Program]:
    """Each program, in the order of the pages."""
    for page in PAGES:
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        if page.name.startswith("coming-from-"):
            yield Program(name=f"{page.name}-theirs", text=_joined(blocks[0::2]), is_ours=False)
            yield Program(name=f"{page.name}-ours", text=_joined(blocks[1::2]))
            continue
        for number, block in enumerate(blocks):
            yield Program(name=f"{page.name}-{number}", text=_in_a_function(block) if _awaits(block) else block)


def _joined(blocks: list[str]) -> str:
    first, *others = blocks
    if place := re.search(r"^( *)\.\.\.\n", first, re.MULTILINE):
        return first[: place.start()] + indent("\n".join(others), place[1]) + first[place.end() :]
    return "\n".join(blocks)


def _awaits(block: str) -> bool:
    """Whether it awaits outside of functions, as only a prompt allows."""
    code = compile(block, "<block>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return bool(code.co_flags & inspect.CO_COROUTINE)


def _in_a_function(block: str) -> str:
    body = indent(block, "    ")
    return f"import asyncio\n\n\nasync def main() -> None:\n{body}\n\nasyncio.run(main())\n"


def _imports(text: str) -> set[str]:
    """The top-level modules that a program imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name.partition(".")[0] for name in found}


def run(program: str, **fixtures: object) -> None:
    """Run it in this process, then call the tests that it defines with the fixtures that they name."""
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(program, "<program>", "exec", dont_inherit=True), names)
    for name in re.findall(r"^def (test_\w+)", program, re.MULTILINE):
        names[name](**{wanted: fixtures[wanted] for wanted in inspect.signature(names[name]).parameters})


def write(directory: Path, *, recipes: bool) -> None:
    """Write our programs, or our recipes, each into a file. What the directory held before is removed."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for program in programs():
        if program.is_ours and program.is_recipe is recipes:
            (directory / (re.sub(r"\W", "_", program.name) + ".py")).write_text(program.text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the programs of the documentation as files.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--recipes", action="store_true", help="those that need further libraries, and no others")
    arguments = parser.parse_args()
    write(arguments.directory, recipes=arguments.recipes)
