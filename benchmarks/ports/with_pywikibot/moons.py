import csv
from collections import defaultdict
from pathlib import Path

import pywikibot

texts: dict[str, str] = {}
contents: defaultdict[str, list[str]] = defaultdict(list)
with Path("moons.csv").open(newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        title = f"Moons/{row['moon']}"
        texts[title] = f"'''{row['moon']}''' is a moon of [[{row['planet']}]], found in {row['found']}."
        contents[row["planet"]].append(f"* [[{title}|{row['moon']}]]\n")
texts["Moons"] = "\n".join(f"== {planet} ==\n{''.join(sorted(moons))}" for planet, moons in sorted(contents.items()))

site = pywikibot.Site("en", "wikipedia")
for title, text in texts.items():
    try:
        page = pywikibot.Page(site, title)
        outcome = "created" if not page.exists() else "saved" if page.text != text.strip() else "unchanged"
        page.put(text, "from moons.csv", minor=False, bot=False)
        print(title, outcome)
    except pywikibot.exceptions.Error as error:
        print(title, error)
