"""W2: an edit is saved once, even if replies are lost, other users edit, or a request arrives late."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from attrs import evolve

from mwclient_async._edit.edits import Edit
from mwclient_async._edit.read_base import read_text
from mwclient_async._edit.save_edit import save_edit
from mwclient_async._http.flow import NewSession, TryAgain
from mwclient_async._http.messages import ApiRequest
from mwclient_async._rest.rest_edit import RestEdit, rest_edit
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async._session.title_locks import revision_lock_keys
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
from tests.support.model_page import ME, TITLE, ModelPageWiki
from tests.support.scripted_flow import Answer, Script, refusal, run_with_answers

ATTEMPTS = 4
CREATE = Edit(title=TITLE, text="Text of ours.", summary="ours", missing="only")
SAVE = Edit(title=TITLE, text="Text of ours.", summary="ours")
APPEND = Edit(title=TITLE, append="\n* ours ~~~~", summary="ours", missing="create")
PREPEND = Edit(title=TITLE, prepend="ours\n", summary="", missing="create")
SECTION = Edit(title=TITLE, append="ours", heading="A [[b|c]]", missing="create")
ALL = [CREATE, SAVE, APPEND, PREPEND, SECTION]


def make_wiki(*faults: str | None, text: str | None = "Text.", **options: Any) -> ModelPageWiki:
    """A wiki on which the n-th edit request has the n-th fault."""
    left = list(faults)
    wiki = ModelPageWiki(
        fault=lambda request: left.pop(0) if left and request.params["action"] == "edit" else None, **options
    )
    if text is not None:
        wiki.save(text)
    return wiki


def run(edit: Edit, wiki: ModelPageWiki, base: BaseRevision | None = None) -> EditResult:
    return run_with_answers(save_edit(edit, base), wiki.respond, attempts=ATTEMPTS)


def count_ours(wiki: ModelPageWiki) -> int:
    """How often our edit is in the history."""
    return sum("ours" in revision.text and revision.user == ME for revision in wiki.revisions)


def edit_requests(wiki: ModelPageWiki) -> list[ApiRequest]:
    return [request for request in wiki.requests if request.params["action"] == "edit"]


@pytest.mark.parametrize("fault", [None, "before", "after", "late"])
@pytest.mark.parametrize("edit", ALL, ids=["create", "save", "append", "prepend", "section"])
def test_w2_an_edit_whose_reply_is_lost_is_saved_once(edit: Edit, fault: str | None) -> None:
    wiki = make_wiki(fault, text=None if edit.missing == "only" else "Text.")
    result = run(edit, wiki)
    wiki.execute_delayed()
    assert count_ours(wiki) == 1
    assert result.revid == wiki.revisions[-1].revid
    assert result.verified is (fault == "after")
    assert result.outcome is (EditOutcome.CREATED if edit.missing == "only" else EditOutcome.SAVED)


def test_w2_every_edit_sends_a_compare_and_swap_and_the_time_of_the_wiki() -> None:
    wiki = make_wiki()
    base = wiki.revisions[-1].revid
    run(APPEND, wiki)
    sent = edit_requests(wiki)[0].params
    assert (sent["baserevid"], sent["nocreate"], "createonly" in sent) == (str(base), "1", False)
    assert sent["starttimestamp"].startswith("2026-01-01T")
    assert "basetimestamp" not in sent
    empty = make_wiki(text=None)
    run(APPEND, empty)
    assert "createonly" in edit_requests(empty)[0].params


def test_an_edit_on_a_known_base_costs_one_request() -> None:
    wiki = make_wiki()
    run(SAVE, wiki, BaseRevision(revid=wiki.revisions[-1].revid))
    assert len(wiki.requests) == 1


def test_an_edit_of_another_user_is_a_conflict_for_a_text_but_not_for_an_append() -> None:
    wiki = make_wiki()
    base = BaseRevision(revid=wiki.revisions[-1].revid)
    wiki.save("Text of another.")
    with pytest.raises(EditConflict):
        run(SAVE, wiki, base)
    result = run(APPEND, wiki, base)
    assert wiki.revisions[-1].text.startswith("Text of another.\n* ours [[User:Demo]]")
    assert result.outcome is EditOutcome.SAVED


def test_w2_an_equal_edit_before_the_base_is_not_taken_for_ours() -> None:
    wiki = make_wiki("before", "before", "before", "before")
    wiki.save("Text.\n* ours [[User:Demo]] x", user=ME, comment="ours")
    with pytest.raises(OutcomeUnknown, match=r"no trace of it was found, and attempt 4 was the last"):
        run(APPEND, wiki)


def test_w2_an_edit_of_our_account_with_that_summary_and_another_text_is_an_unknown_outcome() -> None:
    wiki = make_wiki("before")
    base = wiki.revisions[-1].revid
    wiki.interfere = lambda wiki: (
        wiki.save("Text.\n* else", user=ME, comment="ours") if len(wiki.requests) == 3 else None
    )
    with pytest.raises(OutcomeUnknown, match="with that summary and another text") as caught:
        run(APPEND, wiki)
    assert (caught.value.title, caught.value.base) == (TITLE, base)
    assert len(edit_requests(wiki)) == 1


def test_w2_contributions_without_the_revision_that_was_found_prove_nothing() -> None:
    """The wiki's server that lists them may lag, and not know of other edits either."""
    answers: tuple[Answer, ...] = ({}, {"query": {"usercontribs": []}})
    for contributions in answers:
        wiki = make_wiki("after")

        def respond(request: ApiRequest, wiki: ModelPageWiki = wiki, answer: Answer = contributions) -> Answer:
            return answer if request.params.get("list") == "usercontribs" else wiki.respond(request)

        with pytest.raises(OutcomeUnknown, match="contributions do not show it so far"):
            run_with_answers(save_edit(APPEND, None), respond)


