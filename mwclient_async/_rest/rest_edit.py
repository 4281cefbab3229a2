"""An edit by the REST API, which takes whole texts only: created or replaced, once.

See https://www.mediawiki.org/wiki/API:REST_API/Reference#Update_page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async._edit.compare_and_swap import CompletedWrite, compare_and_swap
from mwclient_async._edit.edits import Edit, check_presence, read_base
from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._rest import endpoints
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async.errors import MediaWikiError, OutcomeUnknown, ProtocolError
from mwclient_async.models.options import RetryPolicy


@frozen(kw_only=True)
class RestEdit:
    """The same by the REST API, which takes whole texts only. ``token`` is what a session of cookies needs."""

    title: str
    text: str = field(repr=False)
    summary: str = ""
    model: str | None = None
    pageid: int = 0
    commutes = False

    @property
    def name(self) -> str:
        """The page, for messages."""
        return repr(self.title)

    def applied_to(self, text: str) -> str:  # noqa: ARG002 - whatever was there is replaced
        """What the page says after this edit, before anything is transformed."""
        return self.text

    def request(self, base: BaseRevision) -> ApiRequest:
        """The request, with its compare-and-swap."""
        body: dict[str, Any] = {"source": self.text, "comment": self.summary}
        if self.model is not None:
            body["content_model"] = self.model
        if base.revid:
            return endpoints.update_page.call({"title": self.title}, json={**body, "latest": {"id": base.revid}})
        return endpoints.create_page.call(json={**body, "title": self.title})

    def check_response(self, reply: ApiResponse) -> ApiResponse:
        """The reply, if it is the page. Another one leaves a doubt."""
        if not isinstance(reply.body, Mapping) or "latest" not in reply.body:
            raise OutcomeUnknown(f"the wiki's answer to the edit of {self.name} does not say what became of it")
        return reply


def rest_edit(change: RestEdit, base: BaseRevision | None, *, policy: RetryPolicy) -> Flow[Mapping[str, Any]]:
    """Create a page, where ``base`` is None, or replace its text by the REST API; returns the page as the wiki has it.

    Raises as :func:`edit` does.
    """
    if base is None:
        creation = Edit(title=change.title, missing="only")
        creation, base = yield from read_base(creation)
        check_presence(creation, base)
    done = yield from compare_and_swap(change, base, policy=policy)
    reply = done.reply or (yield from _read_back(done))
    if not isinstance(reply.body, Mapping):
        raise ProtocolError(f"{change.name} was saved, and the wiki's answer is no page")
    return reply.body


def _read_back(done: CompletedWrite) -> Flow[ApiResponse]:
    """The page, where the answer to the edit itself was lost."""
    try:
        return (yield endpoints.page.call({"title": done.title}))
    except MediaWikiError as error:
        error.add_note(f"{done.title!r} was saved before that, as revision {done.found['revid']}.")
        raise
