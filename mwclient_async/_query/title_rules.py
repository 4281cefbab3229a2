"""The rules by which one wiki reads titles: its namespaces with all their names, its interwiki prefixes, its letters.

The wiki's own rules are in ``includes/title/MediaWikiTitleCodec.php`` (``splitTitleString``) and in ``Language.php``
(``getNsIndex``, ``ucfirst``). The manual's page is https://www.mediawiki.org/wiki/Manual:Page_title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from attrs import define, evolve, field, frozen

from mwclient_async._values.title_text import (
    ESCAPES,
    canonical_address,
    certain_capital,
    decoded_references,
    in_form_of,
    is_relative,
    lower_case,
    sent_form,
    with_single_spaces,
    without_direction_marks,
)
from mwclient_async.errors import ApiErrorItem, InvalidTitle
from mwclient_async.models.info import Namespace

SPECIAL, MAIN, TALK, USER, USER_TALK = -1, 0, 1, 2, 3
_PREFIX = re.compile("^(.+?)_*:_*(.*)$")
_UNTRIMMED = re.compile(r"^_|[\r\n\t]|_$")
_MAX_BYTES, _MAX_BYTES_OF_SPECIAL = 255, 512
_MOST_SHOWN = 100


class UnknownCapitalError(Exception):
    """The capital of a letter depends on the wiki, and is not known yet."""

    def __init__(self, char: str) -> None:
        super().__init__(char)
        self.char = char


@frozen(kw_only=True)
class TitleRules:
    """The rules of one wiki.

    The keys of ``ids`` are the names of namespaces in lower case, with underscores. ``illegal`` is the class of
    characters that titles cannot have, as part of a regular expression. ``capitals`` are the capitals of letters that
    differ between wikis, as far as they were asked for. ``languages`` are the wiki's language and those it falls back
    to. ``final_sigma`` says whether its PHP gives the Greek letter another form at the end of a word.
    """

    wiki: str
    namespaces: Mapping[int, Namespace] = field(hash=False)
    ids: Mapping[str, int] = field(hash=False)
    interwikis: frozenset[str]
    local_interwikis: frozenset[str]
    mainpage: str
    illegal: str
    languages: frozenset[str]
    final_sigma: bool = False
    capitals: Mapping[str, str] = field(factory=dict, hash=False)

    def parse(self, text: str, *, namespace: int = MAIN) -> TitleParts:
        """The parts of a title. Without a prefix, it is in ``namespace``.

        Raises InvalidTitle if the wiki would refuse it, and UnknownCapitalError if its first letter is to be asked for.
        """
        languages = self.languages
        read = in_form_of(languages, decoded_references(in_form_of(languages, sent_form(text))))
        return _Parser(self, text, namespace).parse(read)

    def lower(self, text: str) -> str:
        """The text in lower case, as the wiki's PHP makes it."""
        return lower_case(text, final_sigma=self.final_sigma)

    def capitalized(self, name: str, namespace: int) -> str:
        """The name with the first letter that the namespace demands."""
        if not name or not self.is_capitalized(namespace):
            return name
        capital = self.capitals.get(name[0]) or certain_capital(name[0], self.languages)
        if capital is None:
            raise UnknownCapitalError(name[0])
        return capital + name[1:]

    def is_capitalized(self, namespace: int) -> bool:
        """Whether the titles of a namespace begin with a capital letter."""
        found = self.namespaces.get(namespace)
        return found is None or found.case != "case-sensitive"

    def with_capitals(self, capitals: Mapping[str, str]) -> TitleRules:
        """The same rules, with the capitals of more letters."""
        return evolve(self, capitals={**self.capitals, **capitals})


@frozen(kw_only=True)
class TitleParts:
    """What a title consists of. ``name`` has spaces, and no namespace."""

    namespace: int
    name: str
    interwiki: str = ""
    fragment: str = ""


