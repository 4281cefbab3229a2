"""Dask runs on asyncio only, so there are no tests on trio here."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not _is_on_trio(item)]


def _is_on_trio(item: pytest.Item) -> bool:
    params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    return item.path.is_relative_to(Path(__file__).parent) and params.get("anyio_backend") == "trio"
