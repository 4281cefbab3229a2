"""What an entry of the log proves, by its time, its number and the other entries. Scripted: no wiki has these logs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mwclient_async._actions.log_proof import LoggedWrite
from mwclient_async._actions.log_rules import page_ids, rule_for
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.lost_reply import LostReply, send_until_known
from mwclient_async._session.own_actions import OwnAction, OwnActions, own_actions_on
from mwclient_async.errors import ApiErrorItem, OutcomeUnknown, PageMissing, PermissionDenied
from tests.support.scripted_flow import Answer, Script

WIKI_NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NOW, BEGAN = 100.0, 95.0  # by the Site's clock: when the log is read, and when the request was sent
DELETE = {"action": "delete", "title": "A", "reason": "r"}
MOVE = {"action": "move", "from": "A", "to": "B", "reason": "r"}
LOST = OutcomeUnknown("lost")


def entry(logid: int, *, at: float, title: str = "A", **more: Any) -> dict[str, Any]:
    """An entry that was made at this moment of the Site's clock."""
    timestamp = (WIKI_NOW - timedelta(seconds=NOW - at)).isoformat().replace("+00:00", "Z")
    row = {"logid": logid, "ns": 0, "title": title, "logpage": 5, "action": "delete", "comment": "r", "params": {}}
    return {**row, "timestamp": timestamp, **more}


def account(*, missing: bool = True, **info: Any) -> Answer:
    page = {"title": "A", **({"missing": True} if missing else {})}
    return {"query": {"userinfo": {"name": "Me", **info}, "pages": [page]}}


def log(*entries: Mapping[str, Any]) -> Answer:
    return {"curtimestamp": "2026-11-30T12:00:00Z", "query": {"logevents": list(entries)}}


def begun(*entries: Mapping[str, Any]) -> Answer:
    """The same, if the wiki has more entries."""
    more = {"continue": {"lecontinue": "x", "continue": "-||"}}
    return {"curtimestamp": "2026-11-30T12:00:00Z", "query": {"logevents": list(entries)}, **more}


def write(own_actions: OwnActions, params: Mapping[str, str], *, began: float, shared: bool | None) -> LoggedWrite:
    rule = rule_for(params)
    assert rule is not None
    own = own_actions.add(params, rule.titles(params), page_ids(params), now=began)
    request = ApiRequest(params=params, write=True)
    return LoggedWrite(request, rule, own, own_actions, lambda: NOW, lambda _: None, shared=shared)


def run(
    *answers: Answer,
    params: Mapping[str, str] = DELETE,
    own_actions: OwnActions | None = None,
    shared: bool | None = None,
) -> tuple[ApiResponse, Script]:
    script = Script(LOST, *answers, attempts=1)
    found = write(own_actions or OwnActions(), params, began=BEGAN, shared=shared)
    return script.run(send_until_known(found, LostReply())), script


def earlier(own_actions: OwnActions, params: Mapping[str, str], *, began: float, ended: float | None) -> OwnAction:
    own = write(own_actions, params, began=began, shared=None).own
    if ended is not None:
        own.end(ended, {})
    return own


@pytest.mark.parametrize("at", [BEGAN - 1, BEGAN, NOW])
def test_w2_an_entry_since_the_request_was_sent_is_ours(at: float) -> None:
    response, script = run(account(), log(entry(7, at=at)))
    assert response.body == {"delete": {"title": "A", "reason": "r", "logid": 7, "verified": True}}
    assert [request.write for request in script.requests] == [True, False, False]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        pytest.param((account(), log()), "does not show it", id="no entry"),
        pytest.param((account(), log(entry(7, at=BEGAN - 2))), "does not show it", id="older entry"),
        pytest.param((account(), log(entry(7, at=NOW, title=""))), "does not show it", id="hidden title"),
        pytest.param((account(), log(entry(8, at=NOW), entry(7, at=BEGAN))), "more than one entry", id="two that fit"),
        pytest.param(
            (account(), log(entry(8, at=NOW, title="C"), entry(7, at=NOW))), "another process", id="another page"
        ),
        pytest.param((account(missing=False), log(entry(7, at=NOW))), "the page exists", id="created again"),
        pytest.param((account(anon=True),), "anonymous", id="anonymous user"),
        pytest.param((account(temp=True),), "anonymous", id="temporary account"),
        pytest.param(
            (account(), PermissionDenied((ApiErrorItem(code="permissiondenied"),))), "could not be read", id="refused"
        ),
        pytest.param((account(), {"query": {"logevents": [{}]}}), "could not be read", id="odd shape"),
        pytest.param((account(), {"curtimestamp": "now"}), "could not be read", id="no clock"),
    ],
)
def test_w2_what_the_log_does_not_prove_stays_unknown(answers: tuple[Answer, ...], why: str) -> None:
    with pytest.raises(OutcomeUnknown, match=why) as caught:
        run(*answers)
    assert (caught.value.title, caught.value.__cause__) == ("A", LOST)


def test_w2_the_caller_may_say_whether_others_use_the_account() -> None:
    foreign = log(entry(8, at=NOW, title="C"), entry(7, at=NOW))
    response, _ = run(account(), foreign, shared=False)
    assert response.body["delete"]["logid"] == 7
    with pytest.raises(OutcomeUnknown, match="other processes use this account"):
        run(account(), log(entry(7, at=NOW)), shared=True)


