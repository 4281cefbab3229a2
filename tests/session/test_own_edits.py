"""W2: which revisions this process has made, and which of them another process must have made."""

from __future__ import annotations

from hashlib import sha1
from typing import Any
from uuid import uuid4

import anyio
import anyio.lowlevel
import pytest

from mwclient_async import Site
from mwclient_async._session import own_edits
from mwclient_async._session.own_edits import OwnEdits
from mwclient_async._session.title_locks import revision_lock_keys
from mwclient_async.errors import OutcomeUnknown
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.scripted_flow import refusal

BEGUN, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"


def row(revid: int, title: str = "Page", timestamp: str = LATER) -> dict[str, Any]:
    return {"revid": revid, "title": title, "pageid": 7, "timestamp": timestamp}


OURS = row(100, "Other page") | {"pageid": 8}


@pytest.fixture
def api_url() -> str:
    return f"https://{uuid4().hex}.example.org/w/api.php"


@pytest.fixture
def own(api_url: str) -> OwnEdits:
    own = OwnEdits(api_url, keys=revision_lock_keys)
    own.begin(BEGUN)
    return own


@pytest.mark.parametrize(
    "body",
    [
        {"edit": {"result": "Success", "newrevid": 5, "newtimestamp": LATER, "title": "Page"}},
        {"rollback": {"title": "Page", "revid": 5}},
        {"id": 7, "title": "Page", "latest": {"id": 5, "timestamp": LATER}},
    ],
)
def test_w2_a_revision_that_a_response_names_is_ours(own: OwnEdits, body: object) -> None:
    assert own.find_foreign([row(5)], ours=OURS) == row(5)
    own.record(body)
    assert own.is_answered(row(5))
    assert own.find_foreign([row(5), OURS], ours=OURS) is None


def test_w2_a_site_knows_the_edits_of_the_other_sites_of_its_process_at_this_wiki(own: OwnEdits, api_url: str) -> None:
    saved = {"edit": {"newrevid": 5, "newtimestamp": LATER, "title": "Page"}}
    OwnEdits("https://elsewhere.example.org/w/api.php").record(saved)
    assert not own.is_answered(row(5))
    OwnEdits(api_url).record(saved)
    assert own.is_answered(row(5))
    assert not own.is_answered(row(5, "Another title"))
    OwnEdits(api_url).record({"rollback": {"revid": 6, "title": "Page"}})
    assert own.is_answered(row(6))


def test_w2_an_edit_at_another_port_may_be_at_another_wiki_or_through_a_proxy(own: OwnEdits, api_url: str) -> None:
    OwnEdits(api_url.replace(".org", ".org:8080")).record(
        {"edit": {"newrevid": 5, "newtimestamp": LATER, "title": "Page"}}
    )
    assert not own.is_answered(row(5)), "else it would be sent again"
    assert own.is_contested(row(5))
    assert own.find_foreign([row(5)], ours=OURS) is None


def test_w2_edits_before_this_site_began_to_write_say_nothing(own: OwnEdits) -> None:
    own.begin(LATER)
    assert own.since == BEGUN
    assert own.find_foreign([row(5, timestamp=BEGUN)], ours=OURS) is None
    assert own.find_foreign([row(5, timestamp=BEGUN)], ours=OURS, since_base=[5]) is not None


def test_w2_a_write_in_progress_accounts_for_one_revision_of_its_page(own: OwnEdits) -> None:
    with own.writing(["Page"]):
        assert own.find_foreign([row(5)], ours=OURS) is None
        assert own.find_foreign([row(5), row(6)], ours=OURS) == row(6)
        assert own.find_foreign([row(5), row(6)], ours=row(5)) == row(6), "the write in progress has made revision 5"
    assert own.find_foreign([row(5)], ours=OURS) == row(5)


@pytest.mark.parametrize(
    ("error", "accounted"), [(OutcomeUnknown("lost"), True), (refusal("missingtitle"), False), (KeyError("bug"), False)]
)
def test_w2_a_write_with_an_unknown_outcome_accounts_for_one_revision(
    own: OwnEdits, error: Exception, *, accounted: bool
) -> None:
    with pytest.raises(type(error)), own.writing(["Page"]):
        raise error
    assert (own.find_foreign([row(5)], ours=OURS) is None) is accounted
    assert own.find_foreign([row(5), row(6)], ours=OURS) is not None


async def test_w2_a_write_that_was_cancelled_accounts_for_one_revision(own: OwnEdits) -> None:
    with anyio.CancelScope() as scope, own.writing(["Page"]):
        scope.cancel()
        await anyio.lowlevel.checkpoint()
    assert own.find_foreign([row(5)], ours=OURS) is None


def test_w2_an_action_that_names_no_revision_accounts_for_one_but_not_an_edit_without_change(
    own: OwnEdits,
) -> None:
    own.record({"edit": {"result": "Success", "nochange": True}}, ["Page"])
    assert own.find_foreign([row(5)], ours=OURS) is not None
    own.record({"move": {"from": "Old", "to": "Page"}}, ["Old", "Page"])
    assert own.find_foreign([row(5), row(6, "Old") | {"pageid": 9}], ours=OURS) is None


