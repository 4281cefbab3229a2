"""What can go wrong, as one tree::

    MediaWikiError                     every error of this package; ``.cursor`` where a stream was under way
    |-- TransportError                 no usable answer came: network, time-outs, proxies
    |   |-- ConnectionFailed           the request never left: nothing was done
    |   |-- ReplyLost                  it was sent, and no answer came back
    |   |-- HttpError                  an HTTP status that is not the wiki's own answer (429, 502, 503 ...)
    |   `-- OutcomeUnknown             a write was sent; whether it was done is not known
    |-- ProtocolError                  an answer that is not MediaWiki's: HTML, broken JSON, unexpected shape
    |   |-- BrokenReply                it began well (HTTP 2xx), but is no whole JSON: a passing fault, maybe
    |   `-- ReplyTooLarge              the answer outgrew ``limits.max_reply_bytes``
    |-- ApiError                       the wiki said no: ``.code``, ``.text``, ``.data``, ``.errors``
    |   |-- Unavailable                not now: ask again later
    |   |   |-- MaxlagExceeded, ReadOnly, RateLimited
    |   |-- AuthError                  who are you?
    |   |   |-- LoginFailed
    |   |   |   `-- LoginThrottled       too many logins; ``.wait``
    |   |   |-- AssertFailed, BadToken, NotLoggedIn
    |   |   |-- AuthorizationRefused   the OAuth token
    |   |-- PermissionDenied           you may not
    |   |   |-- Blocked, Protected
    |   |-- Refused                    the content or the target is not acceptable
    |   |   |-- EditConflict, PageExists, PageMissing, AbuseFilter, SpamBlacklisted, CaptchaRequired
    |   |   `-- BeyondLimit            more of them than this endpoint lists or counts
    |   |-- UploadError                the file or its stash
    |   |   |-- StashError             the chunk session or the stashed file
    |   |   |-- ChunkRefused           the size of a chunk
    |   |   |-- FileRefused            extension, size, contents
    |   |   `-- UrlRefused             the address that the wiki was to fetch the file from
    |   |-- BadRequest                 the call itself is wrong: no use in sending it again
    |   |   |-- InvalidTitle, InvalidParameter, MissingParameter, TooManyValues, BadContinue
    |   |   |-- UnknownAction, Unsupported   what this wiki lacks
    |   `-- InternalError              the wiki broke while it worked on this
    |-- UnrecognizedParameters         a parameter that the wiki does not know: the answer is not to be trusted
    |-- UploadWarnings                 the wiki wants a decision before it publishes; ``.filekey`` goes on
    |-- UploadPending                  the wiki is not done with the file yet
    |-- SourceChanged                  the file changed while it was being sent, or on the way
    |-- WriteSuppressed              this library did not send a write, as it was told to
    |   |-- BotsExcluded, BotStopped, DryRun
    |-- ContinuationLoop               the wiki repeats its ``continue`` and brings nothing new
    |-- CursorMismatch                 a cursor of another wiki or of another query
    `-- NotRequested                   a property of a page that the query did not ask for

Codes are the wiki's own (https://www.mediawiki.org/wiki/API:Errors_and_warnings); a code that no class below claims
becomes :class:`ApiError` itself, never a KeyError.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from attrs import field, frozen

from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async._values.cursor import Cursor
from mwclient_async._values.warnings import ApiWarning, UploadWarning


class MediaWikiError(Exception):
    """Every error that this package raises about a wiki.

    ``cursor`` is set where a stream was under way, ``filekey`` where a file was sent and is in the wiki's stash,
    ``checkpoint`` where an upload was under way and can be gone on with.
    """

    cursor: Cursor | None = None
    filekey: str | None = None
    checkpoint: Checkpoint | None = None


class TransportError(MediaWikiError):
    """No usable answer came. Reads are retried before this is raised; a later try may succeed."""


class ConnectionFailed(TransportError):
    """The connection could not be made, so nothing was sent. Check the address, the network and the proxy.

    ``lasting`` says that it will most likely fail again: an unknown host, a certificate that is not trusted.
    """

    lasting = False


class ReplyLost(TransportError):
    """The request was sent and no whole answer came back: a time-out, a reset, a cut body."""


class HttpError(TransportError):
    """An HTTP status without an answer of the wiki's own, from the server or a proxy in front of it.

    ``status`` is the HTTP status, ``retry_after`` the wait that it asked for, in seconds (None where it named none).
    """

    def __init__(self, message: str, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class OutcomeUnknown(TransportError):
    """A write was sent and its answer was lost: it may or may not have been done, and it was not sent again.

    ``__cause__`` is what happened. What is known, each None where it is not: ``title`` is the page that was written to,
    ``base`` the revision that the write was based on, ``since`` the server's time before the write was sent. To check,
    look at the revisions of ``title`` after ``base`` or since ``since`` (https://www.mediawiki.org/wiki/API:Revisions),
    or at the log, for a user and a summary that are yours, before you repeat the write.
    """

    def __init__(
        self, message: str, *, title: str | None = None, base: int | None = None, since: str | None = None
    ) -> None:
        super().__init__(message)
        self.title = title
        self.base = base
        self.since = since


class ProtocolError(MediaWikiError):
    """An answer that is not MediaWiki's. The message shows status, content type and the start of the body.

    ``status`` is the HTTP status, where one came.
    """

    status: int | None = None


class BrokenReply(ProtocolError):
    """An answer with a good status that is HTML, or JSON cut short. Reads are tried again a few times."""


class ReplyTooLarge(ProtocolError):
    """The answer outgrew ``Limits.max_reply_bytes``; reading stopped there. Ask for less, or raise the limit."""


@frozen(kw_only=True)
class ApiErrorItem:
    """One entry of an ``errors`` list: ``code`` for programs, ``text`` for people, ``data`` as the wiki sent it."""

    code: str
    text: str = ""
    module: str = ""
    data: Mapping[str, Any] = field(factory=dict)


class ApiError(MediaWikiError):
    """The wiki refused. ``code``, ``text`` and ``data`` are of its first error, ``errors`` are all of them.

    ``warnings`` came with the refusal, ``status`` is the HTTP status, ``retry_after`` the wait that the wiki asked for,
    in seconds, ``request_id`` what to quote to the wiki's operators.
    """

    codes: ClassVar[frozenset[str]] = frozenset()
    hint: ClassVar[str] = ""
    hints: ClassVar[Mapping[str, str]] = MappingProxyType({})  # by code, where one class has several

    def __init__(
        self,
        errors: tuple[ApiErrorItem, ...],
        *,
        warnings: tuple[ApiWarning, ...] = (),
        status: int = 200,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        self.errors = errors
        self.warnings = warnings
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id
        super().__init__(self._message())

    @property
    def code(self) -> str:
        """The code of the first error, for example ``"badtoken"``."""
        return self.errors[0].code

    @property
    def text(self) -> str:
        """The text of the first error, in English."""
        return self.errors[0].text

    @property
    def data(self) -> Mapping[str, Any]:
        """What the wiki said beside the first error's code and text."""
        return self.errors[0].data

    def _message(self) -> str:
        said = "; ".join(f"{error.code}: {error.text}" if error.text else error.code for error in self.errors)
        hint = self.hints.get(self.code, self.hint)
        return f"{said} ({hint})" if hint else said


class Unavailable(ApiError):
    """Not now: the wiki asks to come back later. Nothing was done."""

    hint = "nothing was done; try again later"


class MaxlagExceeded(Unavailable):
    """The wiki's databases lag more than the ``maxlag`` seconds that the site sends. Nothing was done."""

    codes = frozenset({"maxlag"})


class ReadOnly(Unavailable):
    """The wiki accepts no writes at the moment. ``data["readonlyreason"]`` says why. Nothing was done."""

    codes = frozenset({"readonly"})


class RateLimited(Unavailable):
    """This account did too much of this in too short a time. Nothing was done."""

    codes = frozenset({"ratelimited", "rest-rate-limit-exceeded"})
    hint = "nothing was done; slow down, or use an account with a higher limit"


class AuthError(ApiError):
    """The wiki does not take this client for whom it says it is."""


class LoginFailed(AuthError):
    """The login was refused: wrong name or password, or an account that may not log in this way."""

    codes = frozenset(
        {
            "wrongpassword",
            "wrongpluginpass",
            "sessionlost",
            "authmanager-authn-no-primary",
            "botpasswords-bad-appid",
            "botpasswords-disabled",
            "botpasswords-invalid-name",
            "botpasswords-locked",
            "botpasswords-needs-reset",
            "botpasswords-no-central-id",
            "botpasswords-no-provider",
            "botpasswords-not-exist",
            "botpasswords-restriction-failed",
            "oathauth-login-failed",
            "aborted",  # these four are results of action=login, which gives no code with them
            "failed",
            "needtoken",
            "wrongtoken",
            "invalid_client",  # these three are OAuth's own, for a consumer that is refused a token
            "invalid_grant",
            "unauthorized_client",
        }
    )
    hint = "check the name, which for a bot password is 'Account@application', and the password"


_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0}
_DURATION = re.compile(rf"(\d[\d,]*) ({'|'.join(_UNITS)})s?\b")


