"""Dask runs on asyncio only, so there are no tests on trio here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from distributed import Client, LocalCluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not _is_on_trio(item)]


def _is_on_trio(item: pytest.Item) -> bool:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return item.path.is_relative_to(Path(__file__).parent) and params.get("anyio_backend") == "trio"


@pytest.fixture(autouse=True)
def _no_cluster_without_marker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("cluster") is None:
        monkeypatch.setattr(LocalCluster, "__init__", _refuse_cluster)


def _refuse_cluster(*_: Any, **__: Any) -> NoReturn:
    pytest.fail("this test starts a cluster: let it use a fixture `cluster`, or give it the marker `cluster`")


@pytest.fixture(scope="module")
async def client(cluster: LocalCluster) -> AsyncIterator[Client]:
    """A client of the cluster of a file, which is a fixture there."""
    async with Client(cluster, asynchronous=True, set_as_default=False) as opened:
        yield opened
