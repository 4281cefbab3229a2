"""The old form of continuation: ``query-continue``, which ``rawcontinue`` asks for.

Each module names its own parameters, and the client must know what they are for: while properties of the batch are
missing, the generator stays where it is and only the unfinished modules are asked again (a finished one would begin
anew); when none is left, the generator moves on and all properties are asked again. See
https://www.mediawiki.org/wiki/API:Raw_query_continue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._http.params import values

_ROLES = ("prop", "list", "meta")


def raw_continuation(
    body: Mapping[str, Any], params: Mapping[str, str], sent: Mapping[str, str], *, generating: str | None
) -> tuple[Mapping[str, str] | None, bool]:
    """What to add to the parameters for the next request, None at the end; and whether the batch is complete.

    ``sent`` is what was added to this one; ``generating`` the prefix of the generator's parameters, None without one.
    """
    blocks = body.get("query-continue")
    if not isinstance(blocks, Mapping):
        return None, True
    moving: dict[str, str] = {}
    waiting: dict[str, str] = {}
    unfinished = set()
    for module, block in blocks.items():
        for name, value in block.items():
            if generating is not None and name.startswith(generating):
                moving[name] = str(value)
            else:
                waiting[name] = str(value)
                unfinished.add(module)
    if not waiting and not moving:
        return None, True
    if not waiting:  # lists and meta data have told all they had
        return {**moving, **{role: "" for role in ("list", "meta") if role in params}}, True
    staying = {name: value for name, value in sent.items() if generating is not None and name.startswith(generating)}
    asked = {role: [name for name in values(params.get(role, "")) if name in unfinished] for role in _ROLES}
    return {**staying, **waiting, **{role: "|".join(names) for role, names in asked.items() if role in params}}, False
