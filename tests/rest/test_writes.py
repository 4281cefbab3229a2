"""Creating and updating pages: what is sent, what comes back, and what becomes of an answer that is lost.

The campaigns of tests/session/fault_table and tests/edit do both under every fault; here is what is the REST API's own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from mwclient_async import RetryPolicy, Site
from mwclient_async.errors import EditConflict, OutcomeUnknown, PageExists, PageMissing
from mwclient_async.models.rest import LatestRevision, RestPage
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import DROP_AFTER, DROP_BEFORE, Fault, FaultProxy, matching
from tests.support.field_coverage import ID, TIME, picked
from tests.support.http_server import Seen
from tests.support.logins import fifty, fresh
from tests.support.rest_wikis import VERSIONS, Visits

both = pytest.mark.parametrize("version", VERSIONS)


@both
async def test_a_page_is_created_and_updated_and_comes_back_as_it_is_stored(visits: Visits, version: str) -> None:
    site, visitor, _ = await visits(version)
    title = fresh("Written")
    made = await site.rest.create_page(title.replace(" ", "_"), source="One.  \n\n", comment="why")
    latest = LatestRevision(id=made.latest.id, timestamp=TIME)  # type: ignore[arg-type]  # it is equal to any
    facts = {"id": ID, "title": title, "key": title.replace(" ", "_"), "latest": latest, "source": "One."}
    assert (type(made), picked(made, facts), made.content_model) == (RestPage, facts, "wikitext")
    changed = await site.rest.update_page(title, source="Two.", comment="because", latest=made.latest.id)
    assert (changed.id, changed.source, changed.latest.id > made.latest.id) == (made.id, "Two.", True)
    same = await site.rest.update_page(title, source="Two.", latest=changed.latest.id)
    assert (same.latest, same.source) == (changed.latest, "Two.")  # nothing was there to save
    assert await site.rest.page(title) == changed
    assert [revision.comment for revision in await site.rest.history(title).collect()] == ["because", "why"]
    posts = [request for request in visitor.requests if request.method in {"POST", "PUT"}]
    assert [(request.method, request.url.partition("/v1")[2]) for request in posts] == [
        ("POST", "/page"),
        *[("PUT", f"/page/{title.replace(' ', '_')}")] * 2,
    ]


@both
async def test_without_a_comment_the_wiki_writes_one(visits: Visits, version: str) -> None:
    """The manual says to send null for that, which MediaWiki refuses; an empty one is what it fills in."""
    site, _, ground = await visits(version)
    title = fresh("Uncommented")
    made = await site.rest.create_page(title, source="One.", comment=None)
    await site.rest.update_page(title, source="#REDIRECT [[Earth]]", latest=made.latest.id, comment=None)
    newest, first = await site.rest.history(title).collect()
    assert (first.comment, newest.comment) == ('Created page with "One."', "Redirected page to [[Earth]]")
    async with FaultProxy(ground.wiki.url, matching("/v1/page", DROP_AFTER)) as proxy, behind(proxy) as lossy:
        found = await lossy.rest.create_page(fresh("Uncommented"), source="Lost.", comment=None)
    assert (found.source, proxy.counts) == ("Lost.", {"DROP_AFTER": 1})


def behind(proxy: FaultProxy, **options: Any) -> Site:
    retry = RetryPolicy(first_delay=0.01, attempts=2)
    return Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=retry, **options)


@both
async def test_a_redirect_and_another_content_are_written_to_as_themselves(visits: Visits, version: str) -> None:
    keeper, _, ground = await visits(version, sysop=True)
    title = fresh("Another way")
    made = await keeper.rest.create_page(title, source="#REDIRECT [[Earth]]")
    changed = await keeper.rest.update_page(title, source="#REDIRECT [[Hidden]]", latest=made.latest.id)
    assert (changed.id, (await keeper.rest.page("Earth")).latest.id) == (made.id, ground.new)
    data = await keeper.rest.create_page(fresh("Data"), source='{"a":1}', content_model="json")
    assert (data.content_model, json.loads(data.source)) == ("json", {"a": 1})
    more = await keeper.rest.update_page(data.title, source='{"a":2}', latest=data.latest.id, content_model="json")
    assert (more.content_model, json.loads(more.source)) == ("json", {"a": 2})
    assert more == await keeper.rest.page(data.title)


@both
async def test_who_is_too_late_is_told_and_nothing_is_replaced(visits: Visits, version: str) -> None:
    site, visitor, _ = await visits(version)
    made = await site.rest.create_page(fresh("Late"), source="One.")
    theirs = await site.rest.update_page(made.title, source="Two.", latest=made.latest.id)
    with pytest.raises(EditConflict, match="nothing was saved"):
        await site.rest.update_page(made.title, source="Three.", latest=made.latest.id)
    with pytest.raises(PageExists, match="nothing was saved"):
        await site.rest.create_page(made.title, source="Three.")
    assert await site.rest.page(made.title) == theirs
    with pytest.raises(PageMissing):  # and is not created
        await site.rest.update_page(fresh("Nothing"), source="x", latest=made.latest.id)
    assert 201 not in visitor.statuses[1:]


@both
async def test_w8_of_many_who_create_one_page_at_once_one_does_and_nobody_sends_in_vain(
    visits: Visits, version: str
) -> None:
    site, visitor, _ = await visits(version)
    title = fresh("At once")

    async def create(n: int) -> RestPage:
        return await site.rest.create_page((title, title.replace(" ", "_"))[n % 2], source=f"{n}")

    errors = await fifty(create, number=6)
    assert [type(error) for error in errors] == [PageExists] * 5
    assert [request.method for request in visitor.requests].count("POST") == 1


# What is lost --------------------------------------------------------------------------------------------------------


@both
async def test_w2_an_answer_that_is_lost_is_read_back_and_where_it_cannot_be_it_is_unknown(
    visits: Visits, version: str
) -> None:
    _, _, ground = await visits(version)
    async with FaultProxy(ground.wiki.url) as proxy, behind(proxy) as site:
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


def silent_after_a_write(seen: Seen) -> Fault | None:
    """From the write on, nothing is answered."""
    return DROP_AFTER if seen.method == "PUT" or "prop=revisions" in seen.target else None