@define
class _Parser:
    """Parses one title. ``key`` is what is left of it, with underscores, as in MediaWiki."""

    rules: TitleRules
    asked: str
    namespace: int
    interwiki: str = ""
    key: str = ""

    def parse(self, text: str) -> TitleParts:
        self.key = with_single_spaces(without_direction_marks(text), "_")
        if "\ufffd" in self.key:
            self._refuse("title-invalid-utf8", "it has a character that no text can have")
        if self.key.startswith(":"):
            self._take_colon()
        if not self.key:
            self._refuse("title-invalid-empty", "it is empty")
        if main_page := self._take_prefixes():
            return main_page
        fragment = self._take_fragment()
        self._check_characters()
        if not self.interwiki:
            self.key = self.rules.capitalized(self.key, self.namespace)
        self._check_rest()
        return TitleParts(
            namespace=self.namespace, name=self.key.replace("_", " "), interwiki=self.interwiki, fragment=fragment
        )

    def _take_colon(self) -> None:
        """A colon at the beginning stands for the main namespace."""
        self.namespace, self.key = MAIN, self.key[1:].strip("_")

    def _take_prefixes(self) -> TitleParts | None:
        """Take the interwiki prefix and the namespace off. Returns the main page if only this wiki's prefix is left."""
        while found := _PREFIX.match(self.key):
            prefix, rest = found.groups()
            if (number := self._namespace_id(prefix)) is not None:
                self.namespace, self.key = number, rest
                self._check_after_talk()
                return None
            if not self._is_interwiki(prefix):
                return None
            self.key = rest
            if (lowered := self.rules.lower(prefix)) not in self.rules.local_interwikis:
                self.interwiki = lowered
                if rest.startswith(":"):
                    self._take_colon()
                return None
            if not rest:
                return evolve(self.rules, mainpage="").parse(self.rules.mainpage)
        return None

    def _check_after_talk(self) -> None:
        """Refuse titles such as ``Talk:File:Earth``, which would be that of another page than its subject's."""
        inner = _PREFIX.match(self.key) if self.namespace == TALK else None
        if inner is not None and (self._namespace_id(inner[1]) or self._is_interwiki(inner[1])):
            self._refuse("title-invalid-talk-namespace", "what follows the namespace of talk pages is a prefix, too")

    def _namespace_id(self, prefix: str) -> int | None:
        return self.rules.ids.get(self.rules.lower(prefix))

    def _is_interwiki(self, prefix: str) -> bool:
        return self.rules.lower(prefix) in self.rules.interwikis

    def _take_fragment(self) -> str:
        self.key, sign, fragment = self.key.partition("#")
        if sign:
            self.key = self.key.rstrip("_")
        return fragment.replace("_", " ")

    def _check_characters(self) -> None:
        if illegal := re.search(f"{self.rules.illegal}|{ESCAPES}", self.key):
            self._refuse("title-invalid-characters", f"it cannot hold {illegal[0]!r}")
        if is_relative(self.key):
            self._refuse("title-invalid-relative", "no part of it can be '.' or '..'")
        if "~~~" in self.key:
            self._refuse("title-invalid-magic-tilde", "it cannot hold '~~~', which is a signature")
        most = _MAX_BYTES_OF_SPECIAL if self.namespace == SPECIAL else _MAX_BYTES
        if len(self.key.encode()) > most:
            self._refuse("title-invalid-too-long", f"it is longer than {most} bytes")

    def _check_rest(self) -> None:
        if not self.key and not self.interwiki and self.namespace != MAIN:
            self._refuse("title-invalid-empty", "it has a namespace only")
        if self.namespace in {USER, USER_TALK}:
            self.key = canonical_address(self.key)
        if self.key.startswith(":"):
            self._refuse("title-invalid-leading-colon", "it begins with a colon")
        if _UNTRIMMED.search(self.key):  # what is left of a line break behind a space
            self._refuse("title-invalid", "it has a space at its end")

    def _refuse(self, reason: str, text: str) -> NoReturn:
        raise invalid_title(self.asked, reason, text)


def invalid_title(title: str, reason: str, text: str) -> InvalidTitle:
    """The error of a title. ``reason`` is the key of the wiki's own message."""
    shown = f"{title[:_MOST_SHOWN]}..." if len(title) > _MOST_SHOWN else title
    data: dict[str, Any] = {"reason": reason}
    return InvalidTitle((ApiErrorItem(code="invalidtitle", text=f"{shown!r} is not a title: {text}", data=data),))
