"""What a wiki says of itself. The manual's page is https://www.mediawiki.org/wiki/API:Siteinfo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async.errors import NotRequested

# General -------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class LanguageVariant:
    """A form in which the wiki's own language is shown: ``zh-hans`` and the like."""

    code: str = ""
    name: str = ""


@frozen(kw_only=True)
class ImageSize:
    """Width and height in pixels."""

    width: int = 0
    height: int = 0


@frozen(kw_only=True)
class General:
    """``siprop=general``: the wiki's name, its addresses, and what it allows.

    ``generator`` is ``MediaWiki`` and the version. ``time`` is the wiki's clock, ``timezone`` the name of the zone in
    which it shows times, ``timeoffset`` that in minutes. ``maxarticlesize``, ``maxuploadsize`` and
    ``minuploadchunksize`` are in bytes. ``case`` is ``first-letter`` where titles begin with a capital, else
    ``case-sensitive``. In ``articlepath``, ``$1`` stands for the title. ``readonlyreason`` is set while ``readonly``
    is. ``thumblimits`` are widths in pixels, ``imagelimits`` sizes, by the number that an account's options name.
    ``fallback`` are the codes of the languages that stand in for missing messages, nearest first. ``git_hash`` is None
    but on wikis that run from a repository. Extensions add more, which is in ``SiteInfo.raw["general"]``.
    """

    sitename: str = ""
    generator: str = ""
    mainpage: str = ""
    base: str = ""
    server: str = ""
    servername: str = ""
    scriptpath: str = ""
    script: str = ""
    articlepath: str = ""
    variantarticlepath: str | None = None
    wikiid: str = ""
    logo: str | None = None
    favicon: str | None = None
    lang: str = ""
    rtl: bool = False
    fallback: tuple[str, ...] = ()
    variants: tuple[LanguageVariant, ...] = ()
    fallback8bit_encoding: str | None = None
    case: str = ""
    time: datetime | None = None
    timezone: str = ""
    timeoffset: int = 0
    readonly: bool = False
    readonlyreason: str | None = None
    writeapi: bool | None = None
    misermode: bool = False
    maxarticlesize: int | None = None
    uploadsenabled: bool = False
    maxuploadsize: int | None = None
    minuploadchunksize: int | None = None
    mainpageisdomainroot: bool | None = None
    phpversion: str | None = None
    phpsapi: str | None = None
    dbtype: str | None = None
    dbversion: str | None = None
    git_hash: str | None = None
    git_branch: str | None = None
    langconversion: bool | None = None
    linkconversion: bool | None = None
    titleconversion: bool | None = None
    linkprefixcharset: str | None = None
    linkprefix: str | None = None
    linktrail: str | None = None
    legaltitlechars: str | None = None
    invalidusernamechars: str | None = None
    allunicodefixes: bool | None = None
    fixarabicunicode: bool | None = None
    fixmalayalamunicode: bool | None = None
    imagewhitelistenabled: bool | None = None
    externalimages: tuple[str, ...] = ()
    galleryoptions: Mapping[str, Any] = {}
    thumblimits: Mapping[int, int] = {}
    imagelimits: Mapping[int, ImageSize] = {}
    centralidlookupprovider: str | None = None
    allcentralidlookupproviders: tuple[str, ...] = ()
    interwikimagic: bool | None = None
    magiclinks: Mapping[str, bool] = {}
    categorycollation: str | None = None
    nofollowlinks: bool | None = None
    nofollownsexceptions: tuple[int, ...] = ()
    nofollowdomainexceptions: tuple[str, ...] = ()
    externallinktarget: str | None = None


@frozen(kw_only=True)
class Namespace:
    """A namespace. ``name`` is in the wiki's language, ``canonical`` in English; both name it, as the ``aliases`` do.

    The main namespace has the id 0 and an empty name. ``content`` is whether its pages count as content.
    ``namespaceprotection`` is the right that editing there needs. ``case`` is as in General.
    """

    id: int
    name: str = ""
    canonical: str = ""
    case: str = ""
    content: bool = False
    subpages: bool = False
    nonincludable: bool = False
    namespaceprotection: str | None = None
    defaultcontentmodel: str | None = None
    aliases: tuple[str, ...] = ()


