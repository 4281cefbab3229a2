"""What each module of a wiki needs: its prefix, its limit, whether it is posted, which token.

MediaWiki describes every module, extensions' included, through ``action=paraminfo``
(https://www.mediawiki.org/wiki/API:Parameter_information). Core's own modules have not changed in these respects since
1.39, so a small static table answers for them without a request; :func:`from_paraminfo` reads the answer for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

ROW_LIMITS = (500, 5000)
"""What ``limit=max`` means for an ordinary account, and for one with the right ``apihighlimits``."""

CONTENT_LIMITS = (50, 500)
"""The same where page text is read, and for the number of values of one parameter."""


@frozen(kw_only=True)
class Module:
    """One module. ``path`` is ``"edit"`` for an action and ``"query+allpages"`` for a part of a query.

    ``limits`` are (ordinary, apihighlimits) where the module takes a ``limit`` that is about how many rows one request
    brings, and None where it takes none or where the number changes what is asked for (``rvlimit``, ``iilimit``).
    """

    path: str
    group: str = ""
    prefix: str = ""
    limits: tuple[int, int] | None = None
    post: bool = False
    write: bool = False
    token: str | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("+")[2]


_READS = (
    "checktoken compare expandtemplates feedcontributions feedrecentchanges feedwatchlist help opensearch paraminfo "
    "parse query rsd"
)
_POSTED_WITHOUT_TOKEN = "clearhasmsg cspreport login purge validatepassword"  # noqa: S105 - names of modules
_CSRF_WRITES = (
    "block changeauthenticationdata changecontentmodel delete edit emailuser filerevert imagerotate import linkaccount "
    "logout managetags mergehistory move options protect removeauthenticationdata resetpassword revisiondelete "
    "setnotificationtimestamp setpagelanguage stashedit tag unblock undelete unlinkaccount upload"
)
_OTHER_TOKENS = {
    "clientlogin": "login",
    "createaccount": "createaccount",
    "patrol": "patrol",
    "rollback": "rollback",
    "userrights": "userrights",
    "watch": "watch",
}
_HARMLESS_POSTS = frozenset({"login", "clientlogin", "logout", "purge", "stashedit", "validatepassword", "cspreport"})

_LISTS = (
    "allcategories:ac alldeletedrevisions:adr allfileusages:af allimages:ai alllinks:al allpages:ap allredirects:ar "
    "allrevisions:arv alltransclusions:at allusers:au backlinks:bl blocks:bk categorymembers:cm deletedrevs:dr "
    "embeddedin:ei exturlusage:eu filearchive:fa imageusage:iu iwbacklinks:iwbl langbacklinks:lbl logevents:le "
    "mystashedfiles:msf pagepropnames:ppn pageswithprop:pwp prefixsearch:ps protectedtitles:pt querypage:qp random:rn "
    "recentchanges:rc search:sr tags:tg usercontribs:uc watchlist:wl watchlistraw:wr"
)
_PROPS = (
    "categories:cl contributors:pc duplicatefiles:df extlinks:el fileusage:fu images:im iwlinks:iw langlinks:ll "
    "links:pl linkshere:lh redirects:rd templates:tl transcludedin:ti"
)
# A number of rows, or a question? rvlimit puts revisions into a mode for one page only, iilimit asks for old versions.
_PROPS_WITHOUT_ROW_LIMIT = (
    "categoryinfo:ci deletedrevisions:drv imageinfo:ii info:in pageprops:pp revisions:rv stashimageinfo:sii"
)
_METAS = "allmessages:am authmanagerinfo:ami filerepoinfo:fri languageinfo:li siteinfo:si tokens: userinfo:ui"


def _actions() -> Iterable[Module]:
    for name in _READS.split():
        yield Module(path=name)
    for name in _POSTED_WITHOUT_TOKEN.split():
        yield Module(path=name, post=True, write=name not in _HARMLESS_POSTS)
    for name in _CSRF_WRITES.split():
        yield Module(path=name, post=True, write=name not in _HARMLESS_POSTS, token="csrf")  # noqa: S106 - a kind
    for name, token in _OTHER_TOKENS.items():
        yield Module(path=name, post=True, write=name not in _HARMLESS_POSTS, token=token)


def _query(group: str, names: str, limits: tuple[int, int] | None) -> Iterable[Module]:
    for entry in names.split():
        name, _, prefix = entry.partition(":")
        yield Module(path=f"query+{name}", group=group, prefix=prefix, limits=limits)


_CORE: Mapping[str, Module] = {
    module.path: module
    for module in (
        *_actions(),
        *_query("list", _LISTS, ROW_LIMITS),
        *_query("list", "users:us", None),
        *_query("prop", _PROPS, ROW_LIMITS),
        *_query("prop", _PROPS_WITHOUT_ROW_LIMIT, None),
        *_query("meta", _METAS, None),
    )
}


def core_module(path: str) -> Module | None:
    """The module of MediaWiki itself with that path, or None: then paraminfo knows."""
    return _CORE.get(path)


def core_modules() -> Mapping[str, Module]:
    """The whole static table, by path."""
    return _CORE


def from_paraminfo(body: Mapping[str, Any]) -> dict[str, Module]:
    """The modules that a reply of ``action=paraminfo`` describes, by path."""
    return {module.path: module for module in map(_described, body.get("paraminfo", {}).get("modules", ()))}


def _described(info: Mapping[str, Any]) -> Module:
    parameters = {parameter["name"]: parameter for parameter in info.get("parameters", ())}
    post = bool(info.get("mustbeposted"))
    return Module(
        path=info["path"],
        group=info.get("group", ""),
        prefix=info.get("prefix", ""),
        limits=_row_limits(parameters.get("limit", {})),
        post=post,
        write=post,
        token=parameters.get("token", {}).get("tokentype"),
    )


def _row_limits(parameter: Mapping[str, Any]) -> tuple[int, int] | None:
    # A limit of rows has a default of many; one whose default is 1 or nothing asks for something else.
    default, low = parameter.get("default"), parameter.get("max")
    if low is None or default is None or int(default) <= 1:
        return None
    return int(low), int(parameter.get("highmax", low))
