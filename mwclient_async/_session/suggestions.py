"""Suggestions for a misspelt name. The wiki is asked for the names that it knows, after the mistake was made.

See https://www.mediawiki.org/wiki/API:Parameter_information.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.flow import Flow
from mwclient_async._http.keywords import did_you_mean
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import split_values
from mwclient_async._values.warnings import ApiWarning

_ROLES = ("prop", "list", "meta", "generator")


def fetch_module_names(group: str) -> Flow[frozenset[str]]:
    """The names of all actions (``group=""``), or of all submodules of a query (``group="query"``)."""
    response = yield _paraminfo(group or "main")
    parameters = _parameters(response.body)
    wanted = ("action",) if not group else _ROLES
    return frozenset(name for wire, parameter in parameters.items() if wire in wanted for name in _options(parameter))


def suggest_names(params: Mapping[str, str], warning: ApiWarning) -> Flow[str]:
    """The names nearest to the parameters or values that a wiki did not recognise, as a text that may be empty."""
    action = params.get("action", "")
    parts = (
        [f"query+{name}" for role in _ROLES for name in split_values(params.get(role, ""))] if action == "query" else []
    )
    known: dict[str, Mapping[str, Any]] = {}
    response = yield _paraminfo("|".join(dict.fromkeys(["main", action, *parts])))
    for module in response.body.get("paraminfo", {}).get("modules", ()):
        prefix = module.get("prefix", "")
        for parameter in module.get("parameters", ()):
            known[f"{prefix}{parameter['name']}"] = parameter
            known[f"g{prefix}{parameter['name']}"] = parameter
    unknown_names = [name for name in params if name not in known]
    options = {option for parameter in known.values() for option in _options(parameter)}
    unknown_values = [str(value) for value in warning.data.get("values", ())]
    return " ".join(
        f"{name!r}{found}"
        for name, found in [
            *((name, did_you_mean(name, known)) for name in unknown_names),
            *((value, did_you_mean(value, options)) for value in unknown_values),
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
