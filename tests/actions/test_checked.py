"""S6: what a wiki would leave out of a write is said before the write is sent; and what a write waits for."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async._actions.write_params import certain_parameters
from mwclient_async._session.module_table import core_modules, from_paraminfo
from mwclient_async.errors import OutcomeUnknown, Refused, ReplyLost, UnrecognizedParameters
from mwclient_async.testing import LocalWiki
from tests.support.actions import TOKENS, new_page, page_of, scripted
from tests.support.logins import Told, fresh, make_tag, site as site_of

TOKEN = {"name": "token", "tokentype": "csrf"}


def described(**module: Any) -> Any:
    """What a wiki says of a module that is posted."""
    return {"paraminfo": {"modules": [{"mustbeposted": True, "writerights": True, **module}]}}


@pytest.mark.everywhere
async def test_s6_every_wiki_has_the_parameters_of_the_table(site: Site) -> None:
    """On a wiki with no settings of its own, so that none of them hangs on a setting."""
    table = certain_parameters()
    found = from_paraminfo(await site.call("paraminfo", modules=sorted(table), helpformat="none"))
    assert found.keys() == table.keys()
    for action, names in table.items():
        parameters = found[action].parameters or {}
        assert names <= parameters.keys(), action
        # Odd values would be left out; but of odd tags, the wiki refuses the whole: see the next test.
        listed = [name for name in names if parameters[name] is not None and (action, name) != ("tag", "add")]
        assert listed == [], action
    core = core_modules()
    unchecked = {path for path, module in core.items() if module.write and "+" not in path} - table.keys()
    assert unchecked <= {  # these are asked about, or have forms of their own
        *("changeauthenticationdata", "changecontentmodel", "createaccount", "linkaccount", "resetpassword"),
        *("setpagelanguage", "upload"),
    }


async def test_s6_a_wiki_refuses_an_unknown_tag_beside_a_known_one_and_puts_on_neither(steward: Site) -> None:
    known, title = fresh("known"), await new_page(steward)
    await make_tag(steward, known)
    change = await steward.list("recentchanges", title=title, prop=["ids"]).first()
    assert change is not None
    with pytest.raises(Refused, match="badtags"):
        await steward.actions.tag(rcid=change.rcid, add=[known, fresh("unknown")])
    (left,) = await steward.list("recentchanges", title=title, prop=["tags"]).collect()
    assert left.tags == ()


async def test_s6_a_misspelt_write_is_not_sent(steward: Site) -> None:
    title = await new_page(steward)
    with pytest.raises(UnrecognizedParameters, match=r"'expirry'; nothing was sent\. Did you mean 'expiry'"):
        await steward.call("protect", title=title, protections="edit=sysop", expirry="1 week")
    with pytest.raises(UnrecognizedParameters, match=r"no value of add 'sysopp'; nothing .* mean 'sysop'"):
        await steward.call("userrights", user="Member", add=["sysopp"])
    with pytest.raises(UnrecognizedParameters, match=r"no value of hide 'contnet'; nothing .* mean 'content'"):
        await steward.call("revisiondelete", type="revision", target=title, ids=1, hide="contnet|user")
    with pytest.raises(UnrecognizedParameters, match="no parameter 'gapprefx'"):
        await steward.call("watch", generator="allpages", gapprefx="A")
    assert (await page_of(steward, title, prop="info", inprop="protection")).info.protection == ()


async def test_s6_the_wiki_is_asked_once_and_only_where_there_is_doubt(acted: LocalWiki, steward: Site) -> None:
    told = Told()
    async with site_of(acted, auth=None, login_state=steward.login_state(), on_event=told.append) as site:
        title = await new_page(site)
        await site.actions.protect(title, protections={"edit": "sysop"}, reason="certain", cascade=True)
        assert told.requests("action=paraminfo") == 0
        for _ in range(2):
            await site.actions.protect(title, protections={"edit": "sysop"}, watchlist="watch", watchlistexpiry="1 day")
        await site.call("protect", title=title, protections="edit=all", uselang="fr", requestid="5")
    assert told.requests("action=paraminfo") == 1


async def test_s6_modules_of_extensions_are_checked_as_they_describe_themselves() -> None:
    """No extension of a LocalWiki has a module that hands its parameters on to another, or one with patterns."""
    site, transport = scripted(
        described(path="flow", parameters=[{"name": "submodule", "submodules": {"new": "flow+new"}}, TOKEN]),
        {"paraminfo": {"modules": [{"path": "main"}, {"path": "json"}]}},
        described(path="flow+new", prefix="nt", parameters=[{"name": "topic"}, {"name": "tags", "multi": True}]),
        TOKENS,
        {"flow": {"done": True}},
        described(path="map", templatedparameters=[{"name": "text-{slot}"}], parameters=[TOKEN]),
        {"map": {"done": True}},
    )
    async with site:
        assert (await site.call("flow", submodule="new", nttopic="A", nttags=["b"]))["flow"]["done"]
        with pytest.raises(UnrecognizedParameters, match=r"no parameter 'nttopik'.*mean 'nttopic'"):
            await site.call("flow", submodule="new", nttopik="A")
        assert (await site.call("map", params={"text-main": "A"}))["map"]["done"]
    transport.assert_done()


async def test_a_lost_answer_is_an_unknown_outcome_and_nothing_is_sent_again() -> None:
    site, transport = scripted(TOKENS, ReplyLost("gone"))
    async with site:
        with pytest.raises(OutcomeUnknown, match="action=delete was sent, and its answer was lost"):
            await site.actions.delete("A")
    assert len(transport.requests) == 2


async def test_what_we_know_of_a_page_is_forgotten_when_something_else_is_done_to_it(steward: Site) -> None:
    """An append after a rollback or a deletion is based on what is there by then."""
    title = await new_page(steward)
    page = steward.page(title)
    await page.append("One.")
    await steward.actions.delete(title)
    await steward.actions.undelete(title)
    await steward.actions.edit(title, text="Two.")
    assert not any(title in key for key in steward._session.known_revisions._latest)
    assert (await page.append(" Three.")).oldrevid > 0
