"""Limits that are a question, and the ``continue`` that goes on without them."""

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
def test_what_a_limit_asks_for(name: str, params: Mapping[str, str], count: int | None) -> None:
    assert [cap.count for cap in per_page_limits([module(name)], params)] == ([] if count is None else [count])


def test_a_cap_is_met_when_the_page_that_the_wiki_goes_on_with_has_its_number() -> None:
    """It goes on with one page only; others have no such rows, or no page, and their files have rows all the same."""
    cap = PerPageLimit(module=module("revisions"), count=2)
    whole, short, none = {"revisions": [1, 2, 3]}, {"revisions": [1]}, {"missing": True}
    assert cap.is_reached([whole, none])
    assert not cap.is_reached([short, none])
    assert not cap.is_reached([])
    cap.truncate(whole)
    assert whole == {"revisions": [1, 2]}


def test_files_that_come_in_several_replies_are_never_met() -> None:
    """For several files the wiki goes on with the next file (iicontinue), not with older versions (iistart)."""
    following = {"iicontinue": "B.png|2", "continue": "||"}
    cap = PerPageLimit(module=module("imageinfo"), count=1)
    pages: list[dict[str, object]] = [{"missing": True, "known": True, "imageinfo": [1]}, {"missing": True}]
    assert without_finished_modules(following, [cap], pages, has_generator=False) == following
    assert (
        without_finished_modules(
            {"iistart": "2024", "continue": "||"}, [cap], [{"imageinfo": [1]}, {}], has_generator=False
        )
        is None
    )


@pytest.mark.parametrize(
    ("following", "fed", "expected"),
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
        ({"rvcontinue": "1|2", "continue": "unheard of"}, True, {"rvcontinue": "1|2", "continue": "unheard of"}),
    ],
)
def test_continue_without_a_module_that_is_finished(
    following: Mapping[str, str], *, fed: bool, expected: Mapping[str, str] | None
) -> None:
    cap = PerPageLimit(module=module("revisions"), count=1)
    assert without_finished_modules(following, [cap], [{"revisions": [1]}], has_generator=fed) == expected
    assert without_finished_modules(following, [cap], [{}], has_generator=fed) == following
