"""The main parameters of the API: those that a site sends with every request, and those of a single call.

The manual's page is https://www.mediawiki.org/wiki/API:Main_page.
"""

from datetime import datetime
from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async.errors import AssertFailed
from mwclient_async.testing.factory import WikiFactory
from mwclient_async.testing.scripted import ScriptedTransport, sent
from mwclient_async.testing.wiki import LocalWiki
from tests.conftest import USER_AGENT
from tests.support.logins import fresh

API = "https://wiki.example.org/w/api.php"


async def test_a_call_sets_main_parameters_and_its_response_echoes_them(mediawiki_factory: WikiFactory) -> None:
    wiki = mediawiki_factory(settings="$wgShowHostnames = true;")
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        body = await site.call(
        "parse", text="{{int:mainpage}}", requestid="a1", servedby=True, curtimestamp=True, uselang="de", maxlag=60,
        maxage=60, smaxage=60, prop="text", responselanginfo=True, contentmodel="wikitext",
    )  # fmt: skip
    assert (body["requestid"], body["uselang"]) == ("a1", "de")
    assert body["servedby"]
    assert datetime.fromisoformat(body["curtimestamp"]).tzinfo is not None
    assert "Hauptseite" in body["parse"]["text"]


async def test_the_batches_of_a_stream_hold_the_echo(site: Site) -> None:
    batch = await anext(site.query(titles="Earth", prop="info", requestid="b2", curtimestamp=True).batches())
    assert batch.body["requestid"] == "b2"
    assert batch.body["curtimestamp"]


async def test_the_language_of_a_call_overrides_that_of_the_site(wiki: LocalWiki) -> None:
    async with Site(wiki.api_url, user_agent=USER_AGENT, uselang="fr") as site:
        parse: dict[str, Any] = {"text": "{{int:mainpage}}", "prop": "text", "contentmodel": "wikitext"}
        assert "Accueil" in (await site.call("parse", **parse))["parse"]["text"]
        assert "Hauptseite" in (await site.call("parse", **parse, uselang="de"))["parse"]["text"]


async def test_a_site_asserts_that_its_account_is_a_bot(wiki: LocalWiki) -> None:
    bot, member = fresh("Bot"), fresh("Member")
    await wiki.create_user(bot, groups=["bot"])
    await wiki.create_user(member)
    auths = [await wiki.create_bot_password(name) for name in (bot, member)]
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auths[0], assert_bot=True) as site:
        assert (await site.userinfo()).name == bot
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auths[1], assert_bot=True) as site:
        with pytest.raises(AssertFailed, match=r"assertbotfailed: .* must be a bot: it lacks the right 'bot'"):
            await site.userinfo()
        assert (await site.call("query", params={"assert": "user"}))["batchcomplete"]


@pytest.mark.parametrize("name", ["format", "formatversion", "errorformat", "origin", "callback"])
async def test_parameters_that_the_library_sets_are_refused_before_any_request(name: str) -> None:
    transport = ScriptedTransport()
    arguments: dict[str, Any] = {name: "x"}
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises(ValueError, match=name):
            await site.call("query", **arguments)
        with pytest.raises(ValueError, match=name):
            site.query(titles="Earth", **arguments)
    assert transport.requests == []


async def test_parameters_of_the_call_override_those_of_the_site() -> None:
    transport = ScriptedTransport([{"expandtemplates": {"wikitext": "x"}}])
    async with Site(API, user_agent=USER_AGENT, transport=transport, uselang="qqx", maxlag=7) as site:
        await site.call("expandtemplates", text="x", prop="wikitext", requestid="c3", maxlag=60)
    params = sent(transport.requests[0])
    assert (params["uselang"], params["maxlag"], params["requestid"]) == ("qqx", "60", "c3")
    assert (params["format"], params["formatversion"]) == ("json", "2")
