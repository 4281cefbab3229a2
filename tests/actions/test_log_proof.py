"""Actions whose reply is lost: the wiki's log proves that they were executed, and nothing else does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any

import anyio
import attrs
import pytest

from mwclient_async import ClientLogin, EditDefaults, RetryPolicy, Site
from mwclient_async.errors import OutcomeUnknown
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.actions.conftest import Logins
from tests.conftest import USER_AGENT, once
from tests.support.fault_proxy import DROP_AFTER, DROP_BEFORE, FaultProxy, matching
from tests.support.logins import fresh
from tests.support.plain_requests import logged_in

QUICK = RetryPolicy(first_delay=0.01)

Act = Callable[[Site, str], Awaitable[Any]]


@pytest.fixture(scope="session")
def steward_login(wiki: LocalWiki, mediawiki_version: str) -> ClientLogin:
    """An account that may do everything, and that no other test uses."""

    async def make() -> ClientLogin:
        name = "Log keeper"
        password = await wiki.create_user(name, groups=["sysop", "bureaucrat", "suppress"])
        return ClientLogin(username=name, password=password)

    return once("log keeper", mediawiki_version, lambda: anyio.run(make))


def behind(proxy: FaultProxy, login: ClientLogin, **options: Any) -> Site:
    return Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, auth=login, retry=QUICK, **options)


async def protected(site: Site, title: str) -> Any:
    return await site.page(title).protect({"edit": "sysop", "move": "sysop"}, expiry="2 weeks", reason="calm down")


async def hide_first_revision(site: Site, title: str) -> Any:
    revids = [revision.revid async for revision in site.page(title).revisions()]
    return await site.actions.revisiondelete("revision", ids=revids[-1] or 0, hide="content", reason="private")


ACTIONS: dict[str, tuple[str, Act]] = {
    "move": ("move", lambda site, title: site.page(title).move(f"{title} moved", reason="a  better title ")),
    "move without redirect": ("move", lambda site, title: site.page(title).move(f"{title} 2", noredirect=True)),
    "delete": ("delete", lambda site, title: site.page(title).delete(reason="old")),
    "delete without a reason": ("delete", lambda site, title: site.page(title).delete()),
    "protect": ("protect", protected),
    "unprotect": ("protect", lambda site, title: site.page(title).protect({"edit": "all"}, reason="open again")),
    "undelete": ("undelete", lambda site, title: site.page(title).undelete(reason="needed")),
    "merge": ("mergehistory", lambda site, title: site.actions.mergehistory(title, to=f"{title} newer", reason="one")),
    "block": (
        "block",
        lambda site, title: site.actions.block(title, expiry="3 days", reason="noise", nocreate=True, autoblock=True),
    ),
    "block a range": ("block", lambda site, title: site.actions.block("2001:db8::/40", reason=title, anononly=True)),
    "unblock": ("unblock", lambda site, title: site.actions.unblock(title, reason="quiet now")),
    "userrights": (
        "userrights",
        lambda site, title: site.actions.userrights(title, add={"bot": "1 week"}, reason="helps"),
    ),
    "revisiondelete": ("revisiondelete", hide_first_revision),
    "content model": (
        "changecontentmodel",
        lambda site, title: site.actions.changecontentmodel(title, model="text", summary="no markup", bot=True),
    ),
}
BEFORE: dict[str, Act] = {
    "undelete": lambda site, title: site.page(title).delete(),
    "unblock": lambda site, title: site.actions.block(title),
    "unprotect": lambda site, title: site.page(title).protect({"edit": "sysop"}),
    "merge": lambda site, title: site.page(f"{title} newer").create("Newer."),
}
OF_USERS = {"block", "unblock", "userrights"}
DECIDED_BY_TIME = {"verified", "expiry", "protections", "logid", "id", "userid", "revid", "pageid"}


async def prepare(site: Site, wiki: LocalWiki, name: str) -> str:
    """Make the page or the user that the action is done to."""
    title = fresh("Logged")
    if name in OF_USERS:
        await wiki.create_user(title)
    elif name == "block a range":
        if (await site.call("query", list="blocks", bkusers="2001:db8::/40"))["query"]["blocks"]:
            await site.actions.unblock("2001:db8::/40")
    else:
        await site.page(title).create("Text.")
        await site.page(title).append("More.")
    if name in BEFORE:
        await BEFORE[name](site, title)
    return title


def without_titles(result: Any, title: str) -> dict[str, str]:
    values = {each.name: getattr(result, each.name) for each in attrs.fields(type(result))}
    return {name: repr(value).replace(title, "TITLE") for name, value in values.items() if name not in DECIDED_BY_TIME}


@pytest.mark.everywhere
@pytest.mark.parametrize("name", ACTIONS)
async def test_w2_an_action_whose_reply_is_lost_is_done_if_the_log_shows_it(
    wiki: LocalWiki, steward_login: ClientLogin, name: str
) -> None:
    action, act = ACTIONS[name]
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        title = await prepare(site, wiki, name)
        proxy.plan = matching(action, DROP_AFTER)
        found = await act(site, title)
        assert (found.verified, proxy.counts["DROP_AFTER"]) == (True, 1)
        title_of_usual = await prepare(site, wiki, name)
        usual = await act(site, title_of_usual)
        assert not usual.verified
        assert getattr(found, "revid", 0) is not None
    if name != "revisiondelete":  # its items have further fields
        assert without_titles(found, title) == without_titles(usual, title_of_usual)


@pytest.mark.everywhere
@pytest.mark.parametrize("name", ACTIONS)
async def test_w2_an_action_that_the_log_does_not_show_is_not_sent_again(
    wiki: LocalWiki, steward_login: ClientLogin, name: str
) -> None:
    action, act = ACTIONS[name]
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        title = await prepare(site, wiki, name)
        proxy.plan = matching(action, DROP_BEFORE)
        sent = len([seen for seen in proxy.seen if seen.action == action])
        with pytest.raises(OutcomeUnknown, match="log does not show it"):
            await act(site, title)
        assert len([seen for seen in proxy.seen if seen.action == action]) == sent + 1


@pytest.mark.everywhere
async def test_w2_a_change_of_language_whose_reply_is_lost_is_done_if_the_log_shows_it(
    action_wiki: LocalWiki, logins: Logins
) -> None:
    """On another wiki, because only a wiki that keeps the languages of pages has this log."""
    async with FaultProxy(action_wiki.url) as proxy, behind(proxy, logins.steward) as site:
        title = fresh("Logged")
        await site.page(title).create("Text.")
        proxy.plan = matching("setpagelanguage", DROP_AFTER, DROP_BEFORE)
        done = await site.actions.setpagelanguage(title, lang="fr", reason="it is French")
        assert (done.oldlanguage, done.newlanguage, done.verified) == ("en[def]", "fr", True)
        with pytest.raises(OutcomeUnknown, match="log does not show it"):
            await site.actions.setpagelanguage(title, lang="default")


async def with_talk_and_subpage(site: Site, title: str) -> None:
    """A talk page and a subpage, of a user page: the main namespace of the test wiki has no subpages."""
    for one in (title, f"User talk:{title.removeprefix('User:')}", f"{title}/Sub"):
        await site.page(one).create("Text.")


@pytest.mark.everywhere
async def test_w2_the_talk_page_and_the_subpages_of_a_move_are_found_too(
    wiki: LocalWiki, steward_login: ClientLogin
) -> None:
    found: list[dict[str, str]] = []
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        for plan in (matching("move", DROP_AFTER), matching("move")):
            title = f"User:{fresh('Family')}"
            await with_talk_and_subpage(site, title)
            proxy.plan = plan
            result = await site.page(title).move(f"{title}!", movetalk=True, movesubpages=True)
            assert result.verified == bool(proxy.counts and not found)
            found.append(without_titles(result, title.removeprefix("User:")))
    assert found[0] == found[1]


@pytest.mark.everywhere
async def test_w2_a_move_that_may_have_left_something_behind_is_unknown(
    wiki: LocalWiki, steward_login: ClientLogin
) -> None:
    """The wiki refuses to move the talk page, because its new title is taken: it says so only in the lost reply."""
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        title = f"User:{fresh('Family')}"
        await with_talk_and_subpage(site, title)
        await site.page(f"User talk:{title.removeprefix('User:')}!").create("Taken.")
        proxy.plan = matching("move", DROP_AFTER)
        with pytest.raises(OutcomeUnknown, match="none shows its talk page"):
            await site.page(title).move(f"{title}!", movetalk=True)


@pytest.mark.everywhere
async def test_w2_a_page_named_by_its_id_is_found_in_the_log(wiki: LocalWiki, steward_login: ClientLogin) -> None:
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        title = fresh("By id")
        made = await site.page(title).create("Text.")
        proxy.plan = matching("move", DROP_AFTER)
        assert (await site.actions.move(fromid=made.pageid, to=f"{title} moved", noredirect=True)).verified
        proxy.plan = matching("delete", DROP_AFTER)
        assert (await site.actions.delete(pageid=made.pageid)).verified


@pytest.mark.everywhere
async def test_w2_an_entry_of_an_earlier_action_like_it_proves_nothing(
    wiki: LocalWiki, steward_login: ClientLogin
) -> None:
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        title = await prepare(site, wiki, "move")
        await site.page(title).move(f"{title} moved", noredirect=True)
        await site.page(f"{title} moved").move(title, noredirect=True)
        proxy.plan = matching("move", DROP_BEFORE)
        with pytest.raises(OutcomeUnknown, match="log does not show it"):
            await site.page(title).move(f"{title} moved", noredirect=True)
        assert await site.page(title).exists()


@pytest.mark.everywhere
async def test_w2_many_tasks_of_a_process_know_their_own_entries(wiki: LocalWiki, steward_login: ClientLogin) -> None:
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site, behind(proxy, steward_login) as two:
        titles = [await prepare(site, wiki, "move") for _ in range(6)]
        proxy.plan = matching("move", *[DROP_AFTER, None] * 3)
        results = []

        async def move(title: str, through: Site) -> None:
            results.append(await through.page(title).move(f"{title} moved"))

        async with anyio.create_task_group() as tasks:
            for number, title in enumerate(titles):
                tasks.start_soon(move, title, (site, two)[number % 2])
    assert sorted(result.verified for result in results) == [False] * 3 + [True] * 3


@pytest.mark.everywhere
async def test_w2_an_entry_is_not_ours_if_another_process_uses_the_account(wiki: LocalWiki) -> None:
    name = fresh("Shared")
    password = await wiki.create_user(name, groups=["sysop"])
    auth = ClientLogin(username=name, password=password)
    async with (
        FaultProxy(wiki.url) as proxy,
        behind(proxy, auth) as site,
        logged_in(wiki, name=name, password=password) as other,
    ):
        titles = [await prepare(site, wiki, "move") for _ in range(3)]
        proxy.plan = matching("move", DROP_AFTER, DROP_AFTER)
        assert (await site.page(titles[0]).move(f"{titles[0]} moved")).verified
        await other.post({"action": "move", "from": titles[1], "to": f"{titles[1]} moved", "reason": "the other"})
        with pytest.raises(OutcomeUnknown, match="another process uses this account"):
            await site.page(titles[2]).move(f"{titles[2]} moved")


@pytest.mark.parametrize("shared", [True, False])
async def test_w2_the_edit_defaults_say_whether_other_processes_use_the_account(
    wiki: LocalWiki, steward_login: ClientLogin, *, shared: bool
) -> None:
    defaults = EditDefaults(shared_account=shared)
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login, defaults=defaults) as site:
        title = await prepare(site, wiki, "move")
        proxy.plan = matching("move", DROP_AFTER)
        with pytest.raises(OutcomeUnknown, match="other processes") if shared else nullcontext():
            assert (await site.page(title).move(f"{title} moved")).verified


@pytest.mark.everywhere
async def test_w2_an_entry_with_another_reason_or_target_is_not_ours(wiki: LocalWiki) -> None:
    """Another process has moved the page elsewhere, or for another reason, while our request was lost."""
    name = fresh("Shared")
    password = await wiki.create_user(name, groups=["sysop"])
    auth = ClientLogin(username=name, password=password)
    for to, reason in (("elsewhere", "ours"), ("moved", "theirs")):
        async with FaultProxy(wiki.url) as proxy, behind(proxy, auth) as site:
            title = await prepare(site, wiki, "move")
            async with logged_in(wiki, name=name, password=password) as other:

                async def interfere(title: str = title, to: str = to, reason: str = reason) -> None:
                    await other.post({"action": "move", "from": title, "to": f"{title} {to}", "reason": reason})

                proxy.plan = matching("move", DROP_BEFORE)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(interfere)
                    with pytest.raises(OutcomeUnknown, match="log does not show it"):
                        await site.page(title).move(f"{title} moved", reason="ours")


async def test_w2_a_log_that_may_not_be_read_proves_nothing(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    wiki = mediawiki_factory(version=mediawiki_version, settings="$wgLogRestrictions['delete'] = 'suppressionlog';")
    name = fresh("Keeper")
    auth = ClientLogin(username=name, password=await wiki.create_user(name, groups=["sysop"]))
    async with FaultProxy(wiki.url) as proxy, behind(proxy, auth) as site:
        title = await prepare(site, wiki, "delete")
        proxy.plan = matching("delete", DROP_AFTER)
        with pytest.raises(OutcomeUnknown, match=r"log does not show it|could not be read"):
            await site.page(title).delete(reason="old")


async def test_a_move_of_an_anonymous_user_is_not_looked_up_in_the_log(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    settings = "$wgGroupPermissions['*']['move'] = $wgGroupPermissions['*']['suppressredirect'] = true;"
    wiki = mediawiki_factory(version=mediawiki_version, settings=settings)
    async with FaultProxy(wiki.url) as proxy, Site(f"{proxy.url}/api.php", user_agent=USER_AGENT, retry=QUICK) as site:
        title = fresh("Anonymous")
        await site.page(title).create("Text.")
        proxy.plan = matching("move", DROP_AFTER)
        with pytest.raises(OutcomeUnknown, match="anonymous"):
            await site.page(title).move(f"{title} moved")


SHA1 = "hjeq98y2zt1x3oe84ip01fjhvmoflsu"
"""Of "Text.", in base 36. By it, a wiki finds out whether it has a revision already."""


def export_of(*titles: str) -> bytes:
    pages = "".join(
        f"<page><title>{title}</title><ns>0</ns><id>{number}</id><revision><id>{number}</id>"
        "<timestamp>2020-01-01T00:00:00Z</timestamp><contributor><username>Author</username></contributor>"
        f"<model>wikitext</model><format>text/x-wiki</format><text>Text.</text><sha1>{SHA1}</sha1></revision></page>"
        for number, title in enumerate(titles, start=1)
    )
    return f'<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11">{pages}</mediawiki>'.encode()


@pytest.mark.everywhere
async def test_w2_an_import_is_done_if_each_of_its_pages_has_an_entry(
    wiki: LocalWiki, steward_login: ClientLogin
) -> None:
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        found = []
        for plan in (matching("import", DROP_AFTER), matching("import")):
            proxy.plan = plan
            titles = (fresh("Imported"), fresh("Brought &amp; kept"))
            pages = await site.actions.import_(export_of(*titles), interwikiprefix="old", summary="from  afar")
            found.append([(page.ns, page.revisions, page.verified) for page in pages])
            assert [page.title for page in pages] == [title.replace("&amp;", "&") for title in titles]
    assert found == [[(0, 1, True)] * 2, [(0, 1, False)] * 2]


@pytest.mark.everywhere
async def test_w2_an_import_without_an_entry_for_each_page_is_unknown(
    wiki: LocalWiki, steward_login: ClientLogin
) -> None:
    """A page that has all revisions of the import already gets no entry."""
    async with FaultProxy(wiki.url) as proxy, behind(proxy, steward_login) as site:
        here, new = fresh("Imported"), fresh("Imported")
        await site.actions.import_(export_of(here), interwikiprefix="old", summary="first")
        for fault, titles in ((DROP_AFTER, (here, new)), (DROP_BEFORE, (fresh("Imported"),))):
            proxy.plan = matching("import", fault)
            with pytest.raises(OutcomeUnknown, match="log does not show it"):
                await site.actions.import_(export_of(*titles), interwikiprefix="old", summary="second")
