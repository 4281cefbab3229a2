"""Counts the lines of code of a program: without blank lines, comments and imports."""

from __future__ import annotations

import ast
import io
import tokenize

_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_python(text: str) -> int:
    """The lines that have code, without import statements."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


def lines_of_javascript(text: str) -> int:
    """The same of a module whose imports and comments have lines of their own."""
    lines = (line.strip() for line in text.splitlines())
    return sum(bool(line) and not line.startswith(("import ", "//")) for line in lines)
