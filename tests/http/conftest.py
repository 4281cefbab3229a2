"""What the tests of the transports share. They run on each backend; aiohttp has no trio and no HTTP/2."""

from __future__ import annotations

import pytest

from tests.support import transport_servers
from tests.support.transport_servers import Authority


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not _is_beyond_aiohttp(item)]


def _is_beyond_aiohttp(item: pytest.Item) -> bool:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if params.get("http_backend") != "aiohttp" and item.path.name != "test_aiohttp_transport.py":
        return False
    is_httpx_only = params.get("protocol") == "h2" or item.get_closest_marker("httpx") is not None
    return is_httpx_only or params.get("anyio_backend") == "trio"


@pytest.fixture(scope="package")
def authority() -> Authority:
    return Authority()


@pytest.fixture(params=["httpx", "aiohttp"])
def http_backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The backend of ``opened`` and ``fetch``."""
    monkeypatch.setattr(transport_servers, "BACKEND", request.param)
    return str(request.param)
