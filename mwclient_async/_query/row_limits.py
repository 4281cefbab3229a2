"""Limits that are a question: ``rvlimit=3`` asks for three revisions, not for all of them three at a time.

For most modules ``limit`` is the number of rows of one reply, and continuation brings the rest. ``revisions`` and
``imageinfo`` are different: without a limit they tell of the latest version only, and whoever gives them a number
wants that many of each page. The wiki knows no such end; it offers to continue. So when the page has its number,
the module is declared finished: in ``continue`` the names behind ``||`` are the modules that need not run again for
this batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from attrs import frozen

from mwclient_async._session.module_table import Module


@frozen(kw_only=True)
class PerPageLimit:
    """At most ``count`` rows of this module for each page."""

    module: Module
    count: int

    @property
    def continue_parameter(self) -> str:
        """The parameter with which the wiki offers to go on with the rows of a page for ever."""
        return f"{self.module.prefix}{'start' if self.module.name == 'imageinfo' else 'continue'}"

    def is_reached(self, pages: Iterable[Mapping[str, Any]]) -> bool:
        """Whether the page that the wiki offers to go on with has its number; it makes that offer for one page only."""
        return any(len(page.get(self.module.name, ())) >= self.count for page in pages)

    def truncate(self, page: MutableMapping[str, Any]) -> None:
        """Drop the rows beyond the number, which another module's continuation may have brought."""
        rows = page.get(self.module.name)
        if rows is not None:
            page[self.module.name] = rows[: self.count]


def per_page_limits(modules: Iterable[Module], params: Mapping[str, str]) -> tuple[PerPageLimit, ...]:
    """The caps of a query: the numbers that were asked for, and 1 where a module tells of the latest version only."""
    return tuple(
        PerPageLimit(module=module, count=count)
        for module in modules
        if module.limit_is_per_page and (count := _asked(module, params)) is not None
    )


def _asked(module: Module, params: Mapping[str, str]) -> int | None:
    asked = params.get(f"{module.prefix}limit", "")
    if asked.isdecimal():
        return int(asked)
    return 1 if module.name == "imageinfo" and not asked and not module.enumerates(params) else None


def without_finished_modules(
    following: Mapping[str, str],
    caps: Iterable[PerPageLimit],
    pages: Iterable[Mapping[str, Any]],
    *,
    has_generator: bool,
) -> Mapping[str, str] | None:
    """The ``continue`` block without the modules whose caps are met.

    None when nothing else is left to go on for; ``fed`` says that a generator goes on after this batch.
    """
    generating, bars, done = following.get("continue", "").partition("||")
    met = {
        cap.continue_parameter: cap.module.name
        for cap in caps
        if cap.continue_parameter in following and cap.is_reached(pages)
    }
    if not bars or not met:
        return following
    left = {name: value for name, value in following.items() if name not in met}
    if left.keys() == {"continue"} and not has_generator:
        return None
    return {**left, "continue": f"{generating}||{'|'.join([*filter(None, done.split('|')), *met.values()])}"}
