"""An asyncio client for MediaWiki's Action API and REST API. The front door: import from here.

Names are loaded when they are first used, so that importing the package, which the pytest plugin does in everybody's
test runs, costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mwclient_async._query.stream import Stream
    from mwclient_async._rest.core_rest import CoreRest
    from mwclient_async._site import Site
    from mwclient_async._values.checkpoint import Checkpoint
    from mwclient_async._values.cursor import Cursor
    from mwclient_async._values.warnings import ApiWarning, UploadWarning
    from mwclient_async.models.accounts import UserInfo
    from mwclient_async.models.auth import (
        BotPassword,
        ClientLogin,
        LoginQuestion,
        LoginState,
        OAuth2ClientCredentials,
        OAuth2Token,
    )
    from mwclient_async.models.batch import Batch
    from mwclient_async.models.edit_defaults import EditDefaults
    from mwclient_async.models.edits import EditOutcome, EditResult, PageEdit
    from mwclient_async.models.info import SiteInfo
    from mwclient_async.models.options import HttpOptions, Limits, RetryPolicy
    from mwclient_async.models.page import Page, PageStatus
    from mwclient_async.models.rest import HistoryRevision
    from mwclient_async.models.upload import (
        RemoteFile,
        StashedFile,
        UploadMethod,
        UploadProgress,
        UploadResult,
        UploadStage,
    )

__all__ = [
    "ApiWarning",
    "Batch",
    "BotPassword",
    "Checkpoint",
    "ClientLogin",
    "CoreRest",
    "Cursor",
    "EditDefaults",
    "EditOutcome",
    "EditResult",
    "HistoryRevision",
    "HttpOptions",
    "Limits",
    "LoginQuestion",
    "LoginState",
    "OAuth2ClientCredentials",
    "OAuth2Token",
    "Page",
    "PageEdit",
    "PageStatus",
    "RemoteFile",
    "RetryPolicy",
    "Site",
    "SiteInfo",
    "StashedFile",
    "Stream",
    "UploadMethod",
    "UploadProgress",
    "UploadResult",
    "UploadStage",
    "UploadWarning",
    "UserInfo",
]

_HOME = {
    "ApiWarning": "_values.warnings",
    "Batch": "models.batch",
    "BotPassword": "models.auth",
    "Checkpoint": "_values.checkpoint",
    "ClientLogin": "models.auth",
    "CoreRest": "_rest.core_rest",
    "Cursor": "_values.cursor",
    "EditDefaults": "models.edit_defaults",
    "EditOutcome": "models.edits",
    "EditResult": "models.edits",
    "HistoryRevision": "models.rest",
    "HttpOptions": "models.options",
    "Limits": "models.options",
    "LoginQuestion": "models.auth",
    "LoginState": "models.auth",
    "OAuth2ClientCredentials": "models.auth",
    "OAuth2Token": "models.auth",
    "Page": "models.page",
    "PageEdit": "models.edits",
    "RemoteFile": "models.upload",
    "PageStatus": "models.page",
    "RetryPolicy": "models.options",
    "Site": "_site",
    "SiteInfo": "models.info",
    "StashedFile": "models.upload",
    "Stream": "_query.stream",
    "UploadProgress": "models.upload",
    "UploadResult": "models.upload",
    "UploadStage": "models.upload",
    "UploadWarning": "_values.warnings",
    "UploadMethod": "models.upload",
    "UserInfo": "models.accounts",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
