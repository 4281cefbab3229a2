"""pywikibot: its own objects. It sends one request after the other; its throttles are off."""

from __future__ import annotations

import os
from typing import Any

os.environ["PYWIKIBOT_NO_USER_CONFIG"] = "2"

import pywikibot
from pywikibot import config
from pywikibot.data import api
from pywikibot.login import ClientLoginManager

from benchmarks.clients.base import COMMENT, NEW_TEXT, Came, Client, Work, downloaded, note
from benchmarks.replies import CHUNK, PASSWORD, USER

config.put_throttle = config.minthrottle = config.maxthrottle = 0
config.maxlag = 0
config.max_retries = 1
config.noisysleep = 1e9
config.verbose_output = 0


class Pywikibot(Client):
    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.site = pywikibot.Site(url=url)

    async def log_in(self) -> None:
        config.usernames[self.site.family.name][self.site.code] = USER
        manager = ClientLoginManager(site=self.site, user=USER)
        manager.login_name = f"{USER}@bench"
        manager.password = PASSWORD
        manager.login()
        self.site.login(user=USER)

    async def titles(self, work: Work) -> Came:
        """Its Page objects, of a generator."""
        return Came(titles=len([page.title() for page in self.site.allpages(namespace=work.namespace)]))

    async def pages_by_50(self, work: Work) -> Came:
        return self._pages(work, 50)

    async def pages_by_500(self, work: Work) -> Came:
        return self._pages(work, 500)

    def _pages(self, work: Work, size: int) -> Came:
        came = Came()
        parameters = {"prop": "categories", "cllimit": "max", "gapnamespace": work.namespace, "gaplimit": size}
        pages = api.PageGenerator("allpages", site=self.site, parameters=parameters)
        pages.set_query_increment(size)
        for page in pages:
            categories = [category.title() for category in page.categories()]
            note(
                came, info=bool(page.title() and page.latest_revision_id and page.content_model), categories=categories
            )
        return came

    async def by_titles(self, work: Work) -> Came:
        pages = (pywikibot.Page(self.site, title) for title in work.titles)
        return Came(pages=sum(page.exists() for page in self.site.preloadpages(pages, groupsize=50, content=False)))

    async def lookups(self, work: Work) -> Came:
        return Came(pages=sum(pywikibot.Page(self.site, title).exists() for title in work.titles))

    async def revisions(self, work: Work) -> Came:
        return self._count(pywikibot.Page(self.site, work.page).revisions())

    async def revisions_with_text(self, work: Work) -> Came:
        return self._count(pywikibot.Page(self.site, work.page).revisions(content=True))

    def _count(self, revisions: Any) -> Came:
        return Came(revisions=sum(row.timestamp is not None and row.user is not None for row in revisions))

    async def edits(self, work: Work) -> Came:
        pages = (pywikibot.Page(self.site, title) for title in work.titles)
        count = 0
        for page in self.site.preloadpages(pages, groupsize=50):
            page.text += NEW_TEXT
            page.save(COMMENT, quiet=True)
            count += 1
        return Came(edits=count)

    async def upload(self, work: Work) -> Came:
        page = pywikibot.FilePage(self.site, "File:Benchmark.png")
        done = self.site.upload(
            page, source_filename=str(work.file), comment=COMMENT, text=COMMENT, chunk_size=CHUNK, ignore_warnings=True
        )
        return Came(files=bool(done))

    async def download(self, work: Work) -> Came:
        assert work.file is not None
        target = work.file.with_name(f"back {work.file.name}")
        pywikibot.FilePage(self.site, f"File:{work.file.name}").download(target)
        return downloaded(target)
