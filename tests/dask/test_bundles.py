"""Bundles: how many shards share a task, and what comes back."""

from __future__ import annotations

import pytest

from mwclient_async.dask import Shard
from mwclient_async.dask.bundles import Bundle, WaitingShards, slow_bundles


def shards(count: int) -> list[Shard]:
    return [Shard(key=str(number), wiki="w", kind="pageids") for number in range(count)]


def keys(found: list[Shard]) -> list[str]:
    return [shard.key for shard in found]


def waiting(count: int) -> WaitingShards:
    made = WaitingShards()
    made.add(shards(count))
    return made


@pytest.mark.parametrize(
    ("count", "threads", "size"), [(10_000, 12, 20), (480, 12, 10), (95, 12, 1), (1, 12, 1), (16, 4, 1), (7, 1, 1)]
)
def test_a_bundle_is_large_while_many_shards_wait_for_each_thread(count: int, threads: int, size: int) -> None:
    assert len(waiting(count).next_bundle(threads=threads)) == size


def test_each_shard_is_taken_once_and_in_order() -> None:
    left, taken = waiting(500), list[Shard]()
    while left:
        taken += left.next_bundle(threads=4)
    assert taken == shards(500)


def test_what_a_bundle_did_not_finish_comes_first() -> None:
    left = waiting(100)
    bundle = left.next_bundle(threads=1)
    left.put_back(bundle[2:])
    assert keys(left.next_bundle(threads=1))[:2] == ["2", "3"]


def test_the_shards_of_a_bundle_that_failed_run_alone() -> None:
    left = waiting(100)
    bundle = left.next_bundle(threads=10)
    assert keys(bundle) == ["0", "1"]
    left.note_failure(bundle)
    left.put_back(bundle)
    sizes = [keys(left.next_bundle(threads=5)) for _ in range(3)]
    assert sizes == [["0"], ["1"], ["2", "3", "4", "5"]]
    assert [left.failures(shard) for shard in shards(3)] == [1, 1, 0]


def test_a_bundle_ends_before_a_shard_that_has_failed() -> None:
    left = waiting(100)
    left.note_failure([Shard(key="1", wiki="w", kind="pageids")])
    assert keys(left.next_bundle(threads=1)) == ["0"]


def test_a_bundle_gives_up_what_it_still_has() -> None:
    bundle = Bundle(0, shards(4))
    assert keys(bundle.take_back(["2", "3", "unknown"])) == ["2", "3"]
    assert bundle.take_back(["2"]) == []
    assert keys(bundle.shards) == ["0", "1"]
    bundle.take_back(["1"])
    assert not bundle.is_single  # an error may still be that of a shard that it gave up
    assert Bundle(1, shards(1)).is_single


def test_a_bundle_of_a_worker_that_died_has_begun_later_and_has_lost_no_rows() -> None:
    bundle = Bundle(0, shards(2))
    bundle.note("first", 50, 5, now=10)
    bundle.was_asked = True
    bundle.note("second", 20, 2, now=30)
    bundle.note("second", 30, 3, now=40)
    assert (bundle.worker, bundle.since, bundle.was_asked, bundle.rows, bundle.requests) == ("second", 30, False, 50, 5)


def test_the_oldest_bundles_are_the_slow_ones() -> None:
    bundles = [Bundle(number, shards(1)) for number in range(5)]
    for bundle, since in zip(bundles, [3.0, 1.0, 2.0, 9.0, None], strict=True):
        bundle.since = since
    bundles[2].was_asked = True
    assert [bundle.number for bundle in slow_bundles(bundles, before=5)] == [1, 0]
