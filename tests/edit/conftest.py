"""Who edits: an account, a sysop, and nobody in particular; and a wiki that is hard to please."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import anyio
import pytest

from mwclient_async import BotPassword, ClientLogin, Site
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support import guarded_wiki as guarded
from tests.support.logins import bot, site


@pytest.fixture(scope="session")
def editor(wiki: LocalWiki) -> BotPassword:
    return bot(wiki, "Page editor")


@pytest.fixture(scope="session")
def troll(wiki: LocalWiki) -> BotPassword:
    """To be blocked."""
    return bot(wiki, "Troll")


@pytest.fixture(scope="session")
def sysop(wiki: LocalWiki) -> ClientLogin:
    password = anyio.run(partial(wiki.create_user, "Keeper", groups=["sysop", "bot"]))
    return ClientLogin(username="Keeper", password=password)


@pytest.fixture
async def mine(wiki: LocalWiki, editor: BotPassword) -> AsyncIterator[Site]:
    async with site(wiki, auth=editor) as opened:
        yield opened


@pytest.fixture
async def keeper(wiki: LocalWiki, sysop: ClientLogin) -> AsyncIterator[Site]:
    async with site(wiki, auth=sysop) as opened:
        yield opened


@pytest.fixture(scope="session")
def strict(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """A wiki with an abuse filter and with captchas."""
    return guarded.filtered(mediawiki_factory, mediawiki_version)
