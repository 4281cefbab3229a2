"""mwapi: the decoded replies. Its AsyncSession, on aiohttp, does what can be in flight at the same time."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import mwapi

from benchmarks.clients.base import METADATA, USER_AGENT, WITH_TEXT, Came, Client, Work, batches, in_flight, note


class Mwapi(Client):
    async def __aenter__(self) -> Self:
        place = urlsplit(self.url)
        host, options = f"http://{place.netloc}", {"api_path": place.path, "formatversion": 2, "user_agent": USER_AGENT}
        self.session = mwapi.Session(host, **options)
        self.asynchronous = mwapi.AsyncSession(host, **options)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.asynchronous.session.close()

    def _query(self, **params: Any) -> Any:
        return self.session.get(action="query", continuation=True, **params)

    async def titles(self, work: Work) -> Came:
        titles: list[str] = []
        for reply in self._query(list="allpages", aplimit="max", apnamespace=work.namespace):
            titles += [row["title"] for row in reply["query"]["allpages"]]
        return Came(titles=len(titles))

    async def rows(self, work: Work) -> Came:
        count = 0
        for reply in self._query(list="allpages", aplimit="max", apnamespace=work.namespace):
            for _row in reply["query"]["allpages"]:
                count += 1
        return Came(titles=count)

    async def pages_by_50(self, work: Work) -> Came:
        return self._pages(work, 50)

    async def pages_by_500(self, work: Work) -> Came:
        return self._pages(work, 500)

    def _pages(self, work: Work, size: int) -> Came:
        """The pages of each reply: it does not merge them."""
        came = Came()
        source = {"generator": "allpages", "gaplimit": size, "gapnamespace": work.namespace}
        for reply in self._query(**source, prop="info|categories", cllimit="max"):
            for page in reply["query"]["pages"]:
                info = bool(page["title"] and page.get("length") and page.get("touched") and page.get("lastrevid"))
                note(came, info=info, categories=[row["title"] for row in page.get("categories", ())])
        return came

    async def by_titles(self, work: Work) -> Came:
        return Came(pages=sum(await in_flight(self._read, batches(work.titles))))

    async def lookups(self, work: Work) -> Came:
        return Came(pages=sum(await in_flight(self._read, work.titles)))

    async def _read(self, titles: str) -> int:
        reply = await self.asynchronous.get(action="query", titles=titles, prop="info")
        return sum(page["length"] is not None for page in reply["query"]["pages"])

    async def revisions(self, work: Work) -> Came:
        return self._revisions(titles=work.page, rvprop=METADATA)

    async def revisions_with_text(self, work: Work) -> Came:
        return self._revisions(titles=work.page, rvprop=WITH_TEXT, rvslots="main")

    def _revisions(self, **params: str) -> Came:
        count = 0
        for reply in self._query(prop="revisions", rvlimit="max", **params):
            for revision in reply["query"]["pages"][0]["revisions"]:
                count += revision["timestamp"] is not None and revision["user"] is not None
        return Came(revisions=count)
