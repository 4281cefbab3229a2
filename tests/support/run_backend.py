"""The HTTP library of a whole run of tests: ``HTTP_BACKEND=aiohttp``. trio keeps httpx, because aiohttp has no trio."""

from __future__ import annotations

import os

import pytest
import trio.lowlevel
from attrs import evolve

from mwclient_async._http import transport
from mwclient_async._http.transport import StreamingTransport
from mwclient_async.models.options import HttpOptions, Limits

VARIABLE = "HTTP_BACKEND"


def use_backend_of_run(patch: pytest.MonkeyPatch) -> None:
    """Let each transport that a Site makes by itself use the backend that the environment names."""
    if os.environ.get(VARIABLE, "httpx") == "httpx":
        return
    assert os.environ[VARIABLE] == "aiohttp"
    own_transport = transport.own_transport

    def chosen(options: HttpOptions, limits: Limits) -> StreamingTransport:
        if not trio.lowlevel.in_trio_run():
            options = evolve(options, backend="aiohttp", http2=False)
        return own_transport(options, limits)

    patch.setattr(transport, "own_transport", chosen)
