"""A copy of api.wikimedia.org in front of a wiki on this machine: it maps paths, checks tokens, and forwards responses.

Its own refusals are JSON, with only a status and a reason. Redirects are forwarded as the wiki sends them, with the
wiki's own paths, which do not exist on the gateway.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from attrs import evolve

from mwclient_async.testing import LocalWiki
from tests.support import oauth_wiki
from tests.support.fault_proxy import FaultProxy, Plan
from tests.support.http_server import ReceivedRequest, ServerResponse

SETTINGS = f"""
{oauth_wiki.SETTINGS}
# The links in histories name this host, not the one that responds.
$wgCanonicalServer = 'http://elsewhere.example';
$wgGroupPermissions['sysop']['deleterevision'] = true;
# A content model whose extension was removed: its pages have no text.
$wgContentHandlers['strange'] = 'FallbackContentHandler';
# For a request that says so, the handler of comparisons finds no wikidiff2.
if ( isset( $_SERVER['HTTP_X_WITHOUT_WIKIDIFF2'] ) ) {{
	eval( 'namespace MediaWiki\\Rest\\Handler; function function_exists( $name ) {{
		return $name !== "wikidiff2_inline_json_diff" && \\function_exists( $name ); }}' );
}}
"""
"""Settings of the wiki behind it, which accepts the same tokens. Tests of comparisons and histories use them, too."""


class Gateway(FaultProxy):
    """A server at ``base_url`` that behaves as https://api.wikimedia.org/core; ``async with`` starts and stops it.

    ``projects`` are the projects, with their languages, that it knows: all of them are the same wiki. ``tokens`` are
    the tokens that it accepts now; a request without a token is accepted.
    """

    def __init__(
        self,
        wiki: LocalWiki,
        *,
        projects: Iterable[str] = ("wikipedia/en", "commons"),
        tokens: Iterable[str] = (),
        plan: Plan = lambda _: None,
    ) -> None:
        super().__init__(wiki.url, plan)
        self.tokens = set(tokens)
        self._projects = tuple(projects)

    @property
    def base_url(self) -> str:
        """The address that replaces https://api.wikimedia.org/core."""
        return f"{self.url}/core"

    async def _forward(self, request: ReceivedRequest) -> ServerResponse | None:
        bearer = request.header("authorization")
        if bearer and bearer.removeprefix("Bearer ") not in self.tokens:
            return refusal(401, "Jwt verification fails")
        for project in self._projects:
            path = request.target.removeprefix(f"/core/v1/{project}/")
            if path != request.target:
                return await super()._forward(evolve(request, target=f"/rest.php/v1/{path}"))
        return refusal(404, "Not Found")


def refusal(status: int, reason: str, *headers: tuple[str, str]) -> ServerResponse:
    """A refusal by the gateway itself."""
    body = json.dumps({"httpCode": status, "httpReason": reason}).encode()
    return ServerResponse(status=status, headers=(("content-type", "application/json"), *headers), body=body)
