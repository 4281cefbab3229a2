"""Send one action of a wiki, given by its name, and the base class of the typed actions.

The manual's page is https://www.mediawiki.org/wiki/API:Main_page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mwclient_async._actions.log_proof import LoggedWrite
from mwclient_async._actions.log_rules import LogRule, page_ids, rule_for
from mwclient_async._actions.write_params import (
    chosen_submodules,
    modules_to_describe,
    parameters_to_check,
    unknown_parameters,
)
from mwclient_async._http import params as wire_params
from mwclient_async._http.conversion import structurer
from mwclient_async._http.failure_results import refusal_in
from mwclient_async._http.messages import ApiRequest, ApiResponse, FilePart, ReadAt
from mwclient_async._session.lost_reply import LostReply, read_written, send_until_known
from mwclient_async._session.module_table import Module
from mwclient_async._session.query_request import generator_path, query_module_paths, query_request
from mwclient_async._session.retry import outcome_is_unknown
from mwclient_async._session.session import Session
from mwclient_async._session.title_locks import write_lock_keys
from mwclient_async._upload.stash import filekey_or_none
from mwclient_async._upload.upload_warnings import parse_upload_warnings
from mwclient_async.errors import MediaWikiError, OutcomeUnknown, ProtocolError, UnrecognizedParameters, UploadWarnings

T = TypeVar("T")

_REPEATABLE = frozenset({"clearhasmsg", "options", "patrol", "setnotificationtimestamp", "watch"})
"""Writes that do the same if they are sent twice, and that no other user can undo in between."""

_NOT_JSON = frozenset({"feedcontributions", "feedrecentchanges", "feedwatchlist", "help", "rsd"})


async def call_action(session: Session, action: str, params: Mapping[str, str]) -> dict[str, Any]:
    """Send an action, and return the whole decoded response. A response that is not a mapping is put under the name."""
    return await send_action(session, action, params, lambda response: body_by_name(response, action))


def body_by_name(response: ApiResponse, action: str) -> dict[str, Any]:
    """The decoded response to an action. If it is not a mapping, it is put under the action's name."""
    return dict(response.body) if isinstance(response.body, Mapping) else {action: response.body}


async def send_action(
    session: Session,
    action: str,
    params: Mapping[str, str],
    read_response: Callable[[ApiResponse], T],
    *,
    part: FilePart | None = None,
    read: ReadAt | None = None,
    rule: LogRule | None = None,
) -> T:
    """Send an action, with POST and a token if its module needs them. Returns what ``read_response`` makes of it.

    The parameters of a write are checked first (UnrecognizedParameters). A result that says that nothing was done is
    raised as an error. ``part`` is a file that is sent along, and ``read`` reads its bytes. A ProtocolError of
    ``read_response`` is an OutcomeUnknown after a write. ``rule`` is how the log proves the action, if its parameters
    do not say that.
    """
    _check_name(action, params)
    if action == "query":
        return read_response(await session.send(await _query_request(session, params)))
    module = (await session.modules([action]))[action]
    await check_parameters(session, module, params)
    request = ApiRequest(
        params={"action": action, **params},
        post=module.post or "token" in params,
        token=module.token,
        token_names=(f"{module.prefix}token",),
        write=module.write,
        repeatable=action in _REPEATABLE,
        part=part,
    )

    def read_result(response: ApiResponse) -> T:
        if module.post:
            _raise_if_refused(action, params, response)
        return read_response(response)

    keys = write_lock_keys(request.params) if module.write else ()
    async with session.lock_titles(keys):
        for key in keys:  # the base revision that we remember is older than this write
            session.known_revisions.forget(key)
        rule = rule or rule_for(request.params)
        if rule is not None:
            response = await _send_logged(session, request, rule, read_result, read)
        else:
            response = await _send(session, request, read)
    return read_written(request.label, response, read_result) if module.write else read_result(response)


async def _query_request(session: Session, params: Mapping[str, str]) -> ApiRequest:
    paths, generators = query_module_paths(params), generator_path(params)
    found = await session.existing_modules([*paths, *generators])  # the wiki itself names those that it does not have
    return query_request(
        {"action": "query", **params},
        [found[path] for path in paths if path in found],
        next((found[path] for path in generators if path in found), None),
        continues=True,  # the caller reads `continue`
    )


