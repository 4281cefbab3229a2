"""Reading again: what has not changed is the very value, what has is a new one, and nothing stale passes for either.

Whatever changes in a way that the wiki's own "not changed" does not tell is done here on the wiki.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from mwclient_async import ClientLogin, RetryPolicy, Site
from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpRequest, HttpResponse
from mwclient_async._rest.endpoints import ENDPOINTS, Trust, unless_changed, with_validator
from mwclient_async.errors import PageMissing, PermissionDenied, ProtocolError
from mwclient_async.models.rest import Html, HtmlPage, RestFile, RestList, RestPage, RestRevision, RestUser, Validator
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.image_files import png
from tests.support.logins import fresh, site as site_of
from tests.support.rest_wikis import VERSIONS, Ground, Visitor, Visits

both = pytest.mark.parametrize("version", VERSIONS)
Read = Callable[..., Awaitable[Any]]


def reads(site: Site, ground: Ground) -> dict[str, tuple[Read, tuple[Any, ...]]]:
    """Every method that takes ``previous``, with something to read that has been as it is for a while."""
    rest = site.rest
    of_pages = (rest.page, rest.page_bare, rest.page_html, rest.page_with_html, rest.languages, rest.media)
    of_revisions = (rest.revision, rest.revision_bare, rest.revision_html, rest.revision_with_html)
    found: dict[str, tuple[Read, tuple[Any, ...]]] = {method.__name__: (method, ("Earth",)) for method in of_pages}
    found |= {method.__name__: (method, (ground.new,)) for method in of_revisions}
    found |= {"file": (rest.file, ("Dot.png",)), "history_counts": (rest.history_counts, ("Earth", "edits"))}
    return found


@both
async def test_what_has_not_changed_comes_back_itself_and_without_a_body_where_the_wiki_can_tell(
    visits: Visits, version: str
) -> None:
    site, visitor, ground = await visits(version)
    for name, (method, arguments) in reads(site, ground).items():
        first = await method(*arguments)
        visitor.forget()
        assert await method(*arguments, previous=first) is first, name
        trust = ENDPOINTS[name].trust
        assert visitor.statuses[0] == (200 if trust is Trust.NEVER else 304), name
        assert (visitor.of_rest[0].body == b"") is (trust is not Trust.NEVER), name
        assert len(visitor.statuses) == (2 if name in {"revision", "revision_with_html"} else 1), name


@both
async def test_what_has_changed_is_a_new_value(visits: Visits, version: str) -> None:
    site, visitor, _ = await visits(version)
    title, rest = fresh("Changing"), site.rest
    await site.page(title).create("One.")
    forms: list[Read] = [rest.page, rest.page_bare, rest.page_html, rest.page_with_html]
    before = [await form(title) for form in forms]
    count = await rest.history_counts(title, "edits")
    languages, media = await rest.languages(title), await rest.media(title)
    made = await site.page(title).save("Two. [[de:Zwei]] [[File:Dot.png]]")
    after = [await form(title, previous=value) for form, value in zip(forms, before, strict=True)]
    assert [after[0].latest.id, after[1].latest.id, after[2].revid, after[3].latest.id] == [made.revid] * 4
    assert (after[0].source, "Two." in after[2].text, "Two." in after[3].html) == (
        "Two. [[de:Zwei]] [[File:Dot.png]]", True, True,
    )  # fmt: skip
    visitor.forget()
    assert (await rest.history_counts(title, "edits", previous=count)) is not count
    assert visitor.statuses == [200]  # the same second, maybe: what the wiki then counts is its own affair
    assert [item.title for item in await rest.languages(title, previous=languages)] == ["Zwei"]
    assert [item.title for item in await rest.media(title, previous=media)] == ["Dot.png"]


@both
async def test_the_answer_to_another_question_is_no_condition(visits: Visits, version: str) -> None:
    """Forms of one page share an ETag, and so do pages of two wikis; counts have only a time."""
    site, visitor, ground = await visits(version)
    rest = site.rest
    html = await rest.page_html("Earth")
    visitor.forget()
    assert (await rest.revision_html(ground.new, previous=html)).text == html.text
    assert (await rest.page_html("Hidden", previous=html)).revid == ground.hidden + 1
    itself = await rest.page_html("To Earth", redirect=False)
    led = await rest.page_html("To Earth", previous=itself)
    assert (led.revid == ground.new) is (version == "1.43")
    again = await rest.page_html("To Earth", redirect=False, previous=led)
    assert again.revid == itself.revid
    edits, editors = await rest.history_counts("Many edits", "edits"), await rest.history_counts("Earth", "editors")
    assert (await rest.history_counts("Earth", "edits", previous=edits)).count == 2
    assert (await rest.history_counts("Earth", "edits", previous=editors)).count == 2
    between = await rest.history_counts("Earth", "edits", from_=ground.old, to=ground.new, previous=edits)
    assert between.count == 0
    assert 304 not in visitor.statuses
    other, _, _ = await visits(next(each for each in VERSIONS if each != version))
    page = await rest.page("Earth")
    theirs = await other.rest.page("Earth", previous=page)
    assert theirs is not page
    assert theirs.validator.etag == page.validator.etag or theirs.latest.id != page.latest.id


@both
async def test_a_page_that_is_gone_or_moved_or_redirected_by_now_is_told_as_such(visits: Visits, version: str) -> None:
    keeper, _, _ = await visits(version, sysop=True)
    rest = keeper.rest
    gone, moved, turned = fresh("Gone"), fresh("Moved"), fresh("Turned")
    for title in (gone, moved, turned):
        await keeper.page(title).create("x")
    forms: list[Read] = [rest.page, rest.page_html, rest.page_with_html]
    before = {title: [await form(title) for form in forms] for title in (gone, moved, turned)}
    await keeper.call("delete", title=gone)
    await keeper.call("move", from_=moved, to=f"{moved} away", noredirect=True)
    await keeper.page(turned).save("#REDIRECT [[Earth]]")
    for title in (gone, moved):
        for form, value in zip(forms, before[title], strict=True):
            with pytest.raises(PageMissing):
                await form(title, previous=value)
    for form, value in zip(forms, before[turned], strict=True):
        now = await form(turned, previous=value)
        assert now != value
    led = await rest.page_html(turned, previous=before[turned][1])
    assert ("há" in led.text) is (version == "1.43")


@both
async def test_what_is_told_about_a_revision_is_never_stale(visits: Visits, version: str) -> None:
    """Its ETag is its id: the page may have another title, and the name of who made it may be hidden."""
    keeper, visitor, ground = await visits(version, sysop=True)
    rest = keeper.rest
    title = fresh("Once")
    made = await keeper.page(title).create("One.", summary="why")
    await keeper.page(title).append("Two.")
    forms: list[Read] = [rest.revision, rest.revision_bare, rest.revision_with_html]
    before = [await form(made.revid) for form in forms]
    await keeper.call("move", from_=title, to=f"{title} anew")
    moved = [await form(made.revid, previous=value) for form, value in zip(forms, before, strict=True)]
    assert {value.page.title for value in moved} == {f"{title} anew"}
    await keeper.call("revisiondelete", type="revision", ids=made.revid, hide=["user", "comment"])
    async with Site(ground.wiki.api_url, user_agent=USER_AGENT) as nobody:
        forms = [nobody.rest.revision, nobody.rest.revision_bare, nobody.rest.revision_with_html]
        hidden = [await form(made.revid, previous=value) for form, value in zip(forms, moved, strict=True)]
        again = [await form(made.revid, previous=value) for form, value in zip(forms, hidden, strict=True)]
    assert {(value.user, value.comment) for value in hidden} == {(None, None)}
    assert (hidden[0].source, "One." in hidden[2].html) == ("One.", True)
    assert [new is old for new, old in zip(again, hidden, strict=True)] == [True] * 3
    assert 304 in visitor.statuses


@both
async def test_a_hidden_text_is_denied_to_who_has_read_it_before(visits: Visits, version: str) -> None:
    keeper, _, _ = await visits(version, sysop=True)
    site, _, _ = await visits(version)
    made = await site.rest.create_page(fresh("Read before"), source="geheim")
    await site.rest.update_page(made.title, source="x", latest=made.latest.id)
    seen = await site.rest.revision(made.latest.id)
    await keeper.call("revisiondelete", type="revision", ids=made.latest.id, hide="content")
    with pytest.raises(PermissionDenied):
        await site.rest.revision(made.latest.id, previous=seen)


@both
async def test_a_file_is_never_stale_though_its_content_is_what_it_was(
    visits: Visits, version: str, tmp_path: Path
) -> None:
    """The wiki's ETag is the content's sum: who brings an old version back makes the old ETag, too."""
    keeper, visitor, ground = await visits(version, sysop=True)
    rest, name = keeper.rest, f"{fresh('Again')}.png"
    title = f"Shows {name}"
    await keeper.upload(png(tmp_path / "a.png", 2000, seed=1), filename=name, comment="a")
    await keeper.page(title).create(f"[[File:{name}]]")
    first, shown = await rest.file(name), await rest.media(title)
    await keeper.upload(png(tmp_path / "b.png", 2000, seed=2), filename=name, comment="b", ignore_warnings=True)
    second = await rest.file(name, previous=first)
    assert second is not first  # though all that is told of it is the same, the second of the upload included, maybe
    other = ClientLogin(username="Another", password=await ground.wiki.create_user("Another", groups=["sysop"]))
    async with site_of(ground.wiki, auth=other) as another:
        await another.upload(tmp_path / "a.png", filename=name, comment="as it was", ignore_warnings=True)
    third, now = await rest.file(name, previous=first), await rest.media(title, previous=shown)
    assert third.validator.etag == first.validator.etag
    assert third.latest == now[0].latest != first.latest
    assert third.latest is not None
    assert third.latest.user == RestUser(id=third.latest.user.id if third.latest.user else None, name="Another")
    assert await rest.file(name, previous=third) is third
    assert await rest.media(title, previous=now) is now
    assert 304 not in visitor.statuses
    await keeper.call("delete", title=f"File:{name}")
    with pytest.raises(PageMissing):
        await rest.file(name, previous=third)


# What is no earlier answer -------------------------------------------------------------------------------------------

WRONG: dict[str, Any] = {
    "page": RestFile(title="x", file_description_url="x"),
    "page_bare": RestPage,
    "page_html": HtmlPage(id=1, key="x", title="x"),
    "page_with_html": Html(text="x"),
    "languages": RestList([Html(text="x")]),
    "media": (),
    "file": "x",
    "history_counts": 5,
    "revision": Html(text="x"),
    "revision_bare": RestRevision,
    "revision_html": "<p>x",
    "revision_with_html": Html(text="x"),
}


async def test_what_no_such_method_gave_is_refused_before_any_request() -> None:
    transport = ScriptedTransport()
    async with Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport) as site:
        for name, wrong in WRONG.items():
            arguments = {"revision": (5,), "history_counts": ("Earth", "edits")}.get(name.partition("_")[0], ("Earth",))
            if name == "history_counts":
                arguments = ("Earth", "edits")
            with pytest.raises(TypeError, match="previous is of type"):
                await getattr(site.rest, name)(*arguments, previous=wrong)
    assert transport.requests == []


async def test_an_answer_that_came_of_a_write_is_no_condition_and_no_mistake(visits: Visits) -> None:
    site, visitor, _ = await visits("1.39")
    made = await site.rest.create_page(fresh("Written"), source="x")
    visitor.forget()
    again = await site.rest.page(made.title, previous=made)
    assert (again is made, again == made) == (False, True)
    assert visitor.statuses == [200]


# Validators that prove little ----------------------------------------------------------------------------------------

NOW, JUST, BEFORE = (f"Sat, 21 Nov 2026 19:00:0{second} GMT" for second in (5, 4, 3))
ROWS = [
    ("page", {"etag": '"5"', "last-modified": NOW, "date": NOW}, "if-none-match"),
    ("page", {"last-modified": BEFORE, "date": NOW}, ""),  # two edits of one second have one time
    ("history_counts", {"last-modified": BEFORE, "date": NOW}, "if-modified-since"),
    ("history_counts", {"last-modified": JUST, "date": NOW}, ""),
    ("history_counts", {"last-modified": NOW, "date": NOW}, ""),
    ("history_counts", {"last-modified": NOW, "date": BEFORE}, ""),  # clocks that disagree
    ("history_counts", {"last-modified": BEFORE}, ""),
    ("history_counts", {"last-modified": "yesterday", "date": NOW}, ""),
    ("languages", {"etag": '"5@1"', "last-modified": NOW, "date": NOW}, ""),
    ("languages", {"etag": '"5@1"', "last-modified": BEFORE, "date": NOW}, "if-none-match"),
    ("file", {"etag": '"5"', "last-modified": BEFORE, "date": NOW}, ""),
]


@pytest.mark.parametrize(("name", "headers", "sent"), ROWS)
def test_a_condition_is_sent_only_where_it_proves_something(name: str, headers: dict[str, str], sent: str) -> None:
    endpoint, call = ENDPOINTS[name], ApiRequest(path="/v1/x", params={"a": "b"})
    value = with_validator(endpoint, HTML, ApiResponse(body=b"", headers=tuple(headers.items())), call, wiki="w")
    assert set(unless_changed(endpoint, call, value, wiki="w").headers) == ({sent} if sent else set())
    for other, wiki in ((call, "v"), (evolve(call, params={}), "w"), (evolve(call, path="/v1/y"), "w")):
        assert unless_changed(endpoint, other, value, wiki=wiki).headers == {}


HTML = Html(text="x", validator=Validator(etag="old"))


class NotModified(Visitor):
    """Says that nothing has changed, whatever it is asked."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return HttpResponse(status=304, headers=(("content-type", "text/html"),))


async def test_not_changed_is_no_answer_to_who_did_not_ask_for_that() -> None:
    url = "https://wiki.example.org/w/api.php"
    retry = RetryPolicy(attempts=1)
    async with Site(url, user_agent=USER_AGENT, transport=NotModified(), retry=retry) as site:
        for read in (site.rest.page, site.rest.page_html, site.rest.languages):
            with pytest.raises(ProtocolError):
                await read("Earth")
