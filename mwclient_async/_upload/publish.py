"""How a file is published, once.

- *Nothing is overwritten by default*: a file is published without ``ignorewarnings``, unless the caller chose to ignore
  all that the wiki warned of; else it is an UploadWarnings, with the filekey to go on with.
- *A lost answer is a doubt*, and the file's page decides: a latest version with our SHA-1 is our file. If it is not
  there, it may be sent again: a filekey works once, and the wiki refuses the same contents a second time.
- *With ``async``*, the wiki is asked first how far it is, and waited for.
- *Where an abuse filter could have warned*, nothing is sent again: the second request would count as a confirmation.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from attrs import evolve, field, frozen

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow, Report, Wait
from mwclient_async._http.messages import ApiRequest, FilePart
from mwclient_async._upload.file_versions import PROPS, own_file
from mwclient_async._upload.stash import STASH_GONE_CODES, key_of, look_into, refusal, status_of, upload_part, wait_for
from mwclient_async._upload.upload_rules import UploadRules
from mwclient_async._upload.upload_warnings import warnings_of
from mwclient_async._values.warnings import UploadWarning
from mwclient_async.errors import (
    ApiError,
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    SourceChanged,
    StashError,
    TransportError,
    Unavailable,
    UploadError,
    UploadWarnings,
    UrlRefused,
)
from mwclient_async.models.options import RetryPolicy
from mwclient_async.models.props import ImageInfo
from mwclient_async.models.upload import StashedFile, UploadMethod, UploadProgress, UploadResult, UploadStage

_ARCHIVE_CLOCK = 1.0  # seconds
_POLLABLE_BY_URL = (1, 43)
_NOT_POLLABLE = "This wiki cannot be asked how far it is with an address: MediaWiki 1.43 and newer can."
_NOT_WARNING = (
    "This wiki fetches files asynchronously only where all warnings are ignored: choose asynchronous=False, or "
    "ignore_warnings=True."
)


@frozen(kw_only=True)
class Publication:
    """What is published, and how. ``ignored`` are kinds of warnings, or True for all of them.

    ``asynchronous`` lets the wiki take its time, for ``patience`` seconds at most.
    """

    filename: str
    comment: str = ""
    text: str | None = None
    params: Mapping[str, str] = field(factory=dict)
    ignored: Collection[str] | bool = ()
    asynchronous: bool = False
    patience: float = 3600.0

    def ignores(self, warnings: Collection[UploadWarning]) -> bool:
        """Whether the caller chose to ignore every one of these."""
        if isinstance(self.ignored, bool):
            return self.ignored
        return all(warning.kind in self.ignored for warning in warnings)

    def fields(self, *, ignoring: bool) -> dict[str, str]:
        """The parameters of ``action=upload`` that publish it."""
        params = {"action": "upload", "filename": self.filename, **self.params, "comment": self.comment}
        if self.text is not None:
            params["text"] = self.text
        if ignoring:
            params["ignorewarnings"] = "1"
        return params


def publish(
    publication: Publication, stashed: StashedFile, *, policy: RetryPolicy, resumed: bool = False
) -> Flow[UploadResult]:
    """Publish a stashed file; every error raised carries its ``filekey``.

    ``resumed`` says that it may have been published already, by a process that did not live to see it.
    Raises UploadWarnings for warnings that the caller did not choose to ignore, and OutcomeUnknown where it cannot be
    told whether it was done.
    """
    ignored: tuple[UploadWarning, ...] = ()
    ignoring, total = publication.ignored is True, stashed.size or 0
    while True:
        yield Report(UploadProgress(stage=UploadStage.PUBLISHING, sent=total, total=total))
        try:
            result = yield from _publish(publication, stashed, ignoring=ignoring, policy=policy, resumed=resumed)
        except MediaWikiError as error:
            error.filekey = stashed.filekey
            raise
        if isinstance(result, UploadResult):
            return evolve(result, ignored=ignored, method=UploadMethod.STASH)
        warnings = warnings_of(result)
        if result.get("result") == "Success":
            fresh = tuple(warning for warning in warnings if warning not in ignored)
            return _published(publication, result, ignored=(*ignored, *fresh))
        stashed = evolve(stashed, filekey=key_of(result) or stashed.filekey)
        if ignoring or not warnings or not publication.ignores(warnings):
            raise UploadWarnings(warnings, filekey=stashed.filekey, filename=publication.filename)
        ignored, ignoring = warnings, True


def send_whole(publication: Publication, *, size: int, sha1: str, policy: RetryPolicy) -> Flow[UploadResult]:
    """Upload a file in one request. Raises an error for which ``is_too_large`` is true where no body is that large."""
    yield Report(UploadProgress(stage=UploadStage.SENDING, sent=0, total=size))
    params = publication.fields(ignoring=publication.ignored is True)
    part = FilePart(name="file", offset=0, length=size)
    call = ApiRequest(params=params, post=True, token="csrf", write=True, part=part)  # noqa: S106 - a kind
    try:
        result = yield from _publish_once(publication, call, sha1=sha1, policy=policy)
    except ApiError as error:  # where another name would do, the wiki keeps the file
        error.filekey = key_of(error.data)
        raise
    if isinstance(result, UploadResult):
        return evolve(result, method=UploadMethod.DIRECT)
    if result.get("result") == "Warning":
        return (
            yield from _continue_after_warning(
                publication, result, size=size, sha1=sha1, policy=policy, method=UploadMethod.DIRECT
            )
        )
    done = _published(publication, result, ignored=warnings_of(result), method=UploadMethod.DIRECT)
    arrived = done.imageinfo.sha1 if done.imageinfo is not None else None
    if arrived not in {None, sha1}:
        raise SourceChanged(
            f"the file was written to while it was being sent: a mixture, of SHA-1 {arrived}, is published as "
            f"{done.filename!r}"
        )
    return done


def fetch_remote(publication: Publication, url: str, *, rules: UploadRules, policy: RetryPolicy) -> Flow[UploadResult]:
    """Have the wiki fetch a file from the Web. Raises UrlRefused, or UploadWarnings, maybe with a filekey."""
    if publication.asynchronous and rules.version < _POLLABLE_BY_URL:
        raise refusal(UrlRefused, "async-url-unsupported", _NOT_POLLABLE)
    ignored: tuple[UploadWarning, ...] = ()
    ignoring = publication.ignored is True
    while True:
        yield Report(UploadProgress(stage=UploadStage.SENDING, sent=0, total=0))
        result = yield from _fetch(publication, url, ignoring=ignoring)
        warnings = warnings_of(result)
        if result.get("result") != "Warning":
            fresh = tuple(warning for warning in warnings if warning not in ignored)
            return _published(publication, result, ignored=(*ignored, *fresh), method=UploadMethod.URL)
        if key_of(result) is not None:
            return (
                yield from _continue_after_warning(
                    publication, result, size=None, sha1=None, policy=policy, method=UploadMethod.URL
                )
            )
        if not warnings:
            raise refusal(UrlRefused, "async-url-unsupported", _NOT_WARNING)
        if ignoring or not publication.ignores(warnings):
            raise UploadWarnings(warnings, filekey="", filename=publication.filename)
        ignored, ignoring = warnings, True


def _continue_after_warning(
    publication: Publication,
    result: Mapping[str, Any],
    *,
    size: int | None,
    sha1: str | None,
    policy: RetryPolicy,
    method: UploadMethod,
) -> Flow[UploadResult]:
    """Go on from a warning, if the caller chose to ignore it: the wiki has the file in its stash by now."""
    warnings, filekey = warnings_of(result), key_of(result) or ""
    if not filekey or publication.ignored is True or not warnings or not publication.ignores(warnings):
        raise UploadWarnings(warnings, filekey=filekey, filename=publication.filename)
    stashed = StashedFile(filekey, size=size, sha1=sha1)
    if sha1 is None:
        stashed = (yield from look_into(filekey)) or stashed
    done = yield from publish(evolve(publication, ignored=True, asynchronous=False), stashed, policy=policy)
    fresh = tuple(warning for warning in done.ignored if warning not in warnings)
    return evolve(done, ignored=(*warnings, *fresh), method=method)


def _publish(
    publication: Publication, stashed: StashedFile, *, ignoring: bool, policy: RetryPolicy, resumed: bool
) -> Flow[Mapping[str, Any] | UploadResult]:
    """The wiki's last word on a stashed file, or the result itself, as in ``_once``."""
    params = publication.fields(ignoring=ignoring) | {"filekey": stashed.filekey}
    if publication.asynchronous:
        params["async"] = "1"
    call = ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind
    result = yield from _publish_once(publication, call, sha1=stashed.sha1, policy=policy, resumed=resumed)
    if not isinstance(result, UploadResult) and result.get("result") == "Poll":
        result = yield from _wait_for_publishing(publication, stashed)
    if not isinstance(result, UploadResult) and result.get("result") not in {"Success", "Warning"}:
        raise _unknown(publication, None, f"the wiki answered the publishing with {result.get('result')!r}")
    return result