async def _send(session: Session, request: ApiRequest, read: ReadAt | None) -> ApiResponse:
    """Send an action. Raises OutcomeUnknown if one that is sent again got no reply in all its tries."""
    try:
        return await session.send(request, read=read)
    except MediaWikiError as error:
        if not request.repeatable or not outcome_is_unknown(error):
            raise
        text = f"{request.label} was sent, and its responses were lost ({error}): it is safe to repeat it"
        raise OutcomeUnknown(text) from error


async def _send_logged(
    session: Session,
    request: ApiRequest,
    rule: LogRule,
    read_result: Callable[[ApiResponse], object],
    read: ReadAt | None,
) -> ApiResponse:
    """Send an action that the wiki logs. If no reply came that can be read, the log decides whether it was executed."""
    own_actions, now = session.own_actions, session.clock.now
    params = request.params
    own = own_actions.add(params, rule.titles(params), page_ids(params), now=now())
    write = LoggedWrite(request, rule, own, own_actions, now, read_result, shared=session.own_edits.shared)
    lost = LostReply()
    try:
        flow = send_until_known(write, lost)
        response = await session.run_flow(flow, read=read, on_sent=lambda: own.begin(now()))
    except OutcomeUnknown:
        raise
    except MediaWikiError:
        own_actions.remove(own)
        raise
    own.end(now(), response.body)
    if lost.happened:  # the session has recorded no reply
        session.own_edits.record(response.body, write_lock_keys(params))
    return response


def _raise_if_refused(action: str, params: Mapping[str, str], response: ApiResponse) -> None:
    """Raise what a result says, if the wiki did not do what was asked and sent no error."""
    result = response.body.get(action) if isinstance(response.body, Mapping) else None
    if action == "upload" and isinstance(result, Mapping) and result.get("result") == "Warning":
        raise UploadWarnings(
            parse_upload_warnings(result), filekey=filekey_or_none(result) or "", filename=params.get("filename", "")
        )
    if (refused := refusal_in(action, result)) is not None:
        raise refused


def _check_name(action: str, params: Mapping[str, str]) -> None:
    if not re.fullmatch(r"[\w-]+", action):
        raise ValueError(f"call({action!r}): give the name of one action, for example 'parse'")
    if action in _NOT_JSON and not (action == "help" and "wrap" in params):
        instead = "site.actions.paraminfo()" if action == "help" else f"site.actions.{action}()"
        raise ValueError(f"the response to action={action} is a document, not JSON: use {instead}")


async def check_parameters(session: Session, module: Module, params: Mapping[str, str]) -> None:
    """Raise UnrecognizedParameters for parameters of a write that this wiki would ignore."""
    names = parameters_to_check(module, params)
    if not names:
        return
    described = await session.describe_modules(modules_to_describe(module, params))
    described |= await session.describe_modules(chosen_submodules(described[module.path], params))
    if unknown := unknown_parameters(described.values(), {"action": module.path, **params}, names):
        raise UnrecognizedParameters(*unknown)


class ActionGroup:
    """The base class of all typed actions: it holds the session, and sends."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of a site>"

    async def _result(self, action: str, params: Mapping[str, Any], result: type[T]) -> T:
        """Send an action, and return its part of the response as a value of the class ``result``."""
        return await self._read_result(action, params, structurer(result))

    async def _read_result(
        self, action: str, params: Mapping[str, Any], read_result: Callable[[Any], T], **options: Any
    ) -> T:
        """Send an action, and return what ``read_result`` makes of its part of the response, that under its name.

        It raises ProtocolError if that part has an unknown form; after a write this is an OutcomeUnknown.
        """

        def read_response(response: ApiResponse) -> T:
            body = body_by_name(response, action)
            if action not in body:
                names = ", ".join(body)
                raise ProtocolError(f"the wiki's response to action={action} has no {action!r} in it, only: {names}")
            return read_result(body[action])

        return await send_action(
            self._session, action, wire_params.encode(params, wiki=self._session.wiki), read_response, **options
        )
