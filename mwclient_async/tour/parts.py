"""The parts of the tour in order: all four on a throwaway wiki, or those that only read on any other wiki."""

from __future__ import annotations

from mwclient_async.tour import categories, files, history, resume
from mwclient_async.tour.counted_site import open_counted_site
from mwclient_async.tour.demo_wiki import EXAMPLES, LONG_HISTORY, demo_wiki
from mwclient_async.tour.sample import Sample
from mwclient_async.tour.screen import Screen
from mwclient_async.tour.summary import Summary

_USER_AGENT = "mwclient_async-tour/1.0 (tour@example.org)"
_SAMPLE = Sample(query={"generator": "allpages", "prop": ["categories"], "gaplimit": 50, "cllimit": 20})

_PAGES = 100  # of another wiki: enough to see the library work, and few requests
_REVISIONS = 60
_SMALL_BATCHES = {"prop": ["categories"], "cllimit": 50}


async def show_local_wiki(screen: Screen) -> None:
    """Show all four parts, on a wiki that is started for them."""
    screen.heading("mwclient_async on a real MediaWiki")
    async with demo_wiki(screen) as demo:
        screen.say(f"MediaWiki {demo.wiki.version} at {demo.wiki.url}, with titles such as {', '.join(EXAMPLES)}")
        api_url, summary = demo.wiki.api_url, Summary()
        async with open_counted_site(api_url, user_agent=_USER_AGENT) as counted:
            with summary.part("complete categories, and a loop that loses some", counted):
                await categories.show(screen, counted, _SAMPLE, seeded=demo.categories)
            with summary.part("a cursor, resumed by a second process", counted) as part:
                part.requests_elsewhere = (await resume.show(screen, counted, _SAMPLE, titles=demo.categories)).requests
            with summary.part("a history in both directions", counted):
                await history.show(screen, counted, LONG_HISTORY, seeded=demo.comments)
        async with open_counted_site(api_url, user_agent=_USER_AGENT, auth=demo.bot) as counted:
            with summary.part("a large file in chunks", counted):
                await files.show(screen, counted, demo.picture, account=demo.bot.account)
        summary.show(screen)


async def show_other_wiki(
    screen: Screen, *, api_url: str, user_agent: str, category: str | None = None, page: str | None = None
) -> None:
    """Show the parts that only read, on any wiki, with few requests, one after the other."""
    screen.heading(f"mwclient_async on {api_url}")
    summary = Summary()
    async with open_counted_site(api_url, user_agent=user_agent) as counted:
        general = (await counted.site.call("query", meta="siteinfo"))["query"]["general"]
        screen.say(f"{general['sitename']}, {general['generator']}. The tour only reads here; it writes nothing.")
        sample = _small_sample(category)
        with summary.part("complete categories, and a loop that may lose some", counted):
            truth = await categories.show(screen, counted, sample)
        with summary.part("a cursor, resumed by a second process", counted) as part:
            part.requests_elsewhere = (await resume.show(screen, counted, sample, titles=truth)).requests
        with summary.part("a history in both directions", counted):
            await history.show(screen, counted, page or general["mainpage"], limit=_REVISIONS)
    summary.show(screen)


def _small_sample(category: str | None) -> Sample:
    if category is None:
        source = {"generator": "allpages", "gapfilterredir": "nonredirects", "gaplimit": 25}
    else:
        source = {"generator": "categorymembers", "gcmtitle": category, "gcmtype": "page", "gcmlimit": 25}
    return Sample(query={**source, **_SMALL_BATCHES}, limit=_PAGES)
