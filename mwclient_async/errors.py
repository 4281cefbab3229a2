"""All errors of this library, as one tree::

    MediaWikiError                     every error of this package; ``.cursor`` if a stream was running
    |-- TransportError                 no usable response came: network, time-outs, proxies
    |   |-- ConnectionFailed           the request was never sent: nothing was done
    |   |   `-- LimitsUnavailable      what keeps the limits that processes share does not answer
    |   |-- ReplyLost                  the request was sent, and no whole response came back
    |   |-- SiteClosed                 the Site was closed: a read was ended, a write was not sent
    |   |-- HttpError                  an HTTP status without an error of the wiki (429, 502, 503 ...)
    |   `-- OutcomeUnknown             a write was sent; whether it was done is not known
    |-- ProtocolError                  the response is not MediaWiki's: HTML, broken JSON, unexpected shape
    |   |-- BrokenReply                HTTP 2xx, but not a whole JSON document: perhaps a passing fault
    |   |-- ReplyTooLarge              the response is larger than ``Limits.max_reply_bytes``
    |   `-- UnreadableEvent            an event of a stream is in an unknown form
    |-- ApiError                       the wiki refused: ``.code``, ``.text``, ``.data``, ``.errors``
    |   |-- Unavailable                not now: try again later
    |   |   |-- MaxlagExceeded, ReadOnly, RateLimited
    |   |-- AuthError                  the wiki does not accept who the client says it is
    |   |   |-- LoginFailed
    |   |   |   `-- LoginThrottled       too many logins; ``.wait``
    |   |   |-- AssertFailed, BadToken, NotLoggedIn
    |   |   |-- AuthorizationRefused   the OAuth token or signature
    |   |-- PermissionDenied           the account may not do this
    |   |   |-- Blocked, Protected
    |   |-- Refused                    the content or the target is not acceptable
    |   |   |-- EditConflict, PageExists, PageMissing, CaptchaRequired
    |   |   |-- AbuseFilter, TitleBlacklisted, SpamBlacklisted
    |   |   `-- BeyondLimit            the page has more items than this endpoint lists or counts
    |   |-- UploadError                the file or its stash
    |   |   |-- StashError             the chunk session or the stashed file
    |   |   |-- ChunkRefused           the size of a chunk
    |   |   |-- FileRefused            extension, size, contents
    |   |   `-- UrlRefused             the address that the wiki should fetch the file from
    |   |-- BadRequest                 the request itself is wrong: sending it again cannot help
    |   |   |-- InvalidTitle, InvalidParameter, MissingParameter, TooManyValues, BadContinue
    |   |   |-- UnknownAction, Unsupported   what this wiki lacks
    |   `-- InternalError              the wiki failed while it handled the request
    |-- UnrecognizedParameters         the wiki does not know a parameter: its response cannot be trusted
    |-- UploadWarnings                 the wiki wants a decision before it publishes; ``.filekey`` to continue
    |-- UploadPending                  the wiki is still working on the file
    |-- SourceChanged                  the file changed while it was being sent, or on the way
    |   `-- SizeMismatch               the server has a file of another size than the wiki says
    |-- WriteSuppressed                this library did not send a write, because of the site's EditDefaults
    |   |-- BotsExcluded, BotStopped, DryRun
    |-- ContinuationLoop               the wiki repeats its ``continue`` and sends nothing new
    |   `-- ResultTooLarge             a row, such as a page's text, is larger than a response of the wiki may be
    |-- RowsLost                       this version of MediaWiki would lose rows of a list if the query continued
    |-- EventsMissed                   a stream of events begins later than the position to resume from
    |-- CursorMismatch                 a cursor of another wiki or of another query
    `-- NotRequested                   a property of a page that the query did not ask for

Codes are the wiki's own (https://www.mediawiki.org/wiki/API:Errors_and_warnings). ``_values/error_codes.py`` has the
table of code -> class; a code that is not in it becomes :class:`ApiError` itself, never a KeyError.

Every error can be copied (:mod:`copy`) and pickled, with all of its attributes and its notes. A copy has no traceback.
``copy.copy`` keeps ``__cause__``; a pickle and ``copy.deepcopy`` keep it if it is an error of this package, because the
errors of HTTP libraries hold sockets and locks.
"""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar, Self