def _seconds(text: str) -> float:
    """The duration that an English text names ("1 hour, 2 minutes and 5 seconds"), in seconds; 0 if none."""
    return sum(float(number.replace(",", "")) * _UNITS[unit] for number, unit in _DURATION.findall(text))


class LoginThrottled(LoginFailed):
    """Too many logins, or too many wrong answers to a second factor. Wait ``wait`` seconds before the next."""

    codes = frozenset({"login-throttled", "oathauth-throttled"})
    hint = "wait that long before the next login; five minutes, if no time is named"

    @property
    def wait(self) -> float:
        """The seconds that the wiki's text names; where it names none, 300, the usual window of a wiki."""
        _, _, named = self.text.rpartition("wait ")
        return _seconds(named) or 300.0


class AssertFailed(AuthError):
    """The request was refused because the session is not logged in as it should be. Nothing was done."""

    codes = frozenset({"assertuserfailed", "assertbotfailed", "assertanonfailed", "assertnameduserfailed"})
    hint = "nothing was done; the session is not logged in as expected"


class BadToken(AuthError):
    """The token was refused twice, a fresh one too. Nothing was done."""

    codes = frozenset({"badtoken"})
    hint = "nothing was done; a fresh token was refused too: are cookies dropped on the way?"


class NotLoggedIn(AuthError):
    """This needs a login. Give the Site ``auth=BotPassword(name=..., password=...)``."""

    codes = frozenset(
        {
            "mustbeloggedin",
            "mustbeloggedin-generic",
            "notloggedin",
            "stashnotloggedin",
            "rest-permission-denied-anon",
        }
    )
    hint = "give the Site auth=BotPassword(name='Account@application', password=...)"


