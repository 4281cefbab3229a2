"""A wiki one of whose PHP files was saved with a byte order mark, and ends with white space."""

from __future__ import annotations

import pytest

from mwclient_async import Site
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.conftest import USER_AGENT

SETTINGS = r"""
if ( str_contains( $_SERVER['HTTP_USER_AGENT'] ?? '', 'mwclient' ) ) {  // not for the check that the wiki has started
    ob_start( static fn ( $body ) => "\u{FEFF}\u{FEFF}\r\n" . $body . "\r\n\t \u{FEFF}\n" );
}
"""


@pytest.fixture
def marked(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return mediawiki_factory(version=mediawiki_version, settings=SETTINGS)


@pytest.mark.everywhere
async def test_byte_order_marks_around_responses_change_nothing(marked: LocalWiki) -> None:
    """The wiki is found, and both APIs, a login and writes work as on any other wiki."""
    auth = await marked.create_bot_password(marked.admin_name)
    async with Site.discover(f"{marked.url}/index.php", user_agent=USER_AGENT, auth=auth) as site:
        assert (await site.userinfo()).name == marked.admin_name
        assert (await site.page("Marked").create("text")).verified is False
        assert (await site.page("Marked").append(" more")).verified is False
        await site.actions.move("Marked", to="Moved")
        assert (await site.rest.page("Moved")).source == "text more"
        assert (await site.rest.create_page("By REST", source="text")).title == "By REST"
        assert await site.page("Moved").text() == "text more"