from attrs import field, frozen

from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async._values.cursor import Cursor
from mwclient_async._values.durations import seconds_in
from mwclient_async._values.error_codes import class_name_for
from mwclient_async._values.mappings import picklable
from mwclient_async._values.oauth_refusals import is_nonce_used, oauth_advice
from mwclient_async._values.value import Value
from mwclient_async._values.warnings import ApiWarning, UploadWarning

QUEUED = "queued"  # the stage of a file that no job has begun with
NO_JOBS = "the wiki's job queue may not run (https://www.mediawiki.org/wiki/Manual:Job_queue)"
_NO_HINTS: Mapping[str, str] = MappingProxyType({})


class MediaWikiError(Exception):
    """Base class of every error that this package raises about a wiki.

    Each of the following is None unless it applies: ``cursor`` is the place to resume from if a stream was running,
    ``filekey`` names the file in the wiki's stash if one was sent, ``checkpoint`` resumes an upload that was running.
    """

    cursor: Cursor | None = None
    filekey: str | None = None
    checkpoint: Checkpoint | None = None

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self), *self.args)
        made.__setstate__(_own_notes(self.__dict__))
        made.__cause__ = self.__cause__
        made.__suppress_context__ = self.__suppress_context__
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Restore from ``args`` and attributes, without ``__init__``: its arguments differ from class to class."""
        state = _own_notes(self.__dict__)
        if isinstance(self.__cause__, MediaWikiError):
            state["__cause__"] = self.__cause__
        return copyreg.__newobj__, (type(self), *self.args), state  # type: ignore[attr-defined]  # not in typeshed


def _own_notes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of an error, with a list of notes that a copy can add to."""
    notes = {"__notes__": list(attributes["__notes__"])} if "__notes__" in attributes else {}
    return {**attributes, **notes}


# Transport -----------------------------------------------------------------------------------------------------------


class TransportError(MediaWikiError):
    """No usable response came. The session retries reads before it raises this; a later attempt may succeed."""


class ConnectionFailed(TransportError):
    """The transport could not connect, so nothing was sent. Check the address, the network and the proxy.

    ``lasting`` is True if another attempt will most likely fail too: an unknown host, or a certificate that is not
    trusted.
    """

    lasting = False


class LimitsUnavailable(ConnectionFailed):
    """What keeps the limits that several processes share does not answer, so nothing was sent.

    It is asked again, by the retry policy, before this is raised. See ``Site(shared_limits=...)``.
    """


class ReplyLost(TransportError):
    """The request was sent and no whole response came back: a time-out, a reset, a truncated body.

    The session retries reads. After a write it raises OutcomeUnknown instead, unless it can find out what happened.
    """


class SiteClosed(TransportError, RuntimeError):
    """The Site was closed while this call was under way. A write was not sent: if it was, it is OutcomeUnknown.

    Leave the ``async with`` block of a Site after the tasks that use it have ended.
    """

    def __init__(self, message: str = "the site was closed while this call was under way") -> None:
        super().__init__(message)


