import csv
import os
from collections import defaultdict
from pathlib import Path

import mwclient
from mwclient.errors import MwClientError

texts: dict[str, str] = {}
contents: defaultdict[str, list[str]] = defaultdict(list)
with Path("moons.csv").open(newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        title = f"Moons/{row['moon']}"
        texts[title] = f"'''{row['moon']}''' is a moon of [[{row['planet']}]], found in {row['found']}."
        contents[row["planet"]].append(f"* [[{title}|{row['moon']}]]\n")
texts["Moons"] = "\n".join(f"== {planet} ==\n{''.join(sorted(moons))}" for planet, moons in sorted(contents.items()))

site = mwclient.Site("en.wikipedia.org", clients_useragent="DemoBot/1.0 (demobot@example.org)")
site.login("DemoBot@uploads", os.environ["BOT_PASSWORD"])
for title, text in texts.items():
    try:
        edit = site.pages[title].edit(text, "from moons.csv", bot=False)
        print(title, "unchanged" if "nochange" in edit else "created" if "new" in edit else "saved")
    except MwClientError as error:
        print(title, error)
