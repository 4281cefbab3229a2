"""The two routes: everything on a throwaway wiki, and what only reads on any other."""

from __future__ import annotations

from mwclient_async.tour import categories, files, handover, history
from mwclient_async.tour.furnishing import EXAMPLES, LONG, furnished
from mwclient_async.tour.logbook import Logbook
from mwclient_async.tour.sample import Sample
from mwclient_async.tour.screen import Screen
from mwclient_async.tour.visit import visiting

_USER_AGENT = "mwclient_async-tour/1.0 (tour@example.org)"
_SAMPLE = Sample(query={"generator": "allpages", "prop": ["categories"], "gaplimit": 50, "cllimit": 20})

_PAGES = 100  # of another wiki: enough to see it work, and little to ask for
_REVISIONS = 60
_SMALL_BATCHES = {"prop": ["categories"], "cllimit": 50}


async def local(screen: Screen) -> None:
    """All four stops, on a wiki that is started for them."""
    screen.heading("mwclient_async on a real MediaWiki")
    async with furnished(screen) as place:
        screen.say(f"MediaWiki {place.wiki.version} at {place.wiki.url}, with titles such as {', '.join(EXAMPLES)}")
        api_url, log = place.wiki.api_url, Logbook()
        async with visiting(api_url, user_agent=_USER_AGENT) as visit:
            with log.stop("complete categories, and a loop that loses some", visit):
                await categories.show(screen, visit, _SAMPLE, seeded=place.categories)
            with log.stop("a cursor, handed to a second process", visit) as entry:
                entry.elsewhere = (await handover.show(screen, visit, _SAMPLE, titles=place.categories)).requests
            with log.stop("a history in both directions", visit):
                await history.show(screen, visit, LONG, seeded=place.comments)
        async with visiting(api_url, user_agent=_USER_AGENT, auth=place.bot) as visit:
            with log.stop("a large file in chunks", visit):
                await files.show(screen, visit, place.picture, account=place.bot.account)
        log.show(screen)


async def foreign(
    screen: Screen, *, api_url: str, user_agent: str, category: str | None = None, page: str | None = None
) -> None:
    """The stops that only read, on any wiki: few requests, one after the other."""
    screen.heading(f"mwclient_async on {api_url}")
    log = Logbook()
    async with visiting(api_url, user_agent=user_agent) as visit:
        general = (await visit.site.call("query", meta="siteinfo"))["query"]["general"]
        screen.say(f"{general['sitename']}, {general['generator']}. This only reads, and writes nothing.")
        sample = _small_sample(category)
        with log.stop("complete categories, and a loop that may lose some", visit):
            truth = await categories.show(screen, visit, sample)
        with log.stop("a cursor, handed to a second process", visit) as entry:
            entry.elsewhere = (await handover.show(screen, visit, sample, titles=truth)).requests
        with log.stop("a history in both directions", visit):
            await history.show(screen, visit, page or general["mainpage"], limit=_REVISIONS)
    log.show(screen)


def _small_sample(category: str | None) -> Sample:
    if category is None:
        source = {"generator": "allpages", "gapfilterredir": "nonredirects", "gaplimit": 25}
    else:
        source = {"generator": "categorymembers", "gcmtitle": category, "gcmtype": "page", "gcmlimit": 25}
    return Sample(query={**source, **_SMALL_BATCHES}, limit=_PAGES)