class HttpError(TransportError):
    """The server, or a proxy in front of it, sent an HTTP error status without an error of the wiki itself.

    ``status`` is the HTTP status. ``retry_after`` is the wait that the response asked for, in seconds, or None. Nothing
    was done if the status is 429; try again later.
    """

    def __init__(self, message: str, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class OutcomeUnknown(TransportError):
    """A write was sent and its response was lost: it may or may not have been done, and it was not sent again.

    ``__cause__`` is what happened. The following are None if they are not known: ``title`` is the page that was written
    to, ``base`` the id of the revision that the write was based on, ``since`` the server's time before the write was
    sent. Before you repeat the write, look for a change with your user name and summary: in the revisions of ``title``
    after ``base`` or since ``since`` (https://www.mediawiki.org/wiki/API:Revisions), or in the log.
    """

    def __init__(
        self, message: str, *, title: str | None = None, base: int | None = None, since: str | None = None
    ) -> None:
        super().__init__(message)
        self.title = title
        self.base = base
        self.since = since


# Protocol ------------------------------------------------------------------------------------------------------------


class ProtocolError(MediaWikiError):
    """The response is not one that MediaWiki sends. Check the address of the wiki, and any proxy on the way.

    The message shows the status, the content type and the start of the body. ``status`` is the HTTP status, or None if
    none was received.
    """

    status: int | None = None


class BrokenReply(ProtocolError):
    """The response has a good status, but is HTML, or JSON that is cut short. The session retries reads a few times."""


class UnreadableEvent(ProtocolError):
    """An event of a stream is in an unknown form. It was not given, and nothing after it.

    ``cursor`` is the position before the event, ``beyond`` the one after it: resume there to do without the event.
    ``excerpt`` is the beginning of what came.
    """

    def __init__(self, reason: str, *, excerpt: str = "", beyond: Cursor | None = None) -> None:
        super().__init__(reason)
        self.excerpt = excerpt
        self.beyond = beyond


class ReplyTooLarge(ProtocolError):
    """The response is larger than ``Limits.max_reply_bytes``; reading stopped. Ask for less, or raise the limit.

    Or the responses of one batch of pages are larger than ``Limits.max_batch_bytes`` in all: ``cursor`` is the position
    before the batch. ``stream.fragments()`` reads it response by response.
    """


# The wiki refused ----------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class ApiErrorItem(Value):
    """One entry of a response's ``errors`` list.

    ``code`` is for programs, ``text`` for people, ``module`` is the path of the module that reports it
    (``"query+allpages"``), ``data`` what the wiki added, as it was sent.
    """

    code: str
    text: str = ""
    module: str = ""
    data: Mapping[str, Any] = field(factory=dict, converter=picklable, hash=False)


class ApiError(MediaWikiError):
    """The wiki refused the request. Catch the subclass of what you can handle; this class itself is an unknown code.

    ``errors`` are all errors of the response; ``code``, ``text`` and ``data`` are those of the first. ``warnings`` came
    with them. ``status`` is the HTTP status, ``retry_after`` the wait that the wiki asked for, in seconds, or None,
    ``request_id`` what the wiki's operators can find the request by.
    """

    hint: ClassVar[str] = ""
    hints: ClassVar[Mapping[str, str]] = _NO_HINTS  # by code, for a class whose codes need different hints

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
        """What the wiki sent beside the first error's code and text."""
        return self.errors[0].data

    def _message(self) -> str:
        errors = "; ".join(f"{error.code}: {error.text}" if error.text else error.code for error in self.errors)
        hint = self._hint()
        return f"{errors} ({hint})" if hint else errors

    def _hint(self) -> str:
        return self.hints.get(self.code, self.hint)


class Unavailable(ApiError):
    """The wiki cannot serve the request now. Nothing was done. The session has retried already: try again later."""

    hint = "nothing was done; try again later"


class MaxlagExceeded(Unavailable):
    """The wiki's databases lag by more than the ``maxlag`` seconds that the site sends. Nothing was done.

    See https://www.mediawiki.org/wiki/Manual:Maxlag_parameter.
    """


class ReadOnly(Unavailable):
    """The wiki accepts no writes at the moment; ``data["readonlyreason"]`` is the reason. Nothing was done."""


class RateLimited(Unavailable):
    """The account did this too often in too short a time. Nothing was done. Slow down: ``Limits.write_interval``."""

    hint = "nothing was done; slow down, or use an account with a higher limit"


# Logins and rights ---------------------------------------------------------------------------------------------------


class AuthError(ApiError):
    """The wiki does not accept the login, the session, the token or the OAuth token of this client."""


class LoginFailed(AuthError):
    """The wiki refused the login: wrong name or password, or an account that may not log in this way."""

    hint = "check the name, which for a bot password is 'Account@application', and the password"


class LoginThrottled(LoginFailed):
    """Too many logins, or too many wrong codes of a second factor. Wait ``wait`` seconds before the next login."""

    hint = "wait that long before the next login; five minutes, if no time is named"

    @property
    def wait(self) -> float:
        """The wait in seconds, as the wiki's text names it; 300, the usual window of a wiki, if it names none."""
        _, _, duration = self.text.rpartition("wait ")
        return seconds_in(duration) or 300.0


class AssertFailed(AuthError):
    """The session is not logged in as the request asserted. Nothing was done. Log in again with ``site.login``."""

    hint = "nothing was done; the session is not logged in as expected"
    hints: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "assertbotfailed": "nothing was done; with assert_bot=True the account must be a bot: it lacks the right "
            "'bot', or its bot password lacks the grant for high-volume editing"
        }
    )


