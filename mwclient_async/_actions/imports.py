"""Import pages from another wiki, or from an export of one."""

from __future__ import annotations

from pathlib import Path

import anyio

from mwclient_async._actions.arguments import Texts, a_name, flags, texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.messages import FilePart
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async.models.actions_review import ImportedPage


class Importing(ActionGroup):
    """Pages of other wikis."""

    async def import_(
        self,
        xml: bytes | Path | None = None,
        *,
        interwikiprefix: str | None = None,
        interwikisource: str | None = None,
        interwikipage: str | None = None,
        fullhistory: bool = False,
        templates: bool = False,
        namespace: int | None = None,
        rootpage: str | None = None,
        assignknownusers: bool = False,
        summary: str = "",
        tags: Texts | None = None,
    ) -> tuple[ImportedPage, ...]:
        """Import an export (``xml``: its bytes, or the path of a file), or a page from another wiki.

        With ``xml`` goes ``interwikiprefix``: the names of unknown users begin with it. With ``interwikisource``, one
        of the wikis that this one knows for that, goes ``interwikipage``. Pages go into ``namespace``, or below
        ``rootpage``, else to their own titles. All of ``xml`` is held in memory.

        Raises ValueError unless there is one source, whole; PermissionDenied or ApiError (``cantimport``,
        ``cantimport-upload``) without the right; ApiError for what is no export; InvalidParameter for an unknown
        source. See https://www.mediawiki.org/wiki/API:Import.
        """
        given = {
            **_source(xml, interwikiprefix, interwikisource, interwikipage),
            "namespace": namespace,
            "rootpage": None if rootpage is None else checked_title(rootpage),
            **flags(fullhistory=fullhistory, templates=templates, assignknownusers=assignknownusers),
            "summary": checked_text("summary", summary),
            "tags": texts("tags", tags),
        }
        if namespace is not None and rootpage is not None:
            raise ValueError("give namespace or rootpage, not both")
        if xml is None:
            said = await self._said("import", given)
        else:
            content = await anyio.Path(xml).read_bytes() if isinstance(xml, Path) else xml

            async def read(offset: int, length: int) -> bytes:
                return content[offset : offset + length]

            said = await self._said(
                "import", given, part=FilePart(name="xml", offset=0, length=len(content)), read=read
            )
        structure = structurer(ImportedPage)
        return tuple(structure(row) for row in said)


def _source(xml: bytes | Path | None, prefix: str | None, source: str | None, page: str | None) -> dict[str, str]:
    if (xml is None) == (source is None):
        raise ValueError("give exactly one of xml and interwikisource")
    if source is not None:
        if prefix is not None or page is None:
            raise ValueError("with interwikisource goes interwikipage, and no interwikiprefix")
        return {"interwikisource": a_name("interwikisource", source), "interwikipage": checked_title(page)}
    if not isinstance(xml, bytes | Path):
        raise TypeError(f"xml is of type {type(xml).__name__}: give bytes, or the Path of a file")
    if page is not None or prefix is None:
        raise ValueError("with xml goes interwikiprefix, and no interwikipage")
    return {"interwikiprefix": a_name("interwikiprefix", prefix)}
