"""Plain English: turns of phrase that a reader who learnt English as a second language would stumble over.

Docstrings, comments, messages and documentation pages are read; what is in backticks is code. To look at some files:
``python -m tests.test_prose mwclient_async/_http``.
"""

from __future__ import annotations

import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

BANNED = {
    r"mend(?:s|ed|ing)?": "fix, renew, recover",
    r"who(?:m)?ever": "the caller, any task that",
    r"for ever\b": "forever",
    r"(?:tell|tells|told|telling) of": "describe, report",
    r"(?:stands|stood)(?! for)": "is, was",
    r"(?:go|goes|gone|going|went) on\b(?! to)": "continue, resume",
    r"(?:no|some|every)body": "no one, another user, the caller, anyone",
    r"(?:in the |in its )?midst": "during, within",
    r"by now": "now, already",
    r"(?<!there )(?<!, )(?:is|are|was|were) no (?!longer|more|one)\w+": "is not a",
    r"(?<![\w-])as it likes": "as it chooses",
    r"what is there": "the current text, the existing file",
    r"(?:is|are|was|were) there(?: already)?[.,;:)]": "exists, is present",
    r"errands?": "job, request",
    r"brothers?": "sibling",
    r"baskets?": "buffer",
    r"entrances?": "login, authenticator",
    r"conversations?": "flow",
    r"doubts?": "lost reply, unknown outcome",
    r"dress(?:es)?": "credentials",
    r"farewell|hither|thereby|whereby|hereby|thereof|whence": "a plain word",
    r"in vain": "without success",
    r"put to the proof": "tested",
    r"maybe an? empty": "possibly empty",
    r"of use\b": "useful",
    r"ill\b": "a plain word",
    r"it is to be": "must be, should be",
    r"are to be": "must be, should be",
    r"in so many words": "explicitly",
    r"all the same": "still, nevertheless",
    r"has gone by": "is in the past",
    r"patience": "time-out, deadline",
    r"as good as": "almost",
}
BANNED_AT_START = {r"\b(?:Where|Whose|Whom|Should|Else|Nor) (?=[a-z])": "If ..."}

_PATTERNS = [(re.compile(rf"\b(?:{turn})", re.IGNORECASE), better) for turn, better in BANNED.items()]
_PATTERNS += [(re.compile(turn), better) for turn, better in BANNED_AT_START.items()]
_ANY_IN_LOWER_CASE = re.compile(rf"\b(?:{'|'.join(BANNED)})")
_ANY_AT_START = re.compile("|".join(BANNED_AT_START))
_CODE = re.compile(r"```.*?```|``[^`]+``|`[^`]+`|https?://\S+", re.DOTALL)
_THIS = Path(__file__).name


def prose_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of what people read in a file: Markdown outside code, or the comments and strings of Python."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield 1, _without_code(source)
        return
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.COMMENT, tokenize.STRING} and " " in token.string:
            yield token.start[0], _without_code(token.string)


def _without_code(text: str) -> str:
    return _CODE.sub(lambda found: "`" + "\n" * found[0].count("\n") + "`", text)


def _with_single_spaces(text: str) -> str:
    return re.sub(r"[ \t]+", " ", text)


def _has_any(source: str) -> bool:
    """Whether a banned turn is anywhere in a source, be it code or prose: most have none, and need no second look."""
    plain = _with_single_spaces(source)
    return bool(_ANY_IN_LOWER_CASE.search(plain.lower()) or _ANY_AT_START.search(plain))


def stumbles(path: Path) -> list[str]:
    """ "path:line: what is written; what to write instead" for every banned turn of a file."""
    found = []
    for line, text in prose_of(path) if _has_any(path.read_text(encoding="utf-8")) else ():
        plain = _with_single_spaces(text)
        for pattern, better in _PATTERNS:
            for match in pattern.finditer(plain):
                at = line + plain.count("\n", 0, match.start())
                found.append(f"{path}:{at}: {match[0].strip()!r}; write: {better}")
    return found


def files(*places: Path) -> list[Path]:
    found = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
    return sorted(path for path in found if path.suffix in {".py", ".md"} and path.name != _THIS)


PLACES = (*(ROOT / name for name in ("mwclient_async", "tests", "benchmarks", "docs")), *ROOT.glob("*.md"))


def test_no_banned_turn_of_phrase() -> None:
    assert [stumble for path in files(*PLACES) for stumble in stumbles(path)] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('"""A token that is no token."""', 1),
        ("x = 1  # gone on with by whoever likes", 2),
        ('raise E("there is no page")', 0),
        ('"""Where nothing is asked, nothing comes."""', 1),
        ('"""``nobody`` is code."""', 0),
        ("nobody = 1", 0),
    ],
)
def test_banned_turns_are_found(text: str, count: int, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(text)
    assert len(stumbles(file)) == count


if __name__ == "__main__":
    for place in files(*map(Path, sys.argv[1:])):
        for stumble in stumbles(place):
            print(stumble)  # noqa: T201 - a list for the terminal
