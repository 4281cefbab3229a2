"""Rows that are larger than a whole response may be: ``$wgAPIMaxResultSize``, 8 MiB by default.

The wiki leaves out a row that does not fit, and offers to continue with it. If the row alone is too large, it does so
forever: the same ``continue`` comes again, with the warning ``truncatedresult``.

If the row is one of a page among others, the other pages must not be lost. So its modules are called finished, and the
batch is completed without them. Then the pages are requested again in smaller groups, with these modules only, until
the page is alone. That page gets a mark, from which ``Page`` raises ResultTooLarge when the property is read.

See https://www.mediawiki.org/wiki/Manual:$wgAPIMaxResultSize.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from mwclient_async._session.module_table import Module


@frozen
class Group:
    """Pages or revisions to request: the values of ``titles``, ``pageids`` or ``revids``."""

    parameter: str
    values: Sequence[str]

    def halves(self) -> Iterator[Group]:
        """Two groups of half the size."""
        half = len(self.values) // 2
        yield Group(self.parameter, self.values[:half])
        yield Group(self.parameter, self.values[half:])

    def divided(self, position: str) -> Iterator[Group]:
        """The value that a ``continue`` names first, and the other ones; halves if it names none of them."""
        suspect = position.partition("=")[2].partition("|")[0]
        others = [value for value in self.values if value != suspect]
        if len(self.values) == 1:
            yield self
        elif len(others) == len(self.values):
            yield from self.halves()
        else:
            yield Group(self.parameter, others)
            yield Group(self.parameter, [suspect])


def stuck_modules(modules: Iterable[Module], continuation: Mapping[str, str]) -> tuple[Module, ...]:
    """The modules that a ``continue`` block does not call finished."""
    finished = continuation.get("continue", "").partition("||")[2].split("|")
    return tuple(module for module in modules if module.group != "meta" and module.name not in finished)


def without_modules(
    continuation: Mapping[str, str], modules: Iterable[Module], *, has_generator: bool
) -> Mapping[str, str] | None:
    """The ``continue`` block after these modules, the last unfinished ones. None if no generator can continue."""
    if not has_generator:
        return None
    generator, _, finished = continuation["continue"].partition("||")
    names = "|".join([*filter(None, finished.split("|")), *(module.name for module in modules)])
    kept = {name: continuation[name] for name in generator.split("|") if name in continuation}
    return {**kept, "continue": f"{generator}||{names}"}


def groups_of(params: Mapping[str, str], pages: Iterable[Mapping[str, Any]], room: int) -> Iterator[Group]:
    """The pages of a batch, or the revisions if these were asked for, as groups for one request each."""
    if "revids" in params:
        inputs = {"revids": params["revids"].split("|"), "titles": list[str]()}
    else:
        inputs = {"pageids": [str(page["pageid"]) for page in pages if "pageid" in page]}
        inputs["titles"] = [str(page["title"]) for page in pages if "pageid" not in page and "title" in page]
    for parameter, values in inputs.items():
        for at in range(0, len(values), room):
            yield Group(parameter, values[at : at + room])


def position_of(continuation: Mapping[str, str]) -> str:
    """The first position that a ``continue`` block names, such as ``rvcontinue=7|9``."""
    return next((f"{name}={value}" for name, value in continuation.items() if name != "continue"), "")