class BadToken(AuthError):
    """The wiki refused the token, and fresh ones too. Nothing was done. Check that cookies reach the wiki."""

    hint = "nothing was done; fresh tokens were refused too: are cookies dropped on the way?"


class NotLoggedIn(AuthError):
    """This request needs a login. Give the Site ``auth=BotPassword(name=..., password=...)``."""

    hint = "give the Site auth=BotPassword(name='Account@application', password=...)"


class AuthorizationRefused(AuthError):
    """The wiki does not accept the OAuth token, or the signature of OAuth 1.0a.

    Nothing was done, unless ``received_twice`` is true. A token of OAuth 2 is valid for some hours only: get a new one.
    If a new one is refused too, the text gives the reason: the consumer is not approved (any longer), it is for another
    wiki or other IP addresses, or its user is blocked. A signature is also refused if a secret is wrong, or if the
    clock of this machine is wrong; the message says by how much.

    See https://www.mediawiki.org/wiki/Help:OAuth/Errors.
    """

    hint = "nothing was done; get a new OAuth token"

    @property
    def received_twice(self) -> bool:
        """Whether the wiki had received this request before, so that it may have been done: a proxy repeats it."""
        return is_nonce_used(self.text)

    def _hint(self) -> str:
        return oauth_advice(self.code, self.text) or super()._hint()


# Rights --------------------------------------------------------------------------------------------------------------


class PermissionDenied(ApiError):
    """The account may not do this. With a bot password, its grants may be too narrow."""

    hint = "the account lacks the right, or the bot password lacks the grant"


class Blocked(PermissionDenied):
    """The account or its address is blocked: stop. ``data["blockinfo"]`` has who blocked it, why and until when."""

    hint = "stop: the account or address is blocked"


class Protected(PermissionDenied):
    """The page, its title or its namespace is protected against this. Use an account that has the right, or skip it."""

    hint = "the page or title is protected"


# Content and target --------------------------------------------------------------------------------------------------


class Refused(ApiError):
    """The wiki does not accept this content, or not on this page. Nothing was saved."""


class EditConflict(Refused):
    """Another user saved the page after the revision that this edit is based on. Read the page and decide again."""

    hint = "nothing was saved; read the page again and redo the change"


class BeyondLimit(Refused):
    """The page has more items than this endpoint of the REST API lists or counts. The message names another way."""

    hints: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "rest-media-too-many-links": "site.page(title).media() brings all files of a page",
            "rest-pagehistorycount-too-many-revisions": "site.rest.history(title, filter='minor') brings each",
        }
    )


class PageExists(Refused):
    """The page was to be created, and exists already. Nothing was saved. Read it and decide whether to edit it."""

    hint = "nothing was saved; to change the existing page, name the revision that the change is based on"


