"""``site.rest``, the REST API of a wiki. The manual's page is https://www.mediawiki.org/wiki/API:REST_API/Reference."""

from __future__ import annotations

from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import checked_text, checked_title, is_count
from mwclient_async._http.titled import TitleLike
from mwclient_async._rest.rest_edit import RestEdit, rest_edit
from mwclient_async._rest.rest_pages import PageMethods
from mwclient_async._rest.rest_revisions import RevisionMethods
from mwclient_async._rest.rest_transforms import TransformMethods
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.title_locks import title_lock_key
from mwclient_async.models.rest import RestPage


class Rest(PageMethods, RevisionMethods, TransformMethods):
    """``site.rest``: the wiki's REST API. Its requests share the login, limits and retries of the Action API.

    Many methods that read take ``previous``, an earlier result of the same method. If nothing has changed since, that
    same object is returned (``newer is previous``), and the wiki usually sends no body: the request is conditional. For
    files and for the facts of a revision, the wiki's "not changed" cannot be trusted, so the data is fetched and
    compared. An earlier result for another title is accepted, but is not used.

    Titles are written as people read them, with spaces, slashes and question marks.

    Every method can raise these errors; its own docstring names the further ones:

        ValueError: an argument is wrong, for example a title with ``.`` or ``..`` between slashes; no request was sent.
        TypeError: ``previous`` is not a result of this method; no request was sent.
        Unsupported: this wiki does not have the endpoint.
        ApiError, or the subclass for its code: the wiki refused.
        TransportError, ProtocolError: there was no response that can be understood.
    """

    async def create_page(
        self, title: TitleLike, *, source: str, comment: str | None = "", content_model: str | None = None
    ) -> RestPage:
        """Create a page with this text, once, even if a reply is lost.

        Returns the RestPage. Without a ``comment``, the wiki writes one.

        Raises:
            PageExists: the page exists already.
            PermissionDenied, Protected, Blocked: the account may not create it.
            CaptchaRequired: the wiki wants a captcha solved.
            OutcomeUnknown: a reply was lost, and the page's history does not show whether the page was created.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Create_page.
        """
        return await self._edit(title, source, comment, content_model, None)

    async def update_page(
        self, title: TitleLike, *, source: str, comment: str | None = "", latest: int, content_model: str | None = None
    ) -> RestPage:
        """Replace the text of a page, once, even if a reply is lost.

        Returns the RestPage. A missing page is not created; ``create_page`` does that.

        Arguments:
            comment: the edit summary. Without one, the wiki writes one.
            latest: the id of the revision that the new text is based on.
            content_model: must be the page's own, if it is given.

        Raises:
            ValueError: ``latest`` is not a revision id.
            EditConflict: the page has changed since, and the wiki cannot merge both changes. Or ``latest`` is one of
                another page.
            PageMissing: there is no such page.
            PermissionDenied, Protected, Blocked: the account may not edit it.
            CaptchaRequired: the wiki wants a captcha solved.
            OutcomeUnknown: a reply was lost, and the page's history does not show whether the edit was saved.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference#Update_page.
        """
        if not is_count(latest, least=1):
            raise ValueError(f"latest={latest!r}: give the id of the revision that the new text is based on")
        return await self._edit(title, source, comment, content_model, BaseRevision(revid=latest))

    async def _edit(
        self, title: TitleLike, text: str, comment: str | None, model: str | None, base: BaseRevision | None
    ) -> RestPage:
        change = RestEdit(
            title=checked_title(title, self._title_wiki),
            text=checked_text("source", text),
            summary="" if comment is None else checked_text("comment", comment),  # wikis refuse the manual's null
            model=model if model is None else checked_text("content_model", model),
        )
        return await self._write(change, base)

    async def _write(self, change: RestEdit, base: BaseRevision | None) -> RestPage:
        key = title_lock_key(change.title)
        async with self._session.lock_titles([key]):
            known = self._session.known_revisions.get(key)
            if base is not None and known is not None and known.revid == base.revid:
                base = known
            self._session.known_revisions.forget(key)
            page = structurer(RestPage)(await self._session.run_flow(rest_edit(change, base, self._session.own_edits)))
            if title_lock_key(page.title) == key:  # else it is where a redirect leads to
                since = page.latest.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ")
                made = BaseRevision(revid=page.latest.id, pageid=page.id, since=since)
                self._session.known_revisions.remember(key, made)
        return page
