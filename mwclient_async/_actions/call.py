"""Any action of a wiki, by its name, and what the typed ones share.

The manual's page is https://www.mediawiki.org/wiki/API:Main_page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import evolve, frozen

from mwclient_async._actions.write_params import chosen_by, doubtful, to_describe, unknown_to
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import structurer
from mwclient_async._http.messages import ApiRequest, ApiResponse, FilePart, ReadAt
from mwclient_async._session.lock_keys import write_keys
from mwclient_async._session.module_table import Module
from mwclient_async._session.session import Session
from mwclient_async.errors import ApiError, ApiErrorItem, ProtocolError, UnrecognizedParameters, class_for

T = TypeVar("T")

_NOT_JSON = frozenset({"feedcontributions", "feedrecentchanges", "feedwatchlist", "help", "rsd"})


async def call(session: Session, action: str, params: Mapping[str, str], **file: Any) -> dict[str, Any]:
    """The decoded answer of an action, whole; what is no mapping comes under the action's name."""
    reply = await ask(session, action, params, **file)
    return dict(reply.body) if isinstance(reply.body, Mapping) else {action: reply.body}


async def ask(
    session: Session,
    action: str,
    params: Mapping[str, str],
    *,
    part: FilePart | None = None,
    read: ReadAt | None = None,
) -> ApiResponse:
    """The answer of an action, posted and with a token where its module needs them.

    A write is looked at before it is sent: UnrecognizedParameters for what this wiki would leave out. ``part`` is a
    file that goes with it, which ``read`` gives.
    """
    if not re.fullmatch(r"[\w-]+", action):
        raise ValueError(f"call({action!r}): give the name of one action, for example 'parse'")
    if action in _NOT_JSON and not (action == "help" and "wrap" in params):
        instead = "site.actions.paraminfo()" if action == "help" else f"site.actions.{action}()"
        raise ValueError(f"action={action} answers with a document that is no JSON: use {instead}")
    module = (await session.modules([action]))[action]
    await check(session, module, params)
    request = ApiRequest(
        params={"action": action, **params},
        post=module.post or "token" in params,
        token=module.token,
        token_name=f"{module.prefix}token",
        write=module.write,
        part=part,
    )
    keys = write_keys(request.params) if module.write else ()
    async with session.lock_titles(keys):
        for key in keys:  # what we know of a page is of the time before this
            session.known_revisions.forget(key)
        return await session.send(request, read=read)


async def check(session: Session, module: Module, params: Mapping[str, str]) -> None:
    """UnrecognizedParameters for what this wiki would leave out."""
    names = doubtful(module, params)
    if not names:
        return
    described = await session.describe_modules(to_describe(module, params))
    described |= await session.describe_modules(chosen_by(described[module.path], params))
    if unknown := unknown_to(described.values(), {"action": module.path, **params}, names):
        raise UnrecognizedParameters(*unknown)


def refused(action: str, said: Mapping[str, Any]) -> ApiError:
    """The error of an answer that is a refusal, though the wiki did not send it as one."""
    items = structurer(_Errors)(said).errors
    first = items[0] if items else ApiErrorItem(code="unknownerror", text=f"the wiki says {said.get('result')!r}")
    found = tuple(evolve(item, module=item.module or action) for item in items or (first,))
    return class_for(first.code)(found)


@frozen(kw_only=True)
class _Errors:
    errors: tuple[ApiErrorItem, ...] = ()


class ActionGroup:
    """What all typed actions share: the session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def _said(self, action: str, given: Mapping[str, Any], **extra: Any) -> Any:
        """What the wiki says of an action, as it came: the part of the answer that bears the action's name."""
        answer = await call(self._session, action, wire_params.encode(given), **extra)
        if action not in answer:
            raise ProtocolError(f"the wiki's answer to action={action} says nothing of it: {', '.join(answer)}")
        return answer[action]

    async def _act(self, action: str, given: Mapping[str, Any], result: type[T], **extra: Any) -> T:
        """The same, as a value."""
        return structurer(result)(await self._said(action, given, **extra))
