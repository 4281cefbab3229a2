"""What a crawl fetches: the pages of a query, or the rows of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

_FORBIDDEN = ("limit", "continue", "titles", "pageids", "revids")


def _given(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters by their names on the wire, with those of ``params=``."""
    named = {name.removesuffix("_"): value for name, value in params.items() if name != "params"}
    return {**(params.get("params") or {}), **named}


@frozen(init=False, repr=False)
class Pages:
    """The pages of a query: ``Pages(generator="allpages", prop=["categories"])``.

    The parameters are those of ``site.query``, with ``batch_size``. For a plan of ids or of titles, which names the
    pages itself, they are those of ``site.pages``: leave the generator out.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    params: Mapping[str, Any]

    def __init__(self, **params: Any) -> None:
        _check(params)
        object.__setattr__(self, "params", dict(params))

    def __repr__(self) -> str:
        return f"Pages({_shown(self.params)})"

    @property
    def module(self) -> str | None:
        """The generator, if there is one."""
        return _given(self.params).get("generator")

    @property
    def prefix(self) -> str:
        """What comes before the name of a parameter of the module, beside the module's own prefix."""
        return "g"

    def value(self, name: str, module_prefix: str) -> Any:
        """The value of a parameter of the module, without its prefixes; None if it is not given."""
        return _given(self.params).get(f"{self.prefix}{module_prefix}{name}")

    def identity(self) -> Mapping[str, Any]:
        """What two crawls of the same query have in common, in types of JSON."""
        return {"pages": _identity(self.params)}


@frozen(init=False, repr=False)
class Rows:
    """The rows of a list: ``Rows("recentchanges", prop=["ids", "timestamp"])``.

    The parameters are those of ``site.list``, without the list's prefix, with ``batch_size``.

    See https://www.mediawiki.org/wiki/API:Lists.
    """

    module: str
    params: Mapping[str, Any]

    def __init__(self, module: str, /, **params: Any) -> None:
        _check(params)
        object.__setattr__(self, "module", module)
        object.__setattr__(self, "params", dict(params))

    def __repr__(self) -> str:
        return f"Rows({', '.join(filter(None, [repr(self.module), _shown(self.params)]))})"

    @property
    def prefix(self) -> str:
        """As for Pages: ``site.list`` takes names without a prefix."""
        return ""

    def value(self, name: str, module_prefix: str) -> Any:  # noqa: ARG002 - as for Pages
        """As for Pages."""
        return _given(self.params).get(name)

    def identity(self) -> Mapping[str, Any]:
        """As for Pages."""
        return {"rows": self.module, "params": _identity(self.params)}


def _check(params: Mapping[str, Any]) -> None:
    given = _given(params)
    if wrong := [name for name in _FORBIDDEN if name in given]:
        raise ValueError(f"{wrong[0]} has no place in the query of a crawl: the plan says which pages or rows")


def _identity(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as texts. How large a batch is does not belong to the query."""
    return {
        name: "|".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        for name, value in sorted(params.items())
        if name != "batch_size"
    }


def _shown(params: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in params.items())