def _publish_once(
    publication: Publication, call: ApiRequest, *, sha1: str | None, policy: RetryPolicy, resumed: bool = False
) -> Flow[Mapping[str, Any] | UploadResult]:
    """The wiki's answer to a call that publishes; the result itself, where that was lost and the file is there."""
    doubt: OutcomeUnknown | None = None
    error: MediaWikiError | None = None
    for number in range(policy.attempts):
        if number:
            least = _ARCHIVE_CLOCK if _is_too_soon(error) else 0.0
            yield Wait(max(least, min(policy.longest_delay, policy.first_delay * 2.0 ** (number - 1))))
        result, error = yield from _attempt(call)
        if isinstance(error, OutcomeUnknown):
            doubt = doubt or error
        elif _is_final(result, error, doubtful=doubt is not None, resumed=resumed):
            if error is not None:
                raise error
            return result
        found, filtered = yield from _find_published(publication, call, sha1=sha1, doubt=doubt)
        if found is not None or error is None:
            return found or result
        if (filtered and doubt is not None) or not (isinstance(error, OutcomeUnknown) or _is_too_soon(error)):
            break
    assert error is not None
    raise _after_doubt(publication, doubt, error)


def _attempt(call: ApiRequest) -> Flow[tuple[Mapping[str, Any], MediaWikiError | None]]:
    try:
        return upload_part((yield call)), None
    except MediaWikiError as error:
        return ({"result": "Poll"}, None) if _is_at_work(error) else ({}, error)


