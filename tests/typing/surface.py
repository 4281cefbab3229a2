"""The types that callers see, checked by mypy and never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, assert_type

from mwclient_async import (
    ApiWarning,
    ArchivedFile,
    Batch,
    Block,
    BotPassword,
    CategoryInfo,
    CategoryMember,
    Contribution,
    Contributors,
    Cursor,
    EditOutcome,
    EditResult,
    ExternalUse,
    General,
    HistoryRevision,
    HttpOptions,
    ImageInfo,
    InterwikiBacklink,
    Limits,
    LinkedTitle,
    LinkingPage,
    ListedCategory,
    ListedFile,
    ListedPage,
    Loader,
    LogEvent,
    LoginState,
    Namespace,
    Page,
    PageCategory,
    PageHandle,
    PageInfo,
    PageLink,
    PageStatus,
    ProtectedTitle,
    RecentChange,
    RestPage,
    RetryPolicy,
    Revision,
    SearchResult,
    Site,
    SiteInfo,
    SpecialPageRow,
    StashedFile,
    StashEntry,
    Stream,
    StreamEvent,
    Subcategory,
    Tag,
    Title,
    UploadProgress,
    UploadResult,
    UploadWarning,
    User,
    UserInfo,
    WatchedChange,
    eventstreams,
    wikitable,
)


async def opening(auth: BotPassword) -> None:
    site = Site(
        "https://wiki.example/w/api.php",
        user_agent="Demo (a@b.example)",
        auth=auth,
        retry=RetryPolicy(attempts=3),
        limits=Limits(concurrency=1),
        maxlag=None,
        http=HttpOptions(proxy="http://proxy.example"),
        on_warning=print_warning,
    )
    async with site as opened:
        assert_type(opened, Site)
        assert_type(await opened.call("parse", page="Earth", from_="A", params={"import": 1}), dict[str, Any])


def print_warning(warning: ApiWarning) -> None:
    assert_type(warning.code, str)


async def queries(site: Site) -> None:
    stream = site.query(generator="allpages", prop=["info", "categories"], gaplimit=5, limit=7, batch_size=None)
    assert_type(stream, Stream[Page])
    async for page in stream:
        assert_type(page, Page)
        assert_type(page.title, str)
        assert_type(page.pageid, int | None)
        assert_type(page.status, PageStatus)
        assert_type(page.info, PageInfo)
        assert_type(page.categories, tuple[PageCategory, ...])
        assert_type(page.categoryinfo, CategoryInfo | None)
        assert_type(page.revisions, tuple[Revision, ...])
        assert_type(page.links, tuple[PageLink, ...])
        assert_type(page.imageinfo, tuple[ImageInfo, ...])
        assert_type(page.pageprops, Mapping[str, str])
        assert_type(page.raw, Mapping[str, Any])
        assert_type(page.contributors, Contributors)
        assert_type(page.linkshere, tuple[LinkingPage, ...])
        assert_type(page.extension("length", int), int)
        assert_type(page.extension("links", tuple[PageLink, ...]), tuple[PageLink, ...])


async def loading(site: Site, row: ListedPage) -> None:
    async with site.loader(prop="info", window=0.1) as loader:
        assert_type(loader, Loader)
        assert_type(await loader.load("Earth"), Page)
        assert_type(await loader.load(row), Page)
        assert_type(await loader.load(pageid=9), Page)
        assert_type(await loader.load(revid=7), Page)
        assert_type(await loader.load_many(["Earth", row]), list[Page])
        assert_type(await site.page("Earth").get("info", loader=loader), Page)
        assert_type(await site.page("Earth").text(loader=loader), str)


async def streams(stream: Stream[Page]) -> None:
    assert_type(await stream.first(), Page | None)
    assert_type(await stream.collect(), list[Page])
    assert_type([page async for page in stream], list[Page])
    assert_type(stream.mappings(), Stream[Mapping[str, Any]])
    assert_type(stream.resume("mwc1."), Stream[Page])
    assert_type(stream.resume(None), Stream[Page])
    async for batch in stream.batches():
        assert_type(batch, Batch[Page])
        assert_type(batch.items, tuple[Page, ...])
        assert_type(batch.cursor, Cursor)
        assert_type(batch.lists, Mapping[str, tuple[Mapping[str, Any], ...]])
        assert_type(batch.meta, Mapping[str, Any])
        assert_type(batch.warnings, tuple[ApiWarning, ...])
        assert_type(batch.normalized, Mapping[str, str])
    async with stream.open(read_ahead=1) as run:
        async for page in run:
            assert_type(page, Page)
        assert_type(run.cursor, Cursor)
        assert_type(str(run.cursor), str)
        assert_type(Cursor.parse("mwc1."), Cursor)
        assert_type(stream.resume(run.cursor), Stream[Page])


async def lists(site: Site, module: str) -> None:
    assert_type(site.list("allpages", prefix="A", limit=5), Stream[ListedPage])
    assert_type(site.list("backlinks", title="A"), Stream[ListedPage])
    assert_type(site.list("embeddedin", title="A"), Stream[ListedPage])
    assert_type(site.list("imageusage", title="A"), Stream[ListedPage])
    assert_type(site.list("prefixsearch", search="A"), Stream[ListedPage])
    assert_type(site.list("allcategories"), Stream[ListedCategory])
    assert_type(site.list("categorymembers", title="Category:A", batch_size=5), Stream[CategoryMember])
    assert_type(site.list("recentchanges", type="edit"), Stream[RecentChange])
    assert_type(site.list("search", search="A"), Stream[SearchResult])
    assert_type(site.list("allimages"), Stream[ListedFile])
    assert_type(site.list("alllinks"), Stream[LinkedTitle])
    assert_type(site.list("allusers"), Stream[User])
    assert_type(site.list("blocks"), Stream[Block])
    assert_type(site.list("exturlusage"), Stream[ExternalUse])
    assert_type(site.list("filearchive"), Stream[ArchivedFile])
    assert_type(site.list("iwbacklinks", prefix="a"), Stream[InterwikiBacklink])
    assert_type(site.list("langbacklinks", lang="a"), Stream[InterwikiBacklink])
    assert_type(site.list("logevents"), Stream[LogEvent])
    assert_type(site.list("mystashedfiles"), Stream[StashEntry])
    assert_type(site.list("protectedtitles"), Stream[ProtectedTitle])
    assert_type(site.list("querypage", page="Wantedpages"), Stream[SpecialPageRow])
    assert_type(site.list("random"), Stream[ListedPage])
    assert_type(site.list("tags"), Stream[Tag])
    assert_type(site.list("usercontribs", user="A"), Stream[Contribution])
    async for edit in site.list("usercontribs", user="A"):
        assert_type(site.page(edit), PageHandle)
        assert_type(edit.title, str)
    assert_type(site.list("users", users=["A"]), Stream[User])
    assert_type(site.list("watchlist"), Stream[WatchedChange])
    assert_type(site.list("pagepropnames"), Stream[Mapping[str, Any]])
    assert_type(site.list(module), Stream[Mapping[str, Any]])
    async for change in site.list("recentchanges"):
        assert_type(change.timestamp, datetime)
        assert_type(change.title, str | None)
    async for edit in site.list("usercontribs", user="A"):
        assert_type((edit.revid, edit.title, edit.timestamp), tuple[int, str, datetime])
        assert_type(edit.comment, str | None)
    async for entry in site.list("logevents"):
        assert_type((entry.logid, entry.type, entry.timestamp), tuple[int, str, datetime])
    assert_type(await site.title("talk:foo"), Title)
    assert_type(site.category("A").pages(type="page", prop="info"), Stream[Page])
    assert_type(wikitable(["A"], [[1]]), str)
    async for below in site.category(await site.title("Category:A")).subcategories(depth=2):
        assert_type(below, Subcategory)
    async for revision in site.page("A").revisions():
        assert_type((revision.revid, revision.timestamp, revision.minor), tuple[int, datetime, bool])


async def meta(site: Site) -> None:
    info = await site.info("general", "namespaces", inlanguagecode="de")
    assert_type(info, SiteInfo)
    assert_type(info.general, General)
    assert_type(info.general.time, datetime | None)
    assert_type(info.namespaces, Mapping[int, Namespace])
    me = await site.userinfo()
    assert_type(me, UserInfo)
    assert_type(me.rights, frozenset[str])
    assert_type(me.unreadcount, int | str | None)


async def histories(site: Site) -> None:
    assert_type(site.rest.history("Earth"), Stream[HistoryRevision])
    assert_type(await site.rest.history("Earth", filter="bot", older_than=5, limit=1).first(), HistoryRevision | None)
    async for revision in site.rest.history("Earth", newer_than=5):
        assert_type(revision.id, int)
        assert_type(revision.timestamp, datetime)
    site.rest.history("Earth", filter="bots")  # type: ignore[arg-type]  # not one of the wiki's filters
    site.rest.history("Earth", "bot")  # type: ignore[call-arg]  # everything after the title is named


async def edits(site: Site, page: Page) -> None:
    handle = site.page(page)
    assert_type(await handle.text(), str)
    assert_type(await handle.save("T", summary="S", minor=True, tags=["t"]), EditResult)
    assert_type(await site.page("Earth").append("T", missing="create"), EditResult)
    assert_type((await handle.new_section("H", "T")).outcome, EditOutcome)
    assert_type(await site.rest.create_page("Earth", source="S"), RestPage)
    assert_type((await site.rest.update_page("Earth", source="S", latest=5)).latest.id, int)
    await handle.save("T", "S")  # type: ignore[call-arg]  # everything after the text is named
    await handle.append("T", missing="never")  # type: ignore[arg-type]  # no such choice
    await handle.save("T", major=True)  # type: ignore[call-arg]  # no such option


async def logins(site: Site) -> None:
    await site.login(BotPassword(name="A@b", password="x"))
    assert_type(site.login_state(), LoginState)
    assert_type(LoginState.parse(site.login_state().to_text()).account, str)
    async with Site.discover("https://w.example/wiki/A", user_agent="A", maxlag=None) as found:
        assert_type(found, Site)
    async with site.sibling("https://c.example/w/api.php", share_oauth=True) as sibling:
        assert_type(sibling, Site)


async def files(site: Site) -> None:
    assert_type(await site.file("A.png").info(), ImageInfo)
    assert_type(await site.file("A.png").download("a.png", overwrite=True), Path | None)
    assert_type(await site.stash(b"bytes", filename="A.png"), StashedFile)
    assert_type(await site.stashed(StashedFile("K")), ImageInfo)
    assert_type(await site.stashed("K"), ImageInfo)
    assert_type(await site.file("A.png").upload_version(b"bytes", comment="C", chunk_size=5), UploadResult)


async def uploads(site: Site) -> None:
    result = await site.upload("Earth.tif", filename="Earth.tif", comment="C", text="T", on_progress=seen)
    assert_type(result, UploadResult)
    assert_type(result.filename, str)
    assert_type(result.imageinfo, ImageInfo | None)
    assert_type(result.ignored, tuple[UploadWarning, ...])
    assert_type(await site.upload(Path("A.png"), filename="A.png", ignore_warnings={"exists"}), UploadResult)
    await site.upload("A.png", filename="A.png", checkpoint="mwu1.x")
    assert_type(
        await site.upload(StashedFile("K"), filename="A.png", ignore_warnings=True, on_progress=waited), UploadResult
    )
    await site.upload("A.png")  # type: ignore[call-arg]  # without a name it cannot be published
    await site.upload("A.png", filename="A.png", watchlist="always")  # type: ignore[arg-type]  # no such choice


def seen(progress: UploadProgress) -> None:
    assert_type(progress.sent, int)


async def waited(progress: UploadProgress) -> None:
    assert_type(progress.total, int | None)


async def events(site: Site) -> None:
    assert_type(site.follow_events(namespace=0, where=lambda change: change.bot), Stream[RecentChange])
    assert_type(eventstreams("page-create", user_agent=""), Stream[StreamEvent])
    async with site.follow_events().open() as run:
        assert_type(await anext(run), RecentChange)
