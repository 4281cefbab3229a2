"""The text of a title, as far as no wiki's namespaces are needed: characters, spaces, entities, addresses of users.

MediaWiki's rules are in ``includes/title/MediaWikiTitleCodec.php`` (``splitTitleString``), those of texts that it is
sent in ``Language::normalize``.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Collection, Iterator
from html.entities import html5

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DIRECTION_MARKS = re.compile("[\u200e\u200f\u202a-\u202e]+")
SPACES = re.compile("[ _\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
"""What becomes one space in a title."""

_REFERENCE_NAME = r"[^\x00-/:-@\[-`{-\x7f]+;"  # letters and digits; Python compiles what it excludes much faster
_REFERENCE = re.compile(rf"&({_REFERENCE_NAME})|&#([0-9]+);|&#[xX]([0-9A-Fa-f]+);")
_MOST_DIGITS = 10  # of a code point; a longer number is not one
_REFERABLE = (range(0x20, 0x7F), range(0xA0, 0xD800), range(0xE000, 0xFFFE), range(0x10000, sys.maxunicode + 1))
_REFERENCES_OF_MEDIAWIKI = {"רלמ;": "\u200f", "رلم;": "\u200f"}

ESCAPES = rf"%[0-9A-Fa-f]{{2}}|&{_REFERENCE_NAME}"
"""What no title can hold, because it means something else in an address or in HTML."""

LEGAL_CHARACTERS = " %!\"$&'()*,\\-.\\/0-9:;=?@A-Z\\\\^_`a-z~\\x80-\\xFF+"
"""The class of bytes that titles can have, unless a wiki says otherwise."""

_ARABIC_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefe]")
_MALAYALAM = re.compile("([ണനരലളക])\u0d4d\u200d")
_CHILLU = dict(zip("ണനരലളക", "ൺൻർൽൾൿ", strict=True))

_OLD_UNICODE = unicodedata.ucd_3_2_0  # what it maps, every version of PHP maps
_DOTTED_I = frozenset({"tr", "az", "kaa", "kk"})


def sent_form(text: str) -> str:
    """The text as the wiki reads it from a request: in NFC, with control characters replaced."""
    return _CONTROL.sub("\ufffd", unicodedata.normalize("NFC", text))


def decoded_references(text: str) -> str:
    """The text with character references such as ``&eacute;`` and ``&#233;`` replaced."""
    return sent_form(_REFERENCE.sub(_decoded, text)) if "&" in text else text


def _decoded(found: re.Match[str]) -> str:
    name, decimal, hexadecimal = found.groups()
    if name is not None:
        return _REFERENCES_OF_MEDIAWIKI.get(name) or html5.get(name) or found[0]
    digits = (decimal or hexadecimal).lstrip("0")
    code = int(digits or "0", 10 if decimal else 16) if len(digits) <= _MOST_DIGITS else 0
    is_referable = code in {0x9, 0xA} or any(code in codes for codes in _REFERABLE)
    return chr(code) if is_referable else "\ufffd"


def in_form_of(languages: Collection[str], text: str) -> str:
    """The text as wikis in these languages store it: Arabic and Malayalam ones replace old characters."""
    if "ar" in languages:
        text = _ARABIC_FORMS.sub(lambda form: _base_form(form[0]), text)
    if "ml" in languages:
        text = _MALAYALAM.sub(lambda form: _CHILLU[form[1]], text)
    return text


def _base_form(char: str) -> str:
    return "\u0677" if char == "\ufbdd" else unicodedata.normalize("NFKC", char)


def without_direction_marks(text: str) -> str:
    """The text without the marks that change the direction of writing."""
    return _DIRECTION_MARKS.sub("", text)


def with_single_spaces(text: str, space: str = " ") -> str:
    """The text with ``space`` for each run of spaces and underscores, and none at its ends."""
    return SPACES.sub(space, text).strip(space)


def is_relative(name: str) -> bool:
    """Whether a part of the name is ``.`` or ``..``, which means another page in an address."""
    return not {".", ".."}.isdisjoint(name.split("/"))


def lower_case(text: str, *, final_sigma: bool) -> str:
    """The text in lower case. Older versions of PHP have no other form of the Greek sigma at the end of a word."""
    return text.lower() if final_sigma or text.isascii() else "".join(char.lower() for char in text)


def certain_capital(char: str, languages: Collection[str]) -> str | None:
    """The capital of a title's first character; None if that depends on the wiki's version or settings."""
    if char.isascii():
        return None if char == "i" and not _DOTTED_I.isdisjoint(languages) else char.upper()
    capital = char.upper()
    if capital == char:
        is_certain = char.title() == char and unicodedata.category(char) not in {"Ll", "Cn"}
        return char if is_certain else None
    is_old = _OLD_UNICODE.category(char) == "Ll" and len(capital) == 1 and _OLD_UNICODE.category(capital) == "Lu"
    return capital if is_old and char.title() == capital else None


def uncertain_letters() -> Iterator[str]:
    """The letters whose capital depends on the wiki."""
    for char in map(chr, range(0x80, 0x1F000)):
        is_sent = unicodedata.normalize("NFC", char) == char
        if is_sent and {char} != {char.upper(), char.title()} and certain_capital(char, ()) is None:
            yield char


# Addresses of users --------------------------------------------------------------------------------------------------

_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|0?[0-9]?[0-9])"
_IPV4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}(?:/(?:3[0-2]|[12][0-9]|[0-9]))?"
_IPV6_RANGE = "(?:/(?:12[0-8]|1[01][0-9]|[1-9][0-9]|[0-9]))?"
_WORDS_OF_IPV6 = 8
_WORD = re.compile("[0-9A-Fa-f]{1,4}")


def canonical_address(name: str) -> str:
    """The name of a user; if it is an IP address or range, in the form that the wiki gives all of its spellings."""
    if re.fullmatch(_IPV4, name):  # compiled at its first use
        return re.sub(r"(?:^|(?<=\.))0+(?=[1-9]|0[./]|0$)", "", name)
    address, slash, bits = name.partition("/")
    words = _words_of_ipv6(address)
    if words is None or not re.fullmatch(_IPV6_RANGE, slash + bits):
        return name
    if slash and address == "::":  # the wiki's own form of it has one zero less
        words[-1] = ""
    return ":".join(word.lstrip("0").upper() or word[-1:] for word in words) + slash + bits


def _words_of_ipv6(address: str) -> list[str] | None:
    """The eight words of an IPv6 address; None if it is not one."""
    head, gap, tail = address.partition("::")
    before, after = head.split(":") if head else [], tail.split(":") if tail else []
    zeros = _WORDS_OF_IPV6 - len(before) - len(after)
    if not all(map(_WORD.fullmatch, [*before, *after])) or (zeros < 1 if gap else zeros):
        return None
    return [*before, *(["0"] * zeros), *after]
