import re
import sys
from datetime import timedelta
from pathlib import Path

import pywikibot

STORED = Path("quiet-until.txt")
STOP = "User:DemoBot/Stop"


def tidy(text: str) -> str:
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


until = pywikibot.Timestamp.nowutc() - timedelta(minutes=15)
since = pywikibot.Timestamp.fromISOformat(STORED.read_text()) if STORED.exists() else until - timedelta(days=1)
site = pywikibot.Site("en", "wikipedia")
changes = site.recentchanges(start=until, end=since, namespaces=0, bot=False, top_only=True)
for page in site.preloadpages(pywikibot.Page(site, change["title"]) for change in changes):
    try:
        if page.text == tidy(page.text):
            print(page.title(), "unchanged")
        elif pywikibot.Page(site, STOP).text:
            sys.exit(f"{STOP} has a text")
        else:
            page.text = tidy(page.text)
            page.save("no spaces at the ends of lines")
            print(page.title(), "saved")
    except pywikibot.exceptions.Error as error:
        print(page.title(), error)
STORED.write_text(until.isoformat())  # after the work: a run that was stopped is repeated
