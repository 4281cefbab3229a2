"""This library, as it is installed by default, and with the extra ``speed``."""

from __future__ import annotations

from types import TracebackType
from typing import ClassVar, Self

import anyio

from benchmarks.clients.base import (
    COMMENT,
    METADATA,
    NEW_TEXT,
    USER_AGENT,
    WITH_TEXT,
    Came,
    Client,
    Work,
    downloaded,
    note,
)
from benchmarks.replies import CHUNK, PASSWORD, USER
from mwclient_async import BotPassword, HttpOptions, Page, Revision, Site, Stream, UploadMethod


class Ours(Client):
    """The default install: httpx and the standard library's json."""

    options: ClassVar[HttpOptions] = HttpOptions()

    async def __aenter__(self) -> Self:
        auth = BotPassword(name=f"{USER}@bench", password=PASSWORD)
        self.site = await Site(self.url, user_agent=USER_AGENT, http=self.options).__aenter__()
        self._writer = Site(self.url, user_agent=USER_AGENT, http=self.options, auth=auth)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.site.__aexit__(kind, error, trace)

    async def log_in(self) -> None:
        await self.site.__aexit__(None, None, None)
        self.site = await self._writer.__aenter__()

    # Lists and pages

    async def titles(self, work: Work) -> Came:
        """Typed rows."""
        rows = self.site.list("allpages", namespace=work.namespace)
        return Came(titles=len([row.title async for row in rows]))

    async def titles_untyped(self, work: Work) -> Came:
        rows = self.site.list("allpages", namespace=work.namespace).mappings()
        return Came(titles=len([row["title"] async for row in rows]))

    async def rows(self, work: Work) -> Came:
        """Typed rows, none of which is kept."""
        count = 0
        async for _row in self.site.list("allpages", namespace=work.namespace):
            count += 1
        return Came(titles=count)

    async def pages_by_50(self, work: Work) -> Came:
        return await self._pages(work, 50)

    async def pages_by_500(self, work: Work) -> Came:
        return await self._pages(work, 500)

    async def _pages(self, work: Work, size: int) -> Came:
        stream = self.site.query(
            generator="allpages", gapnamespace=work.namespace, prop=["info", "categories"], batch_size=size
        )
        return await self._read(stream)

    async def _read(self, stream: Stream[Page]) -> Came:
        came = Came()
        async for page in stream:
            info, categories = page.info, [category.title for category in page.categories]
            note(came, info=bool(page.title and info.length and info.touched and info.lastrevid), categories=categories)
        return came

    async def by_titles(self, work: Work) -> Came:
        count = 0
        async with self.site.pages(titles=work.titles, prop="info").open(read_ahead=2) as run:
            async for page in run:
                count += page.info.length is not None
        return Came(pages=count)

    # Single pages

    async def lookups(self, work: Work) -> Came:
        """Each page is read by a task of its own, with a request of its own."""
        came = Came()

        async def look_up(title: str) -> None:
            page = await self.site.page(title).get("info")
            came["pages"] += page.info.length is not None

        async with anyio.create_task_group() as tasks:
            for title in work.titles:
                tasks.start_soon(look_up, title)
        return came

    async def lookups_with_loader(self, work: Work) -> Came:
        """Each page is read by a task of its own, which asks a loader."""
        came = Came()
        async with self.site.loader(prop="info") as loader, anyio.create_task_group() as tasks:

            async def look_up(title: str) -> None:
                page = await loader.load(title)
                came["pages"] += page.info.length is not None

            for title in work.titles:
                tasks.start_soon(look_up, title)
        return came

    # Revisions

    async def revisions(self, work: Work) -> Came:
        return await self._count(self.site.page(work.page).revisions(prop=METADATA.split("|")))

    async def revisions_with_text(self, work: Work) -> Came:
        return await self._count(self.site.page(work.page).revisions(prop=WITH_TEXT.split("|")))

    async def _count(self, stream: Stream[Revision]) -> Came:
        count = 0
        async for revision in stream:
            count += bool(revision.timestamp) and revision.user is not None
        return Came(revisions=count)

    # Writes

    async def edits(self, work: Work) -> Came:
        count = 0
        async with self.site.edit_many(work.titles, lambda text: text + NEW_TEXT, summary=COMMENT) as edits:
            async for edit in edits:
                count += edit.error is None
        return Came(edits=count)

    async def upload(self, work: Work) -> Came:
        assert work.file is not None
        result = await self.site.upload(
            work.file,
            filename="Benchmark.png",
            comment=COMMENT,
            chunk_size=CHUNK,
            method=UploadMethod.CHUNKED,
            asynchronous=False,
            ignore_warnings=True,
        )
        return Came(files=bool(result.filename))

    async def download(self, work: Work) -> Came:
        assert work.file is not None
        target = work.file.with_name(f"back {work.file.name}")
        await self.site.file(work.file.name).download(target)
        return downloaded(target)


class OursWithSpeed(Ours):
    """The extra ``speed``: aiohttp and orjson."""

    options: ClassVar[HttpOptions] = HttpOptions(backend="aiohttp")
