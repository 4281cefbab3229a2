import sys
from urllib.parse import urlsplit

import mwclient

site = mwclient.Site(
    urlsplit(sys.argv[1]).netloc, scheme="http", path="/", clients_useragent="One/1.0 (benchmarks@example.org)"
)
page = site.pages["Page 0000000"]
print(page.name, page.length)
