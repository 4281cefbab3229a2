"""Writes without a login, on a wiki that makes a temporary account for each user who has no cookies of one."""

from __future__ import annotations

import anyio
import pytest

from mwclient_async import Site
from mwclient_async.errors import ApiError
from mwclient_async.testing import LocalWiki, WikiFactory
from mwclient_async.testing.scripted import json_response
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.logins import ScriptedLoginWiki, editors, fresh, run_concurrently, site, whoami

API = "https://wiki.example.org/w/api.php"


@pytest.fixture(scope="module")
def wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return guarded.guarded_wiki(mediawiki_factory, mediawiki_version)


@pytest.mark.everywhere
@pytest.mark.parametrize("api", ["action", "rest", "both"])
async def test_writes_without_a_login_that_begin_together_are_made_by_one_user(wiki: LocalWiki, api: str) -> None:
    titles = [fresh("Together") for _ in range(9)]

    async def write(n: int) -> None:
        if api == "rest" or (api == "both" and n % 2):
            await opened.rest.create_page(titles[n], source="x")
        else:
            await opened.page(titles[n]).create("x")

    async with site(wiki) as opened:
        assert await run_concurrently(write, number=len(titles)) == []
        (editor,) = await editors(opened, *titles)
        assert (editor, editor.startswith("~")) == (await whoami(opened), wiki.version > "1.40")


async def test_only_the_first_edit_without_a_login_goes_alone() -> None:
    scripted_wiki = ScriptedLoginWiki()
    scripted_wiki.answers["*"] = {"query": {"tokens": {"csrftoken": "+\\"}}}
    scripted_wiki.answers["edit"] = {"edit": {"result": "Success"}}
    async with Site(API, user_agent=USER_AGENT, transport=scripted_wiki) as opened, anyio.create_task_group() as tasks:
        scripted_wiki.hold("edit")
        for _ in range(3):
            tasks.start_soon(opened.call, "edit")
        await anyio.wait_all_tasks_blocked()
        assert scripted_wiki.come["edit"] == 1
        scripted_wiki.release("edit")
        scripted_wiki.hold("edit")
        await anyio.wait_all_tasks_blocked()
        assert scripted_wiki.come["edit"] == 3
        scripted_wiki.release("edit")


OF_AN_EXTENSION = {
    "name": "wbeditentity",
    "path": "wbeditentity",
    "prefix": "",
    "mustbeposted": True,
    "writerights": True,
}
TOKEN = {"name": "token", "type": "string", "tokentype": "csrf"}


@pytest.mark.parametrize(("action", "at_once"), [("emailuser", 3), ("wbeditentity", 1)])
async def test_writes_that_can_make_no_account_go_together(action: str, at_once: int) -> None:
    scripted_wiki = ScriptedLoginWiki()
    scripted_wiki.answers["*"] = {"query": {"tokens": {"csrftoken": "+\\"}}}
    scripted_wiki.answers["paraminfo"] = {"paraminfo": {"modules": [{**OF_AN_EXTENSION, "parameters": [TOKEN]}]}}
    async with Site(API, user_agent=USER_AGENT, transport=scripted_wiki) as opened, anyio.create_task_group() as tasks:
        scripted_wiki.hold(action)
        for _ in range(3):
            tasks.start_soon(opened.call, action)
        await anyio.wait_all_tasks_blocked()
        assert scripted_wiki.come[action] == at_once
        scripted_wiki.release(action)


@pytest.mark.parametrize("answer", [{"edit": {"result": "Success", "nochange": True}}, {"purge": []}, "refused"])
async def test_after_a_write_that_proves_nothing_the_next_one_goes_alone(answer: object) -> None:
    """An edit that is refused or changes nothing, and an action that is not an edit, prove nothing."""
    scripted_wiki = ScriptedLoginWiki()
    scripted_wiki.answers["*"] = {"query": {"tokens": {"csrftoken": "+\\"}}}
    refused = json_response({"errors": [{"code": "editconflict", "text": "Refused.", "module": "edit"}]})
    scripted_wiki.answers["edit"] = answer if isinstance(answer, dict) else refused
    async with Site(API, user_agent=USER_AGENT, transport=scripted_wiki) as opened:
        for _ in range(2):
            async with anyio.create_task_group() as tasks:
                scripted_wiki.hold("edit")
                scripted_wiki.come.clear()
                for _ in range(2):
                    tasks.start_soon(ignoring_refusals, opened)
                await anyio.wait_all_tasks_blocked()
                assert scripted_wiki.come["edit"] == 1
                scripted_wiki.release("edit")


async def ignoring_refusals(site: Site) -> None:
    try:
        await site.call("edit")
    except ApiError as error:
        assert error.code == "editconflict"  # noqa: PT017 - any other error fails the test
