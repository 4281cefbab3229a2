"""W2: edits under random faults, while other users and other processes of our account edit the same page."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve
from hypothesis import given, settings, strategies as st

from mwclient_async._edit.edits import Edit
from mwclient_async._edit.save_edit import save_edit
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async.errors import MediaWikiError, OutcomeUnknown
from mwclient_async.models.edits import EditOutcome
from tests.edit.test_compare_and_swap import ALL, ATTEMPTS, make_wiki, run
from tests.support.model_page import ME, ModelPageWiki
from tests.support.scripted_flow import run_with_answers

FAULTS = st.lists(st.sampled_from([None, "before", "after", "late"]), max_size=12)
INTERFERENCES: list[Callable[[ModelPageWiki], object]] = [
    lambda _: None,
    lambda wiki: wiki.save(f"{wiki.revisions[-1].text if wiki.revisions else ''}\n* other {wiki.now}"),
    lambda wiki: wiki.save(f"other {wiki.now}\n{wiki.revisions[-1].text if wiki.revisions else ''}"),
    lambda wiki: wiki.save(f"{wiki.now}", user=ME, comment="something else"),
    lambda wiki: wiki.save(f"{wiki.now}", user=ME, comment="ours"),
    lambda wiki: wiki.execute_delayed(),
]


@given(
    edit=st.sampled_from(ALL),
    faults=FAULTS,
    interferences=st.lists(st.sampled_from(INTERFERENCES), max_size=12),
    page_exists=st.booleans(),
    has_filter=st.booleans(),
)
@settings(max_examples=600, deadline=None)
def test_w2_no_edit_is_saved_twice_and_none_is_reported_that_was_not_saved(
    *,
    edit: Edit,
    faults: list[str | None],
    interferences: list[Callable[[ModelPageWiki], object]],
    page_exists: bool,
    has_filter: bool,
) -> None:
    wiki = make_wiki(*faults, text="Text." if page_exists else None, has_abuse_filter=has_filter)
    left = list(interferences)
    wiki.interfere = lambda wiki: left.pop(0)(wiki) if left else None
    try:
        result = run(edit, wiki)
    except OutcomeUnknown:
        wiki.execute_delayed()
        assert count_our_revisions(wiki) <= 1
    except MediaWikiError:
        wiki.execute_delayed()
        assert count_our_revisions(wiki) == 0
    else:
        wiki.execute_delayed()
        assert count_our_revisions(wiki) == 1
        assert any(revision.revid == result.revid and revision.user == ME for revision in wiki.revisions)


def save_the_same(wiki: ModelPageWiki) -> None:
    """Another process of our account makes our edit, whatever it is."""
    text = wiki.revisions[-1].text if wiki.revisions else ""
    added = [f"{text}\n* ours ~~~~", f"ours\n{text}", "Text of ours.", f"{text}\n\n== A [[b|c]] ==\n\nours"]
    wiki.save(added[wiki.now % len(added)], user=ME, comment="ours")


@given(
    edit=st.sampled_from(ALL),
    faults=FAULTS,
    interferences=st.lists(st.sampled_from([*INTERFERENCES, save_the_same, save_the_same]), max_size=12),
    page_exists=st.booleans(),
    marked=st.booleans(),
)
@settings(max_examples=600, deadline=None)
def test_w2_the_same_edit_of_another_process_is_never_taken_for_ours(
    *,
    edit: Edit,
    faults: list[str | None],
    interferences: list[Callable[[ModelPageWiki], object]],
    page_exists: bool,
    marked: bool,
) -> None:
    """Either the account is known to be shared, or a mark in the summary tells our edit from others."""
    wiki = make_wiki(*faults, text="Text." if page_exists else None)
    left = list(interferences)
    wiki.interfere = lambda wiki: left.pop(0)(wiki) if left else None
    edit, own_edits = evolve(edit, mark="(m7q2xa)" if marked else ""), OwnEdits(shared=None if marked else True)
    try:
        result = run_with_answers(save_edit(edit, None, own_edits), wiki.respond, attempts=ATTEMPTS)
    except OutcomeUnknown:
        wiki.execute_delayed()
        assert count_requested(wiki) <= 1
    except MediaWikiError:
        wiki.execute_delayed()
        assert count_requested(wiki) == 0
    else:
        wiki.execute_delayed()
        by_us = [revision.revid for revision in wiki.revisions if revision.requested]
        assert by_us == ([] if result.outcome is EditOutcome.UNCHANGED else [result.revid])


def count_requested(wiki: ModelPageWiki) -> int:
    return sum(revision.requested for revision in wiki.revisions)


def count_our_revisions(wiki: ModelPageWiki) -> int:
    """How many revisions our requests have made: revisions of our account that add our text."""
    texts = {revision.revid: revision.text for revision in wiki.revisions} | {0: ""}
    return sum(
        revision.text.count("ours") > texts[revision.parentid].count("ours")
        for revision in wiki.revisions
        if revision.user == ME
    )