def test_w2_an_upload_accounts_for_one_revision_unless_the_wiki_only_warned(own: OwnEdits) -> None:
    own.record({"upload": {"result": "Warning", "filekey": "K", "warnings": {"exists": "Page"}}}, ["Page"])
    assert own.find_foreign([row(5)], ours=OURS) is not None
    own.record({"upload": {"result": "Success", "filename": "Page"}}, ["Page"])
    assert own.find_foreign([row(5)], ours=OURS) is None
    assert own.find_foreign([row(5), row(6)], ours=OURS) is not None


async def test_w2_the_chunks_of_an_upload_account_for_no_revision(api_url: str) -> None:
    size = 3000
    rules = {"query": {"general": {"generator": "MediaWiki 1.43.9"}}}
    tokens = {"query": {"tokens": {"csrftoken": "+\\"}}, "curtimestamp": BEGUN}
    chunks = [{"upload": {"result": "Continue", "offset": offset, "filekey": "K"}} for offset in (1024, 2048)]
    stashed = {"upload": {"result": "Success", "filekey": "K", "imageinfo": {"sha1": sha1(bytes(size)).hexdigest()}}}
    published = {"upload": {"result": "Success", "filename": "A.bin"}}
    transport = ScriptedTransport([rules, tokens, *chunks, stashed, published])
    async with Site(api_url, user_agent=USER_AGENT, transport=transport) as site:
        await site.upload(bytes(size), filename="A.bin", chunk_size=1024)
        rows = [row(5, "File:A.bin"), row(6, "File:A.bin")]
        assert site._session.own_edits.find_foreign(rows[:1], ours=OURS) is None
        assert site._session.own_edits.find_foreign(rows, ours=OURS) == rows[1]
        assert site._session.own_edits.since == BEGUN, "the clock of the wiki when it gave the first token"


MOVED = {
    "from": "User:A",
    "to": "User:B",
    "talkfrom": "Benutzer Diskussion:A",
    "talkto": "Benutzer Diskussion:B",
    "subpages": [{"from": "User:A/1", "to": "User:B/1"}, {"errors": [{"code": "articleexists"}]}],
    "subpages-talk": [{"from": "User talk:A/1", "to": "User talk:B/1"}],
}
IMPORTED = [{"ns": 0, "title": "Page", "revisions": 3}, {"ns": 10, "title": "Template:Box", "revisions": 1}]


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        ({"move": MOVED}, "User:A User:B Benutzer_Diskussion:B User:A/1 User:B/1 User_talk:A/1 User_talk:B/1"),
        ({"import": IMPORTED}, "Page Template:Box"),
    ],
    ids=["move", "import"],
)
def test_w2_the_pages_that_a_response_names_account_for_one_revision_each(
    own: OwnEdits, body: dict[str, Any], titles: str
) -> None:
    for title in titles.split():
        assert own.find_foreign([row(5, title)], ours=OURS) is not None
    own.record(body, ["user:A", "user:B"] if "move" in body else [])
    for title in titles.split():
        assert own.find_foreign([row(5, title)], ours=OURS) is None
        assert own.find_foreign([row(5, title), row(6, title)], ours=OURS) is not None


@pytest.mark.parametrize("body", [{"move": "x"}, {"move": {"subpages": "x", "to": 5}}, {"import": [5, {"title": []}]}])
def test_s7_a_response_in_an_odd_form_accounts_for_nothing(own: OwnEdits, body: dict[str, Any]) -> None:
    own.record(body)
    assert own.find_foreign([row(5)], ours=OURS) is not None


def test_w2_two_writes_to_one_page_by_two_sites_are_contested(own: OwnEdits, api_url: str) -> None:
    other = OwnEdits(api_url, keys=revision_lock_keys)
    with own.writing(["Page"]):
        assert not own.is_contested(row(5))
        with other.writing(["Page"]):
            assert own.is_contested(row(5))
    assert not own.is_contested(row(5))


@pytest.mark.parametrize(("ours", "theirs"), [("Page", "#7"), ("#7", "Page"), ("user talk:Page", "benutzer talk:Page")])
def test_w2_two_writes_to_one_page_under_other_keys_are_contested(own: OwnEdits, ours: str, theirs: str) -> None:
    """One names the page by its title and one by its id, or each in the name of another language."""
    found = row(5, "Page" if "#7" in {ours, theirs} else "User talk:Page")
    with own.writing([ours]):
        assert not own.is_contested(found)
        with own.writing(["Elsewhere"]):
            assert not own.is_contested(found)
        with own.writing([theirs]):
            assert own.is_contested(found)


def test_what_is_remembered_is_bounded(own: OwnEdits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_edits, "_MOST_REMEMBERED", 10)
    for revid in range(1, 101):
        own.record({"edit": {"newrevid": revid, "newtimestamp": LATER, "title": f"Page {revid}"}})
        own.record({"move": {"to": f"Page {revid}"}}, [f"Page {revid}"])
        with pytest.raises(OutcomeUnknown), own.writing([f"Lost {revid}"]):
            raise OutcomeUnknown("lost")
    kept = [kind for kind in (own._revids, own_edits._made, own_edits._unsettled) if len(kind) > 10]
    assert not kept
    assert own.is_answered(row(100, "Page 100"))
    assert own.find_foreign([row(101, "Lost 100")], ours=OURS) is None, "the latest are kept"
    assert own.find_foreign([row(101, "Lost 1")], ours=OURS) is not None