@frozen(kw_only=True)
class Statistics:
    """``siprop=statistics``: how many there are. ``articles`` are pages of content, ``jobs`` those that wait."""

    pages: int = 0
    articles: int = 0
    edits: int = 0
    images: int = 0
    users: int = 0
    activeusers: int = 0
    admins: int = 0
    jobs: int = 0


@frozen(kw_only=True)
class RightsInfo:
    """``siprop=rightsinfo``: the licence of the wiki's content; empty where it names none."""

    url: str = ""
    text: str = ""


@frozen(kw_only=True)
class Restrictions:
    """``siprop=restrictions``: which protections there are. The level ``""`` is none."""

    types: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    cascadinglevels: tuple[str, ...] = ()
    semiprotectedlevels: tuple[str, ...] = ()


@frozen(kw_only=True)
class UserGroup:
    """A group and its rights.

    ``add`` and ``remove`` are the groups that its members can put others into and take them out of, ``..._self``
    themselves. ``number`` is how many members it has, with ``sinumberingroup``.
    """

    name: str = ""
    rights: tuple[str, ...] = ()
    number: int | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    add_self: tuple[str, ...] = ()
    remove_self: tuple[str, ...] = ()


@frozen(kw_only=True)
class AutoCreateTempUser:
    """``siprop=autocreatetempuser``: whether those who edit without an account get a temporary one.

    In ``matchpatterns``, ``$1`` stands for the serial part of such names.
    """

    enabled: bool = False
    matchpatterns: tuple[str, ...] = ()


# Names and languages -------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Interwiki:
    """A prefix of links to other wikis. In ``url``, ``$1`` stands for the title.

    ``local`` is a wiki of the same project, ``trans`` one whose templates can be used here. ``language`` is the name of
    the language that such links lead to, where they are language links; ``deprecated`` the code to use instead.
    """

    prefix: str
    url: str = ""
    local: bool = False
    trans: bool = False
    protorel: bool = False
    localinterwiki: bool = False
    language: str | None = None
    bcp47: str | None = None
    deprecated: str | None = None
    extralanglink: bool = False
    code: str | None = None
    linktext: str | None = None
    sitename: str | None = None
    wikiid: str | None = None
    api: str | None = None


@frozen(kw_only=True)
class Language:
    """A language that MediaWiki knows, under its own name or, with ``siinlanguagecode``, in that language."""

    code: str
    name: str = ""
    bcp47: str | None = None


@frozen(kw_only=True)
class MagicWord:
    """A magic word and how pages write it."""

    name: str
    aliases: tuple[str, ...] = ()
    case_sensitive: bool = False


@frozen(kw_only=True)
class SpecialPageAlias:
    """A special page by its name in English, and the names that lead to it, the usual one first."""

    realname: str
    aliases: tuple[str, ...] = ()


# Software ------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Extension:
    """An installed extension or skin; ``type`` says what it adds to. Fields that it does not tell are None."""

    type: str = ""
    name: str | None = None
    namemsg: str | None = None
    description: str | None = None
    descriptionmsg: str | None = None
    descriptionmsgparams: tuple[Any, ...] = ()
    author: str | None = None
    url: str | None = None
    version: str | None = None
    vcs_system: str | None = None
    vcs_version: str | None = None
    vcs_url: str | None = None
    vcs_date: datetime | None = None
    license_name: str | None = None
    license: str | None = None
    credits: str | None = None


@frozen(kw_only=True)
class Skin:
    """A skin. ``unusable`` ones cannot be chosen by users."""

    code: str
    name: str = ""
    default: bool = False
    unusable: bool = False


@frozen(kw_only=True)
class Library:
    """A library that the wiki runs on."""

    name: str
    version: str | None = None


@frozen(kw_only=True)
class Hook:
    """A place in MediaWiki's code, and the code of extensions that runs there."""

    name: str
    subscribers: tuple[str, ...] = ()


@frozen(kw_only=True)
class DatabaseLag:
    """A database and how many seconds it is behind: -1 where there is nothing to be behind of, None if unknown."""

    host: str = ""
    lag: float | None = None


