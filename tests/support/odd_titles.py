"""Odd titles: each rule of ``splitTitleString`` and its exceptions, put together at random."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from random import Random
from typing import Any, TypeVar
from urllib.parse import unquote

from mwclient_async import InvalidTitle, Site, SiteInfo, Title
from mwclient_async._values.title_text import in_form_of, sent_form

T = TypeVar("T")

SPECIAL = -1

_SPACES = (
    " ",
    "_",
    "  ",
    " _ ",
    "\xa0",
    "\u2003",
    "\u3000",
    "\u200e",
    "\u202e",
    "\u200f ",
    "\u180e",
    "\u200b",
    "\t",
    "",
)
_COLONS = (":", " :", ": ", " : ", "::", "_:_", ":_:", "&#58;", ":\u200e")
_PIECES = (
    *(
        "foo",
        "Bar",
        "x y",
        "ß",
        "éa",
        "e\u0301",
        "ǆ",
        "ŉ",
        "ა",
        "ⅰ",
        "ⓐ",
        "ᾳ",
        "i",
        "I",
        "ı",
        "İ",
        "ς",
        "ﬁ",
        "ﷺ",
        "ﻼ",
        "ﯝ",
    ),
    *("ണ്\u200d", "日本", "😀", "\U00010428", "\U0001e922", "𝐚", "한글", "\u1112\u1161\u11ab", "\u0345", "\u212a", "Å"),
    *(
        "%41",
        "%zz",
        "100%",
        "%%",
        "&eacute;",
        "&eacute",
        "&amp;",
        "&lt;",
        "&bogus;",
        "&#233;",
        "&#xE9;",
        "&#0;",
        "&#8;",
    ),
    *("&#x110000;", "&#99999999999;", "&#0000000065;", "&nbsp;", "&rlm;", "&רלמ;", "&", ";", "&amp;eacute;", "&notin;"),
    *(
        "#",
        "#x",
        "#x_y ",
        "##",
        "# #",
        ".",
        "..",
        "...",
        "/",
        "//",
        "./",
        "../",
        "/.",
        "/..",
        "/./",
        "a/b",
        "a/b/c/",
        "~",
    ),
    *(
        "~~",
        "~~~",
        "~~~~",
        "<",
        ">",
        "[",
        "]",
        "{",
        "}",
        "|",
        "\x07",
        "\x7f",
        "\ufffd",
        "\ufffe",
        "\ue000",
        "\n",
        "+",
        "?",
    ),
    *(
        "'",
        '"',
        "\\",
        "=",
        "@",
        "^",
        "`",
        "*",
        ",",
        "-",
        "(z)",
        "127.0.0.1",
        "010.001.000.09",
        "1.2.3.4/09",
        "1.2.3.0/24",
    ),
    *(
        "256.1.1.1",
        "::1",
        "::",
        "fe80::0AbC",
        "1::/64",
        "::/24",
        "2001:db8::00ff:42",
        "0:0:0:0:0:0:0:1",
        "1:2:3:4:5:6:7::",
    ),
    *("1:2:3:4:5:6:7:8:9", "::g", "1::2::3", "\u0130x", "\u01c5", "\u1e9e", "\u10d0", "\u1c90", "\u0264", "\u1fb3"),
)


def odd_titles(info: SiteInfo, count: int, seed: int) -> Iterator[str]:
    """So many titles for a wiki with these namespaces and interwiki prefixes."""
    random = Random(seed)
    prefixes = _prefixes(info)
    for _ in range(count):
        yield _one(random, prefixes)


def paths(info: SiteInfo) -> Iterator[str]:
    """Titles with slashes, in each namespace."""
    for namespace in info.namespaces.values():
        for path in ("a/b/c", "//a//b", "a/b/", "/a", "//", "a"):
            yield f"{namespace.name}:{path}"


def all_first_letters() -> Iterator[str]:
    """A title for each letter that has another case."""
    for char in map(chr, range(sys.maxunicode + 1)):
        if char.upper() != char or char.title() != char or unicodedata.category(char) in {"Ll", "Lt", "Nl"}:
            yield f"{char}x"


def _prefixes(info: SiteInfo) -> list[str]:
    names = [name for namespace in info.namespaces.values() for name in (namespace.name, namespace.canonical)]
    return [*filter(None, names), *info.namespacealiases, *info.interwikimap, "Talk", "User", "nope"]


def _one(random: Random, prefixes: Sequence[str]) -> str:
    kind = random.random()
    if kind < 0.04:
        return _long(random)
    text = "".join(
        random.choice(_PIECES) + random.choice(_SPACES) * random.randint(0, 1) for _ in range(random.randint(0, 3))
    )
    for _ in range(random.choice((0, 0, 1, 1, 1, 2, 3))):
        text = _odd_case(random, random.choice(prefixes)) + random.choice(_COLONS) + text
    return random.choice(("", "", "", ":", " :", "::", "_", "#")) + text + random.choice(("", "", "", " ", "#", "#f_g"))


def _odd_case(random: Random, prefix: str) -> str:
    changed = random.choice((str, str, str.upper, str.lower, str.swapcase, str.title))(prefix)
    return changed.replace(" ", random.choice((" ", "_", "  ", "\xa0")))


def _long(random: Random) -> str:
    """A title of about the greatest length."""
    char, prefix = random.choice(("a", "é", "日", "😀")), random.choice(("", "Special:", "Talk:", "#", "en:"))
    return prefix + char * ((random.choice((255, 512)) + random.randint(-2, 2)) // len(char.encode()))


async def differences(site: Site, titles: Iterable[str]) -> list[str]:
    """The titles that the wiki reads in another way than ``site.title``."""
    found = []
    for chunk in _chunks(list(titles), 50):
        query = (await site.call("query", titles=chunk))["query"]
        for title in chunk:
            ours, theirs = await _ours(site, title), _theirs(query, title)
            if ours != theirs and not (ours[:1] == theirs[:1] == (SPECIAL,)):  # special pages have further names
                found.append(f"{title!r}: the wiki has {theirs}, the Title {ours}")
    return found


async def _ours(site: Site, title: str) -> tuple[Any, ...]:
    try:
        read = await site.title(title)
    except InvalidTitle:
        return ("invalid",)
    if not read.text:  # a fragment or an interwiki prefix alone
        return ("interwiki", read.title) if read.interwiki else ("no page",)
    return ("interwiki", read.title) if read.interwiki else (read.ns, read.title)


def _theirs(query: Mapping[str, Any], title: str) -> tuple[Any, ...]:
    changed = {
        unquote(entry["from"]) if entry.get("fromencoded") else entry["from"]: entry["to"]
        for entry in query.get("normalized", ())
    }
    pages = {page["title"]: page for page in query.get("pages", ())}
    interwiki = {entry["title"] for entry in query.get("interwiki", ())}
    for languages in ((), ("ar",), ("ml",), ("ar", "ml")):
        sent = in_form_of(languages, sent_form(title))
        final = changed.get(sent, sent)
        if not final:  # a fragment alone
            return ("no page",) if title else ("invalid",)
        if final in pages:
            return ("invalid",) if pages[final].get("invalid") else (pages[final]["ns"], final)
        if final in interwiki:
            return ("interwiki", final)
    return ("nothing", title)


def _chunks(titles: list[T], size: int) -> Iterator[list[T]]:
    return (titles[at : at + size] for at in range(0, len(titles), size))


_WORDS = ("TALKPAGENAME", "SUBJECTPAGENAME", "BASEPAGENAME", "ROOTPAGENAME", "SUBPAGENAME", "NAMESPACENUMBER")


async def differences_of_relatives(site: Site, texts: Iterable[str]) -> list[str]:
    """The local titles of which the wiki has another talk page, subject, base, root or subpage than the Title."""
    read = [await _title_or_none(site, text) for text in texts]
    # the name of a namespace that is also an alias of another one cannot be sent
    titles = [title for title in read if title is not None and await _title_or_none(site, title.title) == title]
    found = []
    for chunk in _chunks([title for title in titles if title.text and not title.interwiki], 100):
        lines = ["\t".join(f"{{{{{word}:{title.title}}}}}" for word in _WORDS) for title in chunk]
        expanded = await site.actions.expandtemplates("\n".join(lines), prop="wikitext")
        for title, line in zip(chunk, (expanded.wikitext or "").split("\n"), strict=True):
            ours = _relatives(title)
            theirs = tuple(unescape(part).rstrip() for part in line.split("\t"))  # not parsed as titles
            if ours != theirs:
                found.append(f"{title!r}: the wiki has {theirs}, the Title {ours}")
    return found


async def _title_or_none(site: Site, text: str) -> Title | None:
    try:
        return await site.title(text)
    except InvalidTitle:
        return None


def _relatives(title: Title) -> tuple[str, ...]:
    talk = title.talk.title if title.has_talk else ""
    return (talk, title.subject.title, title.base.text, title.root.text, title.subpage_text, str(title.ns))