class AuthorizationRefused(AuthError):
    """The wiki does not accept the OAuth token. Nothing was done.

    A token lives for some hours only: get a new one. Where a new one is refused too, the text says why: the consumer is
    not approved (any more), is for another wiki, or its user is blocked.
    """

    codes = frozenset({"mwoauth-invalid-authorization"})  # and every code that begins so
    hint = "nothing was done; get a new OAuth token"


class PermissionDenied(ApiError):
    """The account may not do this; with a bot password, its grants may be too narrow."""

    codes = frozenset(
        {
            "permissiondenied",
            "readapidenied",
            "writeapidenied",
            "noapiwrite",
            "cantcreate",
            "cantcreate-anon",
            "cantchangecontentmodel",
            "badaccess",
            "mwoauth-api-module-disabled",
            "rest-read-denied",
            "rest-write-denied",
            "rest-permission-denied-revision",
            "rest-permission-denied-title",
            "rest-permission-error",
        }
    )
    hint = "the account lacks the right, or the bot password lacks the grant"


class Blocked(PermissionDenied):
    """The account or its address is blocked. ``data["blockinfo"]`` says by whom, why and until when."""

    codes = frozenset({"blocked", "autoblocked", "globalblocking-blocked", "systemblocked"})
    hint = "stop: the account or address is blocked"


class Protected(PermissionDenied):
    """The page, its title or its namespace is protected against this."""

    codes = frozenset(
        {
            "protectedpage",
            "protectedtitle",
            "protectednamespace",
            "protectednamespace-interface",
            "cascadeprotected",
            "cantedit",
            *(f"{whose}{kind}protected" for whose in ("custom", "mycustom", "site") for kind in ("css", "js", "json")),
        }
    )
    hint = "the page or title is protected"


class Refused(ApiError):
    """The wiki will not take this content, or not in this place."""

    codes = frozenset(
        {
            "contenttoobig",
            "titleblacklist-forbidden",
            "hookaborted",
            "badtags",
            "pagecannotexist",
            "badmd5",
            "undofailure",
            "no-direct-editing",
            "contentmodel-mismatch",
            "contentnotallowedhere",
            "invalid-content-data",
            "invalid-json-data",
        }
    )


