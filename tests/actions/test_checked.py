"""S6: a parameter of a write that the wiki would ignore is refused before the write is sent."""

from __future__ import annotations

from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async._actions.write_params import known_parameters
from mwclient_async._session.module_table import core_modules, parse_paraminfo
from mwclient_async.errors import OutcomeUnknown, Refused, ReplyLost, UnrecognizedParameters
from mwclient_async.testing import LocalWiki
from tests.support.actions import TOKENS, new_page, page_of, scripted
from tests.support.logins import EventLog, fresh, make_tag, site as site_of
from tests.test_architecture import ROOT

TOKEN = {"name": "token", "tokentype": "csrf"}


def described(**module: Any) -> Any:
    """The wiki's description of a module that needs POST."""
    return {"paraminfo": {"modules": [{"mustbeposted": True, "writerights": True, **module}]}}


@pytest.mark.everywhere
async def test_s6_every_wiki_has_the_parameters_of_the_table(site: Site) -> None:
    """On a wiki without settings of its own, so that no parameter depends on a setting."""
    table = known_parameters()
    found = parse_paraminfo(await site.call("paraminfo", modules=sorted(table), helpformat="none"))
    assert found.keys() == table.keys()
    for action, names in table.items():
        parameters = found[action].parameters or {}
        assert names <= parameters.keys(), action
        # The wiki would ignore unknown values. But for an unknown tag it refuses the request: see the next test.
        listed = [name for name in names if parameters[name] is not None and (action, name) != ("tag", "add")]
        assert listed == [], action
    core = core_modules()
    unchecked = {path for path, module in core.items() if module.write and "+" not in path} - table.keys()
    assert unchecked <= {  # their parameters are checked by a request, or depend on the wiki
        *("changeauthenticationdata", "createaccount", "linkaccount", "resetpassword", "upload"),
    }


@pytest.mark.everywhere
async def test_every_action_of_a_wiki_has_a_method_or_is_named_in_the_documentation(site: Site) -> None:
    (main,) = await site.actions.paraminfo("main")
    actions = next(parameter["type"] for parameter in main.raw["parameters"] if parameter["name"] == "action")
    without_method = {name for name in actions if name not in dir(site.actions) and f"{name}_" not in dir(site.actions)}
    assert without_method == {"clientlogin", "cspreport", "help", "login", "logout", "query", "upload"}
    documented = (ROOT.parent / "docs" / "actions.md").read_text(encoding="utf-8").partition("```")[0]
    assert all(f"`{name}`" in documented for name in without_method)
    for name in without_method:
        with pytest.raises(AttributeError, match=rf"site\.actions has no '{name}': \w"):
            getattr(site.actions, name)


async def test_s6_a_wiki_refuses_an_unknown_tag_beside_a_known_one_and_adds_neither(steward: Site) -> None:
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


async def test_s6_the_wiki_describes_an_action_once_and_only_if_the_table_does_not_know_a_parameter(
    action_wiki: LocalWiki, steward: Site
) -> None:
    events = EventLog()
    async with site_of(action_wiki, auth=None, login_state=steward.login_state(), on_event=events.append) as site:
        title = await new_page(site)
        await site.actions.protect(title, protections={"edit": "sysop"}, reason="certain", cascade=True)
        assert events.requests("action=paraminfo") == 0
        for _ in range(2):
            await site.actions.protect(title, protections={"edit": "sysop"}, watchlist="watch", watchlistexpiry="1 day")
        await site.call("protect", title=title, protections="edit=all", uselang="fr", requestid="5")
    assert events.requests("action=paraminfo") == 1


async def test_s6_modules_of_extensions_are_checked_as_they_describe_themselves() -> None:
    """Scripted, because no extension of a LocalWiki has a module with submodules or with templated parameters."""
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


async def test_a_lost_reply_is_an_unknown_outcome_and_nothing_is_sent_again() -> None:
    site, transport = scripted(TOKENS, ReplyLost("gone"))
    async with site:
        with pytest.raises(OutcomeUnknown, match="action=emailuser was sent, and its response was lost"):
            await site.actions.emailuser("A", subject="x", text="x")
    assert len(transport.requests) == 2


async def test_the_known_revision_of_a_page_is_forgotten_when_an_action_changes_the_page(steward: Site) -> None:
    """An append after a rollback or a deletion is based on the revision that is then the latest."""
    title = await new_page(steward)
    page = steward.page(title)
    await page.append("One.")
    await steward.actions.delete(title)
    await steward.actions.undelete(title)
    await steward.actions.edit(title, text="Two.")
    assert not any(title in key for key in steward._session.known_revisions._latest)
    assert (await page.append(" Three.")).oldrevid > 0
