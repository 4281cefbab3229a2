"""The accounts that edit, their Sites, and a wiki with an abuse filter.

``site`` (from ``tests/conftest.py``) is an anonymous user, ``user_site`` a logged-in account, ``admin_site`` a sysop.
"""

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
def user_auth(wiki: LocalWiki) -> BotPassword:
    return bot(wiki, "Page editor")


@pytest.fixture(scope="session")
def blocked_auth(wiki: LocalWiki) -> BotPassword:
    """An account that a test blocks."""
    return bot(wiki, "Blocked user")


@pytest.fixture(scope="session")
def admin_auth(wiki: LocalWiki) -> ClientLogin:
    password = anyio.run(partial(wiki.create_user, "Page admin", groups=["sysop", "bot"]))
    return ClientLogin(username="Page admin", password=password)


@pytest.fixture
async def user_site(wiki: LocalWiki, user_auth: BotPassword) -> AsyncIterator[Site]:
    async with site(wiki, auth=user_auth) as opened:
        yield opened


@pytest.fixture
async def admin_site(wiki: LocalWiki, admin_auth: ClientLogin) -> AsyncIterator[Site]:
    async with site(wiki, auth=admin_auth) as opened:
        yield opened


@pytest.fixture(scope="session")
def filtered_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """A wiki with an abuse filter and captchas."""
    return guarded.filtered_wiki(mediawiki_factory, mediawiki_version)
