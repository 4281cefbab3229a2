"""The types of pages that are read and edited by function, checked by mypy and never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from mwclient_async import (
    CategoryMember,
    Cursor,
    EditDefaults,
    EditOutcome,
    EditResult,
    HistoryRevision,
    LangLink,
    ListedPage,
    LogEvent,
    ManyEdits,
    MediaWikiError,
    Page,
    PageCategory,
    PageEdit,
    PageLink,
    Protection,
    Revision,
    Site,
    Stream,
)


def plain(text: str) -> str:
    return text


def perhaps(text: str) -> str | None:
    return text or None


async def later(text: str) -> str:
    return text


async def perhaps_later(text: str) -> str | None:
    return text or None


async def titles() -> AsyncIterator[str]:
    yield "Earth"


async def editing(site: Site, page: Page) -> None:
    handle = site.page(page)
    assert_type(await handle.edit(plain), EditResult)
    assert_type(await handle.edit(perhaps, summary="s", section=2, missing="create", conflicts=3), EditResult)
    assert_type(await handle.edit(later, minor=True, bot=False, tags=["a"], watchlist="watch"), EditResult)
    assert_type(await handle.edit(perhaps_later), EditResult)
    assert_type(await handle.edit(lambda text: text + "!"), EditResult)
    assert_type(await handle.edit(lambda _: None), EditResult)
    assert_type(await handle.edit(lambda text: later(text + "!")), EditResult)
    assert_type(await handle.undo(7, after=5, summary="s"), EditResult)
    assert_type((await handle.edit(plain)).outcome, EditOutcome)
    await handle.edit(len)  # type: ignore[arg-type]  # a number is not a text
    await handle.edit(plain, "s")  # type: ignore[call-arg]  # summaries are given by name
    await handle.edit(plain, missing="maybe")  # type: ignore[arg-type]


async def editing_many(site: Site) -> None:
    assert_type(site.edit_many(["Earth"], plain), ManyEdits)
    site.edit_many(titles(), later, summary="s", concurrency=2, resume="mwc1.x", tags=["a"])
    site.edit_many(site.query(generator="allpages", prop="revisions"), perhaps)
    site.edit_many(site.list("allpages"), perhaps_later)
    assert_type(site.save_many({"Earth": "text"}, summary="s", minor=True), ManyEdits)
    site.save_many({"Earth": 3})  # type: ignore[dict-item]
    async with site.edit_many("Earth", plain) as edits:
        assert_type(edits.cursor, Cursor)
        async for edit in edits:
            assert_type(edit, PageEdit)
            assert_type(edit.result, EditResult)
            assert_type(edit.error, MediaWikiError | None)
        assert_type(await edits.collect(), list[PageEdit])


async def reading(site: Site) -> None:
    page = site.page("Earth")
    assert_type(await page.get("links", redirects=True), Page)
    assert_type(await page.exists(), bool)
    assert_type(await page.text(slot="main", section=1), str)
    assert_type(await page.html(), str)
    assert_type(await page.protection(), tuple[Protection, ...])
    assert_type(page.revisions(limit=5, prop="content"), Stream[Revision])
    assert_type(page.history(filter="bot"), Stream[HistoryRevision])
    assert_type(page.links(), Stream[PageLink])
    assert_type(page.templates(), Stream[PageLink])
    assert_type(page.categories(), Stream[PageCategory])
    assert_type(page.languages(), Stream[LangLink])
    assert_type(page.media(limit=3), Stream[Page])
    assert_type(page.backlinks(), Stream[ListedPage])
    assert_type(page.members(), Stream[CategoryMember])
    assert_type(page.log(), Stream[LogEvent])


async def edit_defaults(api_url: str) -> None:
    defaults = EditDefaults(bot=True, tags="a", obey_bots="DemoBot", stop_page="Stop", stop_every=5, dry_run=True)
    assert_type(defaults.tags, tuple[str, ...])
    Site(api_url, user_agent="Demo (a@b.example)", defaults=defaults)
