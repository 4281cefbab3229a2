"""The wikis of the tests of the REST API, and Sites on them.

A header of a request switches the wiki into another state for this request: private, with small limits, without search.
Both versions are tested on one event loop, because they differ in the wiki, not in how requests are sent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from attrs import evolve, frozen

from mwclient_async import ClientLogin, HttpOptions, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.conftest import USER_AGENT, once
from tests.support.image_files import png
from tests.support.logins import RecordingTransport

VERSIONS = ("1.39", "1.43")
TOO_MANY_FILES = 101
MANY_EDITS = 2001

SETTINGS = r"""
$wgParsoidSettings['linting'] = true;
$wgGroupPermissions['sysop']['deleterevision'] = true;
$wgRightsUrl = 'https://creativecommons.org/licenses/by-sa/4.0/';
$wgRightsText = 'CC BY-SA 4.0';
$wgHooks['InterwikiLoadPrefix'][] = static function ( $prefix, &$row ) {
	if ( $prefix !== 'de' ) {
		return true;
	}
	$row = [ 'iw_url' => 'https://de.example.org/wiki/$1', 'iw_api' => '', 'iw_wikiid' => '', 'iw_local' => 1,
		'iw_trans' => 0 ];
	return false;
};
if ( PHP_SAPI !== 'cli' ) {
	class NoSearch extends SearchEngine {
		protected function doSearchText( $term ) {
			return StatusValue::newFatal( 'rawmessage', 'The index is away.' );
		}
	}
}
switch ( $_SERVER['HTTP_X_TEST'] ?? '' ) {
	case 'private':
		$wgGroupPermissions['*']['read'] = false;
		break;
	case 'small':
		$wgParsoidSettings['wt2htmlLimits']['wikitextSize'] = 1000;
		$wgParsoidSettings['html2wtLimits']['htmlSize'] = 1000;
		break;
	case 'busy':
		$wgRateLimits = [ 'edit' => [ 'user' => [ 0, 60 ], 'ip' => [ 0, 60 ], 'anon' => [ 0, 60 ] ] ];
		break;
	case 'without search':
		$wgSearchType = 'NoSearch';
		break;
	case 'captcha':
		wfLoadExtension( 'ConfirmEdit' );
		$wgCaptchaClass = 'MediaWiki\\Extension\\ConfirmEdit\\SimpleCaptcha\\SimpleCaptcha';
		$wgCaptchaTriggers['edit'] = $wgCaptchaTriggers['create'] = true;
		break;
}
"""


@frozen(kw_only=True)
class PreparedWiki:
    """One wiki. ``old`` and ``new`` are the revisions of "Earth"; ``hidden`` is a revision that no one may read."""

    wiki: LocalWiki
    sysop: ClientLogin
    old: int
    new: int
    hidden: int


class WatchedRest(RecordingTransport):
    """A transport that records requests and responses. If ``content_type`` is set, it replaces the Content-Type."""

    content_type = ""

    async def send(self, request: HttpRequest) -> HttpResponse:
        if self.content_type and request.body:
            request = evolve(request, headers={**request.headers, "content-type": self.content_type})
        return await super().send(request)

    @property
    def statuses(self) -> list[int]:
        """The statuses of all responses of the REST API."""
        return [response.status for response in self.rest_responses]

    @property
    def rest_responses(self) -> list[HttpResponse]:
        """The responses of the REST API."""
        pairs = zip(self.requests, self.responses, strict=False)
        return [response for request, response in pairs if "/rest.php/" in request.url]

    def forget(self) -> None:
        """Forget the requests and responses so far."""
        self.requests.clear()
        self.responses.clear()


class OpenSites:
    """Sites that stay open while the tests of a module run, each with its transport."""

    def __init__(self, stack: AsyncExitStack, wikis: Mapping[str, PreparedWiki]) -> None:
        self._stack = stack
        self._open: dict[tuple[str, str, bool], tuple[Site, WatchedRest]] = {}
        self.wikis = wikis

    async def __call__(
        self, version: str, *, switch: str = "", sysop: bool = False
    ) -> tuple[Site, WatchedRest, PreparedWiki]:
        """A Site on the wiki of that version, with that switch on; its transport has forgotten earlier requests."""
        prepared, key = self.wikis[version], (version, switch, sysop)
        if key not in self._open:
            transport = WatchedRest()
            site = site_with(prepared, transport, switch=switch, auth=prepared.sysop if sysop else None)
            self._open[key] = await self._stack.enter_async_context(site), transport
        site, transport = self._open[key]
        transport.forget()
        return site, transport, prepared


def site_with(prepared: PreparedWiki, transport: WatchedRest, *, switch: str = "", **options: Any) -> Site:
    """A Site that sends each request once, with that switch on."""
    http = HttpOptions(headers=(("X-Test", switch),) if switch else ())
    retry = RetryPolicy(attempts=1)
    url = prepared.wiki.api_url
    return Site(url, user_agent=USER_AGENT, transport=transport, http=http, retry=retry, **options)


def prepared_wikis(factory: WikiFactory, directory: Callable[[], Path]) -> dict[str, PreparedWiki]:
    """The wiki of each version. For fixtures: it must not be called inside an event loop."""

    def prepare(version: str) -> PreparedWiki:
        return anyio.run(partial(_prepare, factory(version=version, settings=SETTINGS), directory()))

    return {version: once("rest wiki", version, partial(prepare, version)) for version in VERSIONS}


async def _prepare(wiki: LocalWiki, directory: Path) -> PreparedWiki:
    sysop = ClientLogin(username=wiki.admin_name, password=wiki.admin_password)
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=sysop) as site:
        await site.upload(png(directory / "dot.png", 3000), filename="Dot.png", comment="c")
        old = await site.page("Earth").create("== A ==\nHello [[File:Dot.png]] [[de:Erde]]\n\npara one")
        new = await site.page("Earth").save("== A ==\nHello há [[File:Dot.png]] [[de:Erde]]\n\npara two", summary="two")
        hidden = await site.page("Hidden").create("geheim")
        await site.page("Hidden").save("offen")
        await site.call("revisiondelete", type="revision", ids=hidden.revid, hide=["content", "user"])
        texts = {
            "To Earth": "#REDIRECT [[Earth]]",
            "To Earth twice": "#REDIRECT [[To Earth]]",
            "In a circle": "#REDIRECT [[Back again]]",
            "Back again": "#REDIRECT [[In a circle]]",
            "Nowhere": "#REDIRECT [[Not there]]",
            "Large": "word " * 400,
            "Many files": " ".join(f"[[File:{number}.png]]" for number in range(TOO_MANY_FILES)),
            "Many edits": "x",
            "Protected": "x",
            "MediaWiki:Own.css": ".a { }",
            "MediaWiki:Own.json": '{"a": 1}',
        }
        for title, text in texts.items():
            await site.page(title).create(text)
        await site.call("protect", title="Protected", protections="edit=sysop")
        await site.call("protect", title="Not to be created", protections="create=sysop")
        pageid = (await site.page("Many edits").append(".")).pageid
    _add_edits(wiki, pageid, MANY_EDITS)
    return PreparedWiki(wiki=wiki, sysop=sysop, old=old.revid, new=new.revid, hidden=hidden.revid)


def _add_edits(wiki: LocalWiki, pageid: int, number: int) -> None:
    """Copy the page's first revision, for requests that only count: 2,000 real edits would take half a minute."""
    first = "(SELECT MIN(rev_id) FROM revision WHERE rev_page = ?)"
    with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database, database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(revision)") if row[1] != "rev_id"]
        names = ", ".join(columns)
        wanted = "SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?"
        database.execute(
            f"WITH RECURSIVE numbers(n) AS ({wanted}) INSERT INTO revision ({names}) "
            f"SELECT {names} FROM revision, numbers WHERE rev_id = {first}",
            (number, pageid),
        )
