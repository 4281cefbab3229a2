"""Limits per page: ``rvlimit=3`` asks for three revisions of each page, not for all of them three at a time.

For most modules ``limit`` is the number of rows of one response, and continuation brings the rest. ``revisions`` and
``imageinfo`` are different. Without a limit they send the latest version only, and a caller who gives a number wants
that many rows of each page. The wiki does not stop there: it offers to continue. So when the page has its number of
rows, the module is declared finished: in the value of ``continue``, the names after ``||`` are the modules that need
not run again for this batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from attrs import frozen

from mwclient_async._http.json_values import list_at
from mwclient_async._session.module_table import Module


@frozen(kw_only=True)
class PerPageLimit:
    """At most ``count`` rows of this module for each page."""

    module: Module
    count: int

    @property
    def continue_parameter(self) -> str:
        """The parameter with which the wiki offers to continue the rows of a page, however many there are."""
        return f"{self.module.prefix}{'start' if self.module.name == 'imageinfo' else 'continue'}"

    def is_reached(self, pages: Iterable[Mapping[str, Any]]) -> bool:
        """Whether the page whose rows the wiki offers to continue has its number. It offers that for one page only."""
        return any(len(list_at(page, self.module.name)) >= self.count for page in pages)

    def truncate(self, page: MutableMapping[str, Any]) -> None:
        """Drop the rows beyond the limit, which another module's continuation may have brought."""
        if self.module.name in page:
            page[self.module.name] = list_at(page, self.module.name)[: self.count]


def per_page_limits(modules: Iterable[Module], params: Mapping[str, str]) -> tuple[PerPageLimit, ...]:
    """The limits per page of a query: the numbers in ``params``, and 1 if a module sends the latest version only."""
    return tuple(
        PerPageLimit(module=module, count=count)
        for module in modules
        if module.limit_is_per_page and (count := _rows_per_page(module, params)) is not None
    )


def _rows_per_page(module: Module, params: Mapping[str, str]) -> int | None:
    limit = params.get(f"{module.prefix}limit", "")
    if limit.isdecimal():
        return int(limit)
    return 1 if module.name == "imageinfo" and not limit and not module.enumerates(params) else None


def without_finished_modules(
    next_continue: Mapping[str, str],
    row_limits: Iterable[PerPageLimit],
    pages: Iterable[Mapping[str, Any]],
    *,
    has_generator: bool,
) -> Mapping[str, str] | None:
    """The ``continue`` block without the modules whose limits per page are reached.

    None if nothing else is left to continue. ``has_generator`` says that a generator may have another batch.
    """
    generator, bars, finished = next_continue.get("continue", "").partition("||")
    reached = {
        row_limit.continue_parameter: row_limit.module.name
        for row_limit in row_limits
        if row_limit.continue_parameter in next_continue and row_limit.is_reached(pages)
    }
    if not bars or not reached:
        return next_continue
    left = {name: value for name, value in next_continue.items() if name not in reached}
    if left.keys() == {"continue"} and not has_generator:
        return None
    return {**left, "continue": f"{generator}||{'|'.join([*filter(None, finished.split('|')), *reached.values()])}"}
