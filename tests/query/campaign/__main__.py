"""Repeat single questions: ``python -m tests.query.campaign --version 1.39 17 42``."""

from __future__ import annotations

import argparse
import sys

import anyio

from mwclient_async.testing.factory import WikiFactory
from tests.query.campaign.run import campaign, failures, report
from tests.query.campaign.wiki import furnished


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.query.campaign", description=__doc__)
    parser.add_argument("--version", default="1.39")
    parser.add_argument("seeds", nargs="+", type=int)
    given = parser.parse_args()
    with WikiFactory() as factory:
        shelf = furnished(factory, given.version)
        asked = anyio.run(campaign, shelf, given.seeds)
    sys.stdout.write(f"{report(asked, given.version)}\n{failures(asked, given.version)}\n")
    return bool(asked.differences)


if __name__ == "__main__":
    sys.exit(main())
