import csv
import re
from collections import Counter
from pathlib import Path

import mwclient

before: Counter[str] = Counter()
site = mwclient.Site("en.wikipedia.org", clients_useragent="DemoBot/1.0 (demobot@example.org)")
if not site.pages["Halley"].exists:
    raise LookupError("the page Halley does not exist")
with Path("words.csv").open("w", newline="", encoding="utf-8") as file:
    table = csv.writer(file)
    table.writerow(["revision", "user", "added", "removed"])
    for revision in site.pages["Halley"].revisions(prop="ids|user|content", dir="newer"):
        if "*" not in revision:  # hidden by an administrator
            continue
        words = Counter(re.findall(r"\w+", revision["*"].lower()))
        changes = [" ".join(sorted(change)) for change in (words - before, before - words)]
        table.writerow([revision["revid"], revision.get("user"), *changes])
        before = words