@pytest.mark.parametrize("answered", [1300, 1299])
def test_w2_all_contributions_since_the_beginning_are_looked_at(answered: int) -> None:
    """The wiki lists 500 of them in one response. One that this process did not make is among the last."""
    others = [{"revid": 9999 - number, "title": "Other", "timestamp": "9"} for number in range(1300)]
    wiki = make_wiki("after", other_contributions=others)
    own_edits = OwnEdits()
    for row in others[:answered]:
        own_edits.record({"edit": {"newrevid": row["revid"]}})
    flow = save_edit(APPEND, None, own_edits)
    if answered == len(others):
        assert run_with_answers(flow, wiki.respond).verified
    else:
        with pytest.raises(OutcomeUnknown, match="another process has made revision 8700"):
            run_with_answers(flow, wiki.respond)
    assert len([request for request in wiki.requests if request.params.get("list") == "usercontribs"]) == 3


def test_w2_contributions_without_end_are_not_read_to_their_end() -> None:
    others = [{"revid": 99999 - number, "title": "Other", "timestamp": "9"} for number in range(9000)]
    wiki = make_wiki("after", other_contributions=others)
    own_edits = OwnEdits()
    for row in others:
        own_edits.record({"edit": {"newrevid": row["revid"]}})
    with pytest.raises(OutcomeUnknown, match="contributions do not show it so far"):
        run_with_answers(save_edit(APPEND, None, own_edits), wiki.respond)
    assert len([request for request in wiki.requests if request.params.get("list") == "usercontribs"]) == 10


@pytest.mark.parametrize("edit", [CREATE, SAVE], ids=["create", "save"])
def test_w2_on_a_base_without_a_time_the_history_is_read_since_this_site_began_to_write(edit: Edit) -> None:
    """A page that was read in a batch has no time of the wiki's clock."""
    began = "2025-12-31T00:00:00Z"
    other = {"revid": 9999, "title": "Other", "timestamp": "2025-12-31T00:00:01Z"}
    for contributions, is_found in (([], True), ([other], False)):
        own_edits = OwnEdits()
        own_edits.begin(began)
        wiki = make_wiki("after", text=None if edit is CREATE else "Text.", other_contributions=contributions)
        base = BaseRevision(revid=0 if edit is CREATE else wiki.revisions[-1].revid)
        if is_found:
            assert run_with_answers(save_edit(edit, base, own_edits), wiki.respond).verified
        else:
            with pytest.raises(OutcomeUnknown, match="another process has made revision 9999") as caught:
                run_with_answers(save_edit(edit, base, own_edits), wiki.respond)
            assert caught.value.since == began
        (read,) = [request.params for request in wiki.requests if request.params.get("list") == "usercontribs"]
        assert read["ucend"] == began


def test_the_error_of_a_creation_says_where_to_look_also_if_no_time_is_known() -> None:
    wiki = make_wiki("before", text=None, has_abuse_filter=True, abuse_log=None)
    with pytest.raises(OutcomeUnknown, match="look at the page's history after its beginning before you repeat"):
        run(CREATE, wiki, BaseRevision(revid=0))


