"""A wiki with many features enabled, and three Sites on it: of a steward, of a member, and of an anonymous user."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

import anyio
import pytest
from attrs import frozen

from mwclient_async import BotPassword, ClientLogin, Site
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision, WikiFactory
from tests.conftest import once
from tests.support.logins import site

SETTINGS = """
$wgWatchlistExpiry = true;
$wgEnablePartialActionBlocks = true;
$wgUseImageMagick = false;
$wgPageLanguageUseDB = true;
$wgGroupPermissions['sysop']['pagelang'] = true;
$wgPasswordPolicy['policies']['default']['MinimalPasswordLength'] = [ 'value' => 8, 'suggestChangeOnLogin' => true ];
$wgNamespacesWithSubpages[NS_MAIN] = true;
$wgGroupPermissions['suppress']['hideuser'] = true;
$wgGroupPermissions['sysop']['deletelogentry'] = true;
$wgGroupPermissions['sysop']['deleterevision'] = true;
$wgGroupPermissions['sysop']['importupload'] = true;
$wgDeleteRevisionsLimit = 10;
$wgRateLimits = [ 'purge' => [ 'user' => [ 1, 86400 ] ] ];
"""

SEEDED = (
    SeedPage("Buried", revisions=[SeedRevision(f"Line {n}.", user="192.0.2.1") for n in range(3)]),
    SeedPage("History of old", revisions=[SeedRevision(f"Line {n}.", user="192.0.2.1") for n in range(3)]),
    SeedPage(
        "Vandalised",
        revisions=[
            SeedRevision("Good.", user="192.0.2.1"),
            SeedRevision("Bad.", user="Vandal"),
            SeedRevision("Worse.", user="Vandal"),
        ],
    ),
)


@pytest.fixture(scope="session")
def action_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """The wiki of these tests."""
    return mediawiki_factory(version=mediawiki_version, settings=SETTINGS)


@frozen
class Logins:
    """The credentials of both accounts. They are made before any event loop runs."""

    steward: ClientLogin
    member: BotPassword


@pytest.fixture(scope="session")
def logins(action_wiki: LocalWiki, mediawiki_version: str) -> Logins:
    return once("action logins", mediawiki_version, partial(anyio.run, _create_accounts, action_wiki))


async def _create_accounts(wiki: LocalWiki) -> Logins:
    groups = ["sysop", "bureaucrat", "suppress", "interface-admin"]
    password = await wiki.create_user("Steward", groups=groups)
    await wiki.maintenance("resetUserEmail", "--no-reset-password", "Steward", "steward@example.org")
    await wiki.create_user("Member")
    member = await wiki.create_bot_password("Member")
    await wiki.seed(SEEDED, shuffle_seed=None)
    return Logins(ClientLogin(username="Steward", password=password), member)


@pytest.fixture(scope="module")
async def steward(action_wiki: LocalWiki, logins: Logins) -> AsyncIterator[Site]:
    """The Site of an account that may do everything."""
    async with site(action_wiki, auth=logins.steward) as opened:
        yield opened


@pytest.fixture(scope="module")
async def member(action_wiki: LocalWiki, logins: Logins) -> AsyncIterator[Site]:
    """The Site of an account with the rights of every account."""
    async with site(action_wiki, auth=logins.member) as opened:
        yield opened


@pytest.fixture(scope="module")
async def anonymous(action_wiki: LocalWiki) -> AsyncIterator[Site]:
    async with site(action_wiki) as opened:
        yield opened
