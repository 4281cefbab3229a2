"""Limits per page, and the ``continue`` without the modules that have reached them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mwclient_async._query.row_limits import PerPageLimit, per_page_limits, without_finished_modules
from mwclient_async._session.module_table import Module, core_module


def module(name: str) -> Module:
    found = core_module(f"query+{name}")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "params", "count"),
    [
        ("revisions", {}, None),
        ("revisions", {"rvlimit": "7"}, 7),
        ("revisions", {"rvlimit": "max"}, None),
        ("revisions", {"rvdir": "newer"}, None),
        ("imageinfo", {}, 1),
        ("imageinfo", {"iilimit": "2"}, 2),
        ("imageinfo", {"iilimit": "max"}, None),
        ("imageinfo", {"iistart": "2024-01-01T00:00:00Z"}, None),
        ("categories", {"cllimit": "7"}, None),
    ],
)
def test_which_limits_are_per_page(name: str, params: Mapping[str, str], count: int | None) -> None:
    assert [limit.count for limit in per_page_limits([module(name)], params)] == ([] if count is None else [count])


def test_a_limit_is_reached_when_one_page_has_its_number_of_rows() -> None:
    """The wiki continues the rows of one page only. Others have none, or are missing (with rows of a file)."""
    limit = PerPageLimit(module=module("revisions"), count=2)
    whole, short, none = {"revisions": [1, 2, 3]}, {"revisions": [1]}, {"missing": True}
    assert limit.is_reached([whole, none])
    assert not limit.is_reached([short, none])
    assert not limit.is_reached([])
    limit.truncate(whole)
    assert whole == {"revisions": [1, 2]}


def test_a_limit_is_never_reached_by_files_that_come_in_several_responses() -> None:
    """For several files the wiki continues with the next file (iicontinue), not with older versions (iistart)."""
    next_continue = {"iicontinue": "B.png|2", "continue": "||"}
    limit = PerPageLimit(module=module("imageinfo"), count=1)
    pages: list[dict[str, object]] = [{"missing": True, "known": True, "imageinfo": [1]}, {"missing": True}]
    assert without_finished_modules(next_continue, [limit], pages, has_generator=False) == next_continue
    assert (
        without_finished_modules(
            {"iistart": "2024", "continue": "||"}, [limit], [{"imageinfo": [1]}, {}], has_generator=False
        )
        is None
    )


@pytest.mark.parametrize(
    ("next_continue", "has_generator", "expected"),
    [
        ({"rvcontinue": "1|2", "continue": "||"}, False, None),
        ({"rvcontinue": "1|2", "continue": "||info"}, False, None),
        (
            {"rvcontinue": "1|2", "clcontinue": "9|A", "continue": "||info"},
            False,
            {"clcontinue": "9|A", "continue": "||info|revisions"},
        ),
        ({"rvcontinue": "1|2", "continue": "||"}, True, {"continue": "||revisions"}),
        (
            {"rvcontinue": "1|2", "gapcontinue": "B", "continue": "gapcontinue||"},
            True,
            {"gapcontinue": "B", "continue": "gapcontinue||revisions"},
        ),
        ({"gapcontinue": "B", "continue": "gapcontinue||"}, True, {"gapcontinue": "B", "continue": "gapcontinue||"}),
        (
            {"rvcontinue": "1|2", "continue": "unknown format"},
            True,
            {"rvcontinue": "1|2", "continue": "unknown format"},
        ),
    ],
)
def test_continue_without_a_finished_module(
    next_continue: Mapping[str, str], *, has_generator: bool, expected: Mapping[str, str] | None
) -> None:
    limit = PerPageLimit(module=module("revisions"), count=1)
    assert (
        without_finished_modules(next_continue, [limit], [{"revisions": [1]}], has_generator=has_generator) == expected
    )
    assert without_finished_modules(next_continue, [limit], [{}], has_generator=has_generator) == next_continue
