"""The second process of stop 2: reads the rest of a stream from a cursor that another process stored.

It knows nothing but what comes on its standard input, as JSON, and prints what it read, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import anyio

from mwclient_async.errors import MediaWikiError
from mwclient_async.tour.sample import Sample
from mwclient_async.tour.visit import visiting


async def read_rest(errand: dict[str, Any]) -> dict[str, Any]:
    """The titles from the cursor on, the number of requests that they took, and this process's id."""
    sample = Sample(query=errand["query"], limit=errand["limit"])
    async with visiting(errand["api_url"], user_agent=errand["user_agent"]) as visit:
        titles = [page.title async for page in sample.stream(visit.site).resume(errand["cursor"])]
        return {"process": os.getpid(), "titles": titles, "requests": visit.requests}


def main() -> int:
    """Run the errand; returns the exit status."""
    try:
        share = anyio.run(read_rest, json.load(sys.stdin))
    except (MediaWikiError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    json.dump(share, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