def _is_at_work(error: MediaWikiError) -> bool:
    """Whether the wiki says that it publishes that file already, and can be asked how far it is."""
    return isinstance(error, UploadError) and error.code == "publishfailed"


def _is_too_soon(error: MediaWikiError | None) -> bool:
    """Whether the file was replaced in this second already: the name of an old version has the time in it."""
    return isinstance(error, UploadError) and error.code == "backend-fail-alreadyexists"


def _is_final(result: Mapping[str, Any], error: MediaWikiError | None, *, doubtful: bool, resumed: bool) -> bool:
    """Whether an answer is true whatever became of earlier requests; a warning may be of the file that they made."""
    if error is None:
        return result.get("result") != "Warning" or not (doubtful or resumed)
    if isinstance(error, ApiError) and error.code in {*STASH_GONE_CODES, "fileexists-no-change"} and resumed:
        return False
    return not doubtful and not _is_too_soon(error)


def _after_doubt(publication: Publication, doubt: OutcomeUnknown | None, error: MediaWikiError) -> MediaWikiError:
    """What an error means for a file that is not there: a refusal, where that proves that it was not done."""
    if isinstance(error, OutcomeUnknown):
        return _unknown(publication, doubt, "")
    gone = isinstance(error, ApiError) and error.code in STASH_GONE_CODES
    if doubt is None or not (gone or isinstance(error, TransportError | Unavailable)):
        return error
    return _unknown(publication, doubt, f"the answer to its publishing was lost, and then came this: {error}")


def _find_published(
    publication: Publication, call: ApiRequest, *, sha1: str | None, doubt: OutcomeUnknown | None
) -> Flow[tuple[Mapping[str, Any] | UploadResult | None, bool]]:
    """What became of our file, if it is there or on its method; and whether the wiki filters uploads."""
    failed: UploadError | None = None
    try:
        if "async" in call.params:
            status, failed = yield from _status(call.params["filekey"])
            if status.get("result") in {"Poll", "Success", "Warning"}:
                return status, False
        found, filtered = yield from _look(publication.filename, sha1)
    except OutcomeUnknown:
        raise
    except (TransportError, ProtocolError, Unavailable) as error:
        if doubt is None:
            raise
        raise _unknown(publication, doubt, f"the wiki could not be asked ({error})") from error
    if found is None and failed is not None:
        raise failed
    return found, filtered


