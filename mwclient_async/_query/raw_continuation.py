"""The old form of continuation: ``query-continue``, which the parameter ``rawcontinue`` selects.

Each module names its own parameters, and the client must know what they are for:

- While properties of the batch are missing, the generator keeps its position, and only the unfinished modules are
  requested again. A finished module would begin anew.
- When all modules have finished, the generator moves to its next batch, and all properties are requested again.

See https://www.mediawiki.org/wiki/API:Raw_query_continue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from mwclient_async._http.json_values import continuation_at, object_at
from mwclient_async._http.params import split_values

_ROLES = ("prop", "list", "meta")


@define
class _Blocks:
    """The parameters of ``query-continue``: those of the generator, and those of the ``unfinished`` modules."""

    generator: dict[str, str] = field(factory=dict)
    modules: dict[str, str] = field(factory=dict)
    unfinished: set[str] = field(factory=set)


def raw_continuation(
    body: Mapping[str, Any], params: Mapping[str, str], sent: Mapping[str, str], *, generator_prefix: str | None
) -> tuple[Mapping[str, str] | None, bool]:
    """What to add to the parameters for the next request, None at the end; and whether the batch is complete.

    ``sent`` is what was added to this request. ``generator_prefix`` is the prefix of the generator's parameters, None
    without a generator.
    """
    blocks = _read_blocks(body, generator_prefix)
    if blocks.modules:
        return _same_batch(blocks, params, sent, generator_prefix), False
    if blocks.generator:
        return _next_batch(blocks, params), True
    return None, True


def _read_blocks(body: Mapping[str, Any], generator_prefix: str | None) -> _Blocks:
    found = _Blocks()
    for module, block in object_at(body, "query-continue").items():
        for name, value in continuation_at(block).items():
            if _is_of_generator(name, generator_prefix):
                found.generator[name] = value
            else:
                found.modules[name] = value
                found.unfinished.add(module)
    return found


def _same_batch(
    blocks: _Blocks, params: Mapping[str, str], sent: Mapping[str, str], generator_prefix: str | None
) -> dict[str, str]:
    """The generator keeps its position, and only the unfinished modules are requested."""
    position = {name: value for name, value in sent.items() if _is_of_generator(name, generator_prefix)}
    unfinished = {
        role: "|".join(name for name in split_values(params[role]) if name in blocks.unfinished)
        for role in _ROLES
        if role in params
    }
    return {**position, **blocks.modules, **unfinished}


def _next_batch(blocks: _Blocks, params: Mapping[str, str]) -> dict[str, str]:
    """The generator moves. Lists and meta data are not requested again, because they have sent all that they have."""
    return {**blocks.generator, **{role: "" for role in ("list", "meta") if role in params}}


def _is_of_generator(name: str, generator_prefix: str | None) -> bool:
    return generator_prefix is not None and name.startswith(generator_prefix)
