import csv
import re
from collections import Counter
from pathlib import Path

import pywikibot

before: Counter[str] = Counter()
site = pywikibot.Site("en", "wikipedia")
with Path("words.csv").open("w", newline="", encoding="utf-8") as file:
    table = csv.writer(file)
    table.writerow(["revision", "user", "added", "removed"])
    for revid in [revision.revid for revision in pywikibot.Page(site, "Halley").revisions(reverse=True)]:
        revision = pywikibot.Page(site, "Halley").get_revision(revid, content=True)  # a Page keeps what it has loaded
        if revision.text is None:  # hidden by an administrator
            continue
        words = Counter(re.findall(r"\w+", revision.text.lower()))
        changes = [" ".join(sorted(change)) for change in (words - before, before - words)]
        table.writerow([revision.revid, revision.user, *changes])
        before = words
