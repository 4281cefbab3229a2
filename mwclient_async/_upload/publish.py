"""How a file is published: from the stash, in one request, or from a URL.

Nothing is overwritten by default: the first request has no ``ignorewarnings``. If the caller chose to ignore every
warning that the wiki answers with, the request is sent again with it; else UploadWarnings is raised. It carries the
filekey, with which the caller can continue.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from attrs import evolve

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow, Report, ResetRetries, may_try_again
from mwclient_async._http.messages import ApiRequest, FilePart
from mwclient_async._upload.file_backend_errors import may_be_done, passes_after
from mwclient_async._upload.publication import Publication
from mwclient_async._upload.publish_once import is_in_progress, outcome_unknown, publish_once
from mwclient_async._upload.stash import (
    fetch_stashed_file,
    filekey_or_none,
    make_api_error,
    poll_until_done,
    upload_result,
)
from mwclient_async._upload.upload_rules import UploadRules
from mwclient_async._upload.upload_warnings import parse_upload_warnings
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
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.upload import StashedFile, UploadMethod, UploadProgress, UploadResult, UploadStage

_ASYNC_URL_SINCE = (1, 43)
_ASYNC_URL_UNSUPPORTED = (
    "This wiki cannot report the status of an upload from a URL: only MediaWiki 1.43 and newer can. Choose "
    "asynchronous=False."
)
_ASYNC_URL_WARNED = (
    "This wiki fetches files asynchronously only if all warnings are ignored: choose asynchronous=False, or "
    "ignore_warnings=True."
)


# From the stash ------------------------------------------------------------------------------------------------------


def publish(publication: Publication, stashed: StashedFile, *, resumed: bool = False) -> Flow[UploadResult]:
    """Publish a stashed file. Every error raised carries its ``filekey``.

    ``resumed`` says that an earlier process may have published it, without reading the response. Raises UploadWarnings
    if the wiki warns and the caller did not choose to ignore that, and OutcomeUnknown if it is not known whether the
    file was published.
    """
    ignored: tuple[UploadWarning, ...] = ()
    ignoring, size = publication.ignored is True, stashed.size
    while True:
        yield Report(UploadProgress(stage=UploadStage.PUBLISHING, sent=size or 0, total=size))
        try:
            result = yield from _publish_stashed(publication, stashed, ignoring=ignoring, resumed=resumed)
        except MediaWikiError as error:
            error.filekey = stashed.filekey
            raise
        if isinstance(result, UploadResult):
            return evolve(result, ignored=ignored, method=UploadMethod.STASH)
        warnings = parse_upload_warnings(result)
        if result.get("result") == "Success":
            new = tuple(warning for warning in warnings if warning not in ignored)
            return _completed(publication, result, ignored=(*ignored, *new))
        stashed = evolve(stashed, filekey=filekey_or_none(result) or stashed.filekey)
        if ignoring or not warnings or not publication.ignores(warnings):
            raise UploadWarnings(warnings, filekey=stashed.filekey, filename=publication.filename)
        ignored, ignoring = warnings, True


def _publish_stashed(
    publication: Publication, stashed: StashedFile, *, ignoring: bool, resumed: bool
) -> Flow[Mapping[str, Any] | UploadResult]:
    """Publish and wait until that is done. Returns the wiki's result, or the file that was found on its page."""
    params = publication.request_params(ignoring=ignoring) | {"filekey": stashed.filekey}
    if publication.asynchronous:
        params["async"] = "1"
    request = ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind
    wait_for_job = partial(_wait_for_publishing, publication, stashed)
    result = yield from publish_once(
        publication, request, sha1=stashed.sha1, resumed=resumed, wait_for_job=wait_for_job
    )
    if not isinstance(result, UploadResult) and result.get("result") not in {"Success", "Warning"}:
        raise outcome_unknown(publication, None, f"the wiki answered the publishing with {result.get('result')!r}")
    return result


