"""Runs a campaign, and reports its results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mwclient_async import Site
from tests.query.campaign.comparison import Campaign
from tests.query.campaign.oracle import Oracle
from tests.query.campaign.questions import LIST_GENERATORS, PROP_GENERATORS, PROPS, WikiContents, make_question
from tests.query.campaign.wiki import USER_AGENT, CampaignWiki
from tests.support.lossy_transport import LossyTransport

_oracles: dict[str, Oracle] = {}


async def run_campaign(campaign_wiki: CampaignWiki, seeds: Iterable[int]) -> Campaign:
    """Send the queries of these seeds. The oracle of a wiki keeps its responses for the next campaign."""
    transport = LossyTransport(lambda *_: None)
    oracle = _oracles.setdefault(campaign_wiki.wiki.api_url, Oracle())
    async with Site(campaign_wiki.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        campaign = Campaign(site=site, transport=transport, oracle=oracle)
        contents = await _contents(campaign_wiki, oracle, site)
        for seed in seeds:
            await campaign.ask(make_question(seed, contents))
    return campaign


async def _contents(campaign_wiki: CampaignWiki, oracle: Oracle, site: Site) -> WikiContents:
    pages = await oracle.rows(site, "allpages", {"aplimit": "max"})
    revisions = await oracle.rows(site, "allrevisions", {"arvprop": "ids", "arvlimit": "max"})
    return WikiContents(
        version=campaign_wiki.wiki.version,
        titles=campaign_wiki.titles,
        pageids=sorted(page["pageid"] for page in pages),
        revids=sorted(revision["revid"] for page in revisions for revision in page["revisions"]),
    )


def failures(campaign: Campaign, version: str) -> str:
    """All differences, and the command that repeats them."""
    seeds = sorted({found.seed for found in campaign.differences})
    command = f"python -m tests.query.campaign --version {version} {' '.join(map(str, seeds))}"
    return "\n".join(
        [f"{len(campaign.differences)} differences; repeat them with: {command}", *map(str, campaign.differences)]
    )


def without_results(campaign: Campaign) -> set[str]:
    """The sources and properties that brought nothing in the whole campaign, so that they were not tested."""
    everything = {*LIST_GENERATORS, *PROP_GENERATORS, "titles", "pageids", "revids"}
    return {name for name in everything if not campaign.sources_with_pages[name]} | {
        f"prop={prop}" for prop in PROPS if not campaign.with_rows[f"prop={prop}"]
    }


def report(campaign: Campaign, version: str) -> str:
    """The counts, as text."""
    lines = [
        f"Random queries on MediaWiki {version}: "
        + ", ".join(f"{campaign.counts[name]} {name}" for name in ("queries", "succeeded", "requests", "pages"))
        + f", {campaign.counts['rows']} rows compared, {campaign.counts['resumes']} resumes, "
        f"{campaign.oracle.requests} requests of the oracle, {len(campaign.differences)} differences",
        f"  by generator or source (of which with pages): {_counted(campaign.generators, campaign.sources_with_pages)}",
        f"  by property (pages that had it): {_counted(campaign.props, _properties(campaign))}",
        f"  without results: {', '.join(sorted(without_results(campaign))) or 'none'}",
    ]
    return "\n".join(lines)


def _counted(queried: Counter[str], with_results: Counter[str]) -> str:
    return ", ".join(f"{name} {count} ({with_results[name]})" for name, count in sorted(queried.items()))


def _properties(campaign: Campaign) -> Counter[str]:
    return Counter(
        {name.removeprefix("prop="): count for name, count in campaign.with_rows.items() if name.startswith("prop=")}
    )
