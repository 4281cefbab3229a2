import asyncio
import sys

import aiohttp

PARAMS = {"action": "query", "titles": "Page 0000000", "prop": "info", "format": "json", "formatversion": "2"}


async def main() -> None:
    async with (
        aiohttp.ClientSession(headers={"user-agent": "One/1.0 (benchmarks@example.org)"}) as http,
        http.get(sys.argv[1], params=PARAMS) as response,
    ):
        page = (await response.json())["query"]["pages"][0]
        print(page["title"], page["length"])


asyncio.run(main())