def _wait_for_publishing(publication: Publication, stashed: StashedFile) -> Flow[Mapping[str, Any]]:
    size = stashed.size
    progress = UploadProgress(stage=UploadStage.PUBLISHING, sent=size or 0, total=size)
    upload_key = {"filekey": stashed.filekey}
    return (yield from _poll(publication, upload_key, progress))


# In one request ------------------------------------------------------------------------------------------------------


def upload_directly(publication: Publication, *, size: int, sha1: str) -> Flow[UploadResult]:
    """Upload a file in one request. If the wiki warned and could not stash it, it is sent again.

    Raises an error for which ``is_too_large`` is true if the server does not take a body of that size.
    """
    yield Report(UploadProgress(stage=UploadStage.SENDING, sent=0, total=size))
    params = publication.request_params(ignoring=publication.ignored is True)
    part = FilePart(name="file", offset=0, length=size)
    request = ApiRequest(params=params, post=True, token="csrf", write=True, part=part)  # noqa: S106 - a kind
    try:
        result = yield from publish_once(publication, request, sha1=sha1)
    except ApiError as error:  # if only the name is refused, the wiki keeps the file in the stash
        error.filekey = filekey_or_none(error.data)
        raise
    if isinstance(result, UploadResult):
        return evolve(result, method=UploadMethod.DIRECT)
    warnings = parse_upload_warnings(result)
    if result.get("result") == "Warning" and filekey_or_none(result) is None and publication.may_ignore(warnings):
        completed = yield from upload_directly(evolve(publication, ignored=True), size=size, sha1=sha1)
        return _with_warnings(completed, warnings)
    if result.get("result") == "Warning":
        return (
            yield from _continue_after_warning(publication, result, size=size, sha1=sha1, method=UploadMethod.DIRECT)
        )
    completed = _completed(publication, result, ignored=warnings, method=UploadMethod.DIRECT)
    their_sha1 = completed.imageinfo.sha1 if completed.imageinfo is not None else None
    if their_sha1 not in {None, sha1}:
        raise SourceChanged(
            f"the file changed while it was being sent: a mixture of both, with SHA-1 {their_sha1}, is published as "
            f"{completed.filename!r}; upload the file again"
        )
    return completed


def _continue_after_warning(
    publication: Publication,
    result: Mapping[str, Any],
    *,
    size: int | None,
    sha1: str | None,
    method: UploadMethod,
) -> Flow[UploadResult]:
    """Publish the file that the wiki stashed when it warned, if the caller chose to ignore these warnings."""
    warnings, filekey = parse_upload_warnings(result), filekey_or_none(result) or ""
    if not filekey or not publication.may_ignore(warnings):
        raise UploadWarnings(warnings, filekey=filekey, filename=publication.filename)
    stashed = StashedFile(filekey, size=size, sha1=sha1)
    if sha1 is None:
        stashed = (yield from fetch_stashed_file(filekey)) or stashed
    completed = yield from publish(evolve(publication, ignored=True, asynchronous=False), stashed)
    return evolve(_with_warnings(completed, warnings), method=method)


# From a URL ----------------------------------------------------------------------------------------------------------


def upload_from_url(publication: Publication, url: str, *, rules: UploadRules) -> Flow[UploadResult]:
    """Let the wiki fetch a file from the Web. Raises UrlRefused, or UploadWarnings, with a filekey if it has one."""
    if publication.asynchronous and rules.mediawiki_version < _ASYNC_URL_SINCE:
        raise make_api_error(UrlRefused, "async-url-unsupported", _ASYNC_URL_UNSUPPORTED)
    ignored: tuple[UploadWarning, ...] = ()
    ignoring = publication.ignored is True
    while True:
        yield Report(UploadProgress(stage=UploadStage.SENDING, sent=0, total=None))
        result = yield from _publish_url(publication, url, ignoring=ignoring)
        warnings = parse_upload_warnings(result)
        if result.get("result") != "Warning":
            new = tuple(warning for warning in warnings if warning not in ignored)
            return _completed(publication, result, ignored=(*ignored, *new), method=UploadMethod.URL)
        if filekey_or_none(result) is not None:
            return (
                yield from _continue_after_warning(publication, result, size=None, sha1=None, method=UploadMethod.URL)
            )
        if not warnings:
            raise make_api_error(UrlRefused, "async-url-unsupported", _ASYNC_URL_WARNED)
        if ignoring or not publication.ignores(warnings):
            raise UploadWarnings(warnings, filekey="", filename=publication.filename)
        ignored, ignoring = warnings, True


