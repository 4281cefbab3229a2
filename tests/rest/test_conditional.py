"""Conditional reads: an unchanged value is returned itself, a changed one is new, and nothing stale is returned.

Every change that the wiki's own "not changed" does not show is made here on a wiki.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from mwclient_async import ClientLogin, RetryPolicy, Site
from mwclient_async._http.messages import ApiRequest, ApiResponse, HttpRequest, HttpResponse
from mwclient_async._rest.conditional import conditional_request, with_validator
from mwclient_async._rest.endpoints import ENDPOINTS, Trust
from mwclient_async.errors import PageMissing, PermissionDenied, ProtocolError
from mwclient_async.models.rest import Html, HtmlPage, RestFile, RestList, RestPage, RestRevision, RestUser, Validator
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.image_files import png
from tests.support.logins import fresh, site as site_of
from tests.support.rest_wikis import VERSIONS, OpenSites, PreparedWiki, WatchedRest

both = pytest.mark.parametrize("version", VERSIONS)
Read = Callable[..., Awaitable[Any]]


def reads(site: Site, prepared: PreparedWiki) -> dict[str, tuple[Read, tuple[Any, ...]]]:
    """Every method that takes ``previous``, with arguments to read something that has not changed for some seconds."""
    rest = site.rest
    of_pages = (rest.page, rest.page_bare, rest.page_html, rest.page_with_html, rest.languages, rest.media)
    of_revisions = (rest.revision, rest.revision_bare, rest.revision_html, rest.revision_with_html)
    found: dict[str, tuple[Read, tuple[Any, ...]]] = {method.__name__: (method, ("Earth",)) for method in of_pages}
    found |= {method.__name__: (method, (prepared.new,)) for method in of_revisions}
    found |= {"file": (rest.file, ("Dot.png",)), "history_counts": (rest.history_counts, ("Earth", "edits"))}
    return found


@both
async def test_an_unchanged_value_is_returned_itself_and_without_a_body_if_the_wiki_can_tell(
    open_sites: OpenSites, version: str
) -> None:
    site, transport, prepared = await open_sites(version)
    for name, (method, arguments) in reads(site, prepared).items():
        first = await method(*arguments)
        transport.forget()
        assert await method(*arguments, previous=first) is first, name
        trust = ENDPOINTS[name].trust
        assert transport.statuses[0] == (200 if trust is Trust.NEVER else 304), name
        assert (transport.rest_responses[0].body == b"") is (trust is not Trust.NEVER), name
        assert len(transport.statuses) == (2 if name in {"revision", "revision_with_html"} else 1), name


@both
async def test_a_changed_value_is_a_new_value(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
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
    transport.forget()
    assert (await rest.history_counts(title, "edits", previous=count)) is not count
    assert transport.statuses == [200]  # possibly in the same second, so the count itself is not certain
    assert [item.title for item in await rest.languages(title, previous=languages)] == ["Zwei"]
    assert [item.title for item in await rest.media(title, previous=media)] == ["Dot.png"]


@both
async def test_a_result_of_another_request_is_not_a_condition(open_sites: OpenSites, version: str) -> None:
    """The forms of one page share an ETag, and so can pages of two wikis; counts have only a time."""
    site, transport, prepared = await open_sites(version)
    rest = site.rest
    html = await rest.page_html("Earth")
    transport.forget()
    assert (await rest.revision_html(prepared.new, previous=html)).text == html.text
    assert (await rest.page_html("Hidden", previous=html)).revid == prepared.hidden + 1
    itself = await rest.page_html("To Earth", redirect=False)
    led = await rest.page_html("To Earth", previous=itself)
    assert (led.revid == prepared.new) is (version == "1.43")
    again = await rest.page_html("To Earth", redirect=False, previous=led)
    assert again.revid == itself.revid
    edits, editors = await rest.history_counts("Many edits", "edits"), await rest.history_counts("Earth", "editors")
    assert (await rest.history_counts("Earth", "edits", previous=edits)).count == 2
    assert (await rest.history_counts("Earth", "edits", previous=editors)).count == 2
    between = await rest.history_counts("Earth", "edits", from_=prepared.old, to=prepared.new, previous=edits)
    assert between.count == 0
    assert 304 not in transport.statuses
    other, _, _ = await open_sites(next(each for each in VERSIONS if each != version))
    page = await rest.page("Earth")
    theirs = await other.rest.page("Earth", previous=page)
    assert theirs is not page
    assert theirs.validator.etag == page.validator.etag or theirs.latest.id != page.latest.id


@both
async def test_a_page_that_was_deleted_moved_or_redirected_since_is_not_returned_as_unchanged(
    open_sites: OpenSites, version: str
) -> None:
    sysop, _, _ = await open_sites(version, sysop=True)
    rest = sysop.rest
    gone, moved, turned = fresh("Gone"), fresh("Moved"), fresh("Turned")
    for title in (gone, moved, turned):
        await sysop.page(title).create("x")
    forms: list[Read] = [rest.page, rest.page_html, rest.page_with_html]
    before = {title: [await form(title) for form in forms] for title in (gone, moved, turned)}
    await sysop.call("delete", title=gone)
    await sysop.call("move", from_=moved, to=f"{moved} away", noredirect=True)
    await sysop.page(turned).save("#REDIRECT [[Earth]]")
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
async def test_the_facts_of_a_revision_are_never_stale(open_sites: OpenSites, version: str) -> None:
    """A revision's ETag is its id: since then, its page may have a new title, and its user name may be hidden."""
    sysop, transport, prepared = await open_sites(version, sysop=True)
    rest = sysop.rest
    title = fresh("Once")
    made = await sysop.page(title).create("One.", summary="why")
    await sysop.page(title).append("Two.")
    forms: list[Read] = [rest.revision, rest.revision_bare, rest.revision_with_html]
    before = [await form(made.revid) for form in forms]
    await sysop.call("move", from_=title, to=f"{title} anew")
    moved = [await form(made.revid, previous=value) for form, value in zip(forms, before, strict=True)]
    assert {value.page.title for value in moved} == {f"{title} anew"}
    await sysop.call("revisiondelete", type="revision", ids=made.revid, hide=["user", "comment"])
    async with Site(prepared.wiki.api_url, user_agent=USER_AGENT) as anonymous:
        forms = [anonymous.rest.revision, anonymous.rest.revision_bare, anonymous.rest.revision_with_html]
        hidden = [await form(made.revid, previous=value) for form, value in zip(forms, moved, strict=True)]
        again = [await form(made.revid, previous=value) for form, value in zip(forms, hidden, strict=True)]
    assert {(value.user, value.comment) for value in hidden} == {(None, None)}
    assert (hidden[0].source, "One." in hidden[2].html) == ("One.", True)
    assert [new is old for new, old in zip(again, hidden, strict=True)] == [True] * 3
    assert 304 in transport.statuses


