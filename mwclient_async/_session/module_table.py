"""What each module of a wiki needs: its prefix, its limit, whether it is posted, which token.

MediaWiki describes every module, extensions' included, through ``action=paraminfo``
(https://www.mediawiki.org/wiki/API:Parameter_information). Core's own modules have not changed in these respects since
1.39, so a small static table answers for them without a request; :func:`from_paraminfo` reads the answer for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async._http.params import values

ROW_LIMITS = (500, 5000)
"""What ``limit=max`` means for an ordinary account, and for one with the right ``apihighlimits``."""

CONTENT_LIMITS = (50, 500)
"""The same where page text is read, and for the number of values of one parameter."""


@frozen(kw_only=True)
class Module:
    """One module. ``path`` is ``"edit"`` for an action and ``"query+allpages"`` for a part of a query.

    ``limits`` are (ordinary, apihighlimits), the largest ``limit`` of one request, None where it takes none. Mostly
    that is about how many rows a request brings; where it is a ``question`` (``rvlimit``, ``iilimit``) it says how
    many rows of a page are wanted. ``enumerators`` are the parameters that make such a module tell of more than the
    latest version.

    ``parameters`` are its parameters, without the prefix, where the wiki was asked for them: each with the values that
    it takes, where it takes many of a fixed list, because the wiki leaves out those that are not on it. ``dynamic``
    says that further ones depend on what is under way. ``submodules`` are the modules that a parameter chooses by its
    value, by the name of the parameter: their parameters come beside its own.
    """

    path: str
    group: str = ""
    prefix: str = ""
    limits: tuple[int, int] | None = None
    limit_is_per_page: bool = False
    enumerators: frozenset[str] = frozenset()
    post: bool = False
    write: bool = False
    token: str | None = None
    parameters: Mapping[str, frozenset[str] | None] | None = None
    dynamic: bool = False
    submodules: Mapping[str, Mapping[str, str]] = field(factory=dict)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("+")[2]

    def enumerates(self, params: Mapping[str, str], *, generating: bool = False) -> bool:
        """Whether these parameters ask a ``question`` module for more than the latest version."""
        lead = f"g{self.prefix}" if generating else self.prefix
        if params.get(f"{lead}dir") == "newer":
            return True
        return any(f"{lead}{name}" in params for name in self.enumerators)

    def most(self, params: Mapping[str, str], *, high: bool, generating: bool = False) -> int | None:
        """What ``limit=max`` would mean for this module and an account with or without ``apihighlimits``.

        ``generating`` says that it is the generator, whose parameters begin with ``g``.
        """
        if self.limits is None:
            return None
        lead = f"g{self.prefix}" if generating else self.prefix
        if self.name in _WITH_TEXT and "content" in values(params.get(f"{lead}prop", "")):
            return CONTENT_LIMITS[high]
        through_redirects = self.name in _HALVED and f"{lead}redirect" in params
        return self.limits[high] // 2 if through_redirects else self.limits[high]


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
    "categories:cl contributors:pc deletedrevisions:drv duplicatefiles:df extlinks:el fileusage:fu images:im "
    "iwlinks:iw langlinks:ll links:pl linkshere:lh redirects:rd templates:tl transcludedin:ti"
)
_PROPS_WITHOUT_LIMIT = "categoryinfo:ci info:in pageprops:pp stashimageinfo:sii"
_ENUMERATORS = {
    "revisions": ("rv", "limit startid endid start end user excludeuser"),
    "imageinfo": ("ii", "limit start end"),
}
_HALVED = frozenset({"backlinks", "imageusage"})  # half as many rows, with `redirect`
_WITH_TEXT = frozenset({"revisions", "deletedrevisions", "allrevisions", "alldeletedrevisions"})
_METAS = "allmessages:am authmanagerinfo:ami filerepoinfo:fri languageinfo:li siteinfo:si tokens: userinfo:ui"


_ACTION_PREFIXES = {
    "changeauthenticationdata": "changeauth",
    "clientlogin": "login",
    "createaccount": "create",
    "linkaccount": "link",
    "login": "lg",
}


def _actions() -> Iterable[Module]:
    for name in _READS.split():
        yield Module(path=name)
    for name in (*_POSTED_WITHOUT_TOKEN.split(), *_CSRF_WRITES.split(), *_OTHER_TOKENS):
        yield Module(
            path=name,
            prefix=_ACTION_PREFIXES.get(name, ""),
            post=True,
            write=name not in _HARMLESS_POSTS,
            token="csrf" if name in _CSRF_WRITES.split() else _OTHER_TOKENS.get(name),
        )


def _query(group: str, names: str, limits: tuple[int, int] | None) -> Iterable[Module]:
    for entry in names.split():
        name, _, prefix = entry.partition(":")
        yield Module(path=f"query+{name}", group=group, prefix=prefix, limits=limits)


def _questions() -> Iterable[Module]:
    for name, (prefix, enumerators) in _ENUMERATORS.items():
        yield Module(
            path=f"query+{name}",
            group="prop",
            prefix=prefix,
            limits=ROW_LIMITS,
            limit_is_per_page=True,
            enumerators=frozenset(enumerators.split()),
        )


_CORE: Mapping[str, Module] = {
    module.path: module
    for module in (
        *_actions(),
        *_query("list", _LISTS, ROW_LIMITS),
        *_query("list", "users:us", None),
        *_query("prop", _PROPS, ROW_LIMITS),
        *_query("prop", _PROPS_WITHOUT_LIMIT, None),
        *_questions(),
        *_query("meta", _METAS, None),
    )
}


PER_PAGE_LIMITS = frozenset(
    f"{lead}{module.prefix}limit" for module in _CORE.values() if module.limit_is_per_page for lead in ("", "g")
)
"""The limits that are a question: they change what a query brings, not only how it is cut up."""


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
        write="writerights" in info or "token" in parameters,
        token=parameters.get("token", {}).get("tokentype"),
        parameters={name: _choices(name, parameter) for name, parameter in parameters.items()},
        dynamic="dynamicparameters" in info or bool(info.get("templatedparameters")),
        submodules={
            name: parameter["submodules"] for name, parameter in parameters.items() if "submodules" in parameter
        },
    )


def _choices(name: str, parameter: Mapping[str, Any]) -> frozenset[str] | None:
    options = parameter.get("type")
    if name == "tags" or not parameter.get("multi") or not isinstance(options, list) or not options:
        return None  # tags come and go, and an unknown one is an error
    return frozenset({*map(str, options), str(parameter.get("allspecifier", options[0]))})


def _row_limits(parameter: Mapping[str, Any]) -> tuple[int, int] | None:
    # A limit of rows has a default of many; one whose default is 1 or nothing asks for something else.
    default, low, high = (str(parameter.get(name, "")) for name in ("default", "max", "highmax"))
    if not low.isdecimal() or not default.isdecimal() or int(default) <= 1:
        return None
    return int(low), int(high) if high.isdecimal() else int(low)
