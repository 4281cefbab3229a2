import asyncio
import sys

from mwclient_async import HttpOptions, Site


async def main() -> None:
    http = HttpOptions(backend="aiohttp")
    async with Site(sys.argv[1], user_agent="One/1.0 (benchmarks@example.org)", http=http) as site:
        page = await site.page("Page 0000000").get("info")
        print(page.title, page.info.length)


asyncio.run(main())
