"""What a wiki reports about itself. The manual's page is https://www.mediawiki.org/wiki/API:Siteinfo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from mwclient_async._values.value import Value, to_json
from mwclient_async.errors import NotRequested

# General -------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class LanguageVariant(Value):
    """A variant in which the wiki shows its own language, such as ``zh-hans``."""

    code: str = ""
    name: str = ""


@frozen(kw_only=True, repr=False)
class ImageSize(Value):
    """Width and height in pixels."""

    width: int = 0
    height: int = 0


@frozen(kw_only=True, repr=False)
class General(Value):
    """``siprop=general``: the wiki's name, its addresses, and what it allows.

    ``generator`` is ``MediaWiki`` and the version. ``time`` is the wiki's clock, ``timezone`` the name of the zone in
    which it shows times, ``timeoffset`` the zone's offset in minutes. ``maxarticlesize``, ``maxuploadsize`` and
    ``minuploadchunksize`` are in bytes. ``case`` is ``first-letter`` if titles begin with a capital letter, else
    ``case-sensitive``. In ``articlepath``, ``$1`` stands for the title. ``readonlyreason`` is set while ``readonly`` is
    True. ``thumblimits`` are widths in pixels, ``imagelimits`` are sizes, both by the number that an account's options
    have. ``fallback`` are the codes of the languages that replace missing messages, nearest first. ``git_hash`` is None
    except on wikis that run from a repository. Fields of extensions are in ``SiteInfo.raw["general"]``.
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
    galleryoptions: Mapping[str, Any] = field(default={}, hash=False)
    thumblimits: Mapping[int, int] = field(default={}, hash=False)
    imagelimits: Mapping[int, ImageSize] = field(default={}, hash=False)
    centralidlookupprovider: str | None = None
    allcentralidlookupproviders: tuple[str, ...] = ()
    interwikimagic: bool | None = None
    magiclinks: Mapping[str, bool] = field(default={}, hash=False)
    categorycollation: str | None = None
    nofollowlinks: bool | None = None
    nofollownsexceptions: tuple[int, ...] = ()
    nofollowdomainexceptions: tuple[str, ...] = ()
    externallinktarget: str | None = None


@frozen(kw_only=True, repr=False)
class Namespace(Value):
    """A namespace. ``name`` is in the wiki's language, ``canonical`` in English, ``aliases`` are further names.

    The main namespace has the id 0 and an empty name. ``content`` says whether its pages count as content.
    ``namespaceprotection`` is the right that is needed to edit there. ``case`` is as in General.
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


@frozen(kw_only=True, repr=False)
class Statistics(Value):
    """``siprop=statistics``: numbers of pages, users and so on.

    ``articles`` are pages of content, ``jobs`` the jobs in the queue.
    """

    pages: int = 0
    articles: int = 0
    edits: int = 0
    images: int = 0
    users: int = 0
    activeusers: int = 0
    admins: int = 0
    jobs: int = 0


@frozen(kw_only=True, repr=False)
class RightsInfo(Value):
    """``siprop=rightsinfo``: the license of the wiki's content; empty if it names none."""

    url: str = ""
    text: str = ""


@frozen(kw_only=True, repr=False)
class Restrictions(Value):
    """``siprop=restrictions``: the kinds and levels of protection. The level ``""`` means none."""

    types: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    cascadinglevels: tuple[str, ...] = ()
    semiprotectedlevels: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False)
class UserGroup(Value):
    """A group and its rights.

    ``add`` and ``remove`` are the groups that its members can add other users to and remove them from, ``..._self``
    those for themselves. ``number`` is the number of its members, with ``sinumberingroup``.
    """

    name: str = ""
    rights: tuple[str, ...] = ()
    number: int | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    add_self: tuple[str, ...] = ()
    remove_self: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False)
class AutoCreateTempUser(Value):
    """``siprop=autocreatetempuser``: whether users who edit without an account get a temporary one.

    In ``matchpatterns``, ``$1`` stands for the serial part of such names.
    """

    enabled: bool = False
    matchpatterns: tuple[str, ...] = ()


# Names and languages -------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class Interwiki(Value):
    """A prefix of links to other wikis. In ``url``, ``$1`` stands for the title.

    ``local`` is a wiki of the same project, ``trans`` one whose templates can be used here. For language links,
    ``language`` is the name of the language, ``deprecated`` the code to use instead.
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


@frozen(kw_only=True, repr=False)
class Language(Value):
    """A language that MediaWiki knows. ``name`` is its own name or, with ``siinlanguagecode``, in that language."""

    code: str
    name: str = ""
    bcp47: str | None = None


@frozen(kw_only=True, repr=False)
class MagicWord(Value):
    """A magic word, and the forms that pages can write (``aliases``)."""

    name: str
    aliases: tuple[str, ...] = ()
    case_sensitive: bool = False


@frozen(kw_only=True, repr=False)
class SpecialPageAlias(Value):
    """A special page: its name in English, and the names in the wiki's language, the usual one first."""

    realname: str
    aliases: tuple[str, ...] = ()


# Software ------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class Extension(Value):
    """An installed extension or skin; ``type`` is its category. Fields that it does not state are None."""

    type: str = ""
    name: str | None = None
    namemsg: str | None = None
    description: str | None = None
    descriptionmsg: str | None = None
    descriptionmsgparams: tuple[Any, ...] = field(default=(), hash=False)
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


@frozen(kw_only=True, repr=False)
class Skin(Value):
    """A skin. Users cannot choose one that is ``unusable``."""

    code: str
    name: str = ""
    default: bool = False
    unusable: bool = False


@frozen(kw_only=True, repr=False)
class Library(Value):
    """A library that the wiki uses."""

    name: str
    version: str | None = None


