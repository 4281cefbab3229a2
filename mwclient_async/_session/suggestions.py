"""Suggestions for a misspelt name. The wiki is asked for the names that it knows, after the mistake was made.

A name can be wrong in three ways: misspelt, with a prefix that the library adds by itself (``site.list``), or without
the prefix of its module (``site.query``). The wiki warns of an unknown name only if it needs no other one. If it does,
it says that the other one is missing, so the names are looked up then, too.

See https://www.mediawiki.org/wiki/API:Parameter_information.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from mwclient_async import _http
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import list_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import split_values
from mwclient_async._values.warnings import ApiWarning
from mwclient_async.errors import UnrecognizedParameters

_ROLES = ("prop", "list", "meta", "generator")
_PLACEHOLDER = re.compile(r"\\\{.*?\\\}")


@frozen(kw_only=True)
class _KnownParameters:
    """The parameters of the modules of one request, by their names on the wire.

    ``prefixes`` are those of the modules. ``patterns`` match names that depend on a value (``fromtext-main``).
    ``complete`` says whether the wiki has described all modules.
    """

    parameters: Mapping[str, Mapping[str, Any]]
    prefixes: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]
    complete: bool

    def unknown(self, names: Iterable[str]) -> list[str]:
        """The names that none of the modules has."""
        return [
            name
            for name in names
            if name not in self.parameters and not any(pattern.fullmatch(name) for pattern in self.patterns)
        ]

    def advice(self, name: str, prefix: str) -> str:
        """What to write instead of an unknown name, as the caller wrote it: without the ``prefix`` of the library."""
        own = name.removeprefix(prefix)
        if prefix and own in self.parameters and own.startswith(prefix):
            right = own.removeprefix(prefix)
            return f": the library adds the prefix of the module by itself, write {right!r}"
        if not prefix and (right := self._with_prefix(name)):
            return f", did you mean {right!r}?"
        return _http.keywords.did_you_mean(
            own, [known.removeprefix(prefix) for known in self.parameters if known.startswith(prefix)]
        )

    def advice_on_value(self, value: str, request: ApiRequest) -> str:
        """What to write instead of an unknown value, by the parameters of the request that have it."""
        sent = [self.parameters.get(name, {}) for name, text in request.params.items() if value in split_values(text)]
        if any(parameter.get("type") == "namespace" for parameter in sent):
            return ": a namespace is a number here, see site.title(...).ns"
        return _http.keywords.did_you_mean(value, {option for parameter in sent for option in _options(parameter)})

    def _with_prefix(self, name: str) -> str:
        """The known name that this one is without its prefix, or without the ``g`` of a generator."""
        written = (f"{prefix}{name}" for prefix in sorted({*self.prefixes, "g"}) if prefix)
        return next((right for right in written if right in self.parameters), "")


def fetch_module_names(group: str) -> Flow[frozenset[str]]:
    """The names of all actions (``group=""``), or of all submodules of a query (``group="query"``)."""
    response = yield _paraminfo(group or "main")
    modules = rows_at(response.body, "paraminfo", "modules")
    parameters = {text_at(entry, "name"): entry for module in modules for entry in rows_at(module, "parameters")}
    wanted = ("action",) if not group else _ROLES
    return frozenset(name for wire, parameter in parameters.items() if wire in wanted for name in _options(parameter))


def suggest_names(request: ApiRequest, warning: ApiWarning) -> Flow[str]:
    """The names nearest to the parameters or values that a wiki did not recognise, as a text that may be empty."""
    known = yield from _fetch_known(request)
    unknown_values = [str(value) for value in list_at(warning.data, "values")]
    advice = [
        *_listed_advice(known, request, known.unknown(request.params)),
        *(f"{value!r}{found}" for value in unknown_values if (found := known.advice_on_value(value, request))),
    ]
    return " ".join(advice)


def find_unknown_names(request: ApiRequest) -> Flow[UnrecognizedParameters | None]:
    """The error for the parameters that the wiki does not know. None if there are none, or if it does not say."""
    known = yield from _fetch_known(request)
    unknown = known.unknown(request.params)
    if not unknown or not known.complete:
        return None
    module = request.params.get("list", "") if request.prefix else request.params.get("action", "")
    names = ", ".join(repr(name.removeprefix(request.prefix)) for name in unknown)
    warning = ApiWarning(
        code="unrecognizedparams", text=f"The wiki's module {module!r} knows no parameter {names}.", module=module
    )
    return UnrecognizedParameters(warning, " ".join(_listed_advice(known, request, unknown)))


def _listed_advice(known: _KnownParameters, request: ApiRequest, unknown: Iterable[str]) -> Iterator[str]:
    for name in unknown:
        if found := known.advice(name, request.prefix):
            yield f"{name.removeprefix(request.prefix)!r}{found}"


def _fetch_known(request: ApiRequest) -> Flow[_KnownParameters]:
    leads = _prefixes_by_path(request.params)
    response = yield _paraminfo("|".join(leads))
    parameters: dict[str, Mapping[str, Any]] = {}
    prefixes, patterns, described = set(), [], set()
    for module in rows_at(response.body, "paraminfo", "modules"):
        described.add(text_at(module, "path"))
        if "dynamicparameters" in module:
            patterns.append(re.compile(".*"))
        for lead in leads.get(text_at(module, "path"), ("",)):
            prefix = f"{lead}{text_at(module, 'prefix', default='')}"
            prefixes.add(prefix)
            parameters |= {f"{prefix}{text_at(entry, 'name')}": entry for entry in rows_at(module, "parameters")}
            patterns += [
                re.compile(_PLACEHOLDER.sub(".+", re.escape(f"{prefix}{text_at(entry, 'name')}")))
                for entry in rows_at(module, "templatedparameters")
            ]
    return _KnownParameters(
        parameters=parameters,
        prefixes=frozenset(prefixes),
        patterns=tuple(patterns),
        complete=described >= leads.keys(),
    )


def _prefixes_by_path(params: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The modules of a request, each with what precedes its own prefix: ``g`` for a generator."""
    found: dict[str, tuple[str, ...]] = {"main": ("",), params.get("action", ""): ("",)}
    if params.get("action") == "query":
        for role in _ROLES:
            lead = "g" if role == "generator" else ""
            for name in split_values(params.get(role, "")):
                path = f"query+{name}"
                found[path] = tuple(dict.fromkeys([*found.get(path, ()), lead]))
    elif generator := params.get("generator"):
        found[f"query+{generator}"] = ("g",)
    return found


def _paraminfo(modules: str) -> ApiRequest:
    return ApiRequest(params={"action": "paraminfo", "modules": modules, "helpformat": "none"}, partial=True)


def _options(parameter: Mapping[str, Any]) -> list[str]:
    options = parameter.get("type")
    return [str(option) for option in options] if isinstance(options, list) else []
