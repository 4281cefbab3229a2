"""The second process of part 2: reads the rest of a stream from a cursor that another process stored.

All that it knows comes as JSON on its standard input. It prints what it read as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import anyio

from mwclient_async.errors import MediaWikiError
from mwclient_async.tour.counted_site import open_counted_site
from mwclient_async.tour.sample import Sample


async def read_rest(job: dict[str, Any]) -> dict[str, Any]:
    """Return the titles after the cursor, the number of requests that they took, and the id of this process."""
    sample = Sample(query=job["query"], limit=job["limit"])
    async with open_counted_site(job["api_url"], user_agent=job["user_agent"]) as counted:
        titles = [page.title async for page in sample.stream(counted.site).resume(job["cursor"])]
        return {"process": os.getpid(), "titles": titles, "requests": counted.requests}


def main() -> int:
    """Read the job from standard input and do it; return the exit status."""
    try:
        result = anyio.run(read_rest, json.load(sys.stdin))
    except (MediaWikiError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    json.dump(result, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