@frozen(kw_only=True, repr=False)
class Hook(Value):
    """A hook of MediaWiki, and the functions of extensions that it calls."""

    name: str
    subscribers: tuple[str, ...] = ()


@frozen(kw_only=True, repr=False)
class DatabaseLag(Value):
    """A database and its replication lag in seconds: -1 if it is not a replica, None if the lag is unknown."""

    host: str = ""
    lag: float | None = None


# All of it -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True, repr=False)
class SiteInfo(Value):
    """``meta=siteinfo``: the parts that ``site.info()`` asked for.

    ``raw`` is the merged mapping as the wiki sent it, with what has no attribute here: the parts of newer wikis and of
    extensions (``info.raw["copyuploaddomains"]``), and keys of other parts.

    Raises:
        NotRequested: an attribute is read that was not asked for; the message names what to ask for.
        AttributeError: there is no such attribute; the message says if ``raw`` has it.

    See https://www.mediawiki.org/wiki/API:Siteinfo.
    """

    raw: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)
    _parts: Mapping[str, Any] = field(factory=dict, repr=False, alias="parts", hash=False)

    def __repr__(self) -> str:
        return f"SiteInfo({', '.join(self._parts)})"

    def to_dict(self) -> dict[str, Any]:
        """The parts that were asked for, by name, in types of JSON.

        See https://www.mediawiki.org/wiki/API:Siteinfo.
        """
        return to_json(self._parts)

    @property
    def general(self) -> General:
        """The wiki's name, its addresses, and what it allows."""
        return self._requested("general")

    @property
    def namespaces(self) -> Mapping[int, Namespace]:
        """The namespaces by id, with their aliases."""
        return self._requested("namespaces")

    @property
    def namespacealiases(self) -> Mapping[str, int]:
        """Further names of namespaces -> their ids."""
        return self._requested("namespacealiases")

    @property
    def statistics(self) -> Statistics:
        """The numbers of pages, edits, users and so on."""
        return self._requested("statistics")

    @property
    def fileextensions(self) -> tuple[str, ...]:
        """The extensions that files may have, without the dot."""
        return self._requested("fileextensions")

    @property
    def rightsinfo(self) -> RightsInfo:
        """The license of the content."""
        return self._requested("rightsinfo")

    @property
    def restrictions(self) -> Restrictions:
        """The kinds and levels of protection."""
        return self._requested("restrictions")

    @property
    def usergroups(self) -> Mapping[str, UserGroup]:
        """The groups by name, with their rights."""
        return self._requested("usergroups")

    @property
    def autocreatetempuser(self) -> AutoCreateTempUser:
        """Whether users without an account get a temporary one."""
        return self._requested("autocreatetempuser")

    @property
    def autopromote(self) -> Mapping[str, Any]:
        """The conditions under which accounts are added to groups automatically, by group."""
        return self._requested("autopromote")

    @property
    def autopromoteonce(self) -> Mapping[str, Any]:
        """The same for groups that an account is added to only once, by event and group."""
        return self._requested("autopromoteonce")

    @property
    def interwikimap(self) -> Mapping[str, Interwiki]:
        """The prefixes of links to other wikis, by prefix."""
        return self._requested("interwikimap")

    @property
    def languages(self) -> Mapping[str, Language]:
        """The languages that MediaWiki knows, by code."""
        return self._requested("languages")

    @property
    def languagevariants(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Languages with variants: language -> variant -> the variants that replace it if it is missing."""
        return self._requested("languagevariants")

    @property
    def magicwords(self) -> Mapping[str, MagicWord]:
        """The magic words by name."""
        return self._requested("magicwords")

    @property
    def specialpagealiases(self) -> Mapping[str, SpecialPageAlias]:
        """The special pages by their name in English."""
        return self._requested("specialpagealiases")

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The installed extensions and skins."""
        return self._requested("extensions")

    @property
    def skins(self) -> tuple[Skin, ...]:
        """The skins."""
        return self._requested("skins")

    @property
    def libraries(self) -> tuple[Library, ...]:
        """The PHP libraries."""
        return self._requested("libraries")

    @property
    def clientlibraries(self) -> tuple[Library, ...]:
        """The libraries that the wiki sends to browsers."""
        return self._requested("clientlibraries")

    @property
    def showhooks(self) -> tuple[Hook, ...]:
        """The hooks that extensions use."""
        return self._requested("showhooks")

    @property
    def extensiontags(self) -> tuple[str, ...]:
        """The tags of the parser, such as ``<pre>``."""
        return self._requested("extensiontags")

    @property
    def functionhooks(self) -> tuple[str, ...]:
        """The functions of the parser."""
        return self._requested("functionhooks")

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the parser."""
        return self._requested("variables")

    @property
    def protocols(self) -> tuple[str, ...]:
        """The beginnings of URLs that become links in wikitext, such as ``https://``."""
        return self._requested("protocols")

    @property
    def defaultoptions(self) -> Mapping[str, Any]:
        """The options of a new account."""
        return self._requested("defaultoptions")

    @property
    def uploaddialog(self) -> Mapping[str, Any]:
        """The configuration of the wiki's own upload dialog."""
        return self._requested("uploaddialog")

    @property
    def dbrepllag(self) -> tuple[DatabaseLag, ...]:
        """The replication lag of the databases."""
        return self._requested("dbrepllag")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            known = {} if name.startswith("_") or name == "raw" else self.raw
            raise AttributeError(f"SiteInfo has no {name!r}" + (f": read info.raw[{name!r}]" if name in known else ""))

    def _requested(self, prop: str) -> Any:
        try:
            return self._parts[prop]
        except KeyError:
            raise NotRequested(f"site.info() did not ask for this part: add {prop!r} to its arguments") from None