class PageMissing(Refused):
    """The page, revision or section does not exist. Check the title or id."""

    hint = "check the title or id"


class AbuseFilter(Refused):
    """An abuse filter of the wiki matched the edit; ``data["abusefilter"]`` names it. Nothing was saved.

    A filter that only warns lets the same edit pass when it is sent again. The library never does that by itself.
    """

    hint = "an abuse filter of the wiki matched"


class TitleBlacklisted(Refused):
    """The wiki's list of forbidden titles has this title, or name; ``data["line"]`` is the entry. Nothing was done.

    Choose another title. See https://www.mediawiki.org/wiki/Extension:TitleBlacklist.
    """

    hint = "nothing was done; choose another title"


class SpamBlacklisted(Refused):
    """The text contains a URL on the wiki's spam list; ``data`` names it. Nothing was saved. Remove the URL."""


class CaptchaRequired(Refused):
    """The wiki wants a captcha solved, and nothing was saved. ``data["captcha"]`` is the captcha, if the wiki sent it.

    Send the edit again with ``captchaid`` and ``captchaword`` (https://www.mediawiki.org/wiki/API:Edit). Accounts with
    the right ``skipcaptcha`` are not asked.
    """

    hint = "nothing was saved; the wiki wants a captcha solved: use an account with the right 'skipcaptcha'"


# Uploads -------------------------------------------------------------------------------------------------------------


class UploadError(ApiError):
    """The wiki refused the upload. See https://www.mediawiki.org/wiki/API:Upload."""


class StashError(UploadError):
    """The upload stash does not have the chunks or the file that the client expects, or failed to store them.

    ``offset`` is the number of bytes that the wiki has. Start the upload from the beginning if the file is gone.
    """

    hint = "the stash keeps files for a few hours only; start the upload from the beginning if the file is gone"

    @property
    def offset(self) -> int | None:
        """The number of bytes that the wiki has, or None if it did not say."""
        raw = self.data.get("offset")
        return int(raw) if isinstance(raw, int | str) and str(raw).isdecimal() else None


class ChunkRefused(UploadError):
    """The wiki does not accept a chunk of that size. ``data["size"]`` is the largest that it takes, if it said so."""

    hint = "choose another chunk_size: PHP often takes no more than 2 MiB"


class FileRefused(UploadError):
    """The wiki does not accept this file: its extension, size or contents, or its name."""

    hint = "the wiki's page Special:Upload tells which files it takes"
    hints: ClassVar[Mapping[str, str]] = MappingProxyType({"fileexists-no-change": "nothing was published"})


class UrlRefused(UploadError):
    """The wiki could not, or may not, fetch the file from that address. Fetch it yourself and upload that."""

    hint = "fetch the file yourself, and upload that"


# The request ---------------------------------------------------------------------------------------------------------


class BadRequest(ApiError):
    """The request itself is wrong, so sending it again cannot help. Nothing was done."""


class InvalidTitle(BadRequest):
    """The title is not valid: empty, too long, or with characters that titles cannot have (``# < > [ ] | { }``)."""

    hint = "titles are 1 to 255 bytes long and hold none of # < > [ ] | { }"
    hints: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "invalidcategory": "the title of a category begins with its namespace: 'Category:Planets'",
            "bad_image_title": "the title of a file begins with its namespace: 'File:Earth.png'",
            "pagecannotexist": "special pages have no text, no history and no properties",
        }
    )


class InvalidParameter(BadRequest):
    """A parameter does not take this value. The text names the parameter."""


class MissingParameter(BadRequest):
    """A parameter that the module needs was not sent. The text names it."""


class TooManyValues(BadRequest):
    """A parameter has more values than one request takes; ``data["limit"]`` is the number that it takes."""

    hint = "site.pages takes any number of titles and ids"