def _publish_url(publication: Publication, url: str, *, ignoring: bool) -> Flow[Mapping[str, Any]]:
    """Ask the wiki to fetch and publish the URL, and wait until that is done. Returns the wiki's result.

    This is sent again if the wiki's file store failed, unless the file may be published.
    """
    params = {**publication.request_params(ignoring=ignoring), "url": url}
    if publication.asynchronous:
        params["async"] = "1"
    request = ApiRequest(params=params, post=True, token="csrf", write=True)  # noqa: S106 - a kind
    yield ResetRetries()
    while True:
        try:
            return (yield from _publish_url_once(publication, request))
        except UploadError as error:
            if may_be_done(error):
                raise outcome_unknown(publication, None, f"the wiki says: {error}") from error
            least_wait = passes_after(error)
            if least_wait is not None and (yield from may_try_again(error, least_wait=least_wait)):
                continue
            if isinstance(error, StashError):  # it is not in the stash, but the job reports every failure this way
                raise make_api_error(UrlRefused, error.code, error.text, error.data) from error
            raise


def _publish_url_once(publication: Publication, request: ApiRequest) -> Flow[Mapping[str, Any]]:
    try:
        result = upload_result((yield request))
    except OutcomeUnknown as error:
        raise outcome_unknown(publication, error, "") from error
    except UploadError as error:
        if not is_in_progress(error):
            raise
        result = {"result": "Poll"}
    if result.get("result") != "Poll":
        return result
    return (yield from _wait_for_fetching(publication, request.params["url"]))


def _wait_for_fetching(publication: Publication, url: str) -> Flow[Mapping[str, Any]]:
    progress = UploadProgress(stage=UploadStage.SENDING, sent=0, total=None)
    upload_key = {"url": url, "filename": publication.filename}
    return (yield from _poll(publication, upload_key, progress))


def _poll(publication: Publication, upload_key: Mapping[str, str], progress: UploadProgress) -> Flow[Mapping[str, Any]]:
    """Wait for the job that publishes the file. Raises OutcomeUnknown if the wiki cannot be asked about it."""
    try:
        return (
            yield from poll_until_done(
                upload_key, filename=publication.filename, patience=publication.patience, progress=progress
            )
        )
    except (TransportError, ProtocolError, Unavailable) as error:
        raise outcome_unknown(
            publication, None, f"a job publishes it, and the wiki could not be asked ({error})"
        ) from error


# Results -------------------------------------------------------------------------------------------------------------


def _completed(
    publication: Publication,
    result: Mapping[str, Any],
    *,
    ignored: tuple[UploadWarning, ...],
    method: UploadMethod = UploadMethod.STASH,
) -> UploadResult:
    if result.get("result") != "Success":
        raise outcome_unknown(publication, None, f"the wiki answered its upload with {result.get('result')!r}")
    filename = str(result.get("filename", publication.filename))
    return UploadResult(filename=filename, imageinfo=_imageinfo(result), ignored=ignored, method=method)


def _with_warnings(completed: UploadResult, warnings: tuple[UploadWarning, ...]) -> UploadResult:
    """The same result after these warnings, which were ignored."""
    new = tuple(warning for warning in completed.ignored if warning not in warnings)
    return evolve(completed, ignored=(*warnings, *new))


def _imageinfo(result: Mapping[str, Any]) -> ImageInfo | None:
    try:
        return structurer(ImageInfo)(result["imageinfo"])
    except (KeyError, ProtocolError):  # the file is published, so a malformed imageinfo is not an error
        return None
