"""site.info and site.userinfo: the wiki and the account, typed."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from mwclient_async import HttpOptions, Site
from mwclient_async._query.site_info import _PART_PARSERS
from mwclient_async.errors import NotRequested, UnrecognizedParameters
from mwclient_async.models.accounts import (
    AcceptedLanguage,
    ChangeableGroups,
    GroupMembership,
    RateLimit,
    UserInfo,
)
from mwclient_async.models.info import (
    AutoCreateTempUser,
    DatabaseLag,
    Extension,
    General,
    Hook,
    Interwiki,
    Language,
    Library,
    MagicWord,
    Namespace,
    Restrictions,
    RightsInfo,
    SiteInfo,
    Skin,
    SpecialPageAlias,
    Statistics,
    UserGroup,
)
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT
from tests.support.field_coverage import ID, TIME, Containing, picked, props_of, without_a_field
from tests.support.lossy_transport import CountingTransport
from tests.support.populated_wiki import PopulatedWiki

API = "https://wiki.example.org/w/api.php"
OBJECTS = {"general": General, "restrictions": Restrictions, "rightsinfo": RightsInfo, "statistics": Statistics}
ROWS = {
    "clientlibraries": Library,
    "dbrepllag": DatabaseLag,
    "extensions": Extension,
    "interwikimap": Interwiki,
    "languages": Language,
    "libraries": Library,
    "magicwords": MagicWord,
    "namespaces": Namespace,
    "showhooks": Hook,
    "skins": Skin,
    "specialpagealiases": SpecialPageAlias,
    "usergroups": UserGroup,
}
SHAPED = {  # each of these has a form of its own
    *("autocreatetempuser", "autopromote", "autopromoteonce", "defaultoptions", "extensiontags", "fileextensions"),
    *("functionhooks", "languagevariants", "namespacealiases", "protocols", "uploaddialog", "variables"),
}


@pytest.fixture
async def whole(visitor: Site) -> SiteInfo:
    """All parts of siteinfo."""
    return await visitor.info(*await props_of(visitor, "siteinfo"), numberingroup=True)


# The wiki ------------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_every_part_and_every_key_of_it_has_a_field(whole: SiteInfo, visitor: Site) -> None:
    requested = await props_of(visitor, "siteinfo")
    assert {*whole.raw} == {*requested}
    assert {*requested} <= {*_PART_PARSERS} == {*OBJECTS, *ROWS, *SHAPED}
    for prop in requested:
        assert getattr(whole, prop) is not None
    missing = {key for prop, cls in OBJECTS.items() for key in without_a_field(cls, whole.raw[prop])}
    for prop, cls in ROWS.items():
        found = whole.raw.get(prop, [])
        rows = found.values() if isinstance(found, dict) else found
        missing |= {f"{prop}.{key}" for row in rows for key in without_a_field(cls, row)}
    assert missing == set()


@pytest.mark.everywhere
async def test_the_default_parts_come_in_one_request(populated: PopulatedWiki) -> None:
    transport = CountingTransport()
    async with Site(populated.wiki.api_url, user_agent=USER_AGENT, transport=transport) as site:
        info = await site.info()
    assert transport.count == 1
    # fmt: off
    expected = {
        "sitename": "LocalWiki", "generator": f"MediaWiki {populated.wiki.version}", "mainpage": "Main Page",
        "server": populated.wiki.url, "servername": "127.0.0.1", "scriptpath": "", "script": "/index.php",
        "articlepath": "/index.php/$1", "variantarticlepath": None, "lang": "en", "fallback": (), "rtl": False,
        "case": "first-letter", "wikiid": "wiki", "time": TIME, "timezone": "UTC", "timeoffset": 0, "readonly": False,
        "readonlyreason": None, "maxarticlesize": 2048 * 1024, "uploadsenabled": True, "maxuploadsize": 100 * 1024**2,
        "minuploadchunksize": 1024, "dbtype": "sqlite", "externallinktarget": None, "writeapi": True,
        "fallback8bit_encoding": "windows-1252", "nofollowdomainexceptions": ("mediawiki.org",), "git_hash": None,
    }
    # fmt: on
    assert picked(info.general, expected) == expected
    assert info.general.thumblimits[0] == 120
    assert (info.general.imagelimits[1].width, info.general.imagelimits[1].height) == (640, 480)
    assert info.rightsinfo == RightsInfo(url="", text="")
    assert info.fileextensions == Containing("png", "webm")
    assert info.statistics.images == 2
    assert info.statistics.pages == ID
    assert info.raw["general"]["sitename"] == "LocalWiki"


@pytest.mark.everywhere
async def test_namespaces_have_their_aliases(visitor: Site) -> None:
    info = await visitor.info("namespaces")
    assert info.namespaces[6] == Namespace(
        id=6, name="File", canonical="File", case="first-letter", content=False, subpages=False, aliases=("Image",)
    )
    assert (info.namespaces[0].name, info.namespaces[0].content) == ("", True)
    assert (info.namespaces[4].name, info.namespaces[4].canonical) == ("LocalWiki", "Project")
    assert info.namespaces[8].namespaceprotection == "editinterface"
    assert info.namespaces[2].subpages
    assert info.namespacealiases == {"Image": 6, "Image talk": 7}
    assert min(info.namespaces) == -2


async def test_the_other_parts(whole: SiteInfo) -> None:
    french = whole.interwikimap["fr"]
    assert (french.url, french.local, french.language) == ("https://fr.example.org/wiki/$1", True, "français")
    assert whole.languages["de"] == Language(code="de", name="Deutsch", bcp47="de")
    assert whole.languagevariants["crh"]["crh"] == ("crh-latn",)
    assert whole.magicwords["redirect"] == MagicWord(name="redirect", aliases=("#REDIRECT",), case_sensitive=False)
    assert whole.specialpagealiases["Recentchanges"].aliases == ("RecentChanges",)
    assert whole.restrictions.levels == ("", "autoconfirmed", "sysop")
    assert whole.usergroups["sysop"].number == ID
    assert "block" in whole.usergroups["sysop"].rights
    assert whole.usergroups["sysop"].add == ("bot",)
    assert whole.usergroups["sysop"].remove_self == ("sysop",)
    assert [skin.code for skin in whole.skins if skin.default] == ["vector"]
    assert [extension.name for extension in whole.extensions] == ["Vector"]
    assert whole.extensions[0].license_name == "GPL-2.0-or-later"
    assert {library.name for library in whole.libraries} >= {"psr/log"}
    assert whole.dbrepllag == (DatabaseLag(host="", lag=-1),)
    assert whole.extensiontags == Containing("<pre>")
    assert whole.functionhooks == Containing("urlencode")
    assert whole.variables == Containing("currentyear")
    assert whole.protocols == Containing("https://")
    assert whole.defaultoptions["skin"] == "vector"
    assert whole.uploaddialog["fields"]["description"] is True


@pytest.mark.everywhere
async def test_whether_there_are_temporary_accounts(visitor: Site, mediawiki_version: str) -> None:
    if mediawiki_version == "1.39":
        with pytest.raises(UnrecognizedParameters):
            await visitor.info("autocreatetempuser")
    else:
        temp_users = (await visitor.info("autocreatetempuser")).autocreatetempuser
        assert temp_users == AutoCreateTempUser(enabled=True, matchpatterns=("~$1",))


async def test_the_error_for_a_part_that_was_not_requested_says_how_to_request_it(visitor: Site) -> None:
    info = await visitor.info("general")
    for prop in sorted({*_PART_PARSERS} - {"general"}):
        with pytest.raises(NotRequested, match=f"add '{prop}'"):
            getattr(info, prop)


@pytest.mark.everywhere
async def test_a_result_in_several_responses_is_merged(populated: PopulatedWiki, visitor: Site) -> None:
    """The wiki stops at its size limit and continues with the next part."""
    props = await props_of(visitor, "siteinfo")
    one_response, several = CountingTransport(), CountingTransport(("x-result-size", "15000"))
    async with Site(populated.wiki.api_url, user_agent=USER_AGENT, transport=one_response) as site:
        whole = await site.info(*props)
    async with Site(populated.wiki.api_url, user_agent=USER_AGENT, transport=several) as site:
        info = await site.info(*props)
    assert one_response.count == 1
    assert several.count > 2
    assert {*info.raw} == {*whole.raw}
    assert all(getattr(info, prop) == getattr(whole, prop) for prop in props if prop != "general")


# The account ----------------------------------------------------------------------------------------------------------


@pytest.mark.everywhere
async def test_userinfo_of_a_logged_in_user(populated: PopulatedWiki, mediawiki_version: str) -> None:
    transport = CountingTransport()
    async with Site(populated.wiki.api_url, user_agent=USER_AGENT, auth=populated.steward, transport=transport) as site:
        before = transport.count
        me = await site.userinfo()
    assert transport.count == before + 1
    # fmt: off
    expected = {
        "id": ID, "name": "Steward", "anon": False, "temp": False, "blocked": False, "hasmsg": False,
        "groups": Containing("sysop", "bureaucrat", "*"), "implicitgroups": Containing("*", "user"), "editcount": ID,
        "rights": Containing("apihighlimits", "suppressrevision"), "options": Containing("language", "skin"),
        "ratelimits": {}, "realname": "", "email": "", "emailauthenticated": None, "registrationdate": TIME,
        "unreadcount": ID, "centralids": {"local": ID}, "attachedlocal": {"local": True}, "latestcontrib": TIME,
        "theoreticalratelimits": {"move": {"user": RateLimit(hits=8, seconds=60)}},
        "cancreateaccount": None if mediawiki_version == "1.39" else True,
    }
    # fmt: on
    assert picked(me, expected) == expected
    assert GroupMembership(group="sysop", expiry="infinity") in me.groupmemberships
    assert me.changeablegroups.add == Containing("bot", "sysop")


@pytest.mark.everywhere
async def test_every_key_of_userinfo_has_a_field(steward: Site, visitor: Site) -> None:
    for site in (steward, visitor):
        response = await site.call("query", meta="userinfo", uiprop=await props_of(site, "userinfo"))
        assert set(without_a_field(UserInfo, response["query"]["userinfo"])) == set()


@pytest.mark.everywhere
async def test_userinfo_of_an_anonymous_user(visitor: Site) -> None:
    me = await visitor.userinfo()
    assert (me.id, me.anon, me.name, me.groups, me.email) == (0, True, "127.0.0.1", ("*",), "")
    assert (me.registrationdate, me.latestcontrib, me.unreadcount) == (None, None, 0)
    assert me.changeablegroups == ChangeableGroups()
    assert "apihighlimits" not in me.rights


@pytest.mark.everywhere
async def test_userinfo_of_a_blocked_user(populated: PopulatedWiki) -> None:
    http = HttpOptions(headers=(("accept-language", "de, fr;q=0.5"),))
    async with Site(populated.wiki.api_url, user_agent=USER_AGENT, auth=populated.vandal, http=http) as site:
        me = await site.userinfo()
    assert (me.blocked, me.blockedby, me.blockreason, me.blockexpiry) == (True, "Steward", "vandalism", "infinite")
    assert (me.blockpartial, me.blocknocreate, me.blockanononly) == (False, True, False)
    assert me.blockedtimestamp == TIME
    assert me.blockid == ID
    assert me.acceptlang == (AcceptedLanguage(code="de", q=1.0), AcceptedLanguage(code="fr", q=0.5))


# Parts that have no class here ---------------------------------------------------------------------------------------


async def test_a_part_without_a_class_is_in_raw() -> None:
    """Scripted: the part is of a newer MediaWiki than the tests have."""
    domains = ["*.wikimedia.org", "upload.example.org"]
    body = {"batchcomplete": True, "query": {"copyuploaddomains": domains, "general": {"sitename": "A", "later": 1}}}
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport([body])) as site:
        info = await site.info("general", "copyuploaddomains")
    kept: tuple[Any, ...] = (info, copy.deepcopy(info), pickle.loads(pickle.dumps(info)))
    for one in kept:
        assert (one.raw["copyuploaddomains"], one.raw["general"]["later"]) == (domains, 1)
        with pytest.raises(AttributeError, match=r"has no 'copyuploaddomains': read info\.raw\['copyuploaddomains'\]"):
            _ = one.copyuploaddomains
        with pytest.raises(AttributeError, match=r"has no 'nosuch'$"):
            _ = one.nosuch
