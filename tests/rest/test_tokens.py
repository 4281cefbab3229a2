"""Writes with cookies have a token in the body; writes with an OAuth token have none."""

from __future__ import annotations

import json
from functools import partial

import anyio
import pytest

from mwclient_async import BotPassword, OAuth2Token
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support import guarded_wiki as guarded
from tests.support.logins import RecordingTransport, bot, fresh, site as site_of
from tests.support.oauth_wiki import TokenDesk


@pytest.fixture(scope="module")
def guarded_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return guarded.guarded_wiki(mediawiki_factory, mediawiki_version)


@pytest.fixture(scope="module")
def bot_password(guarded_wiki: LocalWiki) -> BotPassword:
    return bot(guarded_wiki, "Rest robot")


@pytest.fixture(scope="module")
def bearer(guarded_wiki: LocalWiki, bot_password: BotPassword) -> OAuth2Token:
    return OAuth2Token(token=TokenDesk(guarded_wiki).issue("Rest robot"))


@pytest.mark.everywhere
async def test_cookies_are_sent_with_a_token_in_the_body_and_a_bearer_token_without(
    guarded_wiki: LocalWiki, bot_password: BotPassword, bearer: OAuth2Token
) -> None:
    for auth, wanted in ((bot_password, True), (bearer, False)):
        watched = RecordingTransport()
        async with site_of(guarded_wiki, auth=auth, transport=watched) as site:
            made = await site.rest.create_page(fresh("By whom"), source="x")
            await site.rest.update_page(made.title, source="y", latest=made.latest.id)
            for revision in await site.rest.history(made.title).collect():
                assert revision.user is not None
                assert revision.user.name == "Rest robot"
        writes = [
            request for request in watched.requests if request.method == "PUT" or request.url.endswith("/v1/page")
        ]
        assert [request.headers["content-type"] for request in writes] == ["application/json"] * 2
        bodies = [json.loads(request.body) for request in writes if isinstance(request.body, bytes)]
        assert [("token" in body, body.get("token") == "+\\") for body in bodies] == [(wanted, False)] * 2
        assert [list(body)[-1] == "token" for body in bodies] == [
            wanted
        ] * 2  # the last key: a body that was cut off has no token
        assert {bool(request.headers.get("authorization")) for request in writes} == {not wanted}


async def test_an_expired_token_is_replaced_once_for_all_writers(
    guarded_wiki: LocalWiki, bot_password: BotPassword
) -> None:
    async with site_of(guarded_wiki, auth=bot_password) as site:
        pages = [await site.rest.create_page(fresh("Expiring"), source="x") for _ in range(4)]
        guarded.refuse_tokens(guarded_wiki)
        async with anyio.create_task_group() as tasks:
            for page in pages:
                tasks.start_soon(partial(site.rest.update_page, page.title, source="y", latest=page.latest.id))
        for page in pages:
            newest, first = await site.rest.history(page.title).collect()
            assert newest.user == first.user
            assert newest.user is not None
            assert newest.user.name == "Rest robot"
