"""Wrong arguments are refused before any request; right ones are sent in the form of the manual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mwclient_async.testing.scripted import sent
from tests.support.actions import TOKENS, Refusals, assert_refused, scripted

NAIVE = datetime(2099, 1, 1)  # noqa: DTZ001 - it must be refused


async def test_wrong_arguments_are_refused_before_any_request() -> None:
    site, transport = scripted()
    async with site:
        act: Any = site.actions
        refusals: Refusals = (
            (ValueError, "user is empty", lambda: act.block(" ")),
            (TypeError, "user is of type int", lambda: act.block(5)),
            (ValueError, "expiry is empty", lambda: act.block("A", expiry="")),
            (ValueError, "has no time zone", lambda: act.block("A", expiry=NAIVE)),
            (ValueError, "is in the past", lambda: act.block("A", expiry=datetime(2020, 1, 1, tzinfo=UTC))),
            (ValueError, "is in the past", lambda: act.block("A", expiry=timedelta(days=-1))),
            (ValueError, "is in the past", lambda: act.block("A", expiry="2020-01-01T00:00:00Z")),
            (ValueError, "is in the past", lambda: act.block("A", expiry="2020-01-01")),
            (ValueError, "partial=True", lambda: act.block("A", pagerestrictions=["B"])),
            (ValueError, "watchuser=True", lambda: act.block("A", watchlistexpiry="2 weeks")),
            (TypeError, "nocreate='no' is not a flag", lambda: act.block("A", nocreate="no")),
            (TypeError, "unexpected keyword argument 'expirry'", lambda: act.block("A", expirry="2 weeks")),
            (ValueError, "user and id, not 0", act.unblock),
            (ValueError, "user and id, not 2", lambda: act.unblock("A", id=1)),
            (ValueError, "give an id", lambda: act.unblock(id=0)),
            (ValueError, "exactly one of from and fromid, not 2", lambda: act.move("A", fromid=1, to="B")),
            (ValueError, "exactly one of from and fromid, not 0", lambda: act.move(to="B")),
            (ValueError, "title is empty", lambda: act.move("A", to=" ")),
            (ValueError, "watchlist='always': give one of", lambda: act.move("A", to="B", watchlist="always")),
            (ValueError, "needs a watched page", lambda: act.delete("A", watchlist="unwatch", watchlistexpiry="1 day")),
            (ValueError, "exactly one of title and pageid", lambda: act.delete("A", pageid=1)),
            (TypeError, "title is of type int", lambda: act.delete(7)),
            (ValueError, "has no time zone", lambda: act.undelete("A", timestamps=[NAIVE])),
            (TypeError, "give a datetime", lambda: act.undelete("A", timestamps=["2020-01-01T00:00:00Z"])),
            (ValueError, "fileids=-1", lambda: act.undelete("A", fileids=[-1])),
            (ValueError, "protections is empty", lambda: act.protect("A", protections={})),
            (ValueError, "is not an action", lambda: act.protect("A", protections={"edit=sysop": "x"})),
            (
                ValueError,
                "same actions: move",
                lambda: act.protect("A", protections={"edit": "x"}, expiry={"edit": "never", "move": "never"}),
            ),
            (ValueError, "exactly one of to and toid", lambda: act.mergehistory("A")),
            (ValueError, "user is empty", lambda: act.rollback("A", user="")),
            (ValueError, "exactly one of text, undo", lambda: act.edit("A")),
            (ValueError, "exactly one of text, undo", lambda: act.edit("A", text="x", appendtext="y")),
            (ValueError, "undoafter needs undo", lambda: act.edit("A", text="x", undoafter=5)),
            (ValueError, "contradicts", lambda: act.edit("A", text="x", createonly=True, nocreate=True)),
            (ValueError, "half of a surrogate", lambda: act.edit("A", text="\ud800")),
            (ValueError, "exactly one of text and stashedtexthash", lambda: act.stashedit("A", baserevid=1)),
            (TypeError, "positional argument", lambda: act.delete("A", "B")),
        )
        await assert_refused(refusals)
    assert transport.requests == []


async def test_the_parameters_that_the_library_sets_are_refused() -> None:
    site, transport = scripted()
    async with site:
        for name in ("format", "formatversion", "errorformat", "origin", "crossorigin", "callback", "token"):
            with pytest.raises(ValueError, match=f"'{name}' is set by the library itself"):
                await site.call("parse", page="A", params={name: "x"})
    assert transport.requests == []


async def test_an_action_that_another_method_does_names_that_method() -> None:
    site, _ = scripted()
    async with site:
        for name, where in (
            ("clientlogin", "ClientLogin"),
            ("logout", r"site\.logout\(\)"),
            ("thank", r"site\.call\(\)"),
        ):
            with pytest.raises(AttributeError, match=f"site.actions has no '{name}': .*{where}"):
                getattr(site.actions, name)


async def test_arguments_are_sent_in_the_form_of_the_manual() -> None:
    body = {"protect": {"title": "A", "reason": "", "protections": [{"edit": "", "expiry": "infinite"}]}}
    site, transport = scripted(TOKENS, body)
    async with site:
        done = await site.actions.protect(
            "A", protections={"edit": "", "move": "sysop"}, expiry={"move": timedelta(hours=1), "edit": "never"}
        )
    sent_params = sent(transport.requests[-1])
    assert (sent_params["protections"], sent_params["expiry"]) == ("edit=all|move=sysop", "infinite|3600 seconds")
    assert not {"cascade", "watchlist", "watchlistexpiry", "tags", "pageid"} & sent_params.keys()
    assert [(p.type, p.level, p.expiry) for p in done.protections] == [("edit", "", "infinite")]