class EditConflict(Refused):
    """Somebody saved the page since the revision this edit is based on. Read it again and decide anew."""

    codes = frozenset(
        {
            "editconflict",
            "edit-conflict",
            "edit-already-exists",
            "edit-gone-missing",
            "pagedeleted",
            "rest-edit-conflict",
        }
    )
    hint = "nothing was saved; read the page again and redo the change"


class BeyondLimit(Refused):
    """The page has more of them than this endpoint of the REST API lists or counts. The message says how to get all."""

    codes = frozenset({"rest-media-too-many-links", "rest-pagehistorycount-too-many-revisions"})
    hints = MappingProxyType(
        {
            "rest-media-too-many-links": "site.page(title).media() brings all files of a page",
            "rest-pagehistorycount-too-many-revisions": "site.rest.history(title, filter='minor') brings each",
        }
    )


class PageExists(Refused):
    """The page was to be created, and is already there."""

    codes = frozenset({"articleexists", "rest-update-cannot-create-page"})
    hint = "nothing was saved; to change the page that is there, name the revision that the change is based on"


class PageMissing(Refused):
    """There is no such page, revision or section."""

    codes = frozenset(
        {
            "missingtitle",
            "nosuchpageid",
            "nosuchrevid",
            "nosuchsection",
            "missingrev",
            "rest-nonexistent-title",
            "rest-nonexistent-revision",
            "rest-nonexistent-title-revision",
            "rest-compare-nonexistent",
        }
    )
    hint = "check the title or id"


class AbuseFilter(Refused):
    """An abuse filter objects. ``data["abusefilter"]`` names it. A warning is never confirmed on its own."""

    codes = frozenset({"abusefilter-warning", "abusefilter-disallowed"})
    hint = "an abuse filter of the wiki objects"


class SpamBlacklisted(Refused):
    """The text holds an address on the wiki's spam list; ``data`` names it."""

    codes = frozenset({"spamblacklist", "spamdetected", "spamprotectionmatch"})


class CaptchaRequired(Refused):
    """The wiki wants a captcha solved, and nothing was saved. ``data["captcha"]`` is what it asks, where it said so.

    An edit goes on with ``captchaid`` and ``captchaword`` (https://www.mediawiki.org/wiki/API:Edit). Accounts with the
    right ``skipcaptcha`` are not asked.
    """

    codes = frozenset({"captcha", "captcha-edit-fail", "captcha-createaccount-fail", "captcha-sendemail-fail"})
    hint = "nothing was saved; the wiki wants a captcha solved: use an account with the right 'skipcaptcha'"


class UploadError(ApiError):
    """The wiki refused the upload."""

    codes = frozenset({"uploaddisabled", "publishfailed", "missingresult", "backend-fail-alreadyexists"})


class StashError(UploadError):
    """The chunk session or the stashed file is not as the client believes. ``offset`` is where the wiki stands."""

    codes = frozenset(
        {
            "stashfailed",
            "stashedfilenotfound",
            "stashfilestorage",
            "stashpathinvalid",
            "stashwrongowner",
            "stashzerolength",
            "uploadstash-file-not-found",
            "uploadstash-bad-path",
            "uploadstash-bad-path-bad-format",
            "uploadstash-exception",
            "invalid-file-key",
            "uploadstash-wrong-owner",
            "uploadstash-zero-length",
        }
    )
    hint = "the stash keeps files for a few hours only; start the upload anew if it is gone"

    @property
    def offset(self) -> int | None:
        """The number of bytes that the wiki has, where it said so."""
        raw = self.data.get("offset")
        return int(raw) if isinstance(raw, int | str) and str(raw).isdecimal() else None


class ChunkRefused(UploadError):
    """The wiki takes no chunk of that size. ``data["size"]`` is the largest it takes, where it said so."""

    codes = frozenset({"invalid-chunk", "chunk-too-small", "badupload"})
    hint = "choose another chunk_size: PHP often takes no more than 2 MiB"


