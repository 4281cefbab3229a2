from collections.abc import Iterator
from itertools import count, takewhile

import mwparserfromhell
import pywikibot
from mwparserfromhell.nodes import Template


def value(template: Template, name: str) -> str:
    return str(template.get(name).value).strip() if template.has(name) else ""


def reviews(article: str, text: str) -> Iterator[tuple[str, str, str, str]]:
    for template in mwparserfromhell.parse(text).filter_templates(matches=lambda t: t.name.matches("Article history")):
        for name in takewhile(template.has, (f"action{number}" for number in count(1))):
            kind, date, result = (value(template, f"{name}{part}") for part in ("", "date", "result"))
            yield date, f"[[{article}]]", kind, result


site = pywikibot.Site("en", "wikipedia")
pages = pywikibot.Category(site, "Featured topic on comets").articles(namespaces=1, content=True)
rows = sorted(row for page in pages for row in reviews(page.toggleTalkPage().title(), page.text))
lines = "".join(f"|-\n| {' || '.join(row)}\n" for row in rows)
table = f'{{| class="wikitable sortable"\n! Date !! Article !! Review !! Result\n{lines}|}}'
page = pywikibot.Page(site, "User:DemoBot/Comets")
outcome = "created" if not page.exists() else "saved" if page.text != table else "unchanged"
page.put(table, f"{len(rows)} reviews", minor=False, bot=False)
print(outcome)
