import os
from collections.abc import Iterator
from itertools import count, takewhile

import mwclient
import mwparserfromhell
from mwparserfromhell.nodes import Template


def value(template: Template, name: str) -> str:
    return str(template.get(name).value).strip() if template.has(name) else ""


def reviews(article: str, text: str) -> Iterator[tuple[str, str, str, str]]:
    for template in mwparserfromhell.parse(text).filter_templates(matches=lambda t: t.name.matches("Article history")):
        for name in takewhile(template.has, (f"action{number}" for number in count(1))):
            kind, date, result = (value(template, f"{name}{part}") for part in ("", "date", "result"))
            yield date, f"[[{article}]]", kind, result


site = mwclient.Site("en.wikipedia.org", clients_useragent="DemoBot/1.0 (demobot@example.org)")
site.login("DemoBot@uploads", os.environ["BOT_PASSWORD"])
pages = site.categories["Featured topic on comets"].members(namespace=1)
rows = sorted(row for page in pages for row in reviews(page.page_title, page.text()))
lines = "".join(f"|-\n| {' || '.join(row)}\n" for row in rows)
table = f'{{| class="wikitable sortable"\n! Date !! Article !! Review !! Result\n{lines}|}}'
edit = site.pages["User:DemoBot/Comets"].edit(table, f"{len(rows)} reviews", bot=False)
print("unchanged" if "nochange" in edit else "created" if "new" in edit else "saved")
