"""Lists that continue by time alone (``abuselog``): each row comes once, whatever the wiki repeats.

The ``continue`` of such a list is the time of the first row that did not fit. So the next response has all rows of that
second, also those that came before. This needs the times of the rows, so ``timestamp`` is always requested.

See https://www.mediawiki.org/wiki/Extension:AbuseFilter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mwclient_async._http.conversion import Row
from mwclient_async._http.json_values import list_at, object_at
from mwclient_async._http.params import split_values
from mwclient_async._session.module_table import Module

_BY_TIME = frozenset({"abuselog"})
_TIME = "timestamp"


def with_times(modules: Iterable[Module], params: Mapping[str, str]) -> Mapping[str, str]:
    """The parameters of a query in which the rows of these lists have their times."""
    props = {f"{module.prefix}prop" for module in modules if module.name in _BY_TIME} & params.keys()
    added = {name: "|".join(dict.fromkeys([*split_values(params[name]), _TIME])) for name in props}
    return {**params, **added}


def rows_coming_again(module: Module, rows: Iterable[Row], continuation: Mapping[str, str] | None) -> list[Row]:
    """The rows of this list that the response to a ``continue`` will have again: those of its second."""
    time = (continuation or {}).get(f"{module.prefix}start")
    return [] if time is None else [row for row in rows if row.get(_TIME) == time]


def without_rows_coming_again(modules: Iterable[Module], body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A response without the rows of lists that the next response will have again."""
    query, continuation = object_at(body, "query"), object_at(body, "continue")
    kept = {}
    for module in modules:
        own = continuation or object_at(body, "query-continue", module.name)
        if module.group == "list" and f"{module.prefix}start" in own and module.name in query:
            rows = list_at(query, module.name)
            again = rows_coming_again(module, map(object_at, rows), own)
            kept[module.name] = [row for row in rows if row not in again]
    return {**body, "query": {**query, **kept}} if kept else body
