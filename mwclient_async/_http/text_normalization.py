"""How a wiki changes a text when it stores it, as far as a client can predict.

The stored text differs from the text that was sent. The wiki trims the end, normalizes line breaks and characters, and
transforms wikitext once when it saves: ``~~~~`` becomes a signature with the server's time, ``{{subst:...}}`` becomes
the text of a template, and the pipe trick ``[[Foo (bar)|]]`` gets a label. A client cannot predict the results of these
transforms. It can only predict that the text around them stays. A page of JSON is stored with new line breaks and
spaces, and the same data.
See https://www.mediawiki.org/wiki/Manual:Pre-save_transform.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata

from mwclient_async._values.title_text import sent_form

_SUBSTITUTED = re.compile(r"\{\{\s*(?:safe)?subst\s*:", re.IGNORECASE)
_TRANSFORMED = re.compile(r"~{3,}|\[\[[^\[\]\n|]*\|\]\]|\[\[\|[^\[\]\n|]+\]\]")
_BRACES = re.compile(r"\{\{|\}\}")
_TRIMMED = " \t\n\r\0\x0b"  # white space by PHP's trim(); unlike in Python, no-break spaces stay
_ZERO_WIDTH_JOINER = "\u200d"
_REGIONAL_INDICATORS = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # two of these letters make one flag
MAX_SUMMARY_LENGTH = 500
"""How many code points of a summary a wiki keeps."""


def stored_form(text: str) -> str:
    """The text as the wiki stores it, if nothing in it is transformed."""
    return _trimmed(sent_form(text).replace("\r\n", "\n").replace("\r", "\n"))


def md5_of(text: str) -> str:
    """The ``md5`` parameter for a text. With it, the wiki refuses a text that was cut on its way."""
    return hashlib.md5(sent_form(text).encode(), usedforsecurity=False).hexdigest()


def sha1_of(text: str) -> str:
    """The SHA-1 that the wiki gives for a revision with this text, in hex."""
    return hashlib.sha1(stored_form(text).encode(), usedforsecurity=False).hexdigest()


def may_be_stored_form(stored: str, *, sent: str) -> bool:
    """Whether the wiki may have stored ``stored`` when it was sent ``sent``."""
    expected, found = stored_form(sent), _trimmed(stored)
    pieces = _literal_pieces(expected)
    if len(pieces) == 1:
        return expected == found or _is_same_json(expected, found)
    first, *middle, last = pieces
    at, end = len(first), len(found) - len(last)
    if not found.startswith(first) or not found.endswith(last):
        return False
    for piece in middle:
        start = found.find(piece, at, end)
        if start < 0:
            return False
        at = start + len(piece)
    return at <= end


def _is_same_json(one: str, other: str) -> bool:
    """Whether both texts are JSON of the same data, in the same order."""
    if not (one.lstrip().startswith(("{", "[")) and other.startswith(("{", "["))):
        return False
    try:
        return json.dumps(json.loads(one)) == json.dumps(json.loads(other))
    except (ValueError, RecursionError):
        return False


def may_hold_change(stored: str, *, base: str, sent: str) -> bool:
    """Whether the wiki may have merged the change from ``base`` to ``sent`` with a change of another user."""
    before, after, found = (set(text.splitlines()) for text in (stored_form(base), stored_form(sent), stored))
    added = {line for line in after - before if len(_literal_pieces(line)) == 1}
    removed = before - after
    return bool(added) and added <= found and not removed & found


def _trimmed(text: str) -> str:
    return text.rstrip(_TRIMMED)


def _literal_pieces(text: str) -> list[str]:
    """The pieces of a text that stay unchanged, split where something is transformed."""
    pieces, at = [], 0
    for start in _SUBSTITUTED.finditer(text):
        if start.start() >= at:
            pieces += _TRANSFORMED.split(text[at : start.start()])
            at = _end_of_braces(text, start.start())
    return [*pieces, *_TRANSFORMED.split(text[at:])]


def _end_of_braces(text: str, start: int) -> int:
    """The position after the braces that close those at ``start``; the end of the text if none do."""
    depth = 0
    for brace in _BRACES.finditer(text, start):
        depth += 1 if brace[0] == "{{" else -1
        if depth == 0:
            return brace.end()
    return len(text)


def stored_summary(summary: str) -> str:
    """The summary as the wiki stores it, apart from signatures and the like."""
    return " ".join(sent_form(summary).split())[:MAX_SUMMARY_LENGTH].rstrip()


def may_be_summary(stored: str, *, sent: str) -> bool:
    """Whether the wiki may have stored ``stored`` for this summary. For an empty summary, the wiki makes its own."""
    expected, found = stored_summary(sent), " ".join(stored.split())
    return (
        not expected or found == expected or (found.endswith("...") and expected.startswith(found.removesuffix("...")))
    )


def summary_with_suffix(summary: str, suffix: str = "") -> str:
    """The summary with the suffix at its end, shortened before the suffix to the length that a wiki keeps."""
    summary, suffix = sent_form(summary), sent_form(suffix.strip())
    tail = f" {suffix}" if summary and suffix else suffix
    room = MAX_SUMMARY_LENGTH - len(tail)
    if len(summary) <= room:
        return summary + tail
    return _cut_between_characters(summary, room - 1) + "…" + tail


def _cut_between_characters(text: str, length: int) -> str:
    """The beginning of a text. A character that consists of several code points is kept whole, or left out."""
    end = max(0, length)
    while 0 < end < len(text) and _is_inside_character(text, end):
        end -= 1
    return text[:end].rstrip()


def _is_inside_character(text: str, at: int) -> bool:
    """Whether the code point at this position belongs to the character that begins before it."""
    char = text[at]
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char == _ZERO_WIDTH_JOINER
        or text[at - 1] == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # a skin tone
        or "\U000e0020" <= char <= "\U000e007f"  # a letter of a flag such as England's
        or (char in _REGIONAL_INDICATORS and (at - len(text[:at].rstrip(_REGIONAL_INDICATORS))) % 2 == 1)
    )
