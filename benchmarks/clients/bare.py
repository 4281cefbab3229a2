"""Loops as they are written by hand. They run on httpx and on aiohttp.

Their HTTP client is made once. They merge what the replies of a batch bring, but check nothing and never try again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

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
    in_flight,
    note,
)
from benchmarks.replies import CHUNK, PASSWORD, USER

HEADERS = {"user-agent": USER_AGENT}
FORM = {"format": "json", "formatversion": "2"}


class Bare(Client, ABC):
    """The loops, without the HTTP library."""

    token = ""

    @abstractmethod
    async def get(self, params: dict[str, Any]) -> Any:
        """The decoded reply to a GET."""

    @abstractmethod
    async def post(self, data: dict[str, Any]) -> Any:
        """The decoded reply to a POST."""

    @abstractmethod
    async def post_chunk(self, data: dict[str, Any], chunk: bytes) -> Any:
        """The decoded reply to a POST with a piece of a file."""

    @abstractmethod
    async def save(self, url: str, path: Path) -> None:
        """Stream a file to disk."""

    async def log_in(self) -> None:
        await self.post({"action": "login", "lgname": f"{USER}@bench", "lgpassword": PASSWORD, **FORM})
        reply = await self.get({"action": "query", "meta": "tokens", **FORM})
        self.token = reply["query"]["tokens"]["csrftoken"]

    async def query(self, **params: str) -> AsyncIterator[Any]:
        following: dict[str, str] = {}
        while True:
            reply = await self.get({"action": "query", **FORM, **params, **following})
            yield reply
            if "continue" not in reply:
                return
            following = reply["continue"]

    # Lists and pages

    async def titles(self, work: Work) -> Came:
        titles: list[str] = []
        async for reply in self.query(list="allpages", aplimit="max", apnamespace=str(work.namespace)):
            titles += [row["title"] for row in reply["query"]["allpages"]]
        return Came(titles=len(titles))

    async def rows(self, work: Work) -> Came:
        count = 0
        async for reply in self.query(list="allpages", aplimit="max", apnamespace=str(work.namespace)):
            for _row in reply["query"]["allpages"]:
                count += 1
        return Came(titles=count)

    async def pages_by_50(self, work: Work) -> Came:
        return await self._pages(work, "50")

    async def pages_by_500(self, work: Work) -> Came:
        return await self._pages(work, "500")

    async def _pages(self, work: Work, size: str) -> Came:
        came = Came()
        batch: dict[int, Any] = {}
        source = {"generator": "allpages", "gaplimit": size, "gapnamespace": str(work.namespace)}
        async for reply in self.query(**source, prop="info|categories", cllimit="max"):
            for page in reply["query"]["pages"]:
                if (known := batch.setdefault(page["pageid"], page)) is not page:
                    known.setdefault("categories", []).extend(page.get("categories", ()))
            if "batchcomplete" in reply:
                for page in batch.values():
                    info = bool(page["title"] and page["length"] and page["touched"] and page["lastrevid"])
                    note(came, info=info, categories=[row["title"] for row in page.get("categories", ())])
                batch.clear()
        return came

    async def by_titles(self, work: Work) -> Came:
        async def read(titles: str) -> int:
            reply = await self.get({"action": "query", "titles": titles, "prop": "info", **FORM})
            return sum(page["length"] is not None for page in reply["query"]["pages"])

        return Came(pages=sum(await in_flight(read, batches(work.titles))))

    # Single pages

    async def lookups(self, work: Work) -> Came:
        """Each page is read with a request of its own."""

        async def read(title: str) -> int:
            reply = await self.get({"action": "query", "titles": title, "prop": "info", **FORM})
            return int(reply["query"]["pages"][0]["length"] is not None)

        return Came(pages=sum(await in_flight(read, work.titles)))

    # Revisions

    async def revisions(self, work: Work) -> Came:
        return await self._revisions(titles=work.page, rvprop=METADATA)

    async def revisions_with_text(self, work: Work) -> Came:
        return await self._revisions(titles=work.page, rvprop=WITH_TEXT, rvslots="main")

    async def _revisions(self, **params: str) -> Came:
        count = 0
        async for reply in self.query(prop="revisions", rvlimit="max", **params):
            for revision in reply["query"]["pages"][0]["revisions"]:
                count += revision["timestamp"] is not None and revision["user"] is not None
        return Came(revisions=count)

    # Writes

    async def edits(self, work: Work) -> Came:
        """The pages are read in batches, and each edit names its base revision."""

        async def edit(page: Any) -> int:
            revision = page["revisions"][0]
            text = revision["slots"]["main"]["content"] + NEW_TEXT
            fields = {"action": "edit", "title": page["title"], "text": text, "summary": COMMENT, "nocreate": "1"}
            reply = await self.post({**fields, **FORM, "baserevid": revision["revid"], "token": self.token})
            return int(reply["edit"]["result"] == "Success")

        count = 0
        for titles in batches(work.titles):
            async for reply in self.query(titles=titles, prop="revisions", rvprop="ids|size|content", rvslots="main"):
                count += sum(await in_flight(edit, reply["query"]["pages"]))
        return Came(edits=count)

    async def upload(self, work: Work) -> Came:
        assert work.file is not None
        fields: dict[str, Any] = {"action": "upload", "filename": "Benchmark.png", "ignorewarnings": "1", **FORM}
        size = work.file.stat().st_size
        with work.file.open("rb") as file:
            while data := file.read(CHUNK):
                place = {"stash": "1", "filesize": str(size), "offset": str(file.tell() - len(data))}
                reply = await self.post_chunk({**fields, **place, "token": self.token}, data)
                fields["filekey"] = reply["upload"]["filekey"]
        reply = await self.post({**fields, "comment": COMMENT, "token": self.token})
        return Came(files=reply["upload"]["result"] == "Success")

    async def download(self, work: Work) -> Came:
        assert work.file is not None
        target = work.file.with_name(f"back {work.file.name}")
        query = {"action": "query", "titles": f"File:{work.file.name}", "prop": "imageinfo", "iiprop": "url"}
        page = (await self.get({**query, **FORM}))["query"]["pages"][0]
        await self.save(page["imageinfo"][0]["url"], target)
        return downloaded(target)
