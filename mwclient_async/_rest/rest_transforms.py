"""The REST methods of newer wikis: convert between wikitext and HTML, and find errors in wikitext."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.titled import TitleLike
from mwclient_async._rest import endpoints
from mwclient_async._rest.rest_group import RestGroup, checked_revid
from mwclient_async.models.rest import Lint, RestList


class TransformMethods(RestGroup):
    """Convert between wikitext and HTML, and find errors in wikitext."""

    async def to_html(
        self, wikitext: str, *, title: TitleLike | None = None, revision: int | None = None, body_only: bool = False
    ) -> str:
        """Convert wikitext to HTML, as it would look on the page ``title``. Nothing is saved.

        Returns a complete HTML document; with ``body_only``, only the content of its body.

        Raises:
            ValueError: ``revision`` was given without ``title``.
            Refused: the text is too large.
            Unsupported: the wiki is older than MediaWiki 1.41.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        body = {"wikitext": checked_text("wikitext", wikitext), **({"body_only": True} if body_only else {})}
        return await self._transform("wikitext", "html", body, title, revision)

    async def to_wikitext(self, html: str, *, title: TitleLike | None = None, revision: int | None = None) -> str:
        """Convert Parsoid's HTML to wikitext. Nothing is saved.

        Returns the wikitext. With the page and the revision that the HTML was made from, unchanged parts keep the form
        that they have there.

        Raises:
            ValueError: ``revision`` was given without ``title``.
            Refused: the HTML is too large.
            Unsupported: the wiki is older than MediaWiki 1.41.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        return await self._transform("html", "wikitext", {"html": checked_text("html", html)}, title, revision)

    async def lint(self, wikitext: str, *, title: TitleLike | None = None) -> RestList[Lint]:
        """Find errors in wikitext, such as unclosed or obsolete tags.

        Returns a RestList of Lint. It is empty if the wiki has not enabled linting (``$wgParsoidSettings['linting']``).

        Raises:
            Unsupported: the wiki is older than MediaWiki 1.41.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        body = {"wikitext": checked_text("wikitext", wikitext)}
        if title is None:
            return await self._fetch(endpoints.lint, json=body)
        return await self._fetch(endpoints.lint_of_page, {"title": checked_title(title, self._title_wiki)}, json=body)

    async def page_lint(self, title: TitleLike) -> RestList[Lint]:
        """Find errors in the wikitext of a page.

        Returns a RestList of Lint, as ``lint`` does.

        Raises:
            PageMissing: there is no such page.
            PermissionDenied: the account may not read it.
            Unsupported: the wiki is older than MediaWiki 1.44.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        return await self._fetch(endpoints.page_lint, {"title": checked_title(title, self._title_wiki)})

    async def revision_lint(self, revid: int) -> RestList[Lint]:
        """Find errors in the wikitext of a revision.

        Returns a RestList of Lint, as ``lint`` does.

        Raises:
            PageMissing: there is no such revision.
            PermissionDenied: its text is hidden, or the account may not read the page.
            Unsupported: the wiki is older than MediaWiki 1.44.

        See https://www.mediawiki.org/wiki/API:REST_API/Reference.
        """
        return await self._fetch(endpoints.revision_lint, {"id": checked_revid("revid", revid)})

    async def _transform(
        self, source: str, target: str, body: Mapping[str, Any], title: TitleLike | None, revision: int | None
    ) -> str:
        if revision is not None and title is None:
            raise ValueError("a revision needs the title of its page here")
        segments: dict[str, str | int] = {"source": source, "target": target}
        endpoint = endpoints.transform
        if title is not None:
            endpoint, segments["title"] = endpoints.transform_of_page, checked_title(title, self._title_wiki)
        if revision is not None:
            endpoint, segments["revision"] = endpoints.transform_of_revision, checked_revid("revision", revision)
        return await self._fetch(endpoint, segments, json=body)
