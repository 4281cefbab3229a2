"""The types of ``site.rest`` that callers see, checked by mypy and never run."""

from __future__ import annotations

from datetime import datetime
from typing import assert_type

from mwclient_async import (
    BarePage,
    BareRevision,
    Diff,
    HistoryCount,
    HistoryRevision,
    Html,
    HtmlPage,
    HtmlRevision,
    LatestRevision,
    Lint,
    Page,
    PageFile,
    PageLanguage,
    RestFile,
    RestList,
    RestPage,
    RestRevision,
    SearchHit,
    Site,
    Stream,
)


async def searches(site: Site) -> None:
    assert_type(await site.rest.search_pages("Earth", limit=5), RestList[SearchHit])
    assert_type(await site.rest.search_titles("Ea"), RestList[SearchHit])
    assert_type(await site.rest.search_description(), str)
    await site.rest.search_pages("Earth", 5)  # type: ignore[call-arg]  # everything after the first is named


async def pages(site: Site) -> None:
    page = await site.rest.page("Earth")
    assert_type(page, RestPage)
    assert_type(await site.rest.page("Earth", previous=page), RestPage)
    assert_type(page.latest, LatestRevision)
    assert_type(page.latest.timestamp, datetime)
    assert_type(page.redirect_target, str | None)
    assert_type(await site.rest.page_bare("Earth"), BarePage)
    html = await site.rest.page_html("Earth", redirect=False)
    assert_type(html, Html)
    assert_type(html.revid, int | None)
    assert_type(html.text, str)
    assert_type(await site.rest.page_html("Earth", previous=html), Html)
    whole = await site.rest.page_with_html("Earth", redirect=False)
    assert_type(whole, HtmlPage)
    assert_type(whole.latest, LatestRevision | None)
    await site.rest.page("Earth", previous=html)  # type: ignore[arg-type]  # the result of another method


async def what_a_page_has(site: Site) -> None:
    languages = await site.rest.languages("Earth")
    assert_type(languages, RestList[PageLanguage])
    assert_type([language.code for language in languages], list[str])
    assert_type(await site.rest.languages("Earth", previous=languages), RestList[PageLanguage])
    assert_type(await site.rest.media("Earth"), RestList[PageFile])
    assert_type(site.page("Earth").media(), Stream[Page])
    assert_type(await site.rest.file("Earth.png"), RestFile)
    await site.rest.media("Earth", previous=languages)  # type: ignore[arg-type]  # a list of something else


async def histories(site: Site) -> None:
    assert_type(site.rest.history("Earth", filter="minor", older_than=5, limit=1), Stream[HistoryRevision])
    count = await site.rest.history_counts("Earth", "edits", from_=5, to=7)
    assert_type(count, HistoryCount)
    assert_type((count.count, count.limit), tuple[int, bool])
    assert_type(await site.rest.history_counts("Earth", "temporary", previous=count), HistoryCount)
    await site.rest.history_counts("Earth", "edit")  # type: ignore[arg-type]  # not one of the wiki's types


async def revisions(site: Site) -> None:
    revision = await site.rest.revision(5)
    assert_type(revision, RestRevision)
    assert_type(await site.rest.revision(5, previous=revision), RestRevision)
    assert_type(revision.page.title, str)
    assert_type(await site.rest.revision_bare(5), BareRevision)
    assert_type(await site.rest.revision_html(5), Html)
    assert_type(await site.rest.revision_with_html(5), HtmlRevision)
    assert_type(await site.rest.compare(5, 7), Diff)


async def what_newer_wikis_make(site: Site) -> None:
    assert_type(await site.rest.to_html("''x''", title="Earth", revision=5, body_only=True), str)
    assert_type(await site.rest.to_wikitext("<i>x</i>", title="Earth", revision=5), str)
    assert_type(await site.rest.lint("''x", title="Earth"), RestList[Lint])
    assert_type(await site.rest.page_lint("Earth"), RestList[Lint])
    assert_type(await site.rest.revision_lint(5), RestList[Lint])


async def writes(site: Site) -> None:
    page = await site.rest.create_page("Earth", source="x", comment=None, content_model="wikitext")
    assert_type(page, RestPage)
    assert_type(await site.rest.update_page("Earth", source="y", comment="z", latest=page.latest.id), RestPage)
    await site.rest.update_page("Earth", source="y")  # type: ignore[call-arg]  # the base is not to be forgotten
