"""Conditional requests: an earlier value is returned again if the wiki says, with status 304, that nothing has changed.

The ETag or the time of a response is kept in its value, with the request that it belongs to, and is sent with the next
such request. How far a 304 can be trusted depends on the endpoint (``endpoints.Trust``). See
https://developer.mozilla.org/docs/Web/HTTP/Guides/Conditional_requests.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from attrs import evolve, fields

from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._rest.endpoints import Endpoint, Trust
from mwclient_async._rest.readers import ListReader, ObjectReader
from mwclient_async.models.rest import RestList, RevisionFacts, Validated, Validator

T = TypeVar("T")


def check_previous(endpoint: Endpoint[T], previous: object) -> None:
    """Raise TypeError unless the value is of the kind that this endpoint returns."""
    reader = endpoint.read
    if isinstance(reader, ObjectReader | ListReader) and not reader.fits(previous):
        raise TypeError(f"previous is of type {type(previous).__name__}: give an earlier result, {reader.name}")


def conditional_request(endpoint: Endpoint[Any], request: ApiRequest, previous: Any, *, wiki: str) -> ApiRequest:
    """The same request, with the condition that something has changed since the earlier value.

    There is no condition if the earlier value is of another wiki or another request: two pages can have one ETag.
    """
    validator: Validator = previous.validator
    if endpoint.trust is Trust.NEVER or validator.of != _request_key(request, wiki):
        return request
    # Never both: a server that knows the ETag ignores the time, but one that does not could trust a time that is too
    # coarse.
    etag, time = {"if-none-match": validator.etag}, {"if-modified-since": validator.last_modified}
    return evolve(request, headers={**request.headers, **(etag if validator.etag else time if validator else {})})


def with_validator(endpoint: Endpoint[T], value: T, response: ApiResponse, request: ApiRequest, *, wiki: str) -> T:
    """The value of a response, with the validator that makes the next such request conditional."""
    validator = _validator(endpoint.trust, response, _request_key(request, wiki))
    if isinstance(value, RestList):
        return RestList(value, validator=validator)  # type: ignore[return-value]  # it is of the same kind
    return evolve(value, validator=validator) if isinstance(value, Validated) else value


def is_unchanged(endpoint: Endpoint[Any], value: Any, previous: Any) -> bool:
    """Whether a whole value equals the earlier one, for an endpoint whose 304 is never trusted."""
    return endpoint.trust is Trust.NEVER and bool(value == previous and value.validator == previous.validator)


def have_same_facts(one: RevisionFacts, other: RevisionFacts) -> bool:
    """Whether two values have the same facts about a revision, whatever text they have."""
    return all(getattr(one, fact.name) == getattr(other, fact.name) for fact in fields(RevisionFacts) if fact.eq)


def _validator(trust: Trust, response: ApiResponse, request_key: str) -> Validator:
    etag, changed = response.header("etag"), response.header("last-modified")
    proves = etag if trust is Trust.ETAG else trust is Trust.NEVER or _is_settled(changed, response.header("date"))
    return Validator(etag=etag, last_modified=changed, of=request_key) if proves else Validator()


def _request_key(request: ApiRequest, wiki: str) -> str:
    return f"{wiki} {request.path}?{urlencode(request.params)}"


def _is_settled(changed: str, now: str) -> bool:
    """Whether the time of the last change is so long ago that no further change can have the same time."""
    try:
        return (parsedate_to_datetime(now) - parsedate_to_datetime(changed)).total_seconds() > 1
    except (TypeError, ValueError):  # a header is missing, or is not a date
        return False
