"""Reads titles by the rules of a wiki, which are fetched once per session.

The manual's page is https://www.mediawiki.org/wiki/Manual:Page_title.
"""

from __future__ import annotations

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

    async def read(self, value: TitleLike, *, namespace: int = MAIN) -> Title:
        """The title of a text, or of a row that has one. Raises InvalidTitle if it is none."""
        if isinstance(value, Title) and value.wiki == self._rules.wiki:
            return value
        text = checked_text("title", title_of(value))
        while True:
            try:
                return title_from(self._rules.parse(text, namespace=namespace), self._rules)
            except UnknownCapitalError as unknown:
                capitals = await self._session.run_flow(fetch_capitals(letters_to_ask(unknown.char, self._rules)))
                self._rules = self._rules.with_capitals(capitals)


async def title_reader(queries: Queries) -> TitleReader:
    """The reader of this session's wiki. The first call sends one request; concurrent ones wait for it."""

    async def fetch() -> TitleReader:
        rules = title_rules(await fetch_site_info(queries, PROPS, {}), wiki=queries.wiki)
        return TitleReader(queries.session, rules)

    return await queries.session.once(TitleReader, fetch)