def _status(filekey: str) -> Flow[tuple[Mapping[str, Any], UploadError | None]]:
    """How far the wiki is with it, and why that failed; neither, where nothing was begun, or long ago."""
    try:
        return (yield from status_of({"filekey": filekey})), None
    except UploadError as error:
        return {}, error if error.code != "missingresult" else None


def _fetch(publication: Publication, url: str, *, ignoring: bool) -> Flow[Mapping[str, Any]]:
    """The wiki's last word on an address."""
    params = {**publication.fields(ignoring=ignoring), "url": url}
    if publication.asynchronous:
        params["async"] = "1"
    try:
        reply = yield ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind
    except OutcomeUnknown as error:
        raise _unknown(publication, error, "") from error
    except UploadError as error:
        if not _is_at_work(error):
            raise
    else:
        result = upload_part(reply)
        if result.get("result") != "Poll":
            return result
    try:
        return (yield from _wait_for_fetching(publication, url))
    except StashError as error:  # there is no stash in this: it is what the job says of everything
        raise refusal(UrlRefused, error.code, error.text, error.data) from error


def _wait_for_publishing(publication: Publication, stashed: StashedFile) -> Flow[Mapping[str, Any]]:
    total = stashed.size or 0
    progress = UploadProgress(stage=UploadStage.PUBLISHING, sent=total, total=total)
    return (yield from wait_for({"filekey": stashed.filekey}, patience=publication.patience, event=lambda: progress))


def _wait_for_fetching(publication: Publication, url: str) -> Flow[Mapping[str, Any]]:
    progress = UploadProgress(stage=UploadStage.SENDING, sent=0, total=0)
    asked = {"url": url, "filename": publication.filename}
    return (yield from wait_for(asked, patience=publication.patience, event=lambda: progress))


def _look(filename: str, sha1: str | None) -> Flow[tuple[UploadResult | None, bool]]:
    """Our file under its name, if its latest version is ours; and whether the wiki filters uploads."""
    params = {"action": "query", "titles": f"File:{filename}", "prop": "imageinfo", "meta": "siteinfo"}
    reply = yield ApiRequest(params={**params, "iiprop": PROPS, "siprop": "extensions"})
    told = reply.body.get("query", {})
    filtered = any("abuse" in str(entry.get("name", "")).lower() for entry in told.get("extensions", ()))
    page = (told.get("pages") or [{}])[0]
    info = own_file(page)
    if sha1 is None or info is None or info.get("sha1") != sha1:
        return None, filtered
    name = str(page.get("title", filename)).partition(":")[2].replace(" ", "_")
    return UploadResult(filename=name, imageinfo=structurer(ImageInfo)(info), verified=True), filtered


def _unknown(publication: Publication, doubt: OutcomeUnknown | None, said: str) -> OutcomeUnknown:
    known = said or "the answer to its publishing was lost, and the wiki does not have it so far"
    unknown = OutcomeUnknown(
        f"{publication.filename!r} may or may not be published: {known}; look at the page File:{publication.filename} "
        "before you upload it again",
        title=f"File:{publication.filename}",
    )
    unknown.__cause__ = doubt.__cause__ if doubt is not None else None
    return unknown


def _published(
    publication: Publication,
    result: Mapping[str, Any],
    *,
    ignored: tuple[UploadWarning, ...],
    method: UploadMethod = UploadMethod.STASH,
) -> UploadResult:
    if result.get("result") != "Success":
        raise _unknown(publication, None, f"the wiki answered its upload with {result.get('result')!r}")
    filename = str(result.get("filename", publication.filename))
    return UploadResult(filename=filename, imageinfo=_imageinfo(result), ignored=ignored, method=method)


def _imageinfo(result: Mapping[str, Any]) -> ImageInfo | None:
    try:
        return structurer(ImageInfo)(result["imageinfo"])
    except (KeyError, ProtocolError):  # the file is published, whatever the wiki says of it
        return None
