"""Create and update pages: what is sent, what is returned, and lost replies.

The campaigns of tests/session/fault_table and tests/edit test both under every fault; this tests what only the REST API
does.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from mwclient_async import RetryPolicy, Site
from mwclient_async.errors import EditConflict, InvalidTitle, OutcomeUnknown, PageExists, PageMissing
from mwclient_async.models.rest import LatestRevision, RestPage
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import DROP_AFTER, DROP_BEFORE, Fault, FaultProxy, matching
from tests.support.field_coverage import ID, TIME, picked
from tests.support.http_server import ReceivedRequest
from tests.support.logins import fresh, run_concurrently
from tests.support.rest_wikis import VERSIONS, OpenSites

both = pytest.mark.parametrize("version", VERSIONS)


@both
async def test_a_page_is_created_and_updated_and_returned_as_it_is_stored(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
    title = fresh("Written")
    made = await site.rest.create_page(title.replace(" ", "_"), source="One.  \n\n", comment="why")
    latest = LatestRevision(id=made.latest.id, timestamp=TIME)  # type: ignore[arg-type]  # it is equal to any
    facts = {"id": ID, "title": title, "key": title.replace(" ", "_"), "latest": latest, "source": "One."}
    assert (type(made), picked(made, facts), made.content_model) == (RestPage, facts, "wikitext")
    changed = await site.rest.update_page(title, source="Two.", comment="because", latest=made.latest.id)
    assert (changed.id, changed.source, changed.latest.id > made.latest.id) == (made.id, "Two.", True)
    same = await site.rest.update_page(title, source="Two.", latest=changed.latest.id)
    assert (same.latest, same.source) == (changed.latest, "Two.")  # there was no change to save
    assert await site.rest.page(title) == changed
    assert [revision.comment for revision in await site.rest.history(title).collect()] == ["because", "why"]
    posts = [request for request in transport.requests if request.method in {"POST", "PUT"}]
    assert [(request.method, request.url.partition("/v1")[2]) for request in posts] == [
        ("POST", "/page"),
        *[("PUT", f"/page/{title.replace(' ', '_')}")] * 2,
    ]


@both
async def test_without_a_comment_the_wiki_writes_one(open_sites: OpenSites, version: str) -> None:
    """The manual says to send null for that, but MediaWiki refuses null; it fills in an empty comment."""
    site, _, prepared = await open_sites(version)
    title = fresh("Uncommented")
    made = await site.rest.create_page(title, source="One.", comment=None)
    await site.rest.update_page(title, source="#REDIRECT [[Earth]]", latest=made.latest.id, comment=None)
    newest, first = await site.rest.history(title).collect()
    assert (first.comment, newest.comment) == ('Created page with "One."', "Redirected page to [[Earth]]")
    async with FaultProxy(prepared.wiki.url, matching("/v1/page", DROP_AFTER)) as proxy, behind(proxy) as lossy:
        found = await lossy.rest.create_page(fresh("Uncommented"), source="Lost.", comment=None)
    assert (found.source, proxy.counts) == ("Lost.", {"DROP_AFTER": 1})


def behind(proxy: FaultProxy, **options: Any) -> Site:
    retry = RetryPolicy(first_delay=0.01, attempts=2)
    return Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=retry, **options)


@both
async def test_a_redirect_is_edited_itself_and_other_content_models_are_written(
    open_sites: OpenSites, version: str
) -> None:
    sysop, _, prepared = await open_sites(version, sysop=True)
    title = fresh("Another way")
    made = await sysop.rest.create_page(title, source="#REDIRECT [[Earth]]")
    changed = await sysop.rest.update_page(title, source="#REDIRECT [[Hidden]]", latest=made.latest.id)
    assert (changed.id, (await sysop.rest.page("Earth")).latest.id) == (made.id, prepared.new)
    data = await sysop.rest.create_page(fresh("Data"), source='{"a":1}', content_model="json")
    assert (data.content_model, json.loads(data.source)) == ("json", {"a": 1})
    more = await sysop.rest.update_page(data.title, source='{"a":2}', latest=data.latest.id, content_model="json")
    assert (more.content_model, json.loads(more.source)) == ("json", {"a": 2})
    assert more == await sysop.rest.page(data.title)


@both
async def test_an_edit_that_is_too_late_is_an_error_and_replaces_nothing(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
    made = await site.rest.create_page(fresh("Late"), source="One.")
    theirs = await site.rest.update_page(made.title, source="Two.", latest=made.latest.id)
    with pytest.raises(EditConflict, match="nothing was saved"):
        await site.rest.update_page(made.title, source="Three.", latest=made.latest.id)
    with pytest.raises(PageExists, match="nothing was saved"):
        await site.rest.create_page(made.title, source="Three.")
    assert await site.rest.page(made.title) == theirs
    with pytest.raises(PageMissing, match="use create_page"):  # and the page is not created
        await site.rest.update_page(fresh("Nothing"), source="x", latest=made.latest.id)
    assert 201 not in transport.statuses[1:]


@both
async def test_w2_a_base_that_is_a_revision_of_another_page_is_refused_before_it_is_sent(
    open_sites: OpenSites, version: str
) -> None:
    """MediaWiki 1.43 would overwrite the page if it is the other page's latest revision."""
    site, transport, _ = await open_sites(version)
    page, other = fresh("Page"), fresh("Other")
    made = await site.rest.create_page(page, source="One.")
    latest = await site.rest.create_page(other, source="Of another page.")
    older = await site.rest.update_page(page, source="Two.", latest=made.latest.id)
    sent = sum(request.method == "PUT" for request in transport.requests)
    for revid in (latest.latest.id, (await site.page(other).append(" More.")).revid):
        with pytest.raises(EditConflict, match=f"revision {revid} is of the page '{other}', and not of '{page}'"):
            await site.rest.update_page(page, source="Three.", latest=revid)
    with pytest.raises(EditConflict):  # no such revision: the wiki says so
        await site.rest.update_page(page, source="Three.", latest=99_999_999)
    assert await site.rest.page(page) == older
    assert sum(request.method == "PUT" for request in transport.requests) == sent + 1


