"""Try the installed package on a real wiki, as a program of a user does; ``make dist`` runs this.

It runs in an environment that has the wheel and nothing else: it imports nothing of the tests.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from hashlib import sha1
from importlib import metadata
from pathlib import Path

import mwclient_async
from mwclient_async import Site
from mwclient_async.testing import LocalWiki, SeedPage

NAME = "mwclient_async"
PACKAGES = {"anyio", "attrs", "cattrs", "httpx"}
AGENT = "wheel-tests/1.0 (tests@example.org)"
CATEGORY = "[[Category:Planets]]"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c626001000000050001a5f645400000000049454e44ae426082"
)


def check_installation() -> None:
    """The package is the wheel's, it needs four packages, and those of the extras are not there."""
    assert Path(mwclient_async.__file__).is_relative_to(sys.prefix), mwclient_async.__file__
    assert metadata.version(NAME) == mwclient_async.__version__
    required: set[str] = set()
    optional: set[str] = set()
    for requirement in metadata.requires(NAME) or ():
        (optional if "extra ==" in requirement else required).add(re.split(r"[^\w-]", requirement)[0])
    assert required == PACKAGES, required
    installed = {found.metadata["Name"].lower() for found in metadata.distributions()}
    assert not installed & (optional - PACKAGES), installed
    assert (Path(mwclient_async.__file__).parent / "py.typed").exists()
    for name in dir(mwclient_async):
        getattr(mwclient_async, name)


async def check_reading_and_writing() -> None:
    """Read pages, a list, a history; edit, upload and download."""
    async with LocalWiki() as wiki:
        await wiki.seed([SeedPage("Earth", f"A planet. {CATEGORY}"), SeedPage("Mars", f"Red. {CATEGORY}")])
        await wiki.create_user("Bot", groups=["bot", "sysop"])
        auth = await wiki.create_bot_password("Bot")
        async with Site(wiki.api_url, user_agent=AGENT, auth=auth) as site:
            pages = site.query(generator="categorymembers", gcmtitle="Category:Planets", prop=["info", "categories"])
            assert {page.title: len(page.categories) async for page in pages} == {"Earth": 1, "Mars": 1}

            await site.page("Earth").edit(lambda text: f"{text} Blue.", summary="Tried")
            assert await site.page("Earth").text() == f"A planet. {CATEGORY} Blue."
            edits = await site.list("usercontribs", user="Bot").collect()
            assert [(edit.title, edit.comment) for edit in edits] == [("Earth", "Tried")], edits
            assert [each.comment async for each in site.rest.history("Earth", limit=1)] == ["Tried"]

            result = await site.upload(PIXEL, filename="Pixel.png", comment="Tried", text="One pixel.")
            assert result.imageinfo is not None
            assert result.imageinfo.sha1 == sha1(PIXEL).hexdigest(), result
            with tempfile.TemporaryDirectory() as directory:
                path = await site.file("Pixel.png").download(Path(directory, "Pixel.png"))
                assert path is not None
                with path.open("rb") as file:
                    assert file.read() == PIXEL


def main() -> None:
    """Make all checks."""
    check_installation()
    asyncio.run(check_reading_and_writing())
    sys.stdout.write(f"mwclient_async {mwclient_async.__version__} works, with {', '.join(sorted(PACKAGES))} alone\n")


if __name__ == "__main__":
    main()
