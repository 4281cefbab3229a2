"""What a well-behaved bot looks at before it edits: the templates that exclude it, and the length of its summary.

See https://en.wikipedia.org/wiki/Template:Bots and https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

import re
import unicodedata

from mwclient_async._http.text_normalization import sent_form

SUMMARY_LENGTH = 500
"""How many code points of a summary a wiki keeps."""

_INERT = re.compile(r"<!--.*?-->|<nowiki(?:\s[^<>]*)?(?<!/)>.*?</nowiki\s*>", re.DOTALL | re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{[\s_]*(?:template[\s_]*:[\s_]*)?(nobots|bots)[\s_]*(\|[^{}]*)?\}\}", re.IGNORECASE)
_NESTED = re.compile(r"\{\{(?![\s_]*(?:template[\s_]*:[\s_]*)?(?:no)?bots[\s_]*[|}])[^{}]*\}\}", re.IGNORECASE)
_JOINER = "\u200d"
_HALVES = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # of flags: two letters make one


def admits(text: str, bot: str) -> bool:
    """Whether a page with this text may be edited by the bot of that name."""
    plain, nested = _INERT.sub("", text), 1
    while nested:
        plain, nested = _NESTED.subn("", plain)
    return all(_says_yes(found[1], found[2] or "", bot) for found in _TEMPLATE.finditer(plain))


def _says_yes(template: str, arguments: str, bot: str) -> bool:
    given = {
        name.strip().casefold(): {_named(item) for item in value.split(",")}
        for name, _, value in (argument.partition("=") for argument in arguments.split("|")[1:])
    }
    mine = {_named(bot), "all"}
    allow, deny = given.get("allow"), given.get("deny")
    if template.casefold() == "nobots":
        return allow is not None and not mine.isdisjoint(allow)
    if allow is not None:
        return "none" not in allow and not mine.isdisjoint(allow)
    return deny is None or mine.isdisjoint(deny)


def _named(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def summary_of(summary: str, suffix: str = "") -> str:
    """A summary with what stands at its end, cut before that to the length that a wiki keeps."""
    summary, suffix = sent_form(summary), sent_form(suffix.strip())
    tail = f" {suffix}" if summary and suffix else suffix
    room = SUMMARY_LENGTH - len(tail)
    if len(summary) <= room:
        return summary + tail
    return _cut(summary, room - 1) + "…" + tail


def _cut(text: str, length: int) -> str:
    """The beginning of a text, without half of a character that is made of several code points."""
    end = max(0, length)
    while 0 < end < len(text) and _belongs(text, end):
        end -= 1
    return text[:end].rstrip()


def _belongs(text: str, at: int) -> bool:
    """Whether the code point there is a part of the character that begins before it."""
    char = text[at]
    return (
        unicodedata.category(char) in {"Mn", "Me", "Mc"}
        or char == _JOINER
        or text[at - 1] == _JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # a colour of skin
        or "\U000e0020" <= char <= "\U000e007f"  # a letter of a flag
        or (char in _HALVES and (at - len(text[:at].rstrip(_HALVES))) % 2 == 1)
    )
