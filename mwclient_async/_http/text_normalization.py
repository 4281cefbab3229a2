"""What a wiki makes of a text when it stores it, as far as a client can foretell.

Sent text is not stored text: the end is trimmed, line ends and characters are made uniform, and wikitext is
transformed once when it is saved: ``~~~~`` becomes a signature with the server's time, ``{{subst:...}}`` a template's
text, the pipe trick ``[[Foo (bar)|]]`` a label. What comes in their places cannot be foretold, only that all around
them stays. See https://www.mediawiki.org/wiki/Manual:Pre-save_transform.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SUBSTITUTED = re.compile(r"\{\{\s*(?:safe)?subst\s*:", re.IGNORECASE)
_TRANSFORMED = re.compile(r"~{3,}|\[\[[^\[\]\n|]*\|\]\]|\[\[\|[^\[\]\n|]+\]\]")
_BRACES = re.compile(r"\{\{|\}\}")
_TRIMMED = " \t\n\r\0\x0b"  # what PHP takes for white space, unlike Python: no-break spaces stay
_LONGEST_SUMMARY = 500  # code points


def sent_form(text: str) -> str:
    """A text as the wiki takes it from a request: composed characters, and no control characters."""
    return _CONTROL.sub("\ufffd", unicodedata.normalize("NFC", text))


def stored_form(text: str) -> str:
    """A text as the wiki stores it, where nothing in it is transformed."""
    return _trimmed(sent_form(text).replace("\r\n", "\n").replace("\r", "\n"))


def md5_of(text: str) -> str:
    """The ``md5`` parameter for a text: the wiki refuses one that was cut on the way."""
    return hashlib.md5(sent_form(text).encode(), usedforsecurity=False).hexdigest()


def sha1_of(text: str) -> str:
    """The SHA-1 of a revision with just this text, in hex."""
    return hashlib.sha1(stored_form(text).encode(), usedforsecurity=False).hexdigest()


def may_be_stored_form(stored: str, *, sent: str) -> bool:
    """Whether a wiki that was sent one text may have stored the other."""
    wanted, found = stored_form(sent), _trimmed(stored)
    pieces = _literal(wanted)
    if len(pieces) == 1:
        return wanted == found
    first, *middle, last = pieces
    at, end = len(first), len(found) - len(last)
    if not found.startswith(first) or not found.endswith(last):
        return False
    for piece in middle:
        place = found.find(piece, at, end)
        if place < 0:
            return False
        at = place + len(piece)
    return at <= end


def may_hold_change(stored: str, *, base: str, sent: str) -> bool:
    """Whether the wiki may have joined the change from ``base`` to ``sent`` with that of somebody else."""
    before, wanted, found = (set(text.splitlines()) for text in (stored_form(base), stored_form(sent), stored))
    added = {line for line in wanted - before if len(_literal(line)) == 1}
    return bool(added) and added <= found and not (before - wanted) & found


def _trimmed(text: str) -> str:
    return text.rstrip(_TRIMMED)


def _literal(text: str) -> list[str]:
    """What stays as it is, between all that is transformed."""
    pieces, at = [], 0
    for start in _SUBSTITUTED.finditer(text):
        if start.start() >= at:
            pieces += _TRANSFORMED.split(text[at : start.start()])
            at = _closing(text, start.start())
    return [*pieces, *_TRANSFORMED.split(text[at:])]


def _closing(text: str, start: int) -> int:
    """Where the braces that open there are closed; the end of the text, where they are not."""
    depth = 0
    for brace in _BRACES.finditer(text, start):
        depth += 1 if brace[0] == "{{" else -1
        if depth == 0:
            return brace.end()
    return len(text)


def stored_summary(summary: str) -> str:
    """A summary as the wiki stores it, but for signatures and the like."""
    return " ".join(sent_form(summary).split())[:_LONGEST_SUMMARY].rstrip()


def may_be_summary(stored: str, *, sent: str) -> bool:
    """Whether the wiki may have stored that for this summary. An empty one becomes what the wiki likes."""
    wanted, found = stored_summary(sent), " ".join(stored.split())
    return not wanted or found == wanted or (found.endswith("...") and wanted.startswith(found.removesuffix("...")))
