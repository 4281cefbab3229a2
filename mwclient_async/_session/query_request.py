"""How an ``action=query`` is sent: by POST and with a token, if one of its modules needs that (``list=checkuser``).

See https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.params import split_values
from mwclient_async._session.module_table import Module

_ROLES = ("prop", "list", "meta")


def query_module_paths(params: Mapping[str, str]) -> list[str]:
    """The paths of the modules of a query, but for its generator."""
    names = (name for role in _ROLES for name in split_values(params.get(role, "")))
    return [f"query+{name}" for name in dict.fromkeys(names)]


def generator_path(params: Mapping[str, str]) -> list[str]:
    """The path of the generator of a query, if it has one."""
    return [f"query+{name}" for name in split_values(params.get("generator", ""))]


def query_request(
    params: Mapping[str, str], modules: Iterable[Module], generator: Module | None = None, **fields: Any
) -> ApiRequest:
    """The request of a query with these modules; ``fields`` are further fields of ApiRequest.

    Raises ValueError if the modules need tokens of two kinds, which one request cannot have.
    """
    used = [(module, "") for module in modules]
    if generator is not None:
        used.append((generator, "g"))
    with_token = [(module, lead) for module, lead in used if module.token is not None]
    _check_one_kind([module for module, _ in with_token])
    return ApiRequest(
        params=params,
        post=any(module.post for module, _ in used),
        token=with_token[0][0].token if with_token else None,
        token_names=tuple(dict.fromkeys(f"{lead}{module.prefix}token" for module, lead in with_token)) or ("token",),
        write=any(module.write for module, _ in used),
        **fields,
    )


def _check_one_kind(modules: list[Module]) -> None:
    for module in modules:
        if module.token != modules[0].token:
            raise ValueError(
                f"{modules[0].name!r} and {module.name!r} need tokens of two kinds: ask for them in two queries"
            )
