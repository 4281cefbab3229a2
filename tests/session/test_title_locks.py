"""W8: which writes wait for each other."""

from __future__ import annotations

from contextlib import nullcontext

import anyio
import pytest

from mwclient_async._session.title_locks import TitleLocks, file_lock_key, title_lock_key, write_lock_keys


@pytest.mark.parametrize(
    "title",
    ["Talk:Foo bar", "talk:foo_bar", " talk : foo  bar ", ":Talk:Foo_bar", "TALK:Foo bar_"],
)
def test_w8_one_page_has_one_key(title: str) -> None:
    assert title_lock_key(title) == title_lock_key("Talk:Foo bar")


@pytest.mark.parametrize("title", ["Foo bar", "Talk:Foo Bar", "Talk:Foo bar/x", "🪐", "عربي", "Talk:Foo bar?"])
def test_w8_other_pages_have_other_keys(title: str) -> None:
    assert title_lock_key(title) != title_lock_key("Talk:Foo bar")


def test_w8_a_file_has_the_key_of_its_page() -> None:
    assert (
        file_lock_key("earth.png")
        == file_lock_key("File:Earth.png")
        == title_lock_key("Image:earth.png")
        == title_lock_key("file:Earth.png")
    )


@pytest.mark.parametrize(
    ("params", "keys"),
    [
        ({"action": "edit", "title": "foo"}, ["Foo"]),
        ({"action": "edit", "pageid": "5"}, ["#5"]),
        ({"action": "move", "from": "b", "to": "a"}, ["A", "B"]),
        ({"action": "mergehistory", "fromid": "3", "to": "a"}, ["#3", "A"]),
        ({"action": "upload", "filename": "x.png"}, ["file:X.png"]),
        ({"action": "upload", "filename": "x.png", "stash": "1"}, []),
        ({"action": "move", "from": "b", "to": "user:a", "movetalk": "1"}, ["B", "talk:B", "user talk:A", "user:A"]),
        ({"action": "revisiondelete", "target": "a", "ids": "5"}, ["A"]),
        ({"action": "imagerotate", "titles": "x.png|File:y.png"}, ["file:X.png", "file:Y.png"]),
        ({"action": "emailuser", "target": "A", "filename": "x.png"}, []),
    ],
)
def test_w8_a_write_has_the_keys_of_all_pages_that_it_changes(params: dict[str, str], keys: list[str]) -> None:
    assert sorted(write_lock_keys(params)) == keys


async def test_w7_a_cancelled_wait_releases_the_locks_that_it_holds() -> None:
    locks, scope = TitleLocks(), anyio.CancelScope()

    async def write_to(*keys: str) -> None:
        with scope if len(keys) > 1 else nullcontext():
            async with locks.hold(keys):
                assert keys == ("A",)

    with anyio.fail_after(5):
        async with locks.hold(["B"]), anyio.create_task_group() as tasks:
            for keys in (("B", "A"), ("A",)):
                tasks.start_soon(write_to, *keys)
                await anyio.wait_all_tasks_blocked()
            scope.cancel()
    assert scope.cancelled_caught