@both
async def test_a_page_of_another_wiki_is_an_invalid_title(open_sites: OpenSites, version: str) -> None:
    site, _, prepared = await open_sites(version)
    with pytest.raises(InvalidTitle, match="mediawikiwiki:Page"):
        await site.rest.update_page("mediawikiwiki:Page", source="x", latest=prepared.new)
    with pytest.raises(InvalidTitle, match="mediawikiwiki:Page"):
        await site.rest.create_page("mediawikiwiki:Page", source="x")


@both
async def test_an_update_costs_one_read_unless_this_site_has_made_its_base(open_sites: OpenSites, version: str) -> None:
    site, transport, _ = await open_sites(version)
    title = fresh("Read once")
    await site.page(title).create("One.")
    revid, sent = (await site.page(title).append(" Two.")).revid, len(transport.requests)
    made = await site.rest.update_page(title, source="Three.", latest=revid)
    made = await site.rest.update_page(title, source="Four.", latest=made.latest.id)
    await site.page(title).append(" Five.")
    assert len(transport.requests) == sent + 3
    new = await site.rest.create_page(fresh("Read once"), source="One.")
    sent = len(transport.requests)
    await site.rest.update_page(new.title, source="Two.", latest=new.latest.id)
    assert len(transport.requests) == sent + 1
    other, transport, _ = await open_sites(version, sysop=True)
    latest = (await other.rest.page(new.title)).latest.id
    sent = len(transport.requests)
    await other.rest.update_page(new.title, source="Three.", latest=latest)
    assert sum("prop=info" in request.url for request in transport.requests[sent:]) == 1


@both
async def test_w8_of_many_tasks_that_create_one_page_one_does_and_the_others_send_no_edit(
    open_sites: OpenSites, version: str
) -> None:
    site, transport, _ = await open_sites(version)
    title = fresh("At once")

    async def create(n: int) -> RestPage:
        return await site.rest.create_page((title, title.replace(" ", "_"))[n % 2], source=f"{n}")

    errors = await run_concurrently(create, number=6)
    assert [type(error) for error in errors] == [PageExists] * 5
    assert [request.method for request in transport.requests].count("POST") == 1


# Lost replies --------------------------------------------------------------------------------------------------------


@both
async def test_w2_after_a_lost_reply_the_page_is_read_back_or_the_outcome_is_unknown(
    open_sites: OpenSites, version: str
) -> None:
    _, _, prepared = await open_sites(version)
    async with FaultProxy(prepared.wiki.url) as proxy, behind(proxy) as site:
        title = fresh("Lost")
        proxy.plan = matching("/v1/page", DROP_AFTER)
        made = await site.rest.create_page(title, source="One. ~~~~")
        assert (made.title, made.source.startswith("One. [[")) == (title, True)
        proxy.plan = matching("/v1/page/*", DROP_BEFORE)
        changed = await site.rest.update_page(title, source="Two.", latest=made.latest.id)
        proxy.plan = matching("/v1/page/*", DROP_AFTER)
        last = await site.rest.update_page(title, source="Three.", latest=changed.latest.id)
        assert (last.source, last.id) == ("Three.", made.id)
        assert [revision.id for revision in await site.rest.history(title).collect()] == [
            last.latest.id,
            changed.latest.id,
            made.latest.id,
        ]
        proxy.plan = silent_after_a_write
        with pytest.raises(OutcomeUnknown, match="look at the page's history") as caught:
            await site.rest.update_page(title, source="Four.", latest=last.latest.id)
        assert (caught.value.title, caught.value.base) == (title, last.latest.id)


def silent_after_a_write(seen: ReceivedRequest) -> Fault | None:
    """Drop every reply from the write on."""
    return DROP_AFTER if seen.method == "PUT" or "prop=revisions" in seen.target else None