class FileRefused(UploadError):
    """The wiki does not accept this file: its extension, size, contents, or its name."""

    codes = frozenset(
        {
            "filetype-banned",
            "filetype-banned-type",
            "filetype-missing",
            "verification-error",
            "empty-file",
            "file-too-large",
            "filename-tooshort",
            "filename-toolong",
            "illegal-filename",
            "fileexists-forbidden",
            "fileexists-shared-forbidden",
            "fileexists-no-change",
            "uploadscripted",
            "filetype-badmime",
            "filetype-mime-mismatch",
            "windows-nonascii-filename",
            "filetype-bad-ie-mime",
            "upload-scripted-dtd",
            "upload-scripted-pi-callback",
            "uploadinvalidxml",
            "uploadscriptednamespace",
            "uploadvirus",  # and every code that begins with uploaded-: what an SVG must not have in it
        }
    )
    hint = "the wiki's page Special:Upload tells which files it takes"
    hints = MappingProxyType({"fileexists-no-change": "nothing was published"})


class UrlRefused(UploadError):
    """The wiki could not, or may not, fetch the file from that address. Send the file itself."""

    codes = frozenset(
        {
            "copyuploaddisabled",
            "copyuploadbaddomain",
            "copyuploadbadurl",
            "upload-copy-upload-invalid-domain",
            "http-bad-status",
            "http-curl-error",
            "http-invalid-url",
        }
    )
    hint = "fetch the file yourself, and upload that"


class BadRequest(ApiError):
    """The call itself is wrong, so sending it again cannot help."""

    codes = frozenset(
        {
            "invalidparammix",
            "mustpostparams",
            "mustbeposted",
            "multisource",
            "notmulti",
            "invalidmethod",
            "badgenerator",
            "cannot-async-upload-file",
            "filekeynotallowed",
            "selfmove",
            "no-content-type",
            "rest-unsupported-content-type",
            "rest-wrong-method",
        }
    )


class InvalidTitle(BadRequest):
    """Not a title: empty, too long, or with characters that titles cannot have (``# < > [ ] | { }``)."""

    codes = frozenset({"invalidtitle", "badtitle", "rest-invalid-title"})
    hint = "titles are 1 to 255 bytes long and hold none of # < > [ ] | { }"


class InvalidParameter(BadRequest):
    """A value that the parameter does not take. The text names the parameter."""

    codes = frozenset(
        {
            "badvalue",
            "badinteger",
            "badtimestamp",
            "outofrange",
            "baduser",
            "badparams",
            "badformat",
            "invalidsection",
            "revwrongpage",
            "parameter-validation-failed",
        }
    )


class MissingParameter(BadRequest):
    """A parameter that the module needs was not given. The text names it."""

    codes = frozenset({"missingparam", "nofilename", "notitle", "nooldid", "filekeyneeded"})


class TooManyValues(BadRequest):
    """More values than one request takes; ``data["limit"]`` is the number it takes."""

    codes = frozenset({"toomanyvalues"})
    hint = "site.pages takes any number of titles and ids"


class BadContinue(BadRequest):
    """The wiki does not accept this ``continue`` any more. Start the stream anew."""

    codes = frozenset({"badcontinue"})
    hint = "start the stream anew"


class UnknownAction(BadRequest):
    """The wiki has no such action; an extension may be missing."""

    codes = frozenset({"unknown_action"})


class Unsupported(BadRequest):
    """The wiki lacks what this endpoint of its REST API needs; the message names it."""

    codes = frozenset(
        {"rest-no-match", "rest-unknown-module", "rest-bad-prefix", "rest-compare-wikidiff2", "rest-html-backend-error"}
    )
    hint = "this wiki lacks the endpoint: its MediaWiki is too old, or an extension is missing"
    hints = MappingProxyType(
        {
            "rest-compare-wikidiff2": "this wiki lacks wikidiff2, the PHP extension, in version 1.9 or newer",
            "rest-html-backend-error": "Parsoid, which this needs, does not work on this wiki, or not for this page",
        }
    )


class InternalError(ApiError):
    """The wiki broke while it worked on this; for a write, what was done is not known."""

    codes = frozenset({"badconfig"})  # and every code that begins with internal_api_error
    hint = "the wiki failed internally; its operators can look up the request id"


class UnrecognizedParameters(MediaWikiError):
    """The wiki does not know a parameter that was sent, so the answer is not an answer to the question.

    ``warning`` is what the wiki said; it names the parameters. The message adds the nearest names that the wiki knows.
    """

    def __init__(self, warning: ApiWarning, suggestion: str = "") -> None:
        super().__init__(f"{warning.text} {suggestion or 'Check the spelling and the prefix of the parameters.'}")
        self.warning = warning


