"""How a file is published once, although the reply may be lost.

- *The file's page decides*: a latest version with our SHA-1, by our account, is our file. If there is none, the request
  may be sent again: a filekey works once, and the wiki refuses the same contents a second time. What another process
  of our account has published is taken for ours: the wiki has these bytes under this name, perhaps with another
  comment and text.
- *With ``async``*, the wiki is asked for the status of the upload before its page is read.
- *If the wiki's file store failed*, the file may be published nevertheless. So its page is read before the request
  is sent again, as the retry policy allows.
- *If an abuse filter has warned*, or its log cannot be read, nothing is sent again, because the filter would take the
  second request for a confirmation.

The manual's page is https://www.mediawiki.org/wiki/API:Upload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import field, frozen

from mwclient_async._http.conversion import structurer
from mwclient_async._http.flow import Flow, ResetRetries
from mwclient_async._http.json_values import object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async._session.abuse_log import find_obstacle
from mwclient_async._session.lost_reply import Executed, LostReply, NotSeen, send_until_known
from mwclient_async._upload.file_backend_errors import may_pass, passes_after
from mwclient_async._upload.file_versions import (
    IMAGEINFO_PROPS,
    local_imageinfo,
)
from mwclient_async._upload.publication import Publication
from mwclient_async._upload.stash import STASH_GONE_CODES, fetch_status, unless_gone, upload_result
from mwclient_async.errors import (
    ApiError,
    MediaWikiError,
    OutcomeUnknown,
    ProtocolError,
    StashError,
    TransportError,
    Unavailable,
    UploadError,
    UploadPending,
)
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.upload import UploadResult

WaitForJob = Callable[[], Flow[Mapping[str, Any]]]
"""Makes a flow that waits until a job has published the file. It returns the last status."""

_MAY_BE_PUBLISHED_BEFORE = STASH_GONE_CODES | {"fileexists-no-change"}  # by a process that ended before the response


def publish_once(
    publication: Publication,
    request: ApiRequest,
    *,
    sha1: str | None,
    resumed: bool = False,
    wait_for_job: WaitForJob | None = None,
) -> Flow[Mapping[str, Any] | UploadResult]:
    """Send a request that publishes, and wait if a job does it.

    Returns the wiki's result, or the file that was found after a lost reply.
    """
    lost = LostReply()
    yield ResetRetries()
    try:
        write = _PublishRequest(publication, request, sha1=sha1, wait_for_job=wait_for_job)
        result = yield from send_until_known(write, lost)
    except ApiError as error:
        if not resumed or lost.happened or error.code not in _MAY_BE_PUBLISHED_BEFORE:
            raise
        published = yield from _published_before(publication, request, sha1, lost)
        if published is None:
            raise
        return published
    is_warning = not isinstance(result, UploadResult) and result.get("result") == "Warning"
    if is_warning and (lost.happened or resumed):  # the warning may be about the file that our request has published
        return (yield from _published_before(publication, request, sha1, lost)) or result
    return result


def _published_before(
    publication: Publication, request: ApiRequest, sha1: str | None, lost: LostReply
) -> Flow[Mapping[str, Any] | UploadResult | None]:
    """Our file, if an earlier request has published it or is about to."""
    found = yield from _find_published(publication, request, sha1, lost)
    return found.result if isinstance(found, Executed) else None


@frozen
class _PublishRequest:
    """A request that publishes a file, as a ResolvableWrite."""

    _publication: Publication
    _request: ApiRequest
    _sha1: str | None = field(kw_only=True)
    _wait_for_job: WaitForJob | None = field(kw_only=True, default=None)

    def send(self) -> Flow[Mapping[str, Any] | UploadResult]:
        return (yield from self._wait_until_done((yield from self._send_once())))

    def _send_once(self) -> Flow[Mapping[str, Any]]:
        try:
            return upload_result((yield self._request))
        except StashError as error:
            raise (yield from unless_gone(error, self._request.params.get("filekey", ""))) from error.__cause__
        except UploadError as error:
            if not is_in_progress(error):
                raise
            return {"result": "Poll"}

    def _wait_until_done(self, result: Mapping[str, Any] | UploadResult) -> Flow[Mapping[str, Any] | UploadResult]:
        if self._wait_for_job is None or isinstance(result, UploadResult) or result.get("result") != "Poll":
            return result
        return (yield from self._wait_for_job())

    def resolve(
        self, lost: LostReply, error: MediaWikiError
    ) -> Flow[Executed[Mapping[str, Any] | UploadResult] | NotSeen]:
        if isinstance(error, UploadPending):
            raise error
        found = yield from _find_published(self._publication, self._request, self._sha1, lost)
        is_gone = isinstance(error, ApiError) and error.code in STASH_GONE_CODES
        if isinstance(found, NotSeen) and is_gone:
            raise _outcome_unknown_after(self._publication, lost, error)
        if isinstance(found, Executed):
            return Executed((yield from self._wait_until_done(found.result)))
        return found

    def passes_after(self, error: MediaWikiError) -> float | None:
        return passes_after(error)

    def give_up(self, lost: LostReply, error: MediaWikiError, why: str) -> MediaWikiError:  # noqa: ARG002
        if isinstance(error, OutcomeUnknown):
            return outcome_unknown(self._publication, lost.error, "")
        if lost.happened and isinstance(error, TransportError | Unavailable):
            return _outcome_unknown_after(self._publication, lost, error)
        return error


def is_in_progress(error: MediaWikiError) -> bool:
    """Whether the wiki says that it is publishing that file, so that its status can be asked."""
    return isinstance(error, UploadError) and error.code == "publishfailed"


def _find_published(
    publication: Publication, request: ApiRequest, sha1: str | None, lost: LostReply
) -> Flow[Executed[Mapping[str, Any] | UploadResult] | NotSeen]:
    """Our file, if it is published or in progress."""
    failure: UploadError | None = None
    try:
        if "async" in request.params:
            status, failure = yield from _status_or_failure(request.params["filekey"])
            if status.get("result") in {"Poll", "Success", "Warning"}:
                return Executed(status)
        found = yield from _find_on_page(publication.filename, sha1)
    except OutcomeUnknown:
        raise
    except (TransportError, ProtocolError, Unavailable) as error:
        if not lost.happened:
            raise
        raise outcome_unknown(publication, lost.error, f"the wiki could not be asked ({error})") from error
    if isinstance(found, NotSeen) and failure is not None and not may_pass(failure):
        raise failure
    return found


def _status_or_failure(filekey: str) -> Flow[tuple[Mapping[str, Any], UploadError | None]]:
    """The status of an asynchronous upload, and the error if it failed. Both are empty if the wiki knows no status."""
    try:
        return (yield from fetch_status({"filekey": filekey})), None
    except UploadError as error:
        return {}, error if error.code != "missingresult" else None


def _find_on_page(filename: str, sha1: str | None) -> Flow[Executed[UploadResult] | NotSeen]:
    """Our file on its page, if the latest version has our SHA-1 and is not another account's."""
    params = {"action": "query", "titles": f"File:{filename}", "prop": "imageinfo", "meta": "siteinfo|userinfo"}
    params |= {"iiprop": IMAGEINFO_PROPS, "siprop": "extensions", "curtimestamp": "1"}
    response = yield ApiRequest(params=params)
    query = object_at(response.body, "query")
    page: Mapping[str, Any] = next(iter(rows_at(query, "pages")), {})
    info = local_imageinfo(page)
    if sha1 is None or info is None or info.get("sha1") != sha1 or _is_by_another(info, query):
        since = _day_before(text_at(response.body, "curtimestamp", default=""))
        return NotSeen((yield from find_obstacle(query, title=f"File:{filename}", since=since)))
    name = str(page.get("title", filename)).partition(":")[2].replace(" ", "_")
    return Executed(UploadResult(filename=name, imageinfo=structurer(ImageInfo)(info), verified=True))


