"""Commits: which of several runs of a shard counts."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from mwclient_async.dask import Shard
from mwclient_async.dask.commits import ROOT, Commit, CommitName, choose

A, B, C = "aaaaaaaa", "bbbbbbbb", "cccccccc"


def chosen(*commits: tuple[int, str, str, int, bool]) -> list[str] | None:
    """The attempts of the chain. Each commit: number, attempt, parent, rows in all, done."""
    contents = {
        CommitName(number, attempt, parent, 5): Commit(cursor="c", total=total, requests=1, done=done).to_json()
        for number, attempt, parent, total, done in commits
    }
    chain = choose(contents, contents.__getitem__)
    return None if chain is None else [f"{name.number}{name.attempt[0]}" for name in chain.names]


@pytest.mark.parametrize(
    ("commits", "attempts"),
    [
        ([], None),
        ([(1, A, ROOT, 5, False)], ["1a"]),
        ([(1, A, ROOT, 5, False), (2, A, A, 9, False)], ["1a", "2a"]),
        ([(1, A, ROOT, 5, False), (2, A, A, 9, False), (3, B, A, 12, True)], ["1a", "2a", "3b"]),
        # two runs at the same time: the one with more rows, and at the end the one that is complete
        ([(1, A, ROOT, 5, False), (1, B, ROOT, 6, False)], ["1b"]),
        ([(1, A, ROOT, 5, True), (1, B, ROOT, 6, False)], ["1a"]),
        ([(1, A, ROOT, 5, False), (2, A, A, 9, False), (2, B, A, 9, True)], ["1a", "2b"]),
        # both are complete: all readers take the same one
        ([(1, A, ROOT, 9, True), (1, B, ROOT, 9, True)], ["1a"]),
        # a commit whose parent is missing belongs to nothing
        ([(1, A, ROOT, 5, False), (3, B, C, 50, True)], ["1a"]),
    ],
)
def test_the_chain_that_counts(commits: list[tuple[int, str, str, int, bool]], attempts: list[str] | None) -> None:
    assert chosen(*commits) == attempts


def test_a_commit_that_was_not_written_to_its_end_does_not_count() -> None:
    first, second = CommitName(1, A, ROOT, 5), CommitName(2, A, A, 5)
    whole = Commit(cursor="c", total=5, requests=1).to_json()
    for length in range(len(whole)):
        contents = {first: whole, second: whole[:length]}
        chain = choose(contents, contents.__getitem__)
        assert chain is not None
        assert chain.leaf == first


@given(st.binary(max_size=40))
def test_what_is_no_commit_is_none(text: bytes) -> None:
    assert Commit.from_json(text) is None


def test_commits_survive_their_texts() -> None:
    rest = Shard(key="k", wiki="w", kind="titles", start="B", marks=("C",))
    commit = Commit(cursor="mwc1.x", total=7, requests=3, size=9, done=True, rest=rest)
    assert Commit.from_json(commit.to_json()) == commit
    name = CommitName(12, A, ROOT, 500)
    assert CommitName.parse(str(name)) == name
    assert CommitName.parse("000012.aaaaaaaa.-.500.json.tmp") is None
