import hashlib
from pathlib import Path

import pywikibot

CATEGORY = "Category:Photos of planets"

site = pywikibot.Site("en", "wikipedia")
files = pywikibot.Category(site, CATEGORY).members(member_type="file")
on_wiki = {file.latest_file_info.sha1: file.title() for file in files}
for path in sorted(Path("photos").iterdir()):
    sha1 = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
    if sha1 in on_wiki:
        print(path.name, "is", on_wiki[sha1])
        continue
    page, text = pywikibot.FilePage(site, path.name), f"[[{CATEGORY}]]"
    if not page.upload(str(path), summary="from the directory of photos", text=text, ignore_warnings=["exists"]):
        raise RuntimeError(f"{path.name} was not sent")
    print(path.name, "sent as", page.title(underscore=True, with_ns=False))