def _day_before(now: str) -> str:
    """The time a day before, since which the file was sent for publishing; empty if it is not known."""
    try:
        return (datetime.fromisoformat(now) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return ""


def _is_by_another(info: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether another account made this version. The wiki may hide who did."""
    names = text_at(info, "user", default=""), text_at(query, "userinfo", "name", default="")
    return all(names) and names[0] != names[1]


def _outcome_unknown_after(publication: Publication, lost: LostReply, error: MediaWikiError) -> OutcomeUnknown:
    """The error for a file that was not found after a lost reply, if the next error proves nothing."""
    return outcome_unknown(
        publication, lost.error, f"the reply to its publishing was lost, and this error followed: {error}"
    )


def outcome_unknown(publication: Publication, lost_reply: OutcomeUnknown | None, reason: str) -> OutcomeUnknown:
    """The error that says why it is not known whether the file is published, and where to look.

    An empty ``reason`` says that its reply was lost and that the wiki does not have the file so far.
    """
    reason = reason or "the reply to its publishing was lost, and the wiki does not have it so far"
    error = OutcomeUnknown(
        f"{publication.filename!r} may or may not be published: {reason}; look at the page "
        f"File:{publication.filename} before you upload it again",
        title=f"File:{publication.filename}",
    )
    error.__cause__ = lost_reply.__cause__ if lost_reply is not None else None
    return error
