"""The programs of the README and the docs. ``python -m tests.support.programs DIRECTORY`` writes them as files.

Type checkers then read the files: `make check` and `make types` do that.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def programs() -> Iterator[tuple[str, str]]:
    """The name and the text of each program, in the order of the pages."""
    for page in PAGES:
        blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        for number, block in enumerate(blocks):
            yield f"{page.name}-{number}", block


def write(directory: Path) -> None:
    """Write each program into a file of its own. What the directory held before is removed."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for name, program in programs():
        (directory / (re.sub(r"\W", "_", name) + ".py")).write_text(program, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
