"""mwclient: its own objects where it has them. It sends one request after the other."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import mwclient

from benchmarks.clients.base import (
    COMMENT,
    METADATA,
    NEW_TEXT,
    USER_AGENT,
    WITH_TEXT,
    Came,
    Client,
    Work,
    batches,
    downloaded,
    note,
)
from benchmarks.replies import CHUNK, PASSWORD, USER


class Mwclient(Client):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        place = urlsplit(url)
        self.site = mwclient.Site(place.netloc, scheme="http", path="/", clients_useragent=USER_AGENT)
        self.site.chunk_size = CHUNK

    async def log_in(self) -> None:
        self.site.login(f"{USER}@bench", PASSWORD)

    async def titles(self, work: Work) -> Came:
        rows = self.site.allpages(namespace=str(work.namespace), generator=False, api_chunk_size=500)
        return Came(titles=len(list(rows)))

    async def titles_as_pages(self, work: Work) -> Came:
        pages = self.site.allpages(namespace=str(work.namespace), api_chunk_size=500)
        return Came(titles=len([page.name for page in pages]))

    async def rows(self, work: Work) -> Came:
        count = 0
        for _title in self.site.allpages(namespace=str(work.namespace), generator=False, api_chunk_size=500):
            count += 1
        return Came(titles=count)

    async def pages_by_50(self, work: Work) -> Came:
        return self._pages(work, 50)

    async def pages_by_500(self, work: Work) -> Came:
        return self._pages(work, 500)

    def _pages(self, work: Work, size: int) -> Came:
        """Its generators ask for the info only; the categories are added to their parameters."""
        came = Came()
        pages = self.site.allpages(namespace=str(work.namespace), api_chunk_size=size)
        pages.args |= {"prop": "info|categories", "cllimit": "max"}
        for page in pages:
            info = bool(page.name and page.length and page.touched and page.revision)
            categories = [row["title"] for row in page._info.get("categories", ())]  # noqa: SLF001 - it has no other way
            note(came, info=info, categories=categories)
        return came

    async def by_titles(self, work: Work) -> Came:
        """It has no pages of many titles: these are its raw replies."""
        count = 0
        for titles in batches(work.titles):
            reply = self.site.get("query", titles=titles, prop="info")
            count += sum(page["length"] is not None for page in reply["query"]["pages"].values())
        return Came(pages=count)

    async def lookups(self, work: Work) -> Came:
        return Came(pages=sum(self.site.pages[title].length is not None for title in work.titles))

    async def revisions(self, work: Work) -> Came:
        return self._count(self.site.pages[work.page].revisions(prop=METADATA, api_chunk_size=500))

    async def revisions_with_text(self, work: Work) -> Came:
        return self._count(self.site.pages[work.page].revisions(prop=WITH_TEXT, slots="main"))

    def _count(self, revisions: Any) -> Came:
        return Came(revisions=sum(row["timestamp"] is not None and row["user"] is not None for row in revisions))

    async def edits(self, work: Work) -> Came:
        count = 0
        for title in work.titles:
            page = self.site.pages[title]
            count += page.edit(page.text() + NEW_TEXT, COMMENT)["result"] == "Success"
        return Came(edits=count)

    async def upload(self, work: Work) -> Came:
        assert work.file is not None
        with work.file.open("rb") as file:
            result = self.site.upload(file, "Benchmark.png", COMMENT, ignore=True)
        return Came(files=result.get("upload", result)["result"] == "Success")

    async def download(self, work: Work) -> Came:
        assert work.file is not None
        target = work.file.with_name(f"back {work.file.name}")
        with target.open("wb") as file:
            self.site.images[work.file.name].download(file)
        return downloaded(target)