WARNED = {"user": ME, "result": "warn"}


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ([WARNED], "an abuse filter of this wiki has warned of it"),
        ([{"user": ME, "result": "tag"}, {"user": ME, "result": "tag,warn"}], "has warned of it"),
        ([{"user": "Other", "result": ""}] * 49 + [{"user": ME}], "has warned of it"),
        ([{"user": ME, "result": ""}] * 50, "has warned of it"),
        (None, "its log could not be read"),
    ],
)
def test_w2_nothing_is_sent_again_if_an_abuse_filter_could_have_warned(
    log: list[Mapping[str, Any]] | None, reason: str
) -> None:
    wiki = make_wiki("before", has_abuse_filter=True, abuse_log=log)
    with pytest.raises(OutcomeUnknown, match=reason):
        run(APPEND, wiki)
    assert len(edit_requests(wiki)) == 1
    assert run(APPEND, make_wiki("after", has_abuse_filter=True)).verified


@pytest.mark.parametrize("log", [[], [{"user": "Other", "result": "warn"}], [{"user": ME, "result": "tag"}]])
def test_w2_an_edit_is_sent_again_in_another_session_if_no_abuse_filter_has_warned(
    log: list[Mapping[str, Any]],
) -> None:
    wiki, events = make_wiki("before", has_abuse_filter=True, abuse_log=log), list[Any]()
    result = run_with_answers(save_edit(APPEND, None), wiki.respond, events, attempts=ATTEMPTS)
    assert (count_ours(wiki), result.verified, len(edit_requests(wiki))) == (1, False, 2)
    assert [type(event) for event in events] == [NewSession, TryAgain]
    (read,) = [request.params for request in wiki.requests if request.params.get("list") == "abuselog"]
    assert (read["afltitle"], read["aflend"]) == (TITLE, edit_requests(wiki)[0].params["starttimestamp"])


def test_w2_a_page_that_no_longer_exists_is_an_unknown_outcome() -> None:
    wiki = make_wiki("after")
    wiki.interfere = lambda wiki: wiki.revisions.clear() if len(wiki.requests) == 3 else None
    with pytest.raises(OutcomeUnknown, match="the page no longer exists"):
        run(APPEND, wiki)


def test_w2_a_history_that_cannot_be_read_is_an_unknown_outcome() -> None:
    left = ["before"]
    wiki = ModelPageWiki(fault=lambda request: left.pop() if left and request.params["action"] == "edit" else "fail")
    wiki.save("Text.")
    with pytest.raises(OutcomeUnknown, match="history could not be read"):
        run(SAVE, wiki, BaseRevision(revid=wiki.revisions[-1].revid, pageid=7))


def test_w2_a_long_history_since_the_base_is_read_in_several_requests() -> None:
    wiki = make_wiki("after")

    def save_many(wiki: ModelPageWiki) -> None:
        for number in range(60 if len(wiki.requests) == 3 else 0):
            wiki.save(f"{wiki.revisions[-1].text} {number}")

    wiki.interfere = save_many
    result = run(APPEND, wiki)
    assert result.verified
    assert count_ours(wiki) == 1


def test_w2_a_history_that_does_not_end_is_an_unknown_outcome() -> None:
    wiki, number = make_wiki("after"), count()

    def respond(request: ApiRequest) -> Answer:
        if "rvlimit" not in request.params:
            return wiki.respond(request)
        pages = [{"pageid": 7, "ns": 0, "title": TITLE, "revisions": []}]
        query = {"userinfo": {"name": ME}, "extensions": [], "pages": pages}
        return {"continue": {"rvcontinue": str(next(number)), "continue": "||"}, "query": query}

    with pytest.raises(OutcomeUnknown, match="does not end after 100 responses"):
        run_with_answers(save_edit(APPEND, None), respond)


def test_a_refusal_after_a_lost_reply_is_raised_as_it_is() -> None:
    edit_responses = iter([OutcomeUnknown("lost"), refusal("blocked")])
    wiki = make_wiki()
    base = BaseRevision(revid=wiki.revisions[-1].revid)
    with pytest.raises(MediaWikiError) as caught:
        run_with_answers(
            save_edit(APPEND, base),
            lambda request: next(edit_responses) if request.params["action"] == "edit" else wiki.respond(request),
        )
    assert getattr(caught.value, "code", "") == "blocked"


def test_presence_is_checked_before_an_edit_is_sent() -> None:
    for edit, text, error in ((SAVE, None, PageMissing), (CREATE, "Text.", PageExists)):
        wiki = make_wiki(text=text)
        with pytest.raises(error):
            run(edit, wiki)
        assert not edit_requests(wiki)


