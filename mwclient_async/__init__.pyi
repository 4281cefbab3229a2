# The names of the front door, for type checkers; at run time __init__.py loads them at first use.
# Written by `python -m tests.test_front_door` from the table in __init__.py.

from mwclient_async._actions.actions import (
    Actions as Actions,
)
from mwclient_async._actions.arguments import (
    Expiry as Expiry,
    Ids as Ids,
    Texts as Texts,
    Watchlist as Watchlist,
)
from mwclient_async._actions.compare import (
    CompareProp as CompareProp,
    SlotTexts as SlotTexts,
)
from mwclient_async._actions.feeds import (
    FeedFormat as FeedFormat,
    WatchedShow as WatchedShow,
    WatchedType as WatchedType,
)
from mwclient_async._actions.find import (
    HelpFormat as HelpFormat,
)
from mwclient_async._actions.page_results import (
    PageResultIterator as PageResultIterator,
    PageResults as PageResults,
)
from mwclient_async._actions.parse import (
    ExpandProp as ExpandProp,
    ParseProp as ParseProp,
)
from mwclient_async._actions.review import (
    Hidden as Hidden,
    HiddenType as HiddenType,
    TagOperation as TagOperation,
)
from mwclient_async._actions.tokens import (
    TokenType as TokenType,
)
from mwclient_async._actions.users import (
    OptionValue as OptionValue,
    ResetKind as ResetKind,
)
from mwclient_async._edit.edit_many import (
    ManyEdits as ManyEdits,
)
from mwclient_async._edit.editor import (
    Transform as Transform,
)
from mwclient_async._edit.edits import (
    Missing as Missing,
)
from mwclient_async._edit.wikitable import (
    wikitable as wikitable,
)
from mwclient_async._events.event_streams import (
    eventstreams as eventstreams,
)
from mwclient_async._http.aiohttp_transport import (
    AiohttpTransport as AiohttpTransport,
)
from mwclient_async._http.httpx_transport import (
    HttpxTransport as HttpxTransport,
)
from mwclient_async._http.messages import (
    FilePart as FilePart,
    HttpRequest as HttpRequest,
    HttpResponse as HttpResponse,
    MultipartBody as MultipartBody,
    ReadAt as ReadAt,
    StreamedResponse as StreamedResponse,
)
from mwclient_async._http.titled import (
    Titled as Titled,
    TitleLike as TitleLike,
)
from mwclient_async._http.transport import (
    StreamingTransport as StreamingTransport,
    Transport as Transport,
)
from mwclient_async._page.page_handle import (
    EditOptions as EditOptions,
    PageHandle as PageHandle,
)
from mwclient_async._page.page_manager import (
    ActOptions as ActOptions,
)
from mwclient_async._query.category import (
    CategoryHandle as CategoryHandle,
    Subcategories as Subcategories,
    SubcategoryIterator as SubcategoryIterator,
)
from mwclient_async._query.export import (
    Export as Export,
)
from mwclient_async._query.loader import (
    Loader as Loader,
)
from mwclient_async._query.page_inputs import (
    Inputs as Inputs,
)
from mwclient_async._query.page_set import (
    Input as Input,
)
from mwclient_async._query.stream import (
    Stream as Stream,
)
from mwclient_async._query.stream_run import (
    BatchIterator as BatchIterator,
    OpenStream as OpenStream,
    StreamRun as StreamRun,
)
from mwclient_async._query.title import (
    Title as Title,
)
from mwclient_async._rest.core_rest import (
    CoreRest as CoreRest,
)
from mwclient_async._rest.history import (
    HistoryFilter as HistoryFilter,
)
from mwclient_async._rest.rest import (
    Rest as Rest,
)
from mwclient_async._rest.rest_revisions import (
    CountType as CountType,
)
from mwclient_async._session.clock import (
    Clock as Clock,
)
from mwclient_async._session.file_limits import (
    FileLimits as FileLimits,
)
from mwclient_async._session.limits_coordinator import (
    LimitsAnswer as LimitsAnswer,
    LimitsCoordinator as LimitsCoordinator,
)
from mwclient_async._session.observers import (
    OnWarning as OnWarning,
)
from mwclient_async._session.shared_limits import (
    LimitsConnection as LimitsConnection,
    SharedLimits as SharedLimits,
)
from mwclient_async._session.site_options import (
    SiteOptions as SiteOptions,
)
from mwclient_async._site import (
    Site as Site,
)
from mwclient_async._state_file import (
    StateFile as StateFile,
)
from mwclient_async._upload.download import (
    AsyncSink as AsyncSink,
    OnDownloadProgress as OnDownloadProgress,
)
from mwclient_async._upload.download_requests import (
    DownloadCheck as DownloadCheck,
)
from mwclient_async._upload.file_handle import (
    FileHandle as FileHandle,
)
from mwclient_async._upload.progress import (
    OnCheckpoint as OnCheckpoint,
    OnProgress as OnProgress,
)
from mwclient_async._upload.sources import (
    UploadInput as UploadInput,
)
from mwclient_async._upload.uploads import (
    UploadOptions as UploadOptions,
)
from mwclient_async._values.checkpoint import (
    Checkpoint as Checkpoint,
)
from mwclient_async._values.cursor import (
    Cursor as Cursor,
)
from mwclient_async._values.value import (
    Value as Value,
)
from mwclient_async._values.warnings import (
    ApiWarning as ApiWarning,
    UploadWarning as UploadWarning,
)
from mwclient_async.errors import (
    AbuseFilter as AbuseFilter,
    ApiError as ApiError,
    ApiErrorItem as ApiErrorItem,
    AssertFailed as AssertFailed,
    AuthError as AuthError,
    AuthorizationRefused as AuthorizationRefused,
    BadContinue as BadContinue,
    BadRequest as BadRequest,
    BadToken as BadToken,
    BeyondLimit as BeyondLimit,
    Blocked as Blocked,
    BotsExcluded as BotsExcluded,
    BotStopped as BotStopped,
    BrokenReply as BrokenReply,
    CaptchaRequired as CaptchaRequired,
    ChunkRefused as ChunkRefused,
    ConnectionFailed as ConnectionFailed,
    ContinuationLoop as ContinuationLoop,
    CursorMismatch as CursorMismatch,
    DryRun as DryRun,
    EditConflict as EditConflict,
    EventsMissed as EventsMissed,
    FileRefused as FileRefused,
    HttpError as HttpError,
    InternalError as InternalError,
    InvalidParameter as InvalidParameter,
    InvalidTitle as InvalidTitle,
    LimitsUnavailable as LimitsUnavailable,
    LoginFailed as LoginFailed,
    LoginThrottled as LoginThrottled,
    MaxlagExceeded as MaxlagExceeded,
    MediaWikiError as MediaWikiError,
    MissingParameter as MissingParameter,
    NotLoggedIn as NotLoggedIn,
    NotRequested as NotRequested,
    OutcomeUnknown as OutcomeUnknown,
    PageExists as PageExists,
    PageMissing as PageMissing,
    PermissionDenied as PermissionDenied,
    Protected as Protected,
    ProtocolError as ProtocolError,
    RateLimited as RateLimited,
    ReadOnly as ReadOnly,
    Refused as Refused,
    ReplyLost as ReplyLost,
    ReplyTooLarge as ReplyTooLarge,
    ResultTooLarge as ResultTooLarge,
    RowsLost as RowsLost,
    SiteClosed as SiteClosed,
    SizeMismatch as SizeMismatch,
    SourceChanged as SourceChanged,
    SpamBlacklisted as SpamBlacklisted,
    StashError as StashError,
    TitleBlacklisted as TitleBlacklisted,
    TooManyValues as TooManyValues,
    TransportError as TransportError,
    Unavailable as Unavailable,
    UnknownAction as UnknownAction,
    UnreadableEvent as UnreadableEvent,
    UnrecognizedParameters as UnrecognizedParameters,
    Unsupported as Unsupported,
    UploadError as UploadError,
    UploadPending as UploadPending,
    UploadWarnings as UploadWarnings,
    UrlRefused as UrlRefused,
    WriteSuppressed as WriteSuppressed,
)
from mwclient_async.models.accounts import (
    AcceptedLanguage as AcceptedLanguage,
    Block as Block,
    BlockDetails as BlockDetails,
    BlockRestrictions as BlockRestrictions,
    ChangeableGroups as ChangeableGroups,
    GroupMembership as GroupMembership,
    RateLimit as RateLimit,
    TokenCheck as TokenCheck,
    User as User,
    UserInfo as UserInfo,
)
from mwclient_async.models.actions_blocks import (
    BlockResult as BlockResult,
    UnblockResult as UnblockResult,
)
from mwclient_async.models.actions_feeds import (
    Document as Document,
    FeedEntry as FeedEntry,
)
from mwclient_async.models.actions_finding import (
    ModuleInfo as ModuleInfo,
    OpenSearchHit as OpenSearchHit,
    ParameterInfo as ParameterInfo,
)
from mwclient_async.models.actions_pages import (
    ContentModelResult as ContentModelResult,
    DeleteResult as DeleteResult,
    MergeHistoryResult as MergeHistoryResult,
    MovedPage as MovedPage,
    MoveResult as MoveResult,
    PageLanguageResult as PageLanguageResult,
    ProtectionSet as ProtectionSet,
    ProtectResult as ProtectResult,
    RawEditResult as RawEditResult,
    RollbackResult as RollbackResult,
    StashEditResult as StashEditResult,
    UndeleteResult as UndeleteResult,
)
from mwclient_async.models.actions_pagesets import (
    NotifiedPage as NotifiedPage,
    PageAnswer as PageAnswer,
    PurgedPage as PurgedPage,
    RotatedFile as RotatedFile,
    WatchedPage as WatchedPage,
)
from mwclient_async.models.actions_parse import (
    ComparedRevision as ComparedRevision,
    CompareResult as CompareResult,
    ExpandResult as ExpandResult,
    ParsedCategory as ParsedCategory,
    ParsedLink as ParsedLink,
    ParsedSection as ParsedSection,
    ParseResult as ParseResult,
)
from mwclient_async.models.actions_review import (
    HiddenItem as HiddenItem,
    ImportedPage as ImportedPage,
    ManageTagsResult as ManageTagsResult,
    PatrolResult as PatrolResult,
    RevisionDeleteResult as RevisionDeleteResult,
    TagResult as TagResult,
)
from mwclient_async.models.actions_users import (
    AuthRequest as AuthRequest,
    AuthStep as AuthStep,
    EmailResult as EmailResult,
    PasswordValidity as PasswordValidity,
    UserRightsResult as UserRightsResult,
)
from mwclient_async.models.auth import (
    Answerer as Answerer,
    Auth as Auth,
    BotPassword as BotPassword,
    ClientLogin as ClientLogin,
    LoginField as LoginField,
    LoginQuestion as LoginQuestion,
    LoginState as LoginState,
    OAuth1 as OAuth1,
    OAuth2ClientCredentials as OAuth2ClientCredentials,
    OAuth2Token as OAuth2Token,
)
from mwclient_async.models.batch import (
    Batch as Batch,
)
from mwclient_async.models.categories import (
    Subcategory as Subcategory,
)
from mwclient_async.models.diff import (
    Diff as Diff,
    DiffLine as DiffLine,
    DiffSide as DiffSide,
    DiffType as DiffType,
    Highlight as Highlight,
    HighlightType as HighlightType,
    MoveInfo as MoveInfo,
    Section as Section,
    Span as Span,
    position_in as position_in,
)
from mwclient_async.models.edit_defaults import (
    EditDefaults as EditDefaults,
)
from mwclient_async.models.edits import (
    EditOutcome as EditOutcome,
    EditResult as EditResult,
    PageEdit as PageEdit,
)
from mwclient_async.models.events import (
    CallFinished as CallFinished,
    CallStarted as CallStarted,
    ChunkSent as ChunkSent,
    Downloaded as Downloaded,
    Event as Event,
    GapFilled as GapFilled,
    LoggedIn as LoggedIn,
    LoggedOut as LoggedOut,
    OnEvent as OnEvent,
    Paused as Paused,
    RequestFinished as RequestFinished,
    Retrying as Retrying,
    TokensFetched as TokensFetched,
    WaitingForJob as WaitingForJob,
)
from mwclient_async.models.info import (
    AutoCreateTempUser as AutoCreateTempUser,
    DatabaseLag as DatabaseLag,
    Extension as Extension,
    General as General,
    Hook as Hook,
    ImageSize as ImageSize,
    Interwiki as Interwiki,
    Language as Language,
    LanguageVariant as LanguageVariant,
    Library as Library,
    MagicWord as MagicWord,
    Namespace as Namespace,
    Restrictions as Restrictions,
    RightsInfo as RightsInfo,
    SiteInfo as SiteInfo,
    Skin as Skin,
    SpecialPageAlias as SpecialPageAlias,
    Statistics as Statistics,
    UserGroup as UserGroup,
)
from mwclient_async.models.lists import (
    ArchivedFile as ArchivedFile,
    CategoryMember as CategoryMember,
    Contribution as Contribution,
    ExternalUse as ExternalUse,
    InterwikiBacklink as InterwikiBacklink,
    LinkedTitle as LinkedTitle,
    ListedCategory as ListedCategory,
    ListedFile as ListedFile,
    ListedPage as ListedPage,
    LogEvent as LogEvent,
    ProtectedTitle as ProtectedTitle,
    RecentChange as RecentChange,
    SearchResult as SearchResult,
    SpecialPageRow as SpecialPageRow,
    StashEntry as StashEntry,
    Tag as Tag,
    WatchedChange as WatchedChange,
)
from mwclient_async.models.options import (
    HttpOptions as HttpOptions,
    Limits as Limits,
    RetryPolicy as RetryPolicy,
)
from mwclient_async.models.page import (
    Page as Page,
    PageStatus as PageStatus,
)
from mwclient_async.models.progress import (
    DownloadProgress as DownloadProgress,
    Progress as Progress,
)
from mwclient_async.models.props import (
    CategoryInfo as CategoryInfo,
    Contributor as Contributor,
    Contributors as Contributors,
    ExtLink as ExtLink,
    InterwikiLink as InterwikiLink,
    LangLink as LangLink,
    LinkingPage as LinkingPage,
    PageCategory as PageCategory,
    PageLink as PageLink,
)
from mwclient_async.models.props_files import (
    DuplicateFile as DuplicateFile,
    ExtMetadata as ExtMetadata,
    ImageInfo as ImageInfo,
)
from mwclient_async.models.props_info import (
    PageInfo as PageInfo,
    PreloadedContent as PreloadedContent,
    Protection as Protection,
)
from mwclient_async.models.props_revisions import (
    Revision as Revision,
    Slot as Slot,
)
from mwclient_async.models.requested import (
    Requested as Requested,
)
from mwclient_async.models.rest import (
    BarePage as BarePage,
    BareRevision as BareRevision,
    FileFormat as FileFormat,
    FileRevision as FileRevision,
    HistoryCount as HistoryCount,
    HistoryRevision as HistoryRevision,
    Html as Html,
    HtmlPage as HtmlPage,
    HtmlRevision as HtmlRevision,
    LatestRevision as LatestRevision,
    License as License,
    Lint as Lint,
    PageFile as PageFile,
    PageLanguage as PageLanguage,
    PageOfRevision as PageOfRevision,
    RestFile as RestFile,
    RestList as RestList,
    RestPage as RestPage,
    RestRevision as RestRevision,
    RestUser as RestUser,
    RevisionFacts as RevisionFacts,
    SearchHit as SearchHit,
    Thumbnail as Thumbnail,
    Validated as Validated,
    Validator as Validator,
)
from mwclient_async.models.shared_limits import (
    PauseKey as PauseKey,
    SharedPause as SharedPause,
)
from mwclient_async.models.stream_events import (
    EventMeta as EventMeta,
    StreamEvent as StreamEvent,
)
from mwclient_async.models.upload import (
    RemoteFile as RemoteFile,
    StashedFile as StashedFile,
    UploadMethod as UploadMethod,
    UploadProgress as UploadProgress,
    UploadResult as UploadResult,
    UploadStage as UploadStage,
)

__version__: str
