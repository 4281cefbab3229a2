import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mwclient
from mwclient.errors import MwClientError

STORED = Path("quiet-until.txt")
STOP = "User:DemoBot/Stop"
EXCLUDED = re.compile(r"(?i)\{\{\s*(nobots\s*\}|bots\s*\|\s*(allow\s*=\s*none|deny\s*=[^}]*\b(DemoBot|all)\b))")


def tidy(text: str) -> str:
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


until = datetime.now(UTC) - timedelta(minutes=15)
since = datetime.fromisoformat(STORED.read_text()) if STORED.exists() else until - timedelta(days=1)
site = mwclient.Site("en.wikipedia.org", clients_useragent="DemoBot/1.0 (demobot@example.org)")
site.login("DemoBot@uploads", os.environ["BOT_PASSWORD"])
start, end = (f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in (until, since))
for change in site.recentchanges(start=start, end=end, namespace=0, show="!bot", toponly=True):
    try:
        page = site.pages[change["title"]]
        text = page.text()
        if EXCLUDED.search(text):
            print(page.name, "is not for bots")
        elif text == tidy(text):
            print(page.name, "unchanged")
        elif site.pages[STOP].text():
            sys.exit(f"{STOP} has a text")
        else:
            page.edit(tidy(text), "no spaces at the ends of lines", minor=True)
            print(page.name, "saved")
    except MwClientError as error:
        print(change["title"], error)
STORED.write_text(until.isoformat())  # after the work: a run that was stopped is repeated
