"""The actions of the wiki: any action by its name, and typed ones.

The manual's page is https://www.mediawiki.org/wiki/API:Main_page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mwclient_async._actions.accounts import AccountActions
from mwclient_async._actions.blocks import BlockActions
from mwclient_async._actions.compare import CompareActions
from mwclient_async._actions.edit import EditActions
from mwclient_async._actions.feeds import FeedActions
from mwclient_async._actions.files import FileActions
from mwclient_async._actions.find import SearchActions
from mwclient_async._actions.imports import ImportActions
from mwclient_async._actions.pages import PageActions
from mwclient_async._actions.parse import ParseActions
from mwclient_async._actions.review import ReviewActions
from mwclient_async._actions.tokens import TokenActions
from mwclient_async._actions.users import UserActions

_ELSEWHERE = {
    "clientlogin": "to log in, use site.login(ClientLogin(...))",
    "cspreport": "browsers send it to report violations of the content security policy; use site.call()",
    "help": "to describe modules, use site.actions.paraminfo()",
    "login": "to log in, use site.login(BotPassword(...))",
    "logout": "to log out, use site.logout()",
    "query": "to query, use site.query(), site.list(), site.pages() or site.info()",
    "upload": "to upload, use site.upload(...)",
}


class Actions(
    PageActions,
    FileActions,
    EditActions,
    ImportActions,
    ReviewActions,
    BlockActions,
    UserActions,
    AccountActions,
    ParseActions,
    CompareActions,
    SearchActions,
    FeedActions,
    TokenActions,
):
    """``site.actions``: the actions of the wiki, with typed parameters and results.

    A write is sent once. If its reply is lost, the wiki's log proves a move, deletion, undeletion, protection, block,
    unblock, change of rights, merge of histories or hiding of revisions: the result then has ``verified``. Writes to
    one page are done one after the other. To log in and out, use ``site.login`` and ``site.logout``; to edit,
    ``site.page``; to upload, ``site.upload``.

    Every method can raise the errors below; its own docstring names the further ones.

    Raises:
        ValueError: an argument is wrong; no request was sent. A wrong type or name is a TypeError.
        UnrecognizedParameters: this wiki does not know a parameter of a write; the write was not sent.
        ApiError: the wiki refused; the error is of the subclass for its code.
        OutcomeUnknown: the response to a write was lost, and the wiki's log does not prove it. Check on the wiki
            whether it was done before you repeat it.
        TransportError: there was no response.
        ProtocolError: there was a response that cannot be understood.
    """

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            hint = _ELSEWHERE.get(name, "for any action of the wiki, use site.call()")
            raise AttributeError(f"site.actions has no {name!r}: {hint}")