class BadContinue(BadRequest):
    """The wiki does not accept this ``continue`` any longer. Start the stream from the beginning."""

    hint = "start the stream from the beginning"


class UnknownAction(BadRequest):
    """The wiki does not have this action; an extension may be missing."""


class Unsupported(BadRequest):
    """The wiki lacks what this endpoint of its REST API needs; the message names it."""

    hint = "this wiki lacks the endpoint: its MediaWiki is too old, or an extension is missing"
    hints: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "rest-compare-wikidiff2": "this wiki lacks wikidiff2, the PHP extension, in version 1.9 or newer",
            "rest-html-backend-error": "Parsoid, which this needs, does not work on this wiki, or not for this page",
        }
    )


class InternalError(ApiError):
    """The wiki failed while it handled the request. After a write, it is not known what was done."""

    hint = "the wiki failed internally; its operators can look up the request id"


# What this library finds ---------------------------------------------------------------------------------------------


class UnrecognizedParameters(MediaWikiError):
    """The wiki does not know a parameter that was sent, so its response may not be what the caller asked for.

    ``warning`` is the wiki's own; it names the parameters. The message adds the most similar names that the wiki knows.
    """

    def __init__(self, warning: ApiWarning, suggestion: str = "") -> None:
        super().__init__(f"{warning.text} {suggestion or 'Check the spelling and the prefix of the parameters.'}")
        self.warning = warning


class UploadWarnings(MediaWikiError):
    """The wiki has the whole file and wants a decision before it publishes it. Nothing was published.

    ``warnings`` are all warnings, ``filekey`` names the stashed file, ``filename`` is the name that was asked for. To
    publish it without sending the file again:
    ``site.upload(StashedFile(error.filekey), filename=..., ignore_warnings={"exists"})``, or with another ``filename``.
    If the wiki warned before it had the file, ``filekey`` is empty.
    """

    def __init__(self, warnings: tuple[UploadWarning, ...], *, filekey: str, filename: str) -> None:
        listed = ", ".join(f"{w.kind}: {w.value}" if w.value not in (None, "", True) else w.kind for w in warnings)
        kept = "the wiki keeps the file for some hours: " if filekey else ""
        source = ", and pass StashedFile(error.filekey) as the source" if filekey else ""
        super().__init__(
            f"{filename!r} was not published ({listed}); {kept}choose another name, or ignore_warnings{source}"
        )
        self.warnings = warnings
        self.filekey: str = filekey
        self.filename = filename


class UploadPending(MediaWikiError):
    """The wiki has the whole file, or its address, and was still working on it when the caller's time-out ended.

    ``filekey`` names the file in the stash (empty for an address), ``stage`` is what the wiki says that it is doing,
    ``waited`` the seconds that the upload waited. Resume later with ``site.upload(..., checkpoint=error.checkpoint)``:
    nothing is sent again. A StashedFile or a RemoteFile has no checkpoint: pass it to ``site.upload`` again, soon, to
    wait for it again.
    """

    def __init__(self, *, filekey: str, stage: str, waited: float) -> None:
        no_jobs = f"{NO_JOBS}; " if stage == QUEUED else ""
        super().__init__(
            f"the wiki is still working on the file ({stage}) after {waited:.0f} s: {no_jobs}resume later with "
            "checkpoint=error.checkpoint, if it is set"
        )
        self.filekey: str = filekey
        self.stage = stage
        self.waited = waited


class SourceChanged(MediaWikiError):
    """The file changed while it was being sent, or arrived with another hash. Upload it again from the beginning.

    Nothing was published, unless the message says so: a file that is sent in one request cannot be checked before.
    """


