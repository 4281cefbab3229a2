"""The types of ``site.actions`` that callers see, checked by mypy and never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_type

from mwclient_async import (
    ApiErrorItem,
    AuthStep,
    BlockResult,
    CompareResult,
    ContentModelResult,
    DeleteResult,
    EmailResult,
    ExpandResult,
    ImportedPage,
    ManageTagsResult,
    MergeHistoryResult,
    ModuleInfo,
    MoveResult,
    NotifiedPage,
    OpenSearchHit,
    PageLanguageResult,
    PageResults,
    ParsedLink,
    ParseResult,
    PasswordValidity,
    PatrolResult,
    ProtectResult,
    PurgedPage,
    RawEditResult,
    RevisionDeleteResult,
    RollbackResult,
    RotatedFile,
    Site,
    StashEditResult,
    TagResult,
    TokenCheck,
    UnblockResult,
    UndeleteResult,
    UserRightsResult,
    WatchedPage,
)

SOON = datetime(2099, 1, 1, tzinfo=UTC)


async def pages(site: Site) -> None:
    act = site.actions
    moved = await act.move("A", to="B", reason="R", movetalk=True, watchlist="watch", watchlistexpiry=timedelta(days=7))
    assert_type(moved, MoveResult)
    assert_type(moved.errors, tuple[ApiErrorItem, ...])
    assert_type(await act.move(fromid=5, to="B"), MoveResult)
    assert_type(await act.delete(pageid=5, tags=["t"]), DeleteResult)
    assert_type(await act.undelete("A", timestamps=[SOON], fileids=5), UndeleteResult)
    assert_type(await act.protect("A", protections={"edit": "sysop"}, expiry={"edit": SOON}), ProtectResult)
    assert_type(await act.mergehistory("A", to="B", timestamp=SOON), MergeHistoryResult)
    assert_type(await act.changecontentmodel("A", model="json", summary="S", bot=True), ContentModelResult)
    assert_type(await act.setpagelanguage(pageid=5, lang="fr", reason="R"), PageLanguageResult)
    assert_type(await act.rollback("A", user="U", markbot=True), RollbackResult)
    assert_type(await act.edit("A", text="T", minor=None, createonly=True), RawEditResult)
    assert_type(await act.stashedit("A", baserevid=5, text="T"), StashEditResult)
    await act.move("A", "B")  # type: ignore[call-arg]  # everything after the first is named
    await act.move("A", to="B", watchlist="always")  # type: ignore[arg-type]  # no such choice
    await act.delete("A", raeson="R")  # type: ignore[call-arg]  # no such argument


async def blocks(site: Site) -> None:
    assert_type(await site.actions.block("U", expiry="2 weeks", nocreate=True), BlockResult)
    assert_type(await site.actions.block("U", expiry=SOON, partial=True, namespacerestrictions=[0]), BlockResult)
    assert_type(await site.actions.unblock(id=5), UnblockResult)


async def many(site: Site, titles: AsyncIterator[str]) -> None:
    results: PageResults[PurgedPage] = site.actions.purge(titles=titles)
    assert_type([page async for page in results], list[PurgedPage])
    assert_type(await site.actions.purge(generator="allpages", gapprefix="A", limit=5), tuple[PurgedPage, ...])
    async for page in site.actions.watch(pageids=[5], expiry="1 month"):
        assert_type(page, WatchedPage)
    assert_type(await site.actions.setnotificationtimestamp(titles="A", timestamp=SOON), tuple[NotifiedPage, ...])
    assert_type(await site.actions.imagerotate(90, titles="A"), tuple[RotatedFile, ...])
    await site.actions.imagerotate(45, titles="A")  # type: ignore[arg-type]  # no such angle
    site.actions.purge(titles="A")  # type: ignore[unused-awaitable]  # nothing is done before it is awaited


async def reviews(site: Site) -> None:
    assert_type(await site.actions.patrol(revid=5), PatrolResult)
    assert_type(await site.actions.tag(revid=[5], add="t"), tuple[TagResult, ...])
    assert_type(await site.actions.managetags("create", tag="t"), ManageTagsResult)
    assert_type(await site.actions.revisiondelete("revision", ids=5, hide=["user"]), RevisionDeleteResult)
    assert_type(await site.actions.import_(Path("A.xml"), interwikiprefix="a"), tuple[ImportedPage, ...])
    await site.actions.filerevert("A.png", archivename="1!A.png")
    await site.actions.revisiondelete("page", ids=5, hide="user")  # type: ignore[arg-type]  # no such type


async def texts(site: Site) -> None:
    parsed = await site.actions.parse("A", prop=["text", "links"])
    assert_type(parsed, ParseResult)
    assert_type(parsed.text, str | None)
    assert_type(parsed.links, tuple[ParsedLink, ...])
    assert_type(await site.actions.expandtemplates("T", prop="wikitext"), ExpandResult)
    compared = await site.actions.compare(fromrev=5, torelative="prev", prop=["diff"])
    assert_type(compared, CompareResult)
    assert_type(compared.to.timestamp, datetime | None)
    assert_type(await site.actions.opensearch("A", namespace="*"), tuple[OpenSearchHit, ...])
    assert_type(await site.actions.paraminfo("edit"), tuple[ModuleInfo, ...])
    await site.actions.parse("A", prop="html")  # type: ignore[arg-type]  # no such part


async def accounts(site: Site) -> None:
    assert_type(await site.actions.userrights("U", add={"bot": SOON}, remove="sysop"), UserRightsResult)
    assert_type(await site.actions.emailuser("U", subject="S", text="T"), EmailResult)
    assert_type(await site.actions.createaccount("U", password="x"), AuthStep)
    assert_type(await site.actions.linkaccount(), AuthStep)
    assert_type(await site.actions.validatepassword("x", user="U"), PasswordValidity)
    assert_type(await site.actions.acquiretempusername(), str)
    assert_type(await site.actions.checktoken(type="csrf"), TokenCheck)
    await site.actions.options({"language": "de", "skin": None}, reset=True, resetkinds="registered")
    await site.actions.resetpassword("U")
    await site.actions.clearhasmsg()
    await site.actions.changeauthenticationdata("R", fields={"password": "x"})
