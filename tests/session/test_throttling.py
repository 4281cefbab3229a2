"""W5: a wiki that says "too often" is asked again after a pause, under whatever code it says so."""

from __future__ import annotations

import re

import pytest

from mwclient_async import Site
from mwclient_async._values.error_codes import class_name_for
from mwclient_async.models.events import Paused
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.factory import WikiFactory
from mwclient_async.testing.roots import find_root
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT
from tests.support.logins import EventLog, fresh
from tests.support.lossy_transport import CountingTransport

SETTINGS = """
$wgHooks['ApiCheckCanExecute'][] = static function ( $module, $user, &$message ) {
    $code = $_SERVER['HTTP_X_TEST_CODE'] ?? '';
    if ( $module->getModuleName() !== 'edit' || $code === '' ) {
        return true;
    }
    $refused = __DIR__ . '/tmp/refused-' . md5( $module->extractRequestParams()['title'] );
    if ( file_exists( $refused ) ) {
        return true;
    }
    touch( $refused );
    $names = [ 'wikibase-api-failed-save', 'actionthrottledtext' ];
    $messages = array_map( static fn ( $name ) => [ 'name' => $name, 'parameters' => [] ], $names );
    $message = ApiMessage::create( 'apierror-blockedfrommail', $code, [ 'messages' => $messages ] );
    return false;
};
"""
"""The first edit of each page is refused with the code in a header of the test, as extensions refuse it."""


@pytest.fixture
def throttling(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """A wiki that refuses the first edit of each page."""
    return mediawiki_factory(version=mediawiki_version, settings=SETTINGS)


@pytest.mark.everywhere
@pytest.mark.parametrize(
    ("api", "code"),
    [
        ("action", "actionthrottledtext"),
        ("action", "failed-save"),
        ("action", "actionthrottled"),
        ("rest", "actionthrottledtext"),
    ],
)
async def test_w5_an_edit_that_is_throttled_is_sent_again_after_a_pause(
    throttling: LocalWiki, api: str, code: str
) -> None:
    title, events, transport = fresh("Throttled"), EventLog(), CountingTransport(("x-test-code", code))
    async with Site(
        throttling.api_url, user_agent=USER_AGENT, transport=transport, clock=ScriptedClock(), on_event=events.append
    ) as site:
        if api == "rest":
            await site.rest.create_page(title, source="text")
        else:
            await site.page(title).create("text")
        assert [revision.id for revision in await site.rest.history(title).collect()] != []
    assert [(event.scope, event.name) for event in events.of(Paused)] == [("action", "edit")]


@pytest.mark.wiki
@pytest.mark.parametrize("version", ["1.39", "1.43"])
def test_the_names_of_messages_are_those_of_mediawiki(version: str) -> None:
    """A name whose code has a class has that class, too."""
    source = (find_root(version=version).path / "includes/api/ApiMessageTrait.php").read_text()
    table = dict(re.findall(r"'([\w-]+)' => '([\w-]+)'", source[source.index("$messageMap") : source.index("];")]))
    assert {name for name, code in table.items() if class_name_for(name) != class_name_for(code)} == set()
    assert table["actionthrottledtext"] == "ratelimited"
