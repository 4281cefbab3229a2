import os
import sys

os.environ["PYWIKIBOT_NO_USER_CONFIG"] = "2"

import pywikibot

page = pywikibot.Page(pywikibot.Site(url=sys.argv[1]), "Page 0000000")
print(page.title(), page.latest_revision_id)
