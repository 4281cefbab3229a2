"""What a misspelt name may have meant: asked of the wiki itself, once the mistake was made.

See https://www.mediawiki.org/wiki/API:Parameter_information.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from mwclient_async._http.flow import Flow
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import values
from mwclient_async._values.warnings import ApiWarning

_ROLES = ("prop", "list", "meta", "generator")


def nearest(name: str, known: Iterable[str]) -> str:
    """``", did you mean 'categories'?"`` for the known name nearest to this one, or nothing."""
    found = get_close_matches(name, list(known), n=1)
    return f", did you mean {found[0]!r}?" if found else ""


def module_names(group: str) -> Flow[frozenset[str]]:
    """The names of all actions (``group=""``), or of all parts of a query (``group="query"``)."""
    reply = yield _paraminfo(group or "main")
    parameters = _parameters(reply.body)
    wanted = ("action",) if not group else _ROLES
    return frozenset(name for wire, parameter in parameters.items() if wire in wanted for name in _options(parameter))


def suggestion(params: Mapping[str, str], warning: ApiWarning) -> Flow[str]:
    """What the parameters or values that a wiki did not recognise may have meant, as a sentence; maybe an empty one."""
    action = params.get("action", "")
    parts = [f"query+{name}" for role in _ROLES for name in values(params.get(role, ""))] if action == "query" else []
    known: dict[str, Mapping[str, Any]] = {}
    reply = yield _paraminfo("|".join(dict.fromkeys(["main", action, *parts])))
    for module in reply.body.get("paraminfo", {}).get("modules", ()):
        prefix = module.get("prefix", "")
        for parameter in module.get("parameters", ()):
            known[f"{prefix}{parameter['name']}"] = parameter
            known[f"g{prefix}{parameter['name']}"] = parameter
    strange = [name for name in params if name not in known]
    options = {option for parameter in known.values() for option in _options(parameter)}
    odd = [str(value) for value in warning.data.get("values", ())]
    return " ".join(
        f"{name!r}{found}"
        for name, found in [
            *((name, nearest(name, known)) for name in strange),
            *((value, nearest(value, options)) for value in odd),
        ]
        if found
    )


def _paraminfo(modules: str) -> ApiRequest:
    return ApiRequest(params={"action": "paraminfo", "modules": modules, "helpformat": "none"}, partial=True)


def _parameters(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    modules = body.get("paraminfo", {}).get("modules", ())
    return {parameter["name"]: parameter for module in modules for parameter in module.get("parameters", ())}


def _options(parameter: Mapping[str, Any]) -> list[str]:
    options = parameter.get("type")
    return [str(option) for option in options] if isinstance(options, list) else []
