"""An edit by the REST API: a page is created, or its whole text is replaced, once.

The REST API cannot append, prepend or edit a section. The compare-and-swap is the same as in ``_edit``: an update names
the latest revision id that it is based on, and a creation is refused if the page exists.

See https://www.mediawiki.org/wiki/API:REST_API/Reference#Update_page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from mwclient_async._edit.compare_and_swap import compare_and_swap
from mwclient_async._edit.edits import Edit
from mwclient_async._edit.history_check import CompletedWrite, page_of, page_parameters
from mwclient_async._edit.read_base import check_presence, read_base
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import number_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._rest import endpoints
from mwclient_async._rest.refusals import with_advice, with_data, with_details
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lost_reply import LostReply, read_written
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
    CaptchaRequired,
    EditConflict,
    MediaWikiError,
    PageMissing,
    ProtocolError,
)


@frozen(kw_only=True)
class RestEdit:
    """One edit of one page by the REST API, with its whole new ``text``.

    ``model`` is the content model, None for the default.
    """

    title: str
    text: str = field(repr=False)
    summary: str = ""
    model: str | None = None
    pageid: int = 0
    mark = ""

    @property
    def name(self) -> str:
        """The page, for messages."""
        return repr(self.title)

    def applied_to(self, text: str) -> str:  # noqa: ARG002 - the whole text is replaced
        """The page's text after this edit, before the wiki transforms it."""
        return self.text

    def request(self, base: BaseRevision) -> ApiRequest:
        """The request, with its compare-and-swap."""
        body: dict[str, Any] = {"source": self.text, "comment": self.summary}
        if self.model is not None:
            body["content_model"] = self.model
        if base.revid:
            return endpoints.update_page.request({"title": self.title}, json={**body, "latest": {"id": base.revid}})
        return endpoints.create_page.request(json={**body, "title": self.title})

    def check_response(self, response: ApiResponse) -> ApiResponse:
        """The response, if it is the page. Raises OutcomeUnknown if it is not."""
        return read_written(f"the edit of {self.name}", response, _checked_page)


def _checked_page(response: ApiResponse) -> ApiResponse:
    """The response, if it is a page with its latest revision."""
    if endpoints.page.read(response).latest is None:
        raise ProtocolError("the wiki's response does not name the page's latest revision")
    return response


def rest_edit(edit: RestEdit, base: BaseRevision | None, own_edits: OwnEdits | None = None) -> Flow[Mapping[str, Any]]:
    """Create a page through the REST API if ``base`` is None, or replace its text, once.

    ``own_edits`` are those of the Site. Returns the page as the wiki sends it. After a lost reply, all tries share one
    deadline. Raises what ``save_edit`` raises.
    """
    if base is None:
        creation = Edit(title=edit.title, missing="only")
        creation, base = yield from read_base(creation)
        check_presence(creation, base)
    elif not base.pageid:
        base = yield from _base_of_page(edit, base)
    lost = LostReply(own_edits=own_edits or OwnEdits())
    lost.own_edits.begin(base.since)
    try:
        completed = yield from compare_and_swap(edit, base, lost=lost)
    except CaptchaRequired as error:
        completed = yield from _through_action_api(edit, base, error, lost)
    except PageMissing as error:
        raise with_advice(error) from error.__cause__
    except ApiError as error:
        raise (yield from with_details(error, edit.title, creating=not base.revid)) from error.__cause__
    response = completed.response or (yield from _read_back(completed))
    page: Mapping[str, Any] = response.body
    return page


def _base_of_page(edit: RestEdit, base: BaseRevision) -> Flow[BaseRevision]:
    """The base with its page and the wiki's clock.

    Raises EditConflict if it is a revision of another page. MediaWiki 1.43 takes the latest revision of any page for a
    base without conflict, and would overwrite this page.
    """
    edit.request(base)  # a title that cannot be sent is refused before it is looked up
    page_params = page_parameters(edit)
    response = yield ApiRequest(params={"action": "query", "prop": "info", "curtimestamp": "1", **page_params})
    if rows_at(response.body, "query", "interwiki"):
        return base  # the wiki refuses it itself
    page = page_of(response)
    since, pageid = text_at(response.body, "curtimestamp", default=""), number_at(page, "pageid", default=0)
    if not pageid:
        return base  # likewise
    if number_at(page, "lastrevid", default=0) != base.revid:
        response = yield ApiRequest(params={"action": "query", "prop": "info", "revids": str(base.revid)})
        for other in rows_at(response.body, "query", "pages"):  # none, if there is no such revision
            if number_at(other, "pageid", default=pageid) != pageid:
                raise _of_another_page(edit, base, text_at(other, "title"))
    return BaseRevision(revid=base.revid, pageid=pageid, since=since)


def check_base(edit: RestEdit, base: BaseRevision) -> Flow[None]:
    """Raise EditConflict if the base is a revision of another page. The REST API alone is asked.

    If there is no such page or revision, the wiki refuses the edit itself.
    """
    try:
        page = endpoints.page_bare.read((yield endpoints.page_bare.request({"title": edit.title})))
        if page.latest.id == base.revid:
            return
        revision = endpoints.revision_bare.read((yield endpoints.revision_bare.request({"id": str(base.revid)})))
    except PageMissing:
        return
    if revision.page.id != page.id:
        raise _of_another_page(edit, base, revision.page.title)


def _of_another_page(edit: RestEdit, base: BaseRevision, title: str) -> EditConflict:
    text = f"revision {base.revid} is of the page {title!r}, and not of {edit.name}."
    return EditConflict((ApiErrorItem(code="editconflict", text=text),))


def _through_action_api(
    edit: RestEdit, base: BaseRevision, refused: CaptchaRequired, lost: LostReply
) -> Flow[CompletedWrite]:
    """The same edit, with the same compare-and-swap, by ``action=edit``, which sends the captcha with its refusal.

    The REST API has refused the edit. Over that API a captcha can neither be seen nor be answered.
    """
    params = {} if edit.model is None else {"contentmodel": edit.model}
    same = Edit(title=edit.title, text=edit.text, summary=edit.summary, params=params)
    try:
        completed = yield from compare_and_swap(same, base, lost=lost)
    except CaptchaRequired as error:
        raise with_data(refused, error.data) from None
    return evolve(completed, response=None, title=edit.title)


def _read_back(completed: CompletedWrite) -> Flow[ApiResponse]:
    """The page as it is now, if the reply to the edit itself was lost."""
    try:
        return _checked_page((yield endpoints.page.request({"title": completed.title})))
    except MediaWikiError as error:
        revid = completed.revision.get("revid")
        error.add_note(f"{completed.title!r} was saved before that{f', as revision {revid}' if revid else ''}.")
        raise