def test_a_captcha_and_another_failure_are_errors_with_their_data() -> None:
    captcha = {"edit": {"result": "Failure", "captcha": {"type": "simple", "id": "1", "question": "57-8"}}}
    with pytest.raises(CaptchaRequired) as caught:
        Script(captcha).run(save_edit(SAVE, BaseRevision(revid=1)))
    assert caught.value.data["captcha"]["question"] == "57-8"
    with pytest.raises(Refused, match="spam-thing: No"):
        Script({"edit": {"result": "Failure", "code": "spam-thing", "info": "No."}}).run(
            save_edit(SAVE, BaseRevision(revid=1))
        )


def test_a_title_that_cannot_be_edited_is_an_error_before_the_edit_is_sent() -> None:
    response = {"query": {"pages": [{"title": "<x>", "invalid": True, "invalidreason": "Bad characters."}]}}
    with pytest.raises(InvalidTitle, match="Bad characters"):
        Script(response).run(save_edit(APPEND, None))


def test_a_merge_and_no_change_are_different_outcomes() -> None:
    result = {"result": "Success", "pageid": 7, "title": TITLE}
    merged = {"edit": {**result, "oldrevid": 5, "newrevid": 6, "newtimestamp": "2026-01-01T00:00:00Z"}}
    assert Script(merged).run(save_edit(SAVE, BaseRevision(revid=4))).outcome is EditOutcome.MERGED
    same = Script({"edit": {**result, "nochange": True}}).run(save_edit(SAVE, BaseRevision(revid=4)))
    assert (same.outcome, same.revid, same.timestamp) == (EditOutcome.UNCHANGED, 4, None)


@pytest.mark.parametrize("account", ["anon", "temp"])
def test_w2_an_anonymous_client_finds_its_edit_under_a_temporary_account(account: str) -> None:
    """The name of the account was in the response that was lost."""
    wiki = make_wiki("after")

    def respond(request: ApiRequest) -> Answer:
        if request.params.get("list") == "usercontribs":
            assert request.params["ucuser"] == "~2026-1"
            request = evolve(request, params={**request.params, "ucuser": ME})
        response = wiki.respond(request)
        if not isinstance(response, Mapping) or "userinfo" not in response.get("query", {}):
            return response
        (page,) = response["query"]["pages"]
        revisions = [
            {**revision, "user": "~2026-1", account: True} if revision["user"] == ME else revision
            for revision in page["revisions"]
        ]
        who = {"name": "127.0.0.1", "anon": True}
        return {
            **response,
            "query": {**response["query"], "userinfo": who, "pages": [{**page, "revisions": revisions}]},
        }

    assert run_with_answers(save_edit(APPEND, None), respond).verified
    assert count_ours(wiki) == 1


def test_w2_a_response_that_does_not_mention_the_edit_is_resolved_by_the_history() -> None:
    useless_responses: tuple[Answer, ...] = ({}, {"edit": []}, {"edit": {}}, {"query": {}})
    for useless in useless_responses:
        wiki, left = make_wiki(), [useless]

        def respond(request: ApiRequest, wiki: ModelPageWiki = wiki, left: list[Answer] = left) -> Answer:
            response = wiki.respond(request)
            return left.pop() if left and request.params["action"] == "edit" else response

        assert run_with_answers(save_edit(SAVE, None), respond).verified
        assert count_ours(wiki) == 1


def test_w2_an_edit_that_was_saved_by_a_late_first_request_is_reported_as_saved() -> None:
    wiki = make_wiki("late")
    wiki.interfere = lambda wiki: wiki.execute_delayed() if len(edit_requests(wiki)) == 2 else None
    result = run(SAVE, wiki)
    assert (result.outcome, result.revid, result.verified) == (EditOutcome.SAVED, wiki.revisions[-1].revid, True)
    assert count_ours(wiki) == 1


def test_w2_a_captcha_after_a_lost_reply_does_not_prove_that_nothing_was_saved() -> None:
    """The first request arrives late and uses the captcha, so the second one needs a new captcha."""
    wiki = make_wiki("late")
    captcha = {"edit": {"result": "Failure", "captcha": {"id": "2"}}}

    def respond(request: ApiRequest) -> Answer:
        if edit_requests(wiki) and request.params["action"] == "edit":
            wiki.execute_delayed()
            return captcha
        return wiki.respond(request)

    assert run_with_answers(save_edit(APPEND, None), respond).verified
    assert count_ours(wiki) == 1