class UploadWarnings(MediaWikiError):
    """The wiki has the whole file and wants a decision before it publishes it. Nothing was published.

    ``warnings`` are all that it warned of, ``filekey`` names the stashed file. To go on without sending the file again:
    ``site.upload(StashedFile(error.filekey), filename=..., ignore_warnings={"exists"})``, or with another ``filename``.
    Where the wiki warned before it had the file, ``filekey`` is empty.
    """

    def __init__(self, warnings: tuple[UploadWarning, ...], *, filekey: str, filename: str) -> None:
        said = ", ".join(f"{w.kind}: {w.value}" if w.value not in (None, "", True) else w.kind for w in warnings)
        kept = "the wiki keeps the file for some hours: " if filekey else ""
        passed = ", and pass StashedFile(error.filekey) as the source" if filekey else ""
        super().__init__(
            f"{filename!r} was not published ({said}); {kept}choose another name, or ignore_warnings{passed}"
        )
        self.warnings = warnings
        self.filekey: str = filekey
        self.filename = filename


class UploadPending(MediaWikiError):
    """The wiki has the whole file, or its address, and was still at work when the patience of the caller ended.

    ``filekey`` is what to ask for (empty for an address), ``stage`` what the wiki says that it does, ``waited`` the
    seconds that it was waited for. Go on later with ``site.upload(..., checkpoint=error.checkpoint)``: nothing is sent
    again. A StashedFile or a RemoteFile has no checkpoint: give it once more, soon, and it is waited for again.
    """

    def __init__(self, *, filekey: str, stage: str, waited: float) -> None:
        super().__init__(
            f"the wiki is still at work ({stage}) after {waited:.0f} s: go on later, with checkpoint=error.checkpoint "
            "where there is one"
        )
        self.filekey: str = filekey
        self.stage = stage
        self.waited = waited


class SourceChanged(MediaWikiError):
    """The file changed while it was being sent, or arrived with another hash.

    Nothing was published, unless the message says so: a file that is sent in one request cannot be looked at before.
    """


class WriteSuppressed(MediaWikiError):
    """A write was not sent, because the Site was told so by its EditDefaults. Nothing was done."""


class BotsExcluded(WriteSuppressed):
    """The page says ``{{nobots}}``, or excludes this bot in ``{{bots}}``, and ``EditDefaults.obey_bots`` is set."""


class BotStopped(WriteSuppressed):
    """The page that ``EditDefaults.stop_page`` names has a text: somebody wants the bot to stop."""


class DryRun(WriteSuppressed):
    """The Site has ``EditDefaults(dry_run=True)``, and this is a write other than an edit."""


class ContinuationLoop(MediaWikiError):
    """The wiki repeats its ``continue`` and brings nothing new: going on would never end.

    The usual cause is a row larger than the wiki's ``$wgAPIMaxResultSize``. ``cursor`` is where the loop begins.
    """


class CursorMismatch(MediaWikiError, ValueError):
    """The cursor is of another wiki or of another query. The message names what differs."""


class NotRequested(MediaWikiError, LookupError):
    """The query did not ask for this property of a page. The message names the ``prop=`` to add."""


_FAMILIES: Mapping[str, type[ApiError]] = {  # by how their codes begin
    "internal_api_error": InternalError,
    "uploaded-": FileRefused,
    "mwoauth-invalid-authorization": AuthorizationRefused,
}


def _walk(cls: type[ApiError]) -> list[type[ApiError]]:
    return [cls, *(found for child in cls.__subclasses__() for found in _walk(child))]


def _code_table() -> dict[str, type[ApiError]]:
    table: dict[str, type[ApiError]] = {}
    for cls in _walk(ApiError):
        for code in cls.__dict__.get("codes", frozenset()):
            if code in table:
                raise TypeError(f"{cls.__name__} and {table[code].__name__} both claim the code {code!r}")
            table[code] = cls
    return table


_CLASSES = _code_table()


def class_for(code: str) -> type[ApiError]:
    """The class of a server's error code; :class:`ApiError` itself for a code that none claims."""
    family = next((cls for beginning, cls in _FAMILIES.items() if code.startswith(beginning)), ApiError)
    return _CLASSES.get(code, family)
