"""A campaign from beginning to end, and what it has to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mwclient_async import Site
from tests.query.campaign.comparison import Campaign
from tests.query.campaign.oracle import Oracle
from tests.query.campaign.questions import LIST_GENERATORS, PROP_GENERATORS, PROPS, Subject, ask
from tests.query.campaign.wiki import USER_AGENT, Furnished
from tests.support.lossy_transport import FaultyTransport

_oracles: dict[str, Oracle] = {}


async def campaign(shelf: Furnished, seeds: Iterable[int]) -> Campaign:
    """Ask the questions of these seeds. The oracle of a wiki remembers from one campaign to the next."""
    transport = FaultyTransport(lambda *_: None)
    oracle = _oracles.setdefault(shelf.wiki.api_url, Oracle())
    async with Site(shelf.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        asked = Campaign(site=site, transport=transport, oracle=oracle)
        subject = await _subject(shelf, oracle, site)
        for seed in seeds:
            await asked.put(ask(seed, subject))
    return asked


async def _subject(shelf: Furnished, oracle: Oracle, site: Site) -> Subject:
    pages = await oracle.rows(site, "allpages", {"aplimit": "max"})
    revisions = await oracle.rows(site, "allrevisions", {"arvprop": "ids", "arvlimit": "max"})
    return Subject(
        version=shelf.wiki.version,
        titles=shelf.titles,
        pageids=sorted(page["pageid"] for page in pages),
        revids=sorted(revision["revid"] for page in revisions for revision in page["revisions"]),
    )


def failures(asked: Campaign, version: str) -> str:
    """Every difference, and how to repeat it."""
    seeds = sorted({found.seed for found in asked.differences})
    again = f"python -m tests.query.campaign --version {version} {' '.join(map(str, seeds))}"
    return "\n".join([f"{len(asked.differences)} differences; again: {again}", *map(str, asked.differences)])


def silent(asked: Campaign) -> set[str]:
    """The generators and properties that never brought anything: they prove nothing."""
    everything = {*LIST_GENERATORS, *PROP_GENERATORS, "titles", "pageids", "revids"}
    return {name for name in everything if not asked.fed[name]} | {
        f"prop={prop}" for prop in PROPS if not asked.filled[f"prop={prop}"]
    }


def report(asked: Campaign, version: str) -> str:
    """The counts, for people."""
    lines = [
        f"Random queries on MediaWiki {version}: "
        + ", ".join(f"{asked.counts[name]} {name}" for name in ("queries", "succeeded", "requests", "pages"))
        + f", {asked.counts['rows']} rows compared, {asked.counts['resumes']} resumes, "
        f"{asked.oracle.requests} requests of the oracle, {len(asked.differences)} differences",
        f"  by generator or source (of which with pages): {_counted(asked.generators, asked.fed)}",
        f"  by property (pages that had it): {_counted(asked.props, _properties(asked))}",
        f"  silent: {', '.join(sorted(silent(asked))) or 'none'}",
    ]
    return "\n".join(lines)


def _counted(asked: Counter[str], filled: Counter[str]) -> str:
    return ", ".join(f"{name} {count} ({filled[name]})" for name, count in sorted(asked.items()))


def _properties(asked: Campaign) -> Counter[str]:
    return Counter(
        {name.removeprefix("prop="): count for name, count in asked.filled.items() if name.startswith("prop=")}
    )