# All of it -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class SiteInfo:
    """``meta=siteinfo``: what ``site.info()`` asked for. The rest raises NotRequested, which names what to ask for.

    ``raw`` is the merged mapping as the wiki sent it, for everything that has no attribute here. See
    https://www.mediawiki.org/wiki/API:Siteinfo.
    """

    raw: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)
    _parts: Mapping[str, Any] = field(factory=dict, repr=False, alias="parts")

    @property
    def general(self) -> General:
        """The wiki's name, its addresses, and what it allows."""
        return self._asked("general")

    @property
    def namespaces(self) -> Mapping[int, Namespace]:
        """The namespaces by id, with their aliases."""
        return self._asked("namespaces")

    @property
    def namespacealiases(self) -> Mapping[str, int]:
        """Further names of namespaces -> their ids."""
        return self._asked("namespacealiases")

    @property
    def statistics(self) -> Statistics:
        """How many pages, edits, users there are."""
        return self._asked("statistics")

    @property
    def fileextensions(self) -> tuple[str, ...]:
        """The extensions that files may have, without the dot."""
        return self._asked("fileextensions")

    @property
    def rightsinfo(self) -> RightsInfo:
        """The licence of the content."""
        return self._asked("rightsinfo")

    @property
    def restrictions(self) -> Restrictions:
        """Which protections there are."""
        return self._asked("restrictions")

    @property
    def usergroups(self) -> Mapping[str, UserGroup]:
        """The groups by name, with their rights."""
        return self._asked("usergroups")

    @property
    def autocreatetempuser(self) -> AutoCreateTempUser:
        """Whether there are temporary accounts."""
        return self._asked("autocreatetempuser")

    @property
    def autopromote(self) -> Mapping[str, Any]:
        """The conditions under which accounts come into groups by themselves, by group."""
        return self._asked("autopromote")

    @property
    def autopromoteonce(self) -> Mapping[str, Any]:
        """The same for what happens once, by event and group."""
        return self._asked("autopromoteonce")

    @property
    def interwikimap(self) -> Mapping[str, Interwiki]:
        """The prefixes of links to other wikis."""
        return self._asked("interwikimap")

    @property
    def languages(self) -> Mapping[str, Language]:
        """The languages that MediaWiki knows, by code."""
        return self._asked("languages")

    @property
    def languagevariants(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Languages that are shown in variants: language -> variant -> the variants that stand in for it."""
        return self._asked("languagevariants")

    @property
    def magicwords(self) -> Mapping[str, MagicWord]:
        """The magic words by name."""
        return self._asked("magicwords")

    @property
    def specialpagealiases(self) -> Mapping[str, SpecialPageAlias]:
        """The special pages by their name in English."""
        return self._asked("specialpagealiases")

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The installed extensions and skins."""
        return self._asked("extensions")

    @property
    def skins(self) -> tuple[Skin, ...]:
        """The skins."""
        return self._asked("skins")

    @property
    def libraries(self) -> tuple[Library, ...]:
        """The PHP libraries."""
        return self._asked("libraries")

    @property
    def clientlibraries(self) -> tuple[Library, ...]:
        """The libraries that the wiki sends to browsers."""
        return self._asked("clientlibraries")

    @property
    def showhooks(self) -> tuple[Hook, ...]:
        """The hooks that extensions use."""
        return self._asked("showhooks")

    @property
    def extensiontags(self) -> tuple[str, ...]:
        """The tags of the parser, as ``<pre>``."""
        return self._asked("extensiontags")

    @property
    def functionhooks(self) -> tuple[str, ...]:
        """The functions of the parser."""
        return self._asked("functionhooks")

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the parser."""
        return self._asked("variables")

    @property
    def protocols(self) -> tuple[str, ...]:
        """The beginnings of addresses that become links."""
        return self._asked("protocols")

    @property
    def defaultoptions(self) -> Mapping[str, Any]:
        """The options of a new account."""
        return self._asked("defaultoptions")

    @property
    def uploaddialog(self) -> Mapping[str, Any]:
        """How the wiki's own upload dialog is set up."""
        return self._asked("uploaddialog")

    @property
    def dbrepllag(self) -> tuple[DatabaseLag, ...]:
        """How far the databases are behind."""
        return self._asked("dbrepllag")

    def _asked(self, prop: str) -> Any:
        try:
            return self._parts[prop]
        except KeyError:
            raise NotRequested(f"site.info() was not asked for this: add {prop!r} to its arguments") from None
