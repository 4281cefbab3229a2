import hashlib
import os
from pathlib import Path

import mwclient

CATEGORY = "Photos of planets"

site = mwclient.Site("en.wikipedia.org", clients_useragent="DemoBot/1.0 (demobot@example.org)")
site.login("DemoBot@uploads", os.environ["BOT_PASSWORD"])
on_wiki = {file.imageinfo["sha1"]: file.name for file in site.categories[CATEGORY].members(namespace=6)}
for path in sorted(Path("photos").iterdir()):
    sha1 = hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
    if sha1 in on_wiki:
        print(path.name, "is", on_wiki[sha1])
        continue
    exists = site.images[path.name].exists  # ignore=True ignores all warnings
    text = f"[[Category:{CATEGORY}]]"
    result = site.upload(str(path), path.name, text, ignore=exists, comment="from the directory of photos")
    if result["result"] != "Success":
        raise RuntimeError(f"{path.name}: {result}")
    print(path.name, "sent as", result["filename"])
