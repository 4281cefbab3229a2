"""The base class of the groups of REST methods: it sends a request to an endpoint, and reads the response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from mwclient_async._http.params import is_count
from mwclient_async._rest.conditional import check_previous, conditional_request, is_unchanged, with_validator
from mwclient_async._rest.endpoints import NO_SEGMENTS, Endpoint, Segments
from mwclient_async._session.session import Session

T = TypeVar("T")

_NOT_MODIFIED = 304


class RestGroup:
    """Holds the session, and sends. ``wiki`` is the wiki's API address, which names it in cursors and validators."""

    _title_wiki = ""  # the wiki whose Titles are taken; "" is any

    def __init__(self, session: Session, wiki: str) -> None:
        self._session = session
        self._wiki = wiki
        self._title_wiki = session.wiki

    def __repr__(self) -> str:
        return f"<REST API of {self._wiki}>"

    async def _fetch(
        self,
        endpoint: Endpoint[T],
        segments: Segments = NO_SEGMENTS,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> T:
        """The value that an endpoint returns."""
        return endpoint.read(await self._session.send(endpoint.request(segments, params=params, json=json)))

    async def _fetch_unless_unchanged(
        self,
        endpoint: Endpoint[T],
        previous: T | None,
        segments: Segments,
        params: Mapping[str, str] | None = None,
    ) -> T:
        """The value that an endpoint returns; ``previous`` itself, if nothing has changed since."""
        request = endpoint.request(segments, params=params)
        if previous is None:
            response = await self._session.send(request)
        else:
            check_previous(endpoint, previous)
            response = await self._session.send(conditional_request(endpoint, request, previous, wiki=self._wiki))
            if response.status == _NOT_MODIFIED:
                return previous
        value = with_validator(endpoint, endpoint.read(response), response, request, wiki=self._wiki)
        return previous if previous is not None and is_unchanged(endpoint, value, previous) else value


def checked_revid(name: str, revid: int) -> int:
    """The revision id. ValueError unless it is a whole number from 1 up."""
    if not is_count(revid, least=1):
        raise ValueError(f"{name}={revid!r}: give a revision id, a whole number from 1 up")
    return revid