class SizeMismatch(SourceChanged):
    """The server of the files has a whole file of another size than the wiki says. Nothing was kept.

    ``size`` is the number of bytes that the wiki names, ``found`` that of the server's file, None if it is larger and
    does not say. ``content_type`` is what the server calls it. A cache may serve a changed copy, or a page of its own.
    ``download(check="none")`` accepts what the server has.
    """

    def __init__(self, *, size: int, found: int | None, content_type: str) -> None:
        shown = f"{found} bytes" if found is not None else "more bytes"
        super().__init__(
            f"the server has another file than the wiki says: {shown} of {content_type or 'no content type'}, and the "
            f"wiki says {size} bytes; download(check='none') accepts what the server has"
        )
        self.size = size
        self.found = found
        self.content_type = content_type


class WriteSuppressed(MediaWikiError):
    """This library did not send a write, because the site's EditDefaults say so. Nothing was done."""


class BotsExcluded(WriteSuppressed):
    """The page says ``{{nobots}}``, or excludes this bot in ``{{bots}}``, and ``EditDefaults.obey_bots`` is set.

    Skip the page. See https://en.wikipedia.org/wiki/Template:Bots.
    """


class BotStopped(WriteSuppressed):
    """The page that ``EditDefaults.stop_page`` names has a text: a user wants the bot to stop. Stop, and read it."""


class DryRun(WriteSuppressed):
    """The Site has ``EditDefaults(dry_run=True)``, and this is a write other than an edit."""


class ContinuationLoop(MediaWikiError):
    """The wiki repeats its ``continue`` and sends nothing new, so the stream would never end.

    ``cursor`` is where the loop begins. See https://www.mediawiki.org/wiki/API:Continue.
    """


class ResultTooLarge(ContinuationLoop):
    """A row, such as the text of a page, is larger than the wiki's ``$wgAPIMaxResultSize``: it is never sent.

    ``title`` is the page that the row belongs to, and ``module`` the module that has the row; each is empty if it is
    not known. ``position`` is where the wiki would continue. The text of a page can be read by ``site.rest.page`` or
    ``site.export``, and that of an old revision by ``site.rest.revision``. ``beside`` says that other modules of the
    query have filled the response: alone, this one may fit. See
    https://www.mediawiki.org/wiki/Manual:$wgAPIMaxResultSize.
    """

    def __init__(self, *, title: str = "", module: str = "", position: str = "", beside: bool = False) -> None:
        what = f"{module or 'the result'} of {title!r}" if title else f"a row of {module or 'the result'}"
        where = f" ({position})" if position else ""
        super().__init__(
            f"{what}{where} is larger than the wiki's $wgAPIMaxResultSize, so the Action API never sends it: request "
            "less of it; site.rest.page, site.rest.revision and site.export read texts of any size"
            if not beside
            else f"the response is as large as the wiki's $wgAPIMaxResultSize allows, and {module} may lack what "
            f"never comes: ask for {module} in a query of its own"
        )
        self.title = title
        self.module = module
        self.position = position
        self.beside = beside


class RowsLost(MediaWikiError):
    """This version of MediaWiki would leave out rows of a list if the query continued. What came before is whole.

    The message says what to ask instead. See https://www.mediawiki.org/wiki/API:Alllinks.
    """


class EventsMissed(MediaWikiError):
    """The history of a stream of events does not reach back to the position to resume from.

    Events between ``since`` and ``until`` (aware datetimes) were not given. ``cursor`` is the position before them,
    ``beyond`` the one after them: resume there to do without these events.
    """

    def __init__(self, reason: str, *, since: datetime, until: datetime, beyond: Cursor | None = None) -> None:
        super().__init__(reason)
        self.since = since
        self.until = until
        self.beyond = beyond


class CursorMismatch(MediaWikiError, ValueError):
    """The cursor belongs to another wiki or another query. The message names what differs."""


class NotRequested(MediaWikiError, LookupError):
    """The query did not ask for this property of a page, or this field of a row. The message names what to add."""


def class_for(code: str) -> type[ApiError]:
    """The class of an error code of the wiki; :class:`ApiError` itself for a code that is not in the table."""
    found: type[ApiError] = globals()[class_name_for(code)]
    return found
