"""Actions that search: pages by the beginning of their title, and modules of the API by their path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mwclient_async._actions.arguments import Texts, checked_choice, checked_nonempty, checked_texts
from mwclient_async._actions.call import ActionGroup
from mwclient_async._http.conversion import structurer
from mwclient_async._http.json_values import rows_at, text_at
from mwclient_async._http.params import is_count
from mwclient_async._session.module_table import CONTENT_LIMITS
from mwclient_async.errors import ProtocolError
from mwclient_async.models.actions_finding import ModuleInfo, OpenSearchHit

HelpFormat = Literal["html", "wikitext", "raw", "none"]


class SearchActions(ActionGroup):
    """Actions that find pages and modules."""

    async def opensearch(
        self,
        search: str,
        *,
        namespace: int | Iterable[int] | Literal["*"] | None = None,
        limit: int | None = None,
        redirects: Literal["return", "resolve"] | None = None,
    ) -> tuple[OpenSearchHit, ...]:
        """Find pages whose titles begin with a text, as a search box suggests them.

        Returns one OpenSearchHit per page, best first. For all pages, use ``site.list("prefixsearch")``.

        Arguments:
            namespace: numbers of namespaces; the main one by default.
            limit: how many pages at most; 10 by default, up to 500.
            redirects: ``"resolve"`` returns the target of a redirect.

        Raises:
            ValueError: ``search`` is empty, or ``limit`` is below 1.
            ProtocolError: the response has another form.

        See https://www.mediawiki.org/wiki/API:Opensearch.
        """
        if limit is not None and not is_count(limit, least=1):
            raise ValueError(f"limit={limit!r}: give a number of pages, 1 or more")
        params = {
            "search": checked_nonempty("search", search),
            "namespace": namespace,
            "limit": limit,
            "redirects": checked_choice("redirects", redirects, Literal["return", "resolve"]),
        }
        return await self._read_result("opensearch", params, _read_hits)

    async def paraminfo(self, modules: Texts, *, helpformat: HelpFormat = "none") -> tuple[ModuleInfo, ...]:
        """Describe modules of the API: ``paraminfo(["edit", "query+allpages"])``; any number of them.

        Returns one ModuleInfo per module: its properties and its parameters.

        Arguments:
            modules: the paths of the modules. ``"query+*"`` is all modules of a query, and ``"main"`` has the
                parameters of every request.
            helpformat: the format of the descriptions; without it, there are none.

        Raises:
            ValueError: this wiki does not have a module.

        See https://www.mediawiki.org/wiki/API:Parameter_information.
        """
        checked_choice("helpformat", helpformat, HelpFormat)
        paths = checked_texts("modules", modules) or ()
        rows: list[Mapping[str, Any]] = []
        for start in range(0, len(paths), CONTENT_LIMITS[0]):
            params = {"modules": paths[start : start + CONTENT_LIMITS[0]], "helpformat": helpformat}
            rows += await self._read_result("paraminfo", params, lambda raw: rows_at(raw, "modules"))
        found = {text_at(row, "path") for row in rows}
        if absent := [path for path in paths if "*" not in path and path not in found]:
            raise ValueError(f"this wiki has no module {absent[0]!r}")
        structure = structurer(ModuleInfo)
        return tuple(structure(_module(row)) for row in rows)


def _read_hits(result: Any) -> tuple[OpenSearchHit, ...]:
    is_known = isinstance(result, list) and [type(part) for part in result] == [str, list, list, list]
    if not is_known or len({len(part) for part in result[1:]}) > 1:
        raise ProtocolError(f"the wiki's response to action=opensearch has another form: {str(result)[:100]}")
    _, titles, descriptions, urls = result
    structure = structurer(OpenSearchHit)
    return tuple(
        structure({"title": title, "description": description, "url": url})
        for title, description, url in zip(titles, descriptions, urls, strict=True)
    )


def _module(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "parameters": [_parameter(entry) for entry in rows_at(row, "parameters")], "raw": row}


def _parameter(entry: Mapping[str, Any]) -> dict[str, Any]:
    kind = entry.get("type")
    if isinstance(kind, list):
        return {**entry, "type": "enum", "values": [str(value) for value in kind]}
    return dict(entry)