def test_a_title_with_a_bar_is_never_sent_as_two_titles() -> None:
    response = {
        "query": {"pages": [{"title": "A|B", "invalid": True, "invalidreason": {"code": "x", "text": "No bar."}}]}
    }
    for flow in (save_edit(Edit(title="A|B", text="x"), None), read_text(Edit(title="A|B"))):
        script = Script(response)
        with pytest.raises(InvalidTitle, match=r"cannot have a text: No bar\."):
            script.run(flow)
        assert script.requests[0].params["titles"] == "\x1fA|B"


def test_a_page_of_another_wiki_and_a_hidden_text_are_typed_errors() -> None:
    with pytest.raises(InvalidTitle, match="page of another wiki"):
        Script({"query": {"interwiki": [{"title": "mw:A", "iw": "mw"}]}}).run(read_text(Edit(title="mw:A")))
    hidden = {"title": TITLE, "pageid": 7, "revisions": [{"revid": 4, "slots": {"main": {"texthidden": True}}}]}
    with pytest.raises(ProtocolError, match="does not show the text"):
        Script({"query": {"pages": [hidden]}}).run(read_text(SAVE))


def test_w2_a_rest_edit_that_is_found_in_the_history_is_read_back_under_the_pages_title() -> None:
    """If that fails, the error says that the edit was saved."""
    wiki, read_back = make_wiki(), list[str]()

    def respond(request: ApiRequest) -> Answer:
        if request.method == "PUT":
            wiki.save("Text of ours.", user=ME, comment="ours")
            return OutcomeUnknown("lost")
        if request.path:
            read_back.append(request.path)
            return refusal("missingtitle")
        return wiki.respond(request)

    edit, base = RestEdit(title="page#Section", text="Text of ours."), BaseRevision(revid=wiki.revisions[-1].revid)
    with pytest.raises(PageMissing) as caught:
        run_with_answers(rest_edit(edit, base), respond)
    assert read_back == [f"/v1/page/{TITLE}"]
    assert caught.value.__notes__ == [f"'{TITLE}' was saved before that, as revision {wiki.revisions[-1].revid}."]


def test_w2_an_edit_that_is_found_is_remembered_with_its_time() -> None:
    """Another wiki of this machine can have a page and a revision of the same names, but of another time."""
    api_url, wiki = f"http://{uuid4().hex}.example.org:8080/w/api.php", make_wiki("after")
    flow = save_edit(SAVE, BaseRevision(revid=wiki.revisions[-1].revid), OwnEdits(api_url, keys=revision_lock_keys))
    revid = run_with_answers(flow, wiki.respond).revid
    found = {"title": TITLE, "revid": revid, "timestamp": wiki.revisions[-1].timestamp}
    elsewhere = OwnEdits(api_url.replace("8080", "8081"), keys=revision_lock_keys)
    assert elsewhere.is_contested(found), "it may be the same wiki behind a proxy"
    assert not elsewhere.is_contested(found | {"timestamp": "2026-05-05T05:05:05Z"})


def test_w2_a_rest_edit_that_arrives_late_is_found_after_a_captcha() -> None:
    """The first try is delayed; the wiki asks the second one for a captcha; then the first try arrives."""
    wiki, puts = make_wiki(), count()

    def respond(request: ApiRequest) -> Answer:
        if request.method == "PUT":
            return refusal("captcha-createaccount-fail") if next(puts) else OutcomeUnknown("lost")
        if request.path:
            return {
                "id": 7,
                "key": TITLE,
                "title": TITLE,
                "source": "",
                "latest": {"id": 1, "timestamp": "2026-01-01T00:00:00Z"},
            }
        if request.write:
            wiki.save("Text of ours.", user=ME, comment="ours")
        return wiki.respond(request)

    edit, base = (
        RestEdit(title=TITLE, text="Text of ours.", summary="ours"),
        BaseRevision(revid=wiki.revisions[-1].revid),
    )
    page = run_with_answers(rest_edit(edit, base), respond)
    assert page["title"] == TITLE
    assert count_ours(wiki) == 1


def test_w2_a_request_that_arrives_between_the_conflict_and_the_next_try_is_found() -> None:
    """The first try is delayed; another user edits, so the second try conflicts; then the first try arrives."""
    wiki = make_wiki("late", text="Text.\nEnd.")
    base = BaseRevision(revid=wiki.revisions[-1].revid)

    def interfere(wiki: ModelPageWiki) -> None:
        if len(wiki.requests) == 3:  # before the second try
            wiki.save("Text.\n* tail")
        if len(wiki.requests) == 5:  # before the page is read again
            wiki.save("Other.\nEnd.")
            wiki.execute_delayed()

    wiki.interfere = interfere
    result = run(APPEND, wiki, base)
    assert (count_ours(wiki), result.verified) == (1, True)