def test_w2_entries_of_other_actions_of_this_process_are_known() -> None:
    own = OwnActions()
    earlier(own, {**DELETE, "title": "C"}, began=90, ended=91)
    earlier(own, {"action": "delete", "pageid": "9"}, began=90, ended=None)
    rows = (entry(9, at=91, title="C"), entry(8, at=99, title="D", logpage=9), entry(7, at=NOW))
    assert run(account(), log(*rows), own_actions=own)[0].body["delete"]["logid"] == 7


@pytest.mark.parametrize("ended", [BEGAN - 0.5, None])
def test_w2_an_entry_that_an_action_like_it_accounts_for_is_not_ours(ended: float | None) -> None:
    own = OwnActions()
    earlier(own, DELETE, began=94, ended=ended)
    with pytest.raises(OutcomeUnknown, match="does not show it"):
        run(account(), log(entry(7, at=BEGAN)), own_actions=own)
    own = OwnActions()
    earlier(own, DELETE, began=94, ended=ended)
    assert run(account(), log(entry(8, at=BEGAN), entry(7, at=94)), own_actions=own)[0].body["delete"]["logid"] == 8


@pytest.mark.parametrize(("oldest", "responses"), [(96, 3), (93, 2)])
def test_w2_all_entries_since_this_process_began_are_read(oldest: float, responses: int) -> None:
    """The wiki gives 500 of them in one response. One of another process is in the last."""
    own = OwnActions()
    earlier(own, {**DELETE, "title": "C"}, began=BEGAN, ended=NOW)
    known, foreign = entry(6, at=oldest, title="C"), entry(5, at=oldest, title="D")
    answers = (account(), begun(entry(7, at=NOW)), begun(known), log(foreign))
    if responses == 3:
        with pytest.raises(OutcomeUnknown, match="it made the entry 5"):
            run(*answers, own_actions=own)
    else:
        script = run(*answers[:-1], own_actions=own)[1]
        assert script.requests[-1].params["lecontinue"] == "x"


def test_w2_a_log_without_end_is_not_read_to_its_end() -> None:
    response, script = run(account(), begun(entry(7, at=NOW)), *[begun()] * 9)
    assert response.body["delete"]["logid"] == 7
    assert len(script.requests) == 12


def test_w2_a_slow_reading_of_the_log_makes_no_entry_of_this_process_foreign() -> None:
    """The wiki's clock was read at some moment between the request and the response."""
    own = OwnActions()
    earlier(own, {**DELETE, "title": "C"}, began=94, ended=96)
    found = write(own, DELETE, began=BEGAN, shared=None)
    moments = iter((NOW - 4, NOW, NOW))
    found.clock = lambda: next(moments)
    script = Script(LOST, account(), log(entry(8, at=NOW, title="C"), entry(7, at=NOW)))
    assert script.run(send_until_known(found, LostReply())).body["delete"]["logid"] == 7


def test_w2_an_action_that_the_wiki_refused_accounts_for_nothing() -> None:
    own = OwnActions()
    own.remove(earlier(own, DELETE, began=94, ended=None))
    assert run(account(), log(entry(7, at=NOW)), own_actions=own)[0].body["delete"]["logid"] == 7


def test_w2_a_refusal_is_raised_without_a_look_at_the_log() -> None:
    refused = PageMissing((ApiErrorItem(code="missingtitle"),))
    script = Script(refused)
    found = write(OwnActions(), DELETE, began=BEGAN, shared=None)
    with pytest.raises(PageMissing):
        script.run(send_until_known(found, LostReply()))
    assert len(script.requests) == 1


@pytest.mark.parametrize("reply", [{}, {"delete": []}, {"delete": "done"}, {"moved": {"title": "A"}}])
def test_s7_a_reply_that_is_not_the_result_is_a_lost_reply(reply: Answer) -> None:
    script = Script(reply, account(), log(entry(7, at=NOW)))
    found = write(OwnActions(), DELETE, began=BEGAN, shared=None)
    assert script.run(send_until_known(found, LostReply())).body["delete"]["logid"] == 7


def test_w2_the_log_is_read_again_if_the_entry_appears_late() -> None:
    script = Script(LOST, account(), log(), account(), log(entry(7, at=NOW)))
    found = write(OwnActions(), DELETE, began=BEGAN, shared=None)
    assert script.run(send_until_known(found, LostReply())).body["delete"]["verified"]


def test_w2_a_move_that_was_undone_since_is_not_proven() -> None:
    moved: dict[str, Any] = {"action": "move", "params": {"target_title": "B", "suppressredirect": False}}
    back: dict[str, Any] = {"action": "move", "title": "B", "params": {"target_title": "A", "suppressredirect": True}}
    rows = (entry(8, at=BEGAN - 1, **back), entry(7, at=BEGAN - 1, **moved))
    with pytest.raises(OutcomeUnknown, match="another process"):
        run(account(), log(*rows), params=MOVE)


def test_all_sites_of_a_process_share_their_actions_on_a_wiki() -> None:
    first, second = (own_actions_on(f"http://shared.example:{port}/w/api.php") for port in (80, 81))
    assert first is second
    assert own_actions_on("http://other.example/w/api.php") is not first
