import sys
from urllib.parse import urlsplit

import mwapi

place = urlsplit(sys.argv[1])
session = mwapi.Session(
    f"http://{place.netloc}", api_path=place.path, formatversion=2, user_agent="One/1.0 (benchmarks@example.org)"
)
page = session.get(action="query", titles="Page 0000000", prop="info")["query"]["pages"][0]
print(page["title"], page["length"])
