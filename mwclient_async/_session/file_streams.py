"""Downloads of a site: a response that is read while it comes in, with redirects followed.

Files are often on another server than the wiki (upload.wikimedia.org). Only the wiki's own server is sent cookies,
OAuth tokens and ``HttpOptions.headers``. A download waits for pauses and takes a slot, as any other request does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from urllib.parse import urljoin, urlsplit

from attrs import evolve, frozen

from mwclient_async import _session
from mwclient_async._http.messages import ApiRequest, HttpRequest, StreamedResponse
from mwclient_async._http.request_builder import RequestBuilder
from mwclient_async._http.urls import MAX_REDIRECTS, REDIRECTS
from mwclient_async._session.auth_state import AuthState
from mwclient_async._session.observers import log
from mwclient_async._session.rate_limits import ALL_WIKIS, WikiPauses
from mwclient_async._session.shared_resources import SharedResources
from mwclient_async.errors import MediaWikiError, ProtocolError

_FILE_REQUEST = ApiRequest()


@frozen(kw_only=True)
class FileStreams:
    """Opens files for reading. ``max_wait`` is the longest pause, in seconds, that a download waits for."""

    shared: SharedResources
    request_builder: RequestBuilder
    auth_state: AuthState
    pauses: WikiPauses
    max_wait: float

    @asynccontextmanager
    async def open(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[StreamedResponse]:
        """The response to a GET of this URL, after redirects. Its status may be any other one."""
        for _ in range(1 + MAX_REDIRECTS):
            async with self._slot(), self._stream(self._request(url, headers)) as response:
                location = next((value for name, value in response.headers if name == "location"), "")
                if response.status not in REDIRECTS or not location:
                    try:
                        with self.shared.slots.lend():
                            yield response
                    except MediaWikiError as error:  # the reader's verdict on this response
                        self.pauses.begin_after(error, _FILE_REQUEST)
                        raise
                    return
                url = _redirect_target(url, location)
        raise ProtocolError(f"more than {MAX_REDIRECTS} redirects on the way to a file")

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """A slot for one request, at a time when no pause of all wikis is active."""
        while True:
            await self.shared.pauses.wait([ALL_WIKIS], max_wait=self.max_wait)
            self.shared.check_open()
            async with self.shared.slots.take():
                if self.shared.pauses.is_any_active([ALL_WIKIS]):  # it began while this waited for the slot
                    continue
                if self.shared.connection is None or self.shared.slots.are_lent:
                    yield
                    return
                async with _session.shared_slot.SharedSlot(self.shared.connection, self.pauses, _FILE_REQUEST) as slot:
                    if await slot.take():
                        yield
                        return

    def _request(self, url: str, headers: Mapping[str, str]) -> HttpRequest:
        log.debug("GET %s", urlsplit(url).path)
        request = HttpRequest(method="GET", url=url, headers={**self.request_builder.plain_headers, **headers})
        if self.request_builder.is_own_origin(url):
            request = self.auth_state.signed(evolve(request, headers={**request.headers, **self._credentials(url)}))
        return request

    def _credentials(self, url: str) -> dict[str, str]:
        cookie = self.auth_state.cookies.header_for(url)
        return {
            **{name.lower(): value for name, value in self.request_builder.headers},
            **self.auth_state.credentials_for(ApiRequest(), None).headers,
            **({"cookie": cookie} if cookie else {}),
        }

    def _stream(self, request: HttpRequest) -> AbstractAsyncContextManager[StreamedResponse]:
        stream = getattr(self.shared.transport, "stream", None)
        if stream is None:
            raise TypeError("this site's transport has no stream(), which downloads need")
        opened: AbstractAsyncContextManager[StreamedResponse] = stream(request)
        return opened


def _redirect_target(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise ProtocolError(
            f"a redirect on the way to a file leads to {location!r:.200}, which is not a valid address"
        ) from error
