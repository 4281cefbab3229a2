"""Lists of which some versions of MediaWiki lose rows, and how they are read without loss.

``alllinks`` and its kin list the links of a wiki by their targets. Newer versions keep the targets in a table of their
own, and sort these lists by the target's number there, always upwards (``ApiQueryAllLinks``, since
``LinksMigration`` maps their table). But the place to continue is still compared by the title with ``unique``, and
downwards with ``dir=descending``. So the second response begins at the wrong place: rows are missing, or come again.

Only a list in its own order, with every link, is whole. So:

- ``dir=descending`` is left out, and a warning says that the rows come in the other order;
- ``unique`` is left out, and equal rows, which follow each other, are given once;
- where that cannot be done, as for a generator, RowsLost is raised instead of the second request.

These versions also forget ``from`` when they continue, so that rows before it come, too. A warning says so.

See https://www.mediawiki.org/wiki/API:Alllinks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import object_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import split_values
from mwclient_async._session.module_table import Module
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import RowsLost

Version = tuple[int, int]

_UNKNOWN_VERSION = (999, 0)
_SORTED_BY_TARGET_SINCE: Mapping[str, Version] = {
    "alllinks": (1, 40),
    "alltransclusions": (1, 40),
    "allfileusages": (1, 45),
}
"""The first versions that may sort these lists so. ``allredirects``, of the same module, is sorted by title."""


def mediawiki_version() -> Flow[Version]:
    """The wiki's version, such as (1, 43); a very new one if it does not say."""
    response = yield ApiRequest(params={"action": "query", "meta": "siteinfo", "siprop": "general"})
    general = object_at(response.body, "query", "general")
    numbers = str(general.get("generator", "")).removeprefix("MediaWiki ").replace("-", ".").split(".")
    known = len(numbers) > 1 and numbers[0].isdecimal() and numbers[1].isdecimal()
    return (int(numbers[0]), int(numbers[1])) if known else _UNKNOWN_VERSION


def may_lose_rows(module: Module, params: Mapping[str, str], *, lead: str = "") -> bool:
    """Whether some version has wrong rows of this module with these parameters. ``lead`` is ``g`` for a generator."""
    prefix = f"{lead}{module.prefix}"
    asks_for_it = not params.keys().isdisjoint({f"{prefix}unique", f"{prefix}from"})
    asks_for_it = asks_for_it or params.get(f"{prefix}dir") == "descending"
    return module.name in _SORTED_BY_TARGET_SINCE and asks_for_it


def loses_rows(module: Module, version: Version) -> bool:
    """Whether this version loses rows of that module with ``unique`` or ``dir=descending``, and forgets ``from``."""
    return module.name in _SORTED_BY_TARGET_SINCE and version >= _SORTED_BY_TARGET_SINCE[module.name]


@frozen
class WholeParams:
    """Parameters with which nothing is lost.

    ``is_unique`` says that equal rows must be given once. ``lossy`` are the names in a ``continue`` that must not be
    sent, with the reason. ``warnings`` say what differs from what was asked for.
    """

    params: Mapping[str, str]
    is_unique: bool = False
    lossy: Mapping[str, str] = field(factory=dict)
    warnings: tuple[ApiWarning, ...] = ()


def whole_params(
    module: Module, params: Mapping[str, str], *, lead: str = "", may_drop_unique: bool = False
) -> WholeParams:
    """The parameters for a module that would lose rows."""
    prefix, name = f"{lead}{module.prefix}", module.name
    asked = dict(params)
    warnings: list[ApiWarning] = []
    if asked.get(f"{prefix}dir") == "descending":
        del asked[f"{prefix}dir"]
        text = f"This version of MediaWiki loses rows of {name} with {prefix}dir=descending: they come ascending."
        warnings.append(ApiWarning(code="otherorder", text=text, module=module.path))
    if f"{prefix}from" in asked:
        text = f"This version of MediaWiki forgets {prefix}from after the first response: rows before it may come, too."
        warnings.append(ApiWarning(code="otherrange", text=text, module=module.path))
    is_unique = f"{prefix}unique" in asked
    is_refused = "ids" in split_values(asked.get(f"{prefix}prop", ""))  # by the wiki, whose error should come
    if is_unique and may_drop_unique and not is_refused:
        del asked[f"{prefix}unique"]
        return WholeParams(asked, is_unique=True, warnings=tuple(warnings))
    lossy = {f"{prefix}continue": _what_to_ask(name, prefix)} if is_unique else {}
    return WholeParams(asked, lossy=lossy, warnings=tuple(warnings))


def _what_to_ask(name: str, prefix: str) -> str:
    return (
        f"this version of MediaWiki loses rows of {name} with {prefix}unique after the first response: read the rows "
        f"with site.list({name!r}, unique=True), and their pages with site.pages(titles=site.list({name!r}, "
        "unique=True), prop=...)"
    )


def check_for_loss(lossy: Mapping[str, str], names: Iterable[str]) -> None:
    """Raise RowsLost if one of these names of a ``continue`` must not be sent."""
    for name in names:
        if name in lossy:
            raise RowsLost(lossy[name])
