"""The writes of a user without a login, who may be given a temporary account.

Since 1.40 a wiki can make a temporary account for a user who edits without a login and without the cookies of such an
account. Edits that begin together have no cookies yet, so each would make an account of its own. Therefore they go one
by one until the cookies name an account, or an edit was saved without that: then the wiki makes none.

Of MediaWiki's own actions, only ``action=edit`` makes accounts (``ApiCreateTempUserTrait``), through which the REST API
edits, too. Actions of extensions may make them.

See https://www.mediawiki.org/wiki/Help:Temporary_accounts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.module_table import core_module


class AnonymousWrites:
    """Lets edits without a login go one by one, as long as the next one could make an account."""

    def __init__(self, auth_state: AuthState) -> None:
        self._auth_state = auth_state
        self._lock = anyio.Lock(fast_acquire=True)  # no other task runs before it is acquired

    @asynccontextmanager
    async def turn(self, request: ApiRequest) -> AsyncIterator[None]:
        """Send the request in this context. A write that could make an account waits for others that could."""
        if self._could_make_account(request):
            async with self._lock:
                if self._could_make_account(request):
                    try:
                        yield
                    finally:
                        self._forget_tokens_of_no_account()
                    return
        yield

    def record(self, request: ApiRequest, response: ApiResponse) -> None:
        """Note that an edit was saved."""
        result = response.body.get("edit") if isinstance(response.body, dict) else None
        by_rest = bool(request.path) and request.write
        if by_rest or (isinstance(result, dict) and result.get("result") == "Success" and "nochange" not in result):
            self._auth_state.has_edited = True

    def _could_make_account(self, request: ApiRequest) -> bool:
        state = self._auth_state
        action = request.params.get("action", "")
        is_edit = request.path != "" or action == "edit" or core_module(action) is None
        is_write = request.write and request.token is not None and not request.login
        return is_write and is_edit and not (state.logged_in or state.has_edited or state.cookies.name_account)

    def _forget_tokens_of_no_account(self) -> None:
        if self._auth_state.cookies.name_account:  # an account was made, and has tokens of its own
            self._auth_state.drop_tokens()