@both
async def test_a_hidden_text_is_denied_to_a_user_who_has_read_it_before(open_sites: OpenSites, version: str) -> None:
    sysop, _, _ = await open_sites(version, sysop=True)
    site, _, _ = await open_sites(version)
    made = await site.rest.create_page(fresh("Read before"), source="geheim")
    await site.rest.update_page(made.title, source="x", latest=made.latest.id)
    seen = await site.rest.revision(made.latest.id)
    await sysop.call("revisiondelete", type="revision", ids=made.latest.id, hide="content")
    with pytest.raises(PermissionDenied):
        await site.rest.revision(made.latest.id, previous=seen)


@both
async def test_a_file_is_never_stale_although_its_content_is_the_same_again(
    open_sites: OpenSites, version: str, tmp_path: Path
) -> None:
    """The wiki's ETag is the hash of the content: restoring an old version also restores the old ETag."""
    sysop, transport, prepared = await open_sites(version, sysop=True)
    rest, name = sysop.rest, f"{fresh('Again')}.png"
    title = f"Shows {name}"
    await sysop.upload(png(tmp_path / "a.png", 2000, seed=1), filename=name, comment="a")
    await sysop.page(title).create(f"[[File:{name}]]")
    first, shown = await rest.file(name), await rest.media(title)
    await sysop.upload(png(tmp_path / "b.png", 2000, seed=2), filename=name, comment="b", ignore_warnings=True)
    second = await rest.file(name, previous=first)
    assert second is not first  # although all its facts may be the same, possibly even the second of the upload
    other = ClientLogin(username="Another", password=await prepared.wiki.create_user("Another", groups=["sysop"]))
    async with site_of(prepared.wiki, auth=other) as another:
        await another.upload(tmp_path / "a.png", filename=name, comment="as it was", ignore_warnings=True)
    third, now = await rest.file(name, previous=first), await rest.media(title, previous=shown)
    assert third.validator.etag == first.validator.etag
    assert third.latest == now[0].latest != first.latest
    assert third.latest is not None
    assert third.latest.user == RestUser(id=third.latest.user.id if third.latest.user else None, name="Another")
    assert await rest.file(name, previous=third) is third
    assert await rest.media(title, previous=now) is now
    assert 304 not in transport.statuses
    await sysop.call("delete", title=f"File:{name}")
    with pytest.raises(PageMissing):
        await rest.file(name, previous=third)


