"""What is known of one wiki's API modules: MediaWiki's own from a static table, any other one from the wiki itself.

Each module is asked for once per session, with ``action=paraminfo``
(https://www.mediawiki.org/wiki/API:Parameter_information).
"""

from __future__ import annotations

from collections.abc import Iterable

import anyio

from mwclient_async import _http, _session
from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.module_table import Module, core_module, parse_paraminfo
from mwclient_async._session.run_flow import Send, run_flow
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import MediaWikiError, MissingParameter


class ModuleCatalog:
    """The modules of one wiki, by path: ``"edit"``, ``"query+allpages"``."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._described: dict[str, Module] = {}
        self._lock = anyio.Lock()

    async def find(self, paths: Iterable[str]) -> dict[str, Module]:
        """The modules with these paths, in at most one request. MediaWiki's own modules need none.

        Raises ValueError if the wiki does not have one of these modules.
        """
        wanted = list(dict.fromkeys(paths))
        described = await self.describe(path for path in wanted if core_module(path) is None)
        return {path: core_module(path) or described[path] for path in wanted}

    async def describe(self, paths: Iterable[str]) -> dict[str, Module]:
        """The modules with these paths as this wiki describes them, with their parameters.

        Raises ValueError if the wiki does not have one of these modules.
        """
        wanted = list(dict.fromkeys(paths))
        found = await self._describe_existing(wanted)
        if absent := [path for path in wanted if path not in found]:
            raise ValueError(await self._no_such_module(absent[0]))
        return found

    async def find_existing(self, paths: Iterable[str]) -> dict[str, Module]:
        """The same as ``find`` without the modules that the wiki does not have."""
        wanted = list(dict.fromkeys(paths))
        described = await self._describe_existing([path for path in wanted if core_module(path) is None])
        return {path: module for path in wanted if (module := core_module(path) or described.get(path)) is not None}

    async def suggest(self, request: ApiRequest, warning: ApiWarning) -> str:
        """The known names nearest to those that the wiki did not recognise, as a sentence, or an empty string."""
        try:
            return await run_flow(_session.suggestions.suggest_names(request, warning), self._send)
        except MediaWikiError:
            return ""  # the caller must learn of the mistake, not that its explanation failed

    async def explain(self, request: ApiRequest, error: MissingParameter) -> MediaWikiError:
        """The error for a misspelt parameter, if the missing one is perhaps that; else the error itself."""
        if request.path or request.login:
            return error
        try:
            return await run_flow(_session.suggestions.find_unknown_names(request), self._send) or error
        except MediaWikiError:
            return error

    async def _describe_existing(self, paths: list[str]) -> dict[str, Module]:
        if any(path not in self._described for path in paths):
            async with self._lock:
                if unknown := [path for path in paths if path not in self._described]:
                    await self._fetch(unknown)
        return {path: self._described[path] for path in paths if path in self._described}

    async def _fetch(self, paths: list[str]) -> None:
        params = {"action": "paraminfo", "modules": "|".join(paths), "helpformat": "none"}
        response = await self._send(ApiRequest(params=params))
        self._described.update(parse_paraminfo(response.body))

    async def _no_such_module(self, path: str) -> str:
        group, _, name = path.rpartition("+")
        kind = "list, prop, meta or generator" if group else "action"
        suggestion = _http.keywords.did_you_mean(
            name, await run_flow(_session.suggestions.fetch_module_names(group), self._send)
        )
        return f"this wiki has no {kind} {name!r}{suggestion or ': is an extension missing?'}"
