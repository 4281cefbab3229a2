"""The actions of the wiki: any, by its name, and typed ones. The manual's page is https://www.mediawiki.org/wiki/API:Main_page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mwclient_async._actions.accounts import Accounts
from mwclient_async._actions.blocks import Blocking
from mwclient_async._actions.call import call
from mwclient_async._actions.compare import Comparing
from mwclient_async._actions.edit import Editing
from mwclient_async._actions.feeds import Feeds
from mwclient_async._actions.files import Files
from mwclient_async._actions.find import Finding
from mwclient_async._actions.imports import Importing
from mwclient_async._actions.pages import Pages
from mwclient_async._actions.parse import Parsing
from mwclient_async._actions.review import Reviewing
from mwclient_async._actions.tokens import Tokens
from mwclient_async._actions.users import Users

__all__ = ["Actions", "call"]

_ELSEWHERE = {
    "clientlogin": "await site.login(ClientLogin(...)) logs in",
    "help": "site.actions.paraminfo() describes modules",
    "login": "await site.login(BotPassword(...)) logs in",
    "logout": "await site.logout() logs out",
    "query": "site.query(), site.list(), site.pages() and site.info() ask",
    "upload": "await site.upload(...) uploads",
}


class Actions(
    Pages, Files, Editing, Importing, Reviewing, Blocking, Users, Accounts, Parsing, Comparing, Finding, Feeds, Tokens
):
    """``site.actions``: the actions of the wiki, with typed parameters and results.

    What is wrong with a call is a ValueError or a TypeError before any request. A refusal of the wiki is an ApiError.
    A write is sent once: where its answer is lost, that is OutcomeUnknown, and the wiki is to be looked at before it is
    done again. A parameter that this wiki does not know is UnrecognizedParameters, and a write with one is not sent.
    Writes to one page go one after the other.

    Log in and out with ``site.login`` and ``site.logout``, edit with ``site.page``, upload with ``site.upload``.
    """

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = _ELSEWHERE.get(name, "site.call() does any action of the wiki")
            raise AttributeError(f"site.actions has no {name!r}: {hint}")
