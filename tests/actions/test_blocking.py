"""Block and unblock users."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mwclient_async import Site
from mwclient_async.errors import ApiError, InvalidParameter, PageMissing, PermissionDenied, UnrecognizedParameters
from mwclient_async.testing import LocalWiki
from tests.support.actions import assert_codes
from tests.support.logins import fresh


@pytest.mark.everywhere
async def test_a_block_has_all_that_was_asked_for(steward: Site) -> None:
    expiry = datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)
    done = await steward.actions.block(
        "192.0.2.0/24",
        expiry=expiry,
        reason="open proxies",
        anononly=True,
        nocreate=True,
        allowusertalk=True,
        partial=True,
        pagerestrictions={"Main Page"},
        namespacerestrictions=[0, 4],
        actionrestrictions="upload",
        reblock=True,
    )
    (block,) = await steward.list("blocks", ip="192.0.2.7", prop="id|user|expiry|reason|flags|restrictions").collect()
    assert (done.id, done.user, done.userid) == (block.id, block.user, 0)
    assert done.expiry == block.expiry == "2099-01-02T03:04:05Z"
    assert (block.anononly, block.nocreate, block.partial, block.autoblock) == (True, True, True, False)
    assert (done.pagerestrictions, done.namespacerestrictions) == (("Main Page",), (0, 4))
    assert [page.title for page in block.restrictions.pages] == ["Main Page"]
    assert block.restrictions.actions == done.actionrestrictions == ("upload",)
    lifted = await steward.actions.unblock(id=done.id, reason="closed")
    assert (lifted.id, lifted.user, lifted.reason) == (done.id, "192.0.2.0/24", "closed")
    assert await steward.list("blocks", ip="192.0.2.7").collect() == []


async def test_a_block_of_a_namespace_that_the_wiki_does_not_have_is_not_sent(steward: Site) -> None:
    for number in (99, -1):
        with pytest.raises(UnrecognizedParameters, match=f"namespace {number}; nothing was sent"):
            await steward.actions.block(
                "198.51.100.7", allowusertalk=True, partial=True, namespacerestrictions=[0, number]
            )
    assert await steward.list("blocks", ip="198.51.100.7").collect() == []


async def test_an_expiry_is_a_duration_a_text_or_infinite(steward: Site) -> None:
    ends = [
        (await steward.actions.block("198.51.100.1", expiry=expiry, reason=str(expiry), reblock=True)).expiry
        for expiry in (timedelta(days=14), "2 weeks", "never")
    ]
    for text in ends[:2]:
        left = datetime.fromisoformat(text) - datetime.now(UTC)
        assert timedelta(days=13, hours=23) < left <= timedelta(days=14, seconds=1)
    assert ends[2] == "infinite"
    await steward.actions.unblock("198.51.100.1")


async def test_each_refusal_of_the_manual_is_its_error(steward: Site, member: Site) -> None:
    await steward.actions.block("203.0.113.1")
    await assert_codes(
        (
            (ApiError, "alreadyblocked", steward.actions.block("203.0.113.1")),
            (InvalidParameter, "nosuchuser", steward.actions.block("No such user")),
            (InvalidParameter, "invalidexpiry", steward.actions.block("203.0.113.2", expiry="in my time")),
            (
                PageMissing,
                "missingtitle",
                steward.actions.block("203.0.113.2", partial=True, pagerestrictions=fresh("No")),
            ),
            (ApiError, "ip_range_toolarge", steward.actions.block("203.0.113.0/2")),
            (ApiError, "cantunblock", steward.actions.unblock("203.0.113.77")),
            (PermissionDenied, "permissiondenied", member.actions.block("203.0.113.3")),
            (PermissionDenied, "permissiondenied", member.actions.unblock("203.0.113.1")),
        )
    )


@pytest.mark.everywhere
async def test_s6_a_parameter_of_a_newer_wiki_is_refused_before_the_write(
    steward: Site, action_wiki: LocalWiki
) -> None:
    address = "203.0.113.9"
    await steward.actions.block(address, expiry="1 day")
    if action_wiki.version < "1.43":
        with pytest.raises(UnrecognizedParameters, match="action=unblock knows no parameter 'watchuser'; nothing was"):
            await steward.actions.unblock(address, watchuser=True)
        assert (await steward.actions.unblock(address)).user == address  # the block still existed
    else:
        done = await steward.actions.unblock(address, watchuser=True, watchlistexpiry="2 weeks")
        assert done.watchuser
        assert (done.watchlistexpiry or "").endswith("Z")
