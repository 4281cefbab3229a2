"""Groups, preferences, email, passwords; accounts and their credentials."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mwclient_async import ClientLogin, PasswordValidity, Site
from mwclient_async.errors import (
    ApiError,
    CaptchaRequired,
    InvalidParameter,
    NotLoggedIn,
    OutcomeUnknown,
    Refused,
    ReplyLost,
    UnrecognizedParameters,
)
from mwclient_async.testing import LocalWiki, WikiFactory
from mwclient_async.testing.scripted import sent
from tests.conftest import USER_AGENT
from tests.support import guarded_wiki as guarded
from tests.support.actions import TOKENS, assert_codes, assert_refused, scripted
from tests.support.logins import fresh, site as site_of

PASSWORD = "a rather long passphrase 1"
OWN = "MediaWiki\\Auth\\PasswordAuthenticationRequest"


async def new_account(steward: Site) -> str:
    name = fresh("Account").replace(" ", "")
    assert (await steward.actions.createaccount(name, password=PASSWORD, reason="for tests")).username == name
    return name


@pytest.mark.everywhere
async def test_groups_change_with_or_without_an_expiry(steward: Site, member: Site, action_wiki: LocalWiki) -> None:
    name = await new_account(steward)
    soon = datetime.now(UTC) + timedelta(days=2)
    done = await steward.actions.userrights(name, add={"bot": "infinite", "sysop": soon}, reason="an expert")
    assert (done.user, set(done.added), done.removed) == (name, {"bot", "sysop"}, ())
    (user,) = await steward.list("users", users=name, prop="groupmemberships").collect()
    assert {(m.group, m.expiry) for m in user.groupmemberships} == {
        ("bot", "infinity"),
        ("sysop", f"{soon:%Y-%m-%dT%H:%M:%SZ}"),
    }
    done = await steward.actions.userrights(name, add="bureaucrat", remove={"bot", "suppress"}, expiry="1 week")
    assert (done.added, done.removed, done.unchanged) == (("bureaucrat",), ("bot",), ("suppress",))
    with pytest.raises(UnrecognizedParameters, match=r"no value of add 'burocrat'; nothing .*'bureaucrat'"):
        await steward.actions.userrights(name, add="burocrat")
    if action_wiki.version < "1.43":
        with pytest.raises(UnrecognizedParameters, match="no parameter 'watchuser'"):
            await steward.actions.userrights(name, remove="sysop", watchuser=True)
    else:
        assert (await steward.actions.userrights(name, remove="sysop", watchuser=True)).watchuser
    await assert_codes(
        (
            (InvalidParameter, "nosuchuser", steward.actions.userrights("No such user", add="bot")),
            (InvalidParameter, "invalidexpiry", steward.actions.userrights(name, add="bot", expiry="in my time")),
        )
    )
    may_not = await member.actions.userrights(name, add="bot")  # the wiki reports nothing else
    assert (may_not.added, may_not.unchanged) == ((), ("bot",))


async def test_preferences_change_and_the_error_names_those_that_do_not(steward: Site) -> None:
    await steward.actions.options({"language": "de", "nickname": "a|b=c", "userjs-x": 5, "watchdefault": False})
    options = (await steward.userinfo()).options
    assert [options[name] for name in ("language", "nickname", "userjs-x")] == ["de", "a|b=c", "5"]
    assert not int(options["watchdefault"])
    await steward.actions.options({"language": None, "userjs-x": None, "watchdefault": True})
    with pytest.raises(Refused) as caught:
        await steward.actions.options({"no-such-thing": "1", "skin": "none", "nickname": "Stew"})
    assert [error.code for error in caught.value.errors] == ["validationfailed"] * 2
    assert '"no-such-thing"' in caught.value.text
    options = (await steward.userinfo()).options
    assert (options["language"], options["nickname"], "userjs-x" in options) == ("en", "Stew", False)
    await steward.actions.options(reset=True, resetkinds=["registered"])
    assert (await steward.userinfo()).options["nickname"] == ""


async def test_s6_a_preference_of_a_newer_wiki_is_refused_before_the_write(steward: Site) -> None:
    with pytest.raises(UnrecognizedParameters, match="action=options knows no parameter 'global'"):
        await steward.actions.options({"language": "de"}, global_="ignore")
    assert (await steward.userinfo()).options["language"] == "en"


async def test_email_is_sent(action_wiki: LocalWiki, steward: Site) -> None:
    await action_wiki.create_user("Reader")
    await action_wiki.maintenance("resetUserEmail", "--no-reset-password", "Reader", "reader@example.org")
    subject = fresh("Hello")
    done = await steward.actions.emailuser("Reader", subject=subject, text="Good day.", ccme=True)
    assert (done.result, done.warnings) == ("Success", ())
    mail = (action_wiki.directory / "mail.txt").read_text()
    assert f"Subject: {subject}" in mail
    assert f"Copy of your message to Reader: {subject}" in mail
    await steward.actions.resetpassword(email="reader@example.org")
    assert "Account details" in (action_wiki.directory / "mail.txt").read_text().removeprefix(mail)
    await assert_codes(
        (
            (ApiError, "notarget", steward.actions.emailuser("No such user", subject="x", text="x")),
            (ApiError, "noemail", steward.actions.emailuser("Member", subject="x", text="x")),
            (ApiError, "passwordreset-nodata", steward.call("resetpassword")),
        )
    )


async def test_the_notice_of_new_messages_is_cleared(action_wiki: LocalWiki, steward: Site, member: Site) -> None:
    await steward.actions.edit("User talk:Member", appendtext="\n\nA message.")
    assert (await member.userinfo()).hasmsg
    await member.actions.clearhasmsg()
    assert not (await member.userinfo()).hasmsg


async def test_an_account_is_created_and_its_password_changed(action_wiki: LocalWiki, steward: Site) -> None:
    name = await new_account(steward)
    await assert_codes(
        (
            (ApiError, "userexists", steward.actions.createaccount(name, password=PASSWORD)),
            (InvalidParameter, "invaliduser", steward.actions.createaccount("A<", password=PASSWORD)),
            (ApiError, "badrequest", steward.actions.removeauthenticationdata("none")),
            (ApiError, "badrequest", steward.actions.unlinkaccount("none")),
            (ApiError, "userlogin-cannot-link", steward.actions.linkaccount()),
        )
    )
    async with site_of(action_wiki, auth=ClientLogin(username=name, password=PASSWORD)) as own:
        new = f"{PASSWORD} changed"
        with pytest.raises(ApiError, match="badrequest"):
            await own.actions.changeauthenticationdata("none", fields={"password": new, "retype": new})
        await own.actions.changeauthenticationdata(OWN, fields={"password": new, "retype": new})
    async with site_of(action_wiki, auth=ClientLogin(username=name, password=new)) as again:
        assert (await again.userinfo()).name == name


async def test_an_anonymous_user_is_not_logged_in(anonymous: Site) -> None:
    await assert_codes(
        (
            (NotLoggedIn, "notloggedin", anonymous.actions.options({"language": "de"})),
            (NotLoggedIn, "notloggedin", anonymous.actions.linkaccount()),
            (NotLoggedIn, "notloggedin", anonymous.actions.unlinkaccount("x")),
            (NotLoggedIn, "notloggedin", anonymous.actions.removeauthenticationdata("x")),
            (NotLoggedIn, "notloggedin", anonymous.actions.changeauthenticationdata("x", fields={"a": "b"})),
        )
    )


async def test_further_steps_and_other_providers_are_returned_as_a_step() -> None:
    """Scripted: a LocalWiki has no captcha, no provider of other accounts, and no credentials to remove."""
    field = {"type": "string", "label": "Code", "help": "From the mail", "optional": False, "sensitive": True}
    request = {"id": "Code", "metadata": {}, "required": "required", "provider": "Mail", "account": "A"}
    unfinished = {
        "status": "UI",
        "message": "Look",
        "messagecode": "look",
        "requests": [{**request, "fields": {"c": field}}],
    }
    site, transport = scripted(
        TOKENS,
        {"createaccount": unfinished},
        {"createaccount": {"status": "PASS", "username": "A"}},
        {"createaccount": {"status": "FAIL", "message": "No.", "messagecode": "captcha-createaccount-fail"}},
        {"linkaccount": {"status": "REDIRECT", "redirecttarget": "https://other.example/", "requests": []}},
        {"unlinkaccount": {"status": "success"}},
        {"removeauthenticationdata": {"status": "success"}},
        {"emailuser": {"result": "Failure", "errors": [{"code": "hookaborted", "text": "No."}]}},
        ReplyLost("gone"),
    )
    async with site:
        step = await site.actions.createaccount("A", password="p", fields={"x": "y"}, preservestate=True)
        assert (step.status, step.requests[0].id, step.requests[0].fields[0].name) == ("UI", "Code", "c")
        assert step.requests[0].fields[0].sensitive
        sent_params = sent(transport.requests[-1])
        assert (
            sent_params["password"],
            sent_params["retype"],
            sent_params["x"],
            sent_params["createpreservestate"],
        ) == ("p", "p", "y", "1")
        assert sent_params["createreturnurl"].startswith("https://")
        done = await site.actions.createaccount(fields={"c": "1"}, requests="Code", continue_=True)
        assert (done.status, done.username) == ("PASS", "A")
        sent_params = sent(transport.requests[-1])
        assert (sent_params["createcontinue"], sent_params["createrequests"], "createreturnurl" in sent_params) == (
            "1",
            "Code",
            False,
        )
        with pytest.raises(CaptchaRequired):
            await site.actions.createaccount("A", password="p")
        link = await site.actions.linkaccount(returnurl="https://here.example/")
        assert (link.status, link.redirecttarget) == ("REDIRECT", "https://other.example/")
        await site.actions.unlinkaccount("x")
        await site.actions.removeauthenticationdata("x")
        with pytest.raises(Refused, match="hookaborted"):
            await site.actions.emailuser("A", subject="x", text="x")
        with pytest.raises(OutcomeUnknown):
            await site.actions.emailuser("A", subject="x", text="x")
    transport.assert_done()


@pytest.mark.everywhere
async def test_a_password_is_checked_by_the_rules_of_the_wiki(steward: Site, anonymous: Site) -> None:
    """The rules of the wiki: eight characters, and another one if it has fewer."""
    assert await steward.actions.validatepassword(PASSWORD) == PasswordValidity(validity="Good")
    short = await anonymous.actions.validatepassword("abc", user=fresh("New"), email="a@example.org", realname="A")
    codes = ["passwordtooshort", "passwordincommonlist"]
    assert (short.validity, [item.code for item in short.validitymessages]) == ("Change", codes)
    with pytest.raises(ApiError, match="userexists"):
        await anonymous.actions.validatepassword(PASSWORD, user="Steward")
    with pytest.raises(ApiError, match="baduser"):
        await anonymous.actions.validatepassword(PASSWORD, user="A<")


@pytest.mark.everywhere
async def test_the_name_of_a_temporary_account_is_reserved(
    mediawiki_factory: WikiFactory, mediawiki_version: str, steward: Site
) -> None:
    wiki = guarded.guarded_wiki(mediawiki_factory, mediawiki_version)
    async with site_of(wiki) as site:
        if mediawiki_version == "1.39":
            with pytest.raises(ValueError, match="this wiki has no action 'acquiretempusername'"):
                await site.actions.acquiretempusername()
            return
        name = await site.actions.acquiretempusername()
        assert name == await site.actions.acquiretempusername()
        assert name.startswith("~")
        made = await site.page(fresh("Temporary")).create("x")
        page = await site.query(revids=made.revid, prop="revisions", rvprop="user").first()
        assert page is not None
        assert page.revisions[0].user == name
    with pytest.raises(ApiError, match="tempuserdisabled"):
        await steward.actions.acquiretempusername()


async def test_s1_no_password_is_shown() -> None:
    site, _ = scripted(TOKENS, ReplyLost("gone"))
    async with site:
        with pytest.raises(OutcomeUnknown) as caught:
            await site.actions.createaccount("A", password="a secret of mine")
    assert "a secret of mine" not in repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)
    site, transport = scripted({"errors": [{"code": "userexists", "text": "Taken."}]})
    async with site:
        with pytest.raises(ApiError) as refused:
            await site.actions.validatepassword("a secret of mine", user="A")
    assert "a secret of mine" not in repr(refused.value) + str(refused.value) + transport.requests[0].url


async def test_wrong_arguments_are_refused_before_any_request() -> None:
    site, transport = scripted()
    async with site:
        act: Any = site.actions
        await assert_refused(
            (
                (ValueError, "user is empty", lambda: act.userrights("", add="bot")),
                (ValueError, "which groups", lambda: act.userrights("A")),
                (ValueError, "which groups", lambda: act.userrights("A", add=[])),
                (ValueError, "leave out expiry", lambda: act.userrights("A", add={"bot": "1 day"}, expiry="1 day")),
                (ValueError, "for groups in add", lambda: act.userrights("A", remove="bot", expiry="1 day")),
                (ValueError, "watchuser=True", lambda: act.userrights("A", add="bot", watchlistexpiry="1 day")),
                (ValueError, "which preferences", act.options),
                (ValueError, "reset=True", lambda: act.options({"a": "b"}, resetkinds="all")),
                (ValueError, "resetkinds is empty", lambda: act.options(reset=True, resetkinds=[])),
                (ValueError, "resetkinds='some'", lambda: act.options(reset=True, resetkinds="some")),
                (ValueError, "not the name of a preference", lambda: act.options({"a=b": "c"})),
                (TypeError, "value of type list", lambda: act.options({"a": []})),
                (ValueError, "target is empty", lambda: act.emailuser("", subject="x", text="x")),
                (ValueError, "subject is empty", lambda: act.emailuser("A", subject=" ", text="x")),
                (ValueError, "give user, email", act.resetpassword),
                (ValueError, "password is empty", lambda: act.validatepassword(" ")),
                (ValueError, "model is empty", lambda: act.changecontentmodel("A", model="")),
                (ValueError, "exactly one of title and pageid", lambda: act.changecontentmodel(model="json")),
                (ValueError, "lang is empty", lambda: act.setpagelanguage("A", lang="")),
                (ValueError, "exactly one of title and pageid", lambda: act.setpagelanguage("A", pageid=1, lang="fr")),
                (ValueError, "username is empty", lambda: act.createaccount("")),
                (
                    ValueError,
                    "'password' is given twice",
                    lambda: act.createaccount("A", password="x", fields={"password": "y"}),
                ),
                (ValueError, "fields is empty", lambda: act.changeauthenticationdata("x", fields={})),
                (ValueError, "request is empty", lambda: act.unlinkaccount("")),
            )
        )
        with pytest.raises(ValueError, match="fileids is empty"):
            await act.undelete("A", fileids=iter(()))
        with pytest.raises(ValueError, match="timestamps is empty"):
            await act.undelete("A", timestamps=[])
    plain = Site("http://wiki.example.org/w/api.php", user_agent=USER_AGENT, transport=transport)
    async with plain:
        with pytest.raises(ValueError, match="plain http: anyone on the network could read"):
            await plain.actions.createaccount("A", password="a secret of mine")
        with pytest.raises(ValueError, match="plain http: anyone on the network could read"):
            await plain.actions.validatepassword("a secret of mine")
    assert transport.requests == []
