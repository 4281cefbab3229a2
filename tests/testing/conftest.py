import itertools

import pytest

_NUMBERS = itertools.count(1)


@pytest.fixture
def fresh() -> str:
    """A name that no other test has used: the wiki is the session's."""
    return f"Fresh{next(_NUMBERS)}"
