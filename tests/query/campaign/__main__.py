"""Repeat single queries: ``python -m tests.query.campaign --version 1.39 17 42``."""

from __future__ import annotations

import argparse
import sys

import anyio

from mwclient_async.testing.factory import WikiFactory
from tests.query.campaign.run import failures, report, run_campaign
from tests.query.campaign.wiki import get_campaign_wiki


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.query.campaign", description=__doc__)
    parser.add_argument("--version", default="1.39")
    parser.add_argument("seeds", nargs="+", type=int)
    arguments = parser.parse_args()
    with WikiFactory() as factory:
        campaign_wiki = get_campaign_wiki(factory, arguments.version)
        finished = anyio.run(run_campaign, campaign_wiki, arguments.seeds)
    sys.stdout.write(f"{report(finished, arguments.version)}\n{failures(finished, arguments.version)}\n")
    return bool(finished.differences)


if __name__ == "__main__":
    sys.exit(main())
