"""W2: on a wiki with an abuse filter, an edit is sent again only if that cannot confirm a warning."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from mwclient_async import BotPassword, ClientLogin, EditOutcome, HttpOptions, Site
from mwclient_async.errors import AbuseFilter, OutcomeUnknown
from mwclient_async.models.auth import Auth
from mwclient_async.testing import LocalWiki
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.edits import site_behind
from tests.support.fault_proxy import DROP_BEFORE, FaultProxy, matching
from tests.support.logins import bot, fresh, password

NAME = "Filtered editor"


@pytest.fixture(scope="session")
def auth(filtered_wiki: LocalWiki) -> BotPassword:
    return bot(filtered_wiki, NAME)


def client_login(wiki: LocalWiki, *, asks: bool) -> ClientLogin:
    async def answer(question: object) -> dict[str, str]:
        raise AssertionError(question)

    return ClientLogin(username=NAME, password=password(wiki, NAME), answer=answer if asks else None)


@pytest.mark.everywhere
@pytest.mark.parametrize("login", ["bot password", "account", "anonymous"])
async def test_w2_an_edit_that_is_sent_again_gets_a_warning_of_its_own_and_one_without_is_saved(
    filtered_wiki: LocalWiki, auth: BotPassword, login: str
) -> None:
    """A warning for the lost request could come at any time: the second one is sent in another session."""
    auths: dict[str, Auth | None] = {"bot password": auth, "anonymous": None}
    auths["account"] = client_login(filtered_wiki, asks=False)
    async with FaultProxy(filtered_wiki.url) as proxy, site_behind(proxy, auth=auths[login]) as site:
        for text, saved in ((f"It is {guarded.WARNED}.", False), ("It is fine.", True)):
            page, before = site.page(fresh("Sent again")), sessions(site)
            await page.create("Start.")
            proxy.plan, sent = matching("edit", DROP_BEFORE), len(proxy.seen)
            if saved:
                assert (await page.append(text)).outcome is EditOutcome.SAVED
            else:
                with pytest.raises(AbuseFilter, match="abusefilter-warning"):
                    await page.append(text)
            assert sum(seen.action == "edit" for seen in proxy.seen[sent:]) == 2
            assert await page.text() == ("Start.It is fine." if saved else "Start.")
            assert not before & sessions(site)


def sessions(site: Site) -> set[str]:
    """The values of the session's cookies."""
    return {str(cookie["value"]) for cookie in site.login_state().cookies if cookie["name"].endswith("_session")}


@pytest.mark.parametrize("sent_before", [0, 2], ids=["directly", "after two chunks"])
async def test_w2_a_file_is_published_again_in_another_session(
    filtered_wiki: LocalWiki, auth: BotPassword, sent_before: int
) -> None:
    name, copies = f"{fresh('Filtered')}.txt", 120 if sent_before else 10
    async with FaultProxy(filtered_wiki.url) as proxy, site_behind(proxy, auth=auth) as site:
        before = sessions(site)
        proxy.plan = matching("upload", *[None] * sent_before, DROP_BEFORE)
        result = await site.upload(name.encode() * copies, filename=name, comment="made", chunk_size=2048)
        assert (result.filename.replace("_", " "), proxy.counts["DROP_BEFORE"]) == (name, 1)
        assert sum(seen.action == "upload" for seen in proxy.seen) == sent_before + 2
        assert not before & sessions(site)


async def test_w2_nothing_is_sent_again_if_the_login_cannot_begin_another_session(
    filtered_wiki: LocalWiki, auth: BotPassword
) -> None:
    """A second factor would have to be asked for; a stored login, or a cookie of HttpOptions, cannot be renewed."""
    async with Site(filtered_wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:
        state = site.login_state()
    async with FaultProxy(filtered_wiki.url) as proxy:
        state = evolve(state, wiki=f"{proxy.url}/api.php")
        cookie = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in state.cookies)
        options: tuple[dict[str, Any], ...] = (
            {"login_state": state},
            {"auth": client_login(filtered_wiki, asks=True)},
            {"http": HttpOptions(headers=(("Cookie", cookie),))},
        )
        for option in options:
            async with site_behind(proxy, **option) as site:
                page = site.page(fresh("Not sent again"))
                await page.create("Start.")
                proxy.plan = matching("edit", DROP_BEFORE)
                with pytest.raises(OutcomeUnknown, match="this login cannot begin another session by itself"):
                    await page.append("More.")
                assert await page.text() == "Start."
