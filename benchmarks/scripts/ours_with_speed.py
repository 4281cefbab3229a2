import asyncio
import sys
from typing import Any

from mwclient_async import HttpOptions, Site

BACKEND: Any = {"backend": "aiohttp"}


async def main() -> None:
    http = HttpOptions(**BACKEND)
    async with Site(sys.argv[1], user_agent="One/1.0 (benchmarks@example.org)", http=http) as site:
        page = await site.page("Page 0000000").get("info")
        print(page.title, page.info.length)


asyncio.run(main())
