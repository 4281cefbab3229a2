"""A Site that is closed in the middle: a write may have been executed or was not sent, a read ends, nothing hangs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from mwclient_async import Limits, RetryPolicy, Site
from mwclient_async.errors import OutcomeUnknown, ReplyLost, SiteClosed
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT
from tests.support.edits import site_behind
from tests.support.fault_proxy import (
    DROP_BEFORE,
    STALL_AFTER,
    STALL_BEFORE,
    TOO_MANY,
    UNAVAILABLE_BEFORE,
    Fault,
    FaultProxy,
    matching,
    too_many,
)

Use = Callable[[Site], Awaitable[object]]


async def errors_after_closing(
    site: Site, uses: list[Use], reached: Callable[[], Awaitable[object]]
) -> list[Exception]:
    """What these calls raise if the site is closed once ``reached`` has been awaited."""
    caught: list[Exception] = []

    async def call(use: Use) -> None:
        try:
            await use(site)
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            caught.append(error)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks, site:
            for use in uses:
                tasks.start_soon(call, use)
            await reached()
    return caught


def raw_edit(site: Site) -> Awaitable[object]:
    return site.call("edit", title="Closed", text="x")


@pytest.mark.everywhere
@pytest.mark.parametrize("fault", [STALL_BEFORE, STALL_AFTER], ids=lambda fault: fault.kind)
async def test_w7_closing_in_the_middle_of_a_write_leaves_its_outcome_unknown(wiki: LocalWiki, fault: Fault) -> None:
    def append(site: Site) -> Awaitable[object]:
        return site.page("Main Page").append("* a line")

    def create_over_rest(site: Site) -> Awaitable[object]:
        return site.rest.create_page("Closed over REST", source="x", comment="")

    for action, use in (("edit", append), ("edit", raw_edit), ("/v1/page", create_over_rest)):
        async with FaultProxy(wiki.url, matching(action, fault)) as proxy:
            (error,) = await errors_after_closing(site_behind(proxy), [use], lambda: proxy.until(fault.kind))
        assert (type(error), action) == (OutcomeUnknown, action)
        assert isinstance(error.__cause__, ReplyLost | SiteClosed)


async def test_w7_closing_in_the_middle_of_a_read_is_an_error_of_its_own(wiki: LocalWiki) -> None:
    def read(site: Site) -> Awaitable[object]:
        return site.userinfo()

    async with FaultProxy(wiki.url, matching("query", STALL_AFTER)) as proxy:
        limits, retry = Limits(concurrency=1), RetryPolicy(attempts=1)
        site = Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, limits=limits, retry=retry)
        caught = await errors_after_closing(site, [read, read], lambda: proxy.until("STALL_AFTER"))
    assert [type(error) for error in caught] == [SiteClosed, SiteClosed]
    assert isinstance(caught[0], RuntimeError)
    assert proxy.forwarded == 1  # the other one waited for its slot


class StoppedClock(ScriptedClock):
    """A clock on which a wait never ends."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = anyio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.waiting.set()
        await anyio.sleep_forever()


async def test_w7_closing_ends_a_wait_for_a_retry_or_a_pause(wiki: LocalWiki) -> None:
    def read(site: Site) -> Awaitable[object]:
        return site.userinfo()

    for action, fault, use in (
        ("query", UNAVAILABLE_BEFORE, read),
        ("query", TOO_MANY, read),
        ("edit", too_many("17"), raw_edit),
    ):
        clock = StoppedClock()
        async with FaultProxy(wiki.url, matching(action, fault)) as proxy:
            (error,) = await errors_after_closing(site_behind(proxy, clock=clock), [use], clock.waiting.wait)
        assert (type(error), fault.kind) == (SiteClosed, fault.kind)


async def test_w7_an_edit_that_waits_for_its_next_try_after_a_lost_reply_is_unknown(wiki: LocalWiki) -> None:
    def append(site: Site) -> Awaitable[object]:
        return site.page("Main Page").append("x")

    clock = StoppedClock()
    async with FaultProxy(wiki.url, matching("edit", DROP_BEFORE)) as proxy:
        (error,) = await errors_after_closing(site_behind(proxy, clock=clock), [append], clock.waiting.wait)
    assert type(error) is OutcomeUnknown
    assert isinstance(error.__cause__, ReplyLost | SiteClosed)


async def test_a_closed_site_can_be_opened_again(wiki: LocalWiki) -> None:
    site = Site(wiki.api_url, user_agent=USER_AGENT)
    for _ in range(2):
        async with site:
            assert (await site.userinfo()).name
    with pytest.raises(RuntimeError, match="is not open"):
        await site.userinfo()
