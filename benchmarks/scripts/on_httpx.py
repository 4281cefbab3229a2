import asyncio
import sys

import httpx

PARAMS = {"action": "query", "titles": "Page 0000000", "prop": "info", "format": "json", "formatversion": "2"}


async def main() -> None:
    async with httpx.AsyncClient(headers={"user-agent": "One/1.0 (benchmarks@example.org)"}) as http:
        reply = (await http.get(sys.argv[1], params=PARAMS)).json()
        page = reply["query"]["pages"][0]
        print(page["title"], page["length"])


asyncio.run(main())
