"""The pages of the reference that are not those of names: the commands, and the fixtures of pytest."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

from attrs import frozen
from typer.testing import CliRunner

from mwclient_async.cli.commands import EXAMPLES, app
from mwclient_async.testing import plugin

_MODULES = {"testing install": "testing", "testing serve": "testing", "tour": "index"}
"""What ``python -m`` runs below the package -> the page that has an example."""


@frozen
class CommandPage:
    """One page: the name of its file, its heading, what is below that, and the first line of that."""

    file: str
    heading: str
    body: str
    summary: str


def command_pages() -> list[CommandPage]:
    """A page for each command, and one for the fixtures."""
    return [*_pages_of_mwa(), *_pages_of_modules(), _fixtures()]


def _pages_of_mwa() -> Iterator[CommandPage]:
    for name in EXAMPLES:
        done = CliRunner().invoke(app, [name, "--help"], prog_name="mwa", env={"TERM": "dumb"})
        yield _command(f"mwa-{name}", f"mwa {name}", done.stdout, example="command-line")


def _pages_of_modules() -> Iterator[CommandPage]:
    for words, page in _MODULES.items():
        command = ["-m", *f"mwclient_async.{words}".split()]
        done = subprocess.run([sys.executable, *command, "--help"], capture_output=True, text=True, check=True)  # noqa: S603
        yield _command(words.replace(" ", "-"), " ".join(["python", *command]), done.stdout, example=page)


def _command(file: str, heading: str, text: str, *, example: str) -> CommandPage:
    _usage, description, *_ = text.strip().split("\n\n")
    body = f".. code-block:: text\n\n{indent(text, '   ')}\n\nExamples are on :doc:`/{example}`.\n"
    summary = re.sub(r"(--\w+)", r"``\1``", " ".join(description.split()))
    return CommandPage(file, heading, body, summary)


def _fixtures() -> CommandPage:
    source = ast.parse(Path(inspect.getfile(plugin)).read_text(encoding="utf-8"))
    functions = [node for node in source.body if isinstance(node, ast.FunctionDef)]
    body = "".join(map(_fixture, functions)) + "An example is on :doc:`/testing`.\n"
    return CommandPage("fixtures", "Fixtures of pytest", body, " and ".join(node.name for node in functions))


def _fixture(function: ast.FunctionDef) -> str:
    *_, kind = re.findall(r"\w+", ast.unparse(function.returns or function))
    text = indent(ast.get_docstring(function) or "", "   ")
    return f".. py:data:: {function.name}\n   :type: mwclient_async.testing.{kind}\n\n{text}\n\n"