# What is not an earlier result ---------------------------------------------------------------------------------------

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


async def test_a_value_that_the_method_does_not_return_is_refused_before_any_request() -> None:
    transport = ScriptedTransport()
    async with Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport) as site:
        for name, wrong in WRONG.items():
            arguments = {"revision": (5,), "history_counts": ("Earth", "edits")}.get(name.partition("_")[0], ("Earth",))
            if name == "history_counts":
                arguments = ("Earth", "edits")
            with pytest.raises(TypeError, match="previous is of type"):
                await getattr(site.rest, name)(*arguments, previous=wrong)
    assert transport.requests == []


async def test_the_result_of_a_write_is_accepted_but_is_not_a_condition(open_sites: OpenSites) -> None:
    site, transport, _ = await open_sites("1.39")
    made = await site.rest.create_page(fresh("Written"), source="x")
    transport.forget()
    again = await site.rest.page(made.title, previous=made)
    assert (again is made, again == made) == (False, True)
    assert transport.statuses == [200]


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
def test_a_condition_is_sent_only_if_it_proves_something(name: str, headers: dict[str, str], sent: str) -> None:
    endpoint, request = ENDPOINTS[name], ApiRequest(path="/v1/x", params={"a": "b"})
    value = with_validator(endpoint, HTML, ApiResponse(body=b"", headers=tuple(headers.items())), request, wiki="w")
    assert set(conditional_request(endpoint, request, value, wiki="w").headers) == ({sent} if sent else set())
    for other, wiki in ((request, "v"), (evolve(request, params={}), "w"), (evolve(request, path="/v1/y"), "w")):
        assert conditional_request(endpoint, other, value, wiki=wiki).headers == {}


HTML = Html(text="x", validator=Validator(etag="old"))


class NotModified(WatchedRest):
    """Responds to every request that nothing has changed."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        return HttpResponse(status=304, headers=(("content-type", "text/html"),))


async def test_status_304_without_a_condition_is_a_protocol_error() -> None:
    url = "https://wiki.example.org/w/api.php"
    retry = RetryPolicy(attempts=1)
    async with Site(url, user_agent=USER_AGENT, transport=NotModified(), retry=retry) as site:
        for read in (site.rest.page, site.rest.page_html, site.rest.languages):
            with pytest.raises(ProtocolError):
                await read("Earth")
