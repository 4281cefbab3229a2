"""Import pages from another wiki, or from an XML export."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import anyio

from mwclient_async._actions.arguments import Texts, checked_flags, checked_nonempty, checked_texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._actions.log_rules import import_rule
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import rows_at
from mwclient_async._http.messages import FilePart
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.titled import TitleLike
from mwclient_async.models.actions_review import ImportedPage

_TITLE = re.compile(rb"<title>([^<]*)</title>")


class ImportActions(ActionGroup):
    """Actions that import pages."""

    async def import_(
        self,
        xml: bytes | Path | None = None,
        *,
        interwikiprefix: str | None = None,
        interwikisource: str | None = None,
        interwikipage: TitleLike | None = None,
        fullhistory: bool = False,
        templates: bool = False,
        namespace: int | None = None,
        rootpage: TitleLike | None = None,
        assignknownusers: bool = False,
        summary: str = "",
        tags: Texts | None = None,
    ) -> tuple[ImportedPage, ...]:
        """Import pages from an XML export, or a page from another wiki.

        Returns one ImportedPage per page: its title, and how many revisions were imported. If the reply to an import of
        ``xml`` is lost, and the wiki's log has an entry for each of its pages, they have ``verified``.

        Arguments:
            xml: the bytes of an export, or the path of its file. All of it is held in memory. It needs
                ``interwikiprefix``, which is put before the names of unknown users.
            interwikisource: a wiki that this wiki can import from. It needs ``interwikipage``, the page's title there.
            namespace, rootpage: where the pages go; without one of them, they keep their titles.

        Raises:
            ValueError: there is not exactly one source, or its other arguments are missing.
            TypeError: ``xml`` is neither bytes nor a Path.
            PermissionDenied, ApiError: the account may not import (``cantimport``, ``cantimport-upload``).
            ApiError: ``xml`` is not an export.
            InvalidParameter: this wiki does not know ``interwikisource``.
            OutcomeUnknown: the response was lost.

        See https://www.mediawiki.org/wiki/API:Import.
        """
        params = {
            **_source(xml, interwikiprefix, interwikisource, interwikipage),
            "namespace": namespace,
            "rootpage": None if rootpage is None else checked_title(rootpage, self._session.wiki),
            **checked_flags(fullhistory=fullhistory, templates=templates, assignknownusers=assignknownusers),
            "summary": checked_text("summary", summary),
            "tags": checked_texts("tags", tags),
        }
        if namespace is not None and rootpage is not None:
            raise ValueError("give namespace or rootpage, not both")
        if xml is None:
            return await self._read_result("import", params, _read_pages)
        content = await anyio.Path(xml).read_bytes() if isinstance(xml, Path) else xml

        async def read(offset: int, length: int) -> bytes:
            return content[offset : offset + length]

        part = FilePart(name="xml", offset=0, length=len(content))
        keeps_titles = namespace is None and rootpage is None
        rule = import_rule(_titles_in(content)) if keeps_titles else None
        return await self._read_result("import", params, _read_pages, part=part, read=read, rule=rule)


def _read_pages(raw: Any) -> tuple[ImportedPage, ...]:
    return tuple(map(structurer(ImportedPage), rows_at(raw)))


def _titles_in(content: bytes) -> list[str]:
    """The titles of the pages in an export."""
    found = [unescape(title.decode("utf-8", "replace")) for title in _TITLE.findall(content)]
    return list(dict.fromkeys(found))


def _source(xml: bytes | Path | None, prefix: str | None, source: str | None, page: TitleLike | None) -> dict[str, str]:
    """The parameters that name the source."""
    if (xml is None) == (source is None):
        raise ValueError("give exactly one of xml and interwikisource")
    if source is not None:
        if prefix is not None or page is None:
            raise ValueError("interwikisource needs interwikipage, and not interwikiprefix")
        return {
            "interwikisource": checked_nonempty("interwikisource", source),
            "interwikipage": checked_title(page, wiki=""),  # of the wiki that is named
        }
    if not isinstance(xml, bytes | Path):
        raise TypeError(f"xml is of type {type(xml).__name__}: give bytes, or the Path of a file")
    if page is not None or prefix is None:
        raise ValueError("xml needs interwikiprefix, and not interwikipage")
    return {"interwikiprefix": checked_nonempty("interwikiprefix", prefix)}
