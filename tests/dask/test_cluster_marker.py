"""A test that is not marked ``cluster`` cannot start a cluster of Dask: `make unit` leaves those out."""

from __future__ import annotations

import pytest
from distributed import LocalCluster

from tests.support.dask_cluster import local_cluster


async def test_a_cluster_fails_a_test_without_the_marker() -> None:
    with pytest.raises(pytest.fail.Exception, match="give it the marker `cluster`"):
        async with local_cluster(workers=1, processes=False):
            pass


@pytest.fixture
def cluster() -> type[LocalCluster]:
    return LocalCluster


def test_a_test_with_the_fixture_has_the_marker(cluster: type[LocalCluster], request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("cluster") is not None
    assert cluster.__init__.__module__ == "distributed.deploy.local"
