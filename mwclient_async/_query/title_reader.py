"""Reads titles by the rules of a wiki, which are fetched once per session.

The manual's page is https://www.mediawiki.org/wiki/Manual:Page_title.
"""

from __future__ import annotations

import anyio

from mwclient_async._http.params import checked_text
from mwclient_async._http.titled import TitleLike, title_of
from mwclient_async._query.fetch_site_info import fetch_site_info
from mwclient_async._query.queries import Queries
from mwclient_async._query.title import Title, title_from
from mwclient_async._query.title_info import PROPS, fetch_capitals, letters_to_ask, title_rules
from mwclient_async._query.title_rules import MAIN, TitleRules, UnknownCapitalError
from mwclient_async._session.session import Session


class TitleReader:
    """The titles of one wiki. Capitals that depend on the wiki's settings are asked for when a title needs one."""

    def __init__(self, session: Session, rules: TitleRules) -> None:
        self._session = session
        self._rules = rules
        self._asking = anyio.Lock()

    async def read(self, value: TitleLike, *, namespace: int = MAIN) -> Title:
        """The title of a text, or of a row that has one. Raises InvalidTitle if it is none.

        For a Title of another wiki, it is the one with the same text in the namespace of the same canonical name.
        """
        if namespace not in self._rules.namespaces:
            numbers = ", ".join(map(str, sorted(self._rules.namespaces)))
            raise ValueError(f"namespace={namespace!r}: this wiki has the namespaces {numbers}")
        if not isinstance(value, Title):
            return await self._parse(checked_text("title", title_of(value)), namespace)
        if value.wiki == self._rules.wiki:
            return value
        found = await self._parse(value.international, MAIN)
        if (found.interwiki, found.ns == MAIN) != (value.interwiki, value.ns == MAIN):
            raise ValueError(f"{str(value)!r} of {value.wiki} is in a namespace that this wiki does not have")
        return found

    async def _parse(self, text: str, namespace: int) -> Title:
        while True:
            rules = self._rules
            try:
                return title_from(rules.parse(text, namespace=namespace), rules)
            except UnknownCapitalError as unknown:
                await self._ask(unknown.char)

    async def _ask(self, char: str) -> None:
        async with self._asking:
            if char not in self._rules.capitals:
                capitals = await self._session.run_flow(fetch_capitals(letters_to_ask(char, self._rules)))
                self._rules = self._rules.with_capitals(capitals)


async def title_reader(queries: Queries) -> TitleReader:
    """The wiki's reader of titles. The first call sends one request; concurrent ones wait for it."""

    async def fetch() -> TitleReader:
        rules = title_rules(await fetch_site_info(queries, PROPS, {}), wiki=queries.wiki)
        return TitleReader(queries.session, rules)

    return await queries.session.once(TitleReader, fetch)
