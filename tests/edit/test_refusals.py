"""Edits that are refused, by the library or by the wiki; abuse filters and captchas."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from mwclient_async import BotPassword, EditOutcome, Site
from mwclient_async.errors import AbuseFilter, Blocked, CaptchaRequired, OutcomeUnknown, PermissionDenied, Protected
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.edits import latest_revision, site_behind
from tests.support.fault_proxy import DROP_AFTER, FaultProxy, matching
from tests.support.logins import fresh, site as site_of


async def test_arguments_that_cannot_be_sent_are_refused_before_any_request() -> None:
    transport = ScriptedTransport()
    async with Site("https://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport) as site:
        page: Any = site.page("A")
        rest: Any = site.rest
        refused: tuple[tuple[type[Exception], str, Callable[[], Awaitable[object]]], ...] = (
            (TypeError, "text is of type bytes", lambda: page.save(b"x")),
            (TypeError, "text is of type NoneType", lambda: page.append(None)),
            (TypeError, "summary is of type int", lambda: page.save("x", summary=1)),
            (TypeError, "heading is of type NoneType", lambda: page.new_section(None, "x")),
            (TypeError, "comment is of type int", lambda: rest.create_page("A", source="x", comment=1)),
            (TypeError, "content_model is of type int", lambda: rest.create_page("A", source="x", content_model=1)),
            (ValueError, "half of a surrogate", lambda: page.create("\ud800")),
            (ValueError, "half of a surrogate", lambda: rest.update_page("A", source="x", comment="\udfff", latest=1)),
            (ValueError, "text to add is empty", lambda: page.append("")),
            (ValueError, "text to add is empty", lambda: page.prepend("")),
            (ValueError, "one line, and not empty", lambda: page.new_section("a\nb", "x")),
            (ValueError, "one line, and not empty", lambda: page.new_section("a\rb", "x")),
            (ValueError, "one line, and not empty", lambda: page.new_section(" ", "x")),
            (ValueError, "'baserevid' is set by the library", lambda: page.save("x", params={"baserevid": 1})),
            (ValueError, "'token' is set by the library", lambda: page.save("x", params={"token": "x"})),
            (TypeError, "minor='no' is not a flag: give True or False", lambda: page.save("x", minor="no")),
            (TypeError, "bot=0 is not a flag", lambda: page.append("x", bot=0)),
            (ValueError, "'minor' is given twice", lambda: page.save("x", minor=True, params={"minor": True})),
            (ValueError, "give 'raise', 'create' or 'only'", lambda: page.save("x", missing="yes")),
            (ValueError, "id of the revision", lambda: rest.update_page("A", source="x", latest=0)),
            (ValueError, "title is empty", lambda: rest.create_page(" _", source="x")),
        )
        for error, match, act in refused:
            with pytest.raises(error, match=match):
                await act()
        with pytest.raises(ValueError, match="title is empty"):
            site.page(" _")
    assert transport.requests == []


@pytest.mark.everywhere
async def test_protection_and_blocks_are_typed_errors_in_both_apis(
    wiki: LocalWiki, user_site: Site, admin_site: Site, blocked_auth: BotPassword
) -> None:
    page, title = fresh("Protected"), fresh("Salted")
    made = await admin_site.page(page).create("x")
    await admin_site.call("protect", title=page, protections="edit=sysop")
    await admin_site.call("protect", title=title, protections="create=sysop")
    for act in (partial(user_site.page(page).append, "y"), partial(user_site.page(title).save, "y", missing="create")):
        with pytest.raises(Protected):
            await act()
    with pytest.raises(PermissionDenied):  # 1.39 sends no error code
        await user_site.rest.update_page(page, source="y", latest=made.revid)
    with pytest.raises(PermissionDenied):
        await user_site.rest.create_page(title, source="y")
    async with site_of(wiki, auth=blocked_auth) as blocked:
        await admin_site.call("block", user="Blocked user", expiry="1 day", reason="tests", reblock=True)
        with pytest.raises(Blocked) as refusal:
            await blocked.page("Main Page").append("y")
        assert refusal.value.data["blockinfo"]["blockreason"] == "tests"
        with pytest.raises(Blocked) as refusal:
            await blocked.rest.create_page(fresh("Blocked"), source="y")
        assert refusal.value.data["blockinfo"]["blockreason"] == "tests"


@pytest.mark.everywhere
async def test_w2_an_abuse_filters_warning_is_an_error_and_never_confirmed_by_the_library(
    filtered_wiki: LocalWiki,
) -> None:
    title, text = fresh("Warned"), f"It is {guarded.WARNED}."
    async with FaultProxy(filtered_wiki.url) as proxy, site_behind(proxy) as site:
        page = site.page(title)
        await page.create("Start.")
        proxy.plan = matching("edit", DROP_AFTER)
        with pytest.raises(OutcomeUnknown, match="abuse filter") as unknown:
            await page.append(text)
        assert (unknown.value.title, await page.text()) == (title, "Start.")
        sent = sum(seen.action == "edit" for seen in proxy.seen)
        assert sent == 2
        confirmed = await page.append(text)  # the caller sends the same edit again, which confirms it
        assert confirmed.outcome is EditOutcome.SAVED
        for act in (page.append, lambda text: site.rest.update_page(title, source=text, latest=confirmed.revid)):
            for mark, code in ((guarded.WARNED, "abusefilter-warning"), (guarded.REFUSED, "abusefilter-disallowed")):
                with pytest.raises(AbuseFilter) as caught:
                    await act(f"{fresh('This')} is {mark}.")
                assert caught.value.code == code
        assert (await latest_revision(site, title)).revid == confirmed.revid


@pytest.mark.everywhere
async def test_a_captcha_is_an_error_with_its_question_and_can_be_solved(filtered_wiki: LocalWiki) -> None:
    text = f"It is {guarded.QUESTIONED}."
    async with site_of(filtered_wiki) as site:
        for act in (
            partial(site.page(fresh("Captcha")).create, text),
            partial(site.page(fresh("Captcha")).append, text, missing="create"),
            partial(site.page(fresh("Captcha")).new_section, "A", text),
        ):
            with pytest.raises(CaptchaRequired) as caught:
                await act()
            captcha = caught.value.data["captcha"]
            with pytest.raises(CaptchaRequired) as caught:
                await act(params={"captchaid": captcha["id"], "captchaword": "13579"})
            captcha = caught.value.data["captcha"]
            right = {"captchaid": captcha["id"], "captchaword": guarded.solve_captcha(captcha["question"])}
            assert (await act(params=right)).outcome is EditOutcome.CREATED
