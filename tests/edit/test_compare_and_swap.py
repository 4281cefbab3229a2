"""W2: an edit is done once, whatever gets lost, whoever else edits, however late a request arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._edit.edits import Edit, edit, read_text
from mwclient_async._http.messages import ApiRequest
from mwclient_async._rest.rest_edit import RestEdit, rest_edit
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async.errors import (
    CaptchaRequired,
    EditConflict,
    InvalidTitle,
    MediaWikiError,
    OutcomeUnknown,
    PageExists,
    PageMissing,
    ProtocolError,
    Refused,
)
from mwclient_async.models.edits import EditOutcome, EditResult
from mwclient_async.models.options import RetryPolicy
from tests.support.model_page import ME, TITLE, ModelWiki
from tests.support.scripted_flow import Answer, Script, converse, refusal

POLICY = RetryPolicy(attempts=4)
CREATE = Edit(title=TITLE, text="Text of ours.", summary="ours", missing="only")
SAVE = Edit(title=TITLE, text="Text of ours.", summary="ours")
APPEND = Edit(title=TITLE, append="\n* ours ~~~~", summary="ours", missing="create")
PREPEND = Edit(title=TITLE, prepend="ours\n", summary="", missing="create")
SECTION = Edit(title=TITLE, append="ours", section="A [[b|c]]", missing="create")
ALL = [CREATE, SAVE, APPEND, PREPEND, SECTION]


def wiki(*faults: str | None, text: str | None = "Text.", **options: Any) -> ModelWiki:
    """A wiki on which the n-th edit request suffers the n-th fault."""
    left = list(faults)
    made = ModelWiki(fault=lambda call: left.pop(0) if left and call.params["action"] == "edit" else None, **options)
    if text is not None:
        made.save(text)
    return made


def run(change: Edit, on: ModelWiki, base: BaseRevision | None = None) -> EditResult:
    return converse(edit(change, base, policy=POLICY), on.answer)


def ours(on: ModelWiki) -> int:
    """How often our edit is in the history."""
    return sum("ours" in revision.text and revision.user == ME for revision in on.revisions)


def edits(on: ModelWiki) -> list[ApiRequest]:
    return [call for call in on.calls if call.params["action"] == "edit"]


@pytest.mark.parametrize("fault", [None, "before", "after", "late"])
@pytest.mark.parametrize("change", ALL, ids=["create", "save", "append", "prepend", "section"])
def test_w2_an_edit_whose_answer_is_lost_is_done_once(change: Edit, fault: str | None) -> None:
    on = wiki(fault, text=None if change.missing == "only" else "Text.")
    result = run(change, on)
    on.arrive_late()
    assert ours(on) == 1
    assert result.revid == on.revisions[-1].revid
    assert result.verified is (fault == "after")
    assert result.outcome is (EditOutcome.CREATED if change.missing == "only" else EditOutcome.SAVED)


def test_w2_every_edit_has_its_compare_and_swap_and_the_servers_clock() -> None:
    on = wiki()
    base = on.revisions[-1].revid
    run(APPEND, on)
    sent = edits(on)[0].params
    assert (sent["baserevid"], sent["nocreate"], "createonly" in sent) == (str(base), "1", False)
    assert sent["starttimestamp"].startswith("2026-01-01T")
    assert "basetimestamp" not in sent
    empty = wiki(text=None)
    run(APPEND, empty)
    assert "createonly" in edits(empty)[0].params


def test_an_edit_on_a_known_base_costs_one_request() -> None:
    on = wiki()
    run(SAVE, on, BaseRevision(revid=on.revisions[-1].revid))
    assert len(on.calls) == 1


def test_somebody_elses_edit_is_a_conflict_for_a_text_and_none_for_an_append() -> None:
    on = wiki()
    base = BaseRevision(revid=on.revisions[-1].revid)
    on.save("Text of another.")
    with pytest.raises(EditConflict):
        run(SAVE, on, base)
    result = run(APPEND, on, base)
    assert on.revisions[-1].text.startswith("Text of another.\n* ours [[User:Demo]]")
    assert result.outcome is EditOutcome.SAVED


def test_w2_ours_is_told_from_an_equal_edit_before_the_base() -> None:
    on = wiki("before", "before", "before", "before")
    on.save("Text.\n* ours [[User:Demo]] x", user=ME, comment="ours")
    with pytest.raises(OutcomeUnknown, match=r"sent 4 times, and is not in the page's history"):
        run(APPEND, on)


def test_w2_an_edit_of_our_account_with_that_summary_and_another_text_leaves_a_doubt() -> None:
    on = wiki("before")
    base = on.revisions[-1].revid
    on.meddle = lambda on: on.save("Text.\n* else", user=ME, comment="ours") if len(on.calls) == 3 else None
    with pytest.raises(OutcomeUnknown, match="with that summary and another text") as caught:
        run(APPEND, on)
    assert (caught.value.title, caught.value.base) == (TITLE, base)
    assert len(edits(on)) == 1


def test_w2_where_a_filter_could_have_warned_nothing_is_sent_again() -> None:
    on = wiki("before", filtered=True)
    with pytest.raises(OutcomeUnknown, match="abuse filter"):
        run(APPEND, on)
    assert len(edits(on)) == 1
    assert run(APPEND, wiki("after", filtered=True)).verified


def test_w2_a_page_that_is_gone_when_the_history_is_asked_leaves_a_doubt() -> None:
    on = wiki("after")
    on.meddle = lambda on: on.revisions.clear() if len(on.calls) == 3 else None
    with pytest.raises(OutcomeUnknown, match="the page is gone"):
        run(APPEND, on)


def test_w2_a_history_that_cannot_be_read_leaves_a_doubt() -> None:
    left = ["before"]
    on = ModelWiki(fault=lambda call: left.pop() if left and call.params["action"] == "edit" else "fail")
    on.save("Text.")
    with pytest.raises(OutcomeUnknown, match="history could not be read"):
        run(SAVE, on, BaseRevision(revid=on.revisions[-1].revid, pageid=7))


def test_w2_a_long_history_since_the_base_is_read_on() -> None:
    on = wiki("after")

    def crowd(on: ModelWiki) -> None:
        for number in range(60 if len(on.calls) == 3 else 0):
            on.save(f"{on.revisions[-1].text} {number}")

    on.meddle = crowd
    result = run(APPEND, on)
    assert result.verified
    assert ours(on) == 1


def test_a_refusal_after_a_doubt_is_raised_as_it_is() -> None:
    asked = iter([OutcomeUnknown("lost"), refusal("blocked")])
    on = wiki()
    base = BaseRevision(revid=on.revisions[-1].revid)
    with pytest.raises(MediaWikiError) as caught:
        converse(
            edit(APPEND, base, policy=POLICY),
            lambda call: next(asked) if call.params["action"] == "edit" else on.answer(call),
        )
    assert getattr(caught.value, "code", "") == "blocked"


def test_presence_is_checked_before_anything_is_sent() -> None:
    for change, text, error in ((SAVE, None, PageMissing), (CREATE, "Text.", PageExists)):
        on = wiki(text=text)
        with pytest.raises(error):
            run(change, on)
        assert not edits(on)


def test_a_captcha_is_typed_with_its_data_and_another_failure_too() -> None:
    captcha = {"edit": {"result": "Failure", "captcha": {"type": "simple", "id": "1", "question": "57-8"}}}
    with pytest.raises(CaptchaRequired) as caught:
        Script(captcha).run(edit(SAVE, BaseRevision(revid=1), policy=POLICY))
    assert caught.value.data["captcha"]["question"] == "57-8"
    with pytest.raises(Refused, match="spam-thing: No"):
        Script({"edit": {"result": "Failure", "code": "spam-thing", "info": "No."}}).run(
            edit(SAVE, BaseRevision(revid=1), policy=POLICY)
        )


def test_a_title_that_cannot_be_edited_is_refused_before_it_is_sent() -> None:
    answer = {"query": {"pages": [{"title": "<x>", "invalid": True, "invalidreason": "Bad characters."}]}}
    with pytest.raises(InvalidTitle, match="Bad characters"):
        Script(answer).run(edit(APPEND, None, policy=POLICY))


def test_a_merge_and_no_change_are_told_apart() -> None:
    told = {"result": "Success", "pageid": 7, "title": TITLE}
    merged = {"edit": {**told, "oldrevid": 5, "newrevid": 6, "newtimestamp": "2026-01-01T00:00:00Z"}}
    assert Script(merged).run(edit(SAVE, BaseRevision(revid=4), policy=POLICY)).outcome is EditOutcome.MERGED
    same = Script({"edit": {**told, "nochange": True}}).run(edit(SAVE, BaseRevision(revid=4), policy=POLICY))
    assert (same.outcome, same.revid, same.timestamp) == (EditOutcome.UNCHANGED, 4, None)


@pytest.mark.parametrize("account", ["anon", "temp"])
def test_w2_who_is_nobody_finds_his_edit_under_a_temporary_account(account: str) -> None:
    """Its name came with the answer that was lost."""
    on = wiki("after")

    def answer(call: ApiRequest) -> Answer:
        said = on.answer(call)
        if not isinstance(said, Mapping) or "userinfo" not in said.get("query", {}):
            return said
        (page,) = said["query"]["pages"]
        revisions = [
            {**one, "user": "~2026-1", account: True} if one["user"] == ME else one for one in page["revisions"]
        ]
        who = {"name": "127.0.0.1", "anon": True}
        return {**said, "query": {**said["query"], "userinfo": who, "pages": [{**page, "revisions": revisions}]}}

    assert converse(edit(APPEND, None, policy=POLICY), answer).verified
    assert ours(on) == 1


def test_w2_an_answer_that_says_nothing_of_the_edit_leaves_a_doubt_that_the_history_decides() -> None:
    answers: tuple[Answer, ...] = ({}, {"edit": []}, {"edit": {}}, {"query": {}})
    for nothing in answers:
        on, told = wiki(), list[object]()

        def answer(
            call: ApiRequest, on: ModelWiki = on, told: list[object] = told, nothing: Answer = nothing
        ) -> Answer:
            said = on.answer(call)
            if call.params["action"] == "edit" and not told:
                told.append(said)
                return nothing
            return said

        assert converse(edit(SAVE, None, policy=POLICY), answer).verified
        assert ours(on) == 1


def test_w2_where_our_first_request_came_late_the_second_one_changes_nothing_and_the_edit_is_done() -> None:
    on = wiki("late")
    on.meddle = lambda on: on.arrive_late() if len(edits(on)) == 2 else None
    result = run(SAVE, on)
    assert (result.outcome, result.revid, result.verified) == (EditOutcome.SAVED, on.revisions[-1].revid, True)
    assert ours(on) == 1


def test_w2_a_captcha_after_a_doubt_does_not_say_that_nothing_was_saved() -> None:
    """The first request was still on its way, and has used the captcha up when the second one comes."""
    on = wiki("late")
    captcha = {"edit": {"result": "Failure", "captcha": {"id": "2"}}}

    def answer(call: ApiRequest) -> Answer:
        if edits(on) and call.params["action"] == "edit":
            on.arrive_late()
            return captcha
        return on.answer(call)

    assert converse(edit(APPEND, None, policy=POLICY), answer).verified
    assert ours(on) == 1


def test_a_bar_in_a_title_never_makes_two_of_it() -> None:
    answer = {
        "query": {"pages": [{"title": "A|B", "invalid": True, "invalidreason": {"code": "x", "text": "No bar."}}]}
    }
    for conversation in (edit(Edit(title="A|B", text="x"), None, policy=POLICY), read_text(Edit(title="A|B"))):
        script = Script(answer)
        with pytest.raises(InvalidTitle, match=r"no page that can have a text: No bar\."):
            script.run(conversation)
        assert script.calls[0].params["titles"] == "\x1fA|B"


def test_a_page_of_another_wiki_and_a_text_that_is_kept_back_are_typed_errors() -> None:
    with pytest.raises(InvalidTitle, match="page of another wiki"):
        Script({"query": {"interwiki": [{"title": "mw:A", "iw": "mw"}]}}).run(read_text(Edit(title="mw:A")))
    hidden = {"title": TITLE, "pageid": 7, "revisions": [{"revid": 4, "slots": {"main": {"texthidden": True}}}]}
    with pytest.raises(ProtocolError, match="keeps the text"):
        Script({"query": {"pages": [hidden]}}).run(read_text(SAVE))


def test_w2_an_edit_by_rest_that_is_found_is_read_back_under_the_pages_own_title() -> None:
    """Even where that fails, it is told that the edit was done."""
    on, read_back = wiki(), list[str]()

    def answer(call: ApiRequest) -> Answer:
        if call.method == "PUT":
            on.save("Text of ours.", user=ME, comment="ours")
            return OutcomeUnknown("lost")
        if call.path:
            read_back.append(call.path)
            return refusal("missingtitle")
        return on.answer(call)

    change, base = RestEdit(title="page#Section", text="Text of ours."), BaseRevision(revid=on.revisions[-1].revid)
    with pytest.raises(PageMissing) as caught:
        converse(rest_edit(change, base, policy=POLICY), answer)
    assert read_back == [f"/v1/page/{TITLE}"]
    assert caught.value.__notes__ == [f"'{TITLE}' was saved before that, as revision {on.revisions[-1].revid}."]


def test_w2_a_request_that_arrives_between_the_conflict_and_the_next_try_is_found() -> None:
    """Lost, and not there yet; then somebody edits, so that the second try conflicts; then the first one arrives."""
    on = wiki("late", text="Text.\nEnd.")
    base = BaseRevision(revid=on.revisions[-1].revid)

    def meddle(on: ModelWiki) -> None:
        if len(on.calls) == 3:  # before the second try
            on.save("Text.\n* tail")
        if len(on.calls) == 5:  # before the page is read anew
            on.save("Other.\nEnd.")
            on.arrive_late()

    on.meddle = meddle
    result = run(APPEND, on, base)
    assert (ours(on), result.verified) == (1, True)


# Whatever happens ----------------------------------------------------------------------------------------------------

FAULTS = st.lists(st.sampled_from([None, "before", "after", "late"]), max_size=12)
MEDDLERS: list[Callable[[ModelWiki], object]] = [
    lambda _: None,
    lambda on: on.save(f"{on.revisions[-1].text if on.revisions else ''}\n* other {on.now}"),
    lambda on: on.save(f"other {on.now}\n{on.revisions[-1].text if on.revisions else ''}"),
    lambda on: on.save(f"{on.now}", user=ME, comment="something else"),
    lambda on: on.save(f"{on.now}", user=ME, comment="ours"),
    lambda on: on.arrive_late(),
]


@given(
    change=st.sampled_from(ALL),
    faults=FAULTS,
    meddling=st.lists(st.sampled_from(MEDDLERS), max_size=12),
    there=st.booleans(),
    filtered=st.booleans(),
)
@settings(max_examples=600, deadline=None)
def test_w2_no_edit_is_done_twice_and_none_is_reported_that_was_not_done(
    *,
    change: Edit,
    faults: list[str | None],
    meddling: list[Callable[[ModelWiki], object]],
    there: bool,
    filtered: bool,
) -> None:
    on = wiki(*faults, text="Text." if there else None, filtered=filtered)
    acts = list(meddling)
    on.meddle = lambda on: acts.pop(0)(on) if acts else None
    try:
        result = run(change, on)
    except OutcomeUnknown:
        on.arrive_late()
        assert ours_made(on) <= 1
    except MediaWikiError:
        on.arrive_late()
        assert ours_made(on) == 0
    else:
        on.arrive_late()
        assert ours_made(on) == 1
        assert any(one.revid == result.revid and one.user == ME for one in on.revisions)


def ours_made(on: ModelWiki) -> int:
    """How many revisions our requests have made: those that changed something with what we sent."""
    texts = {revision.revid: revision.text for revision in on.revisions} | {0: ""}
    return sum(
        revision.text.count("ours") > texts[revision.parentid].count("ours")
        for revision in on.revisions
        if revision.user == ME
    )
