"""api.wikimedia.org in front of a wiki of this machine: it maps paths, checks tokens, and hands on what the wiki says.

Its own refusals are JSON, and have no more in them than status and reason. Redirects leave it as the wiki sends them:
with the wiki's own paths, which mean nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from attrs import evolve

from mwclient_async.testing import LocalWiki
from tests.support import oauth_wiki
from tests.support.fault_proxy import FaultProxy, Plan
from tests.support.http_server import Answer, Seen

SETTINGS = f"""
{oauth_wiki.SETTINGS}
# The links in histories name this host, and not the one that answers.
$wgCanonicalServer = 'http://elsewhere.example';
$wgGroupPermissions['sysop']['deleterevision'] = true;
# A content model whose extension is not there any more: its pages have no text.
$wgContentHandlers['strange'] = 'FallbackContentHandler';
# For a request that says so, the handler of comparisons finds no wikidiff2.
if ( isset( $_SERVER['HTTP_X_WITHOUT_WIKIDIFF2'] ) ) {{
	eval( 'namespace MediaWiki\\Rest\\Handler; function function_exists( $name ) {{
		return $name !== "wikidiff2_inline_json_diff" && \\function_exists( $name ); }}' );
}}
"""
"""The wiki behind it, which takes the same tokens; it has what tests of comparisons and histories want, too."""


class Gateway(FaultProxy):
    """Stands at ``base_url`` for https://api.wikimedia.org/core; ``async with`` starts and ends it.

    ``places`` are the projects, with their languages, that it knows: all of them are the one wiki. ``tokens`` are those
    that it takes, at this moment; who shows none is let in.
    """

    def __init__(
        self,
        wiki: LocalWiki,
        *,
        places: Iterable[str] = ("wikipedia/en", "commons"),
        tokens: Iterable[str] = (),
        plan: Plan = lambda _: None,
    ) -> None:
        super().__init__(wiki.url, plan)
        self.tokens = set(tokens)
        self._places = tuple(places)

    @property
    def base_url(self) -> str:
        """What takes the place of https://api.wikimedia.org/core."""
        return f"{self.url}/core"

    async def _forward(self, request: Seen) -> Answer | None:
        bearer = request.header("authorization")
        if bearer and bearer.removeprefix("Bearer ") not in self.tokens:
            return says(401, "Jwt verification fails")
        for place in self._places:
            path = request.target.removeprefix(f"/core/v1/{place}/")
            if path != request.target:
                return await super()._forward(evolve(request, target=f"/rest.php/v1/{path}"))
        return says(404, "Not Found")


def says(status: int, reason: str, *headers: tuple[str, str]) -> Answer:
    """A refusal of the gateway's own."""
    body = json.dumps({"httpCode": status, "httpReason": reason}).encode()
    return Answer(status=status, headers=(("content-type", "application/json"), *headers), body=body)
