"""Who edits: the same as in the tests of single edits."""

from tests.edit.conftest import editor, keeper, mine, sysop, troll

__all__ = ["editor", "keeper", "mine", "sysop", "troll"]
