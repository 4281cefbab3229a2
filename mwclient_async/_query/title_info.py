"""The rules of titles, from what a wiki reports about itself. Pure; ``title_reader.py`` sends.

The manual's page is https://www.mediawiki.org/wiki/API:Siteinfo.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._query.title_rules import TitleRules
from mwclient_async._values.title_text import LEGAL_CHARACTERS, lower_case, uncertain_letters
from mwclient_async.errors import ProtocolError
from mwclient_async.models.info import General, SiteInfo

PROPS = ("general", "namespaces", "interwikimap")
"""The parts of ``meta=siteinfo`` that the rules are made of."""

_ASCII = 128
_TOKEN = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\(.)|(.)", re.DOTALL)


def title_rules(info: SiteInfo, *, wiki: str) -> TitleRules:
    """The rules of a wiki that reports this about itself."""
    general = info.general
    interwikis = info.interwikimap
    return TitleRules(
        wiki=wiki,
        namespaces=info.namespaces,
        ids=_namespace_ids(info, final_sigma=_php_version(general) >= (8, 3)),
        interwikis=frozenset(interwikis),
        local_interwikis=frozenset(prefix for prefix, found in interwikis.items() if found.localinterwiki),
        mainpage=general.mainpage,
        illegal=f"[{_illegal_characters(general.legaltitlechars)}]",
        languages=frozenset(_languages(general)),
        final_sigma=_php_version(general) >= (8, 3),
    )


def _namespace_ids(info: SiteInfo, *, final_sigma: bool) -> dict[str, int]:
    """The names of all namespaces in lower case. Canonical names come before aliases, and these before local names."""

    def key(name: str) -> str:
        return lower_case(name.replace(" ", "_"), final_sigma=final_sigma)

    names = {key(namespace.name): number for number, namespace in info.namespaces.items()}
    aliases = {key(alias): number for alias, number in info.namespacealiases.items()}
    canonical = {key(namespace.canonical): number for number, namespace in info.namespaces.items()}
    return {name: number for name, number in {**names, **aliases, **canonical}.items() if name}


def _php_version(general: General) -> tuple[int, ...]:
    found = re.match(r"(\d{1,9})\.(\d{1,9})", general.phpversion or "")
    return tuple(map(int, found.groups())) if found else (0, 0)


def _languages(general: General) -> list[str]:
    """The languages whose rules apply: the wiki's own, else the one it falls back to; with all fixes, two more."""
    fixed = ["ar", "ml"] if general.allunicodefixes else []
    return [general.lang, *general.fallback, *fixed]


def _illegal_characters(legal: str | None) -> str:
    """The class of characters that are not in the wiki's class, which is one of bytes: all of UTF-8's, or none."""
    points = [_point(found) for found in _TOKEN.finditer(legal or LEGAL_CHARACTERS)]
    legal_bytes = {0}
    at = 0
    while at < len(points):
        is_range = at + 2 < len(points) and points[at + 1] == (ord("-"), False)
        legal_bytes |= set(range(points[at][0], points[at + 2 if is_range else at][0] + 1))
        at += 3 if is_range else 1
    illegal = "".join(re.escape(chr(byte)) for byte in range(_ASCII) if byte not in legal_bytes or not byte)
    return illegal if max(legal_bytes) >= _ASCII else f"{illegal}\x80-\U0010ffff"


def _point(found: re.Match[str]) -> tuple[int, bool]:
    """The number of a character, and whether it was escaped."""
    wide, narrow, escaped, plain = found.groups()
    if plain is not None:
        return ord(plain), False
    return (int(wide or narrow, 16) if escaped is None else ord(escaped)), True


def fetch_capitals(letters: Sequence[str]) -> Flow[Mapping[str, str]]:
    """Ask the wiki for the capitals of letters."""
    text = "\n".join(f"{{{{ucfirst:{letter}}}}}" for letter in letters)
    response = yield ApiRequest(params={"action": "expandtemplates", "text": text, "prop": "wikitext"})
    capitals = text_at(response.body, "expandtemplates", "wikitext").split("\n")
    if len(capitals) != len(letters) or not all(capitals):
        raise ProtocolError("the wiki's response has no capital for each letter")
    return dict(zip(letters, capitals, strict=True))


def letters_to_ask(char: str, rules: TitleRules) -> list[str]:
    """The letters to ask for when one is needed: at first, all whose capital depends on the wiki."""
    return [char] if rules.capitals else list(dict.fromkeys([char, *uncertain_letters()]))
