"""What a person sees who prints a handle: one line that says what it is."""

from __future__ import annotations

from mwclient_async import Site
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT

WIKI = "https://wiki.example/w/api.php"


async def test_each_handle_says_in_one_line_what_it_is() -> None:
    site = Site(WIKI, user_agent=USER_AGENT, transport=ScriptedTransport([]))
    async with site:
        stream = site.query(generator="allpages", prop=["info", "categories"], titles="a secret draft")
        changes = site.list("recentchanges", limit=4)
        handles = [
            site, stream, stream.batches(), stream.open(), aiter(stream), changes, changes.follow(), site.page("Earth"),
            site.file("Earth.png"), site.rest, site.actions, site.edit_many(["Earth"], str.upper),
            site.rest.history("A"), site.pages(titles=["Earth"]), site.export(titles="Earth"),
            site.actions.purge(titles=["Earth"]),
        ]  # fmt: skip
        shown = [repr(handle) for handle in handles]
    assert [text for text in shown if " object at 0x" in text or "\n" in text or len(text) > 120] == []
    assert shown[1] == f"<stream of generator=allpages prop=info|categories on {WIKI}>"
    assert shown[5] == f"<stream of list=recentchanges on {WIKI}, limit=4>"
    assert "secret" not in " ".join(shown)
