"""An asyncio client for MediaWiki's Action API and REST API. The front door: import every public name from here.

A name is loaded from its module when it is first used. Importing the package is therefore almost free, which matters
because the pytest plugin imports it in every test run of an environment that has it. Type checkers read the same names
from ``__init__.pyi``.
"""

from importlib import import_module
from typing import Any

_HOMES = {  # module -> its public names
    "_actions.actions": "Actions",
    "_actions.arguments": "Expiry Ids Texts Watchlist",
    "_actions.compare": "CompareProp SlotTexts",
    "_actions.feeds": "FeedFormat WatchedShow WatchedType",
    "_actions.find": "HelpFormat",
    "_actions.page_results": "PageResultIterator PageResults",
    "_actions.parse": "ExpandProp ParseProp",
    "_actions.review": "Hidden HiddenType TagOperation",
    "_actions.tokens": "TokenType",
    "_actions.users": "OptionValue ResetKind",
    "_edit.edit_many": "ManyEdits",
    "_edit.editor": "Transform",
    "_edit.edits": "Missing",
    "_edit.wikitable": "wikitable",
    "_events.event_streams": "eventstreams",
    "_http.aiohttp_transport": "AiohttpTransport",
    "_http.httpx_transport": "HttpxTransport",
    "_http.messages": "FilePart HttpRequest HttpResponse MultipartBody ReadAt StreamedResponse",
    "_http.titled": "TitleLike Titled",
    "_http.transport": "StreamingTransport Transport",
    "_page.page_handle": "EditOptions PageHandle",
    "_page.page_manager": "ActOptions",
    "_query.category": "CategoryHandle Subcategories SubcategoryIterator",
    "_query.export": "Export",
    "_query.loader": "Loader",
    "_query.page_inputs": "Inputs",
    "_query.page_set": "Input",
    "_query.stream": "Stream",
    "_query.stream_run": "BatchIterator OpenStream StreamRun",
    "_query.title": "Title",
    "_rest.core_rest": "CoreRest",
    "_rest.history": "HistoryFilter",
    "_rest.rest": "Rest",
    "_rest.rest_revisions": "CountType",
    "_session.clock": "Clock",
    "_session.file_limits": "FileLimits",
    "_session.limits_coordinator": "LimitsAnswer LimitsCoordinator",
    "_session.shared_limits": "LimitsConnection SharedLimits",
    "_session.site_options": "SiteOptions",
    "_session.observers": "OnWarning",
    "_site": "Site",
    "_state_file": "StateFile",
    "_upload.download": "AsyncSink OnDownloadProgress",
    "_upload.download_requests": "DownloadCheck",
    "_upload.file_handle": "FileHandle",
    "_upload.progress": "OnCheckpoint OnProgress",
    "_upload.sources": "UploadInput",
    "_upload.uploads": "UploadOptions",
    "_values.checkpoint": "Checkpoint",
    "_values.cursor": "Cursor",
    "_values.value": "Value",
    "_values.warnings": "ApiWarning UploadWarning",
    "errors": (
        "AbuseFilter ApiError ApiErrorItem AssertFailed AuthError AuthorizationRefused BadContinue BadRequest "
        "BadToken BeyondLimit Blocked BotStopped BotsExcluded BrokenReply CaptchaRequired ChunkRefused "
        "ConnectionFailed ContinuationLoop CursorMismatch DryRun EditConflict EventsMissed FileRefused HttpError "
        "InternalError InvalidParameter InvalidTitle LimitsUnavailable LoginFailed LoginThrottled MaxlagExceeded "
        "MediaWikiError MissingParameter NotLoggedIn NotRequested OutcomeUnknown PageExists PageMissing "
        "PermissionDenied Protected ProtocolError RateLimited ReadOnly Refused ReplyLost ReplyTooLarge ResultTooLarge "
        "RowsLost SiteClosed SizeMismatch SourceChanged SpamBlacklisted StashError TitleBlacklisted TooManyValues "
        "TransportError Unavailable UnknownAction UnreadableEvent UnrecognizedParameters Unsupported UploadError "
        "UploadPending UploadWarnings UrlRefused WriteSuppressed"
    ),
    "models.accounts": (
        "AcceptedLanguage Block BlockDetails BlockRestrictions ChangeableGroups GroupMembership RateLimit "
        "TokenCheck User UserInfo"
    ),
    "models.actions_blocks": "BlockResult UnblockResult",
    "models.actions_feeds": "Document FeedEntry",
    "models.actions_finding": "ModuleInfo OpenSearchHit ParameterInfo",
    "models.actions_pages": (
        "ContentModelResult DeleteResult MergeHistoryResult MoveResult MovedPage PageLanguageResult ProtectResult "
        "ProtectionSet RawEditResult RollbackResult StashEditResult UndeleteResult"
    ),
    "models.actions_pagesets": "NotifiedPage PageAnswer PurgedPage RotatedFile WatchedPage",
    "models.actions_parse": (
        "CompareResult ComparedRevision ExpandResult ParseResult ParsedCategory ParsedLink ParsedSection"
    ),
    "models.actions_review": "HiddenItem ImportedPage ManageTagsResult PatrolResult RevisionDeleteResult TagResult",
    "models.actions_users": "AuthRequest AuthStep EmailResult PasswordValidity UserRightsResult",
    "models.auth": (
        "Answerer Auth BotPassword ClientLogin LoginField LoginQuestion LoginState OAuth1 OAuth2ClientCredentials "
        "OAuth2Token"
    ),
    "models.batch": "Batch",
    "models.categories": "Subcategory",
    "models.diff": "Diff DiffLine DiffSide DiffType Highlight HighlightType MoveInfo Section Span position_in",
    "models.edit_defaults": "EditDefaults",
    "models.edits": "EditOutcome EditResult PageEdit",
    "models.events": (
        "CallFinished CallStarted ChunkSent Downloaded Event GapFilled LoggedIn LoggedOut OnEvent Paused "
        "RequestFinished Retrying TokensFetched WaitingForJob"
    ),
    "models.info": (
        "AutoCreateTempUser DatabaseLag Extension General Hook ImageSize Interwiki Language LanguageVariant "
        "Library MagicWord Namespace Restrictions RightsInfo SiteInfo Skin SpecialPageAlias Statistics UserGroup"
    ),
    "models.lists": (
        "ArchivedFile CategoryMember Contribution ExternalUse InterwikiBacklink LinkedTitle ListedCategory "
        "ListedFile ListedPage LogEvent ProtectedTitle RecentChange SearchResult SpecialPageRow StashEntry Tag "
        "WatchedChange"
    ),
    "models.options": "HttpOptions Limits RetryPolicy",
    "models.page": "Page PageStatus",
    "models.progress": "DownloadProgress Progress",
    "models.props": (
        "CategoryInfo Contributor Contributors ExtLink InterwikiLink LangLink LinkingPage PageCategory PageLink"
    ),
    "models.props_files": "DuplicateFile ExtMetadata ImageInfo",
    "models.props_info": "PageInfo PreloadedContent Protection",
    "models.props_revisions": "Revision Slot",
    "models.requested": "Requested",
    "models.rest": (
        "BarePage BareRevision FileFormat FileRevision HistoryCount HistoryRevision Html HtmlPage HtmlRevision "
        "LatestRevision License Lint PageFile PageLanguage PageOfRevision RestFile RestList RestPage RestRevision "
        "RestUser RevisionFacts SearchHit Thumbnail Validated Validator"
    ),
    "models.shared_limits": "PauseKey SharedPause",
    "models.stream_events": "EventMeta StreamEvent",
    "models.upload": "RemoteFile StashedFile UploadMethod UploadProgress UploadResult UploadStage",
}

_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - type checkers read __init__.pyi


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = import_module(f"{__name__}._version").__version__
    elif name in _HOME_OF:
        value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
