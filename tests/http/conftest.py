"""What the tests of the transport share."""

from __future__ import annotations

import pytest

from tests.support.transport_servers import Authority


@pytest.fixture(scope="package")
def authority() -> Authority:
    return Authority()
