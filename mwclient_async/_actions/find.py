"""Find pages by the beginnings of their titles, and modules of the API by their paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mwclient_async._actions.arguments import Texts, a_name, chosen, texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.params import is_count
from mwclient_async._session.module_table import CONTENT_LIMITS
from mwclient_async.errors import ProtocolError
from mwclient_async.models.actions_finding import ModuleInfo, OpenSearchHit

HelpFormat = Literal["html", "wikitext", "raw", "none"]


class Finding(ActionGroup):
    """What there is."""

    async def opensearch(
        self,
        search: str,
        *,
        namespace: int | Iterable[int] | Literal["*"] | None = None,
        limit: int | None = None,
        redirects: Literal["return", "resolve"] | None = None,
    ) -> tuple[OpenSearchHit, ...]:
        """Pages whose titles begin with a text, the best first: what a search box suggests.

        ``namespace`` is the main one where it is not named; ``limit`` is 10, and 500 at most. ``redirects="resolve"``
        gives the targets of redirects. For all that match, see ``site.list("prefixsearch")``. Raises ValueError for an
        empty search. See https://www.mediawiki.org/wiki/API:Opensearch.
        """
        if limit is not None and not is_count(limit, least=1):
            raise ValueError(f"limit={limit!r}: a number of pages, 1 or more")
        given = {
            "search": a_name("search", search),
            "namespace": namespace,
            "limit": limit,
            "redirects": chosen("redirects", redirects, Literal["return", "resolve"]),
        }
        said = await self._said("opensearch", given)
        if not isinstance(said, list) or [type(part) for part in said] != [str, list, list, list]:
            raise ProtocolError(f"the wiki's answer to action=opensearch has another form: {str(said)[:100]}")
        _, titles, descriptions, urls = said
        return tuple(
            OpenSearchHit(title=title, description=description, url=url)
            for title, description, url in zip(titles, descriptions, urls, strict=True)
        )

    async def paraminfo(self, modules: Texts, *, helpformat: HelpFormat = "none") -> tuple[ModuleInfo, ...]:
        """What the wiki says of modules of its API: ``paraminfo(["edit", "query+allpages"])``, any number of them.

        ``"query+*"`` is all parts of a query, ``"main"`` the parameters of every call. With another ``helpformat``
        there are descriptions.

        Raises ValueError for a module that this wiki does not have. See
        https://www.mediawiki.org/wiki/API:Parameter_information.
        """
        chosen("helpformat", helpformat, HelpFormat)
        paths = texts("modules", modules) or ()
        rows: list[Mapping[str, Any]] = []
        for at in range(0, len(paths), CONTENT_LIMITS[0]):
            given = {"modules": paths[at : at + CONTENT_LIMITS[0]], "helpformat": helpformat}
            rows += (await self._said("paraminfo", given)).get("modules", ())
        found = {row.get("path") for row in rows}
        if absent := [path for path in paths if "*" not in path and path not in found]:
            raise ValueError(f"this wiki has no module {absent[0]!r}")
        structure = structurer(ModuleInfo)
        return tuple(structure(_module(row)) for row in rows)


def _module(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "parameters": [_parameter(entry) for entry in row.get("parameters") or ()], "raw": row}


def _parameter(entry: Mapping[str, Any]) -> dict[str, Any]:
    kind = entry.get("type")
    if isinstance(kind, list):
        return {**entry, "type": "enum", "values": [str(value) for value in kind]}
    return dict(entry)
