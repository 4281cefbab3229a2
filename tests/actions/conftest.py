"""A wiki that allows much, and who acts on it: a steward, a member, and nobody in particular."""

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
def acted(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """The wiki of these tests."""
    return mediawiki_factory(version=mediawiki_version, settings=SETTINGS)


@frozen
class Logins:
    """How they log in, made before any loop runs."""

    steward: ClientLogin
    member: BotPassword


@pytest.fixture(scope="session")
def logins(acted: LocalWiki, mediawiki_version: str) -> Logins:
    return once("acting logins", mediawiki_version, partial(anyio.run, _logins, acted))


async def _logins(wiki: LocalWiki) -> Logins:
    groups = ["sysop", "bureaucrat", "suppress", "interface-admin"]
    password = await wiki.create_user("Steward", groups=groups)
    await wiki.maintenance("resetUserEmail", "--no-reset-password", "Steward", "steward@example.org")
    await wiki.create_user("Member")
    member = await wiki.create_bot_password("Member")
    await wiki.seed(SEEDED, shuffle_seed=None)
    return Logins(ClientLogin(username="Steward", password=password), member)


@pytest.fixture(scope="module")
async def steward(acted: LocalWiki, logins: Logins) -> AsyncIterator[Site]:
    """Who may do everything."""
    async with site(acted, auth=logins.steward) as opened:
        yield opened


@pytest.fixture(scope="module")
async def member(acted: LocalWiki, logins: Logins) -> AsyncIterator[Site]:
    """Who may do what everybody with an account may."""
    async with site(acted, auth=logins.member) as opened:
        yield opened


@pytest.fixture(scope="module")
async def nobody(acted: LocalWiki) -> AsyncIterator[Site]:
    async with site(acted) as opened:
        yield opened
