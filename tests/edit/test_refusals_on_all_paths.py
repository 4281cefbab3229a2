"""A refusal is the same error with the same data on all paths: page handle, typed action, raw call, REST."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

import pytest

from mwclient_async import PageStatus
from mwclient_async.errors import AbuseFilter, CaptchaRequired, TitleBlacklisted
from mwclient_async.testing import LocalWiki
from tests.support import guarded_wiki as guarded
from tests.support.edits import latest_revision, site_behind
from tests.support.fault_proxy import Fault, FaultProxy, matching
from tests.support.http_server import ServerResponse
from tests.support.logins import fresh, site as site_of


@pytest.mark.everywhere
@pytest.mark.parametrize("refusal", ["captcha", "title", "filter", "warning"])
async def test_a_refusal_is_the_same_error_with_the_same_data_on_all_paths(
    filtered_wiki: LocalWiki, refusal: str
) -> None:
    begin, mark, cls, key = {
        "captcha": ("Asked", guarded.QUESTIONED, CaptchaRequired, "captcha"),
        "title": (guarded.FORBIDDEN, "no mark", TitleBlacklisted, "line"),
        "filter": ("Filtered", guarded.REFUSED, AbuseFilter, "abusefilter"),
        "warning": ("Warned", guarded.WARNED, AbuseFilter, "abusefilter"),
    }[refusal]
    found = []
    async with site_of(filtered_wiki) as site:
        acts: tuple[Callable[[str, str], Awaitable[object]], ...] = (
            lambda title, text: site.page(title).create(text),
            lambda title, text: site.actions.edit(title, text=text),
            lambda title, text: site.call("edit", title=title, text=text),
            lambda title, text: site.rest.create_page(title, source=text),
        )
        for act in acts:
            title = fresh(begin)
            with pytest.raises(cls) as caught:
                await act(title, f"It is {mark}.")
            data = caught.value.data[key]
            found.append((caught.value.code, set(data) if refusal == "captcha" else data))
            assert (await site.pages(titles=[title]).collect())[0].status is PageStatus.MISSING
    assert found == [found[0]] * 4


@pytest.mark.everywhere
async def test_a_captcha_that_the_rest_api_asked_for_can_be_solved(filtered_wiki: LocalWiki) -> None:
    title, text = fresh("Captcha"), f"It is {guarded.QUESTIONED}."
    async with site_of(filtered_wiki) as site:
        made = await site.rest.create_page(title, source="Start.")
        with pytest.raises(CaptchaRequired) as caught:
            await site.rest.update_page(title, source=text, latest=made.latest.id)
        captcha = caught.value.data["captcha"]
        solved = {"captchaid": captcha["id"], "captchaword": guarded.solve_captcha(captcha["question"])}
        saved = await site.call("edit", title=title, text=text, baserevid=made.latest.id, params=solved)
        assert saved["edit"]["oldrevid"] == made.latest.id


async def test_a_captcha_that_is_no_longer_asked_for_is_an_edit_saved_once(filtered_wiki: LocalWiki) -> None:
    """The wiki asks by the REST API and not by the Action API, so the reply of the first request is replaced."""
    title = fresh("Captcha")
    asked = {"message": "Failure", "httpCode": 409, "httpReason": "Conflict"}
    answer = ServerResponse(
        status=409, headers=(("content-type", "application/json"),), body=json.dumps(asked).encode()
    )
    fault = Fault(kind="CAPTCHA", acted=False, answer=lambda _: answer)
    async with FaultProxy(filtered_wiki.url, matching("/v1/page*", fault)) as proxy, site_behind(proxy) as site:
        made = await site.rest.create_page(title, source="Text.")
        assert (made.source, made.latest.id) == ("Text.", (await latest_revision(site, title)).revid)
        assert proxy.counts["CAPTCHA"] == 1
