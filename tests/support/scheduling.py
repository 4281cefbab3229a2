"""Which tests pytest-xdist runs in one process: those of a file, and those of all files that read the same seeded wiki.

A wiki is seeded in each process that asks for it, which takes seconds. Which wiki a file reads is found out from its
words, because the process that distributes the tests does not collect them. A wrong guess costs time only.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).parent.parent.parent
READERS = {
    "populated wiki": r"\b(populated|PopulatedWiki)\b",
    "campaign's wiki": r"\b(get_)?campaign_wiki\b",
    "wikis of REST": r"\b(rest_wikis|open_sites)\b",
    "corpus": r"\bcorpus: Corpus\b|\breader: Site\b",
}
"""How a file names each wiki, or a fixture that leads to it; the first one in this order counts."""


def seeded_wiki(source: str) -> str | None:
    """The wiki that a file of tests reads."""
    return next((wiki for wiki, pattern in READERS.items() if re.search(pattern, source)), None)


@cache
def process_of(file: str) -> str:
    """The name of what is not divided between processes: a seeded wiki, or this file."""
    path = ROOT / file
    return (seeded_wiki(path.read_text(encoding="utf-8")) if path.exists() else None) or file


class ByWiki(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist has no types
    """Distributes files as ``--dist loadfile`` does, and keeps the files of a seeded wiki together."""

    def _split_scope(self, nodeid: str) -> str:
        return process_of(str(super()._split_scope(nodeid)))
