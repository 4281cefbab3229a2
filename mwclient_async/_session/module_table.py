"""What each API module needs: its prefix, its limit, whether it is posted, which token.

MediaWiki describes every module, those of extensions too, in ``action=paraminfo``
(https://www.mediawiki.org/wiki/API:Parameter_information). The modules of MediaWiki itself have not changed in these
respects since 1.39. So a small static table describes them without a request, and :func:`parse_paraminfo` reads the
wiki's description of the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async._http.json_values import object_at, rows_at, text_at
from mwclient_async._http.params import split_values
from mwclient_async.errors import ProtocolError

ROW_LIMITS = (500, 5000)
"""What ``limit=max`` means for an ordinary account, and for one with the right ``apihighlimits``."""

CONTENT_LIMITS = (50, 500)
"""The same if page text is read. Also the largest number of values of one parameter."""


@frozen(kw_only=True)
class Module:
    """One API module. ``path`` is ``"edit"`` for an action, and ``"query+allpages"`` for a submodule of a query.

    ``limits`` are the largest ``limit`` of one request (without, with ``apihighlimits``), or None if the module has no
    limit. Usually a limit says how many rows one request returns. If ``limit_is_per_page`` (``rvlimit``, ``iilimit``),
    it says how many rows of each page are wanted; ``enumerators`` are then the parameters that make the module return
    more than the latest version.

    ``parameters`` are the module's parameters without the prefix, if the wiki was asked for them. Their values are the
    fixed list of values that a parameter takes, if it takes several of them: the wiki ignores other values. ``dynamic``
    says that there are more parameters, which depend on the state of an operation. ``submodules`` are modules that a
    parameter selects by its value, by parameter: the parameters of a selected submodule are added to those of the
    module.
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
        """Whether a module with ``limit_is_per_page`` returns more than the latest version with these parameters."""
        lead = f"g{self.prefix}" if generating else self.prefix
        if params.get(f"{lead}dir") == "newer":
            return True
        return any(f"{lead}{name}" in params for name in self.enumerators)

    def max_limit(self, params: Mapping[str, str], *, high: bool, generating: bool = False) -> int | None:
        """What ``limit=max`` means for this module, and for an account with (``high``) or without ``apihighlimits``.

        ``generating`` says that the module is the generator, whose parameters begin with ``g``.
        """
        if self.limits is None:
            return None
        lead = f"g{self.prefix}" if generating else self.prefix
        if self.name in _WITH_TEXT and "content" in split_values(params.get(f"{lead}prop", "")):
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
_POSTED_READS = frozenset({"login", "clientlogin", "logout", "purge", "stashedit", "validatepassword", "cspreport"})

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
_HALVED = frozenset({"backlinks", "imageusage"})  # with `redirect`, half as many rows
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
            write=name not in _POSTED_READS,
            token="csrf" if name in _CSRF_WRITES.split() else _OTHER_TOKENS.get(name),
        )


def _submodules(group: str, names: str, limits: tuple[int, int] | None) -> Iterable[Module]:
    for entry in names.split():
        name, _, prefix = entry.partition(":")
        yield Module(path=f"query+{name}", group=group, prefix=prefix, limits=limits)


def _modules_with_limits_per_page() -> Iterable[Module]:
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
        *_submodules("list", _LISTS, ROW_LIMITS),
        *_submodules("list", "users:us", None),
        *_submodules("prop", _PROPS, ROW_LIMITS),
        *_submodules("prop", _PROPS_WITHOUT_LIMIT, None),
        *_modules_with_limits_per_page(),
        *_submodules("meta", _METAS, None),
    )
}


PER_PAGE_LIMITS = frozenset(
    f"{lead}{module.prefix}limit" for module in _CORE.values() if module.limit_is_per_page for lead in ("", "g")
)
"""The limits per page. They change what a query returns, not only how it is divided into batches."""


def core_module(path: str) -> Module | None:
    """The module of MediaWiki itself with that path, or None."""
    return _CORE.get(path)


def core_modules() -> Mapping[str, Module]:
    """The whole static table, by path."""
    return _CORE


def parse_paraminfo(body: Mapping[str, Any]) -> dict[str, Module]:
    """The modules that a response of ``action=paraminfo`` describes, by path.

    The wiki leaves the list out if it has none of the modules. Raises ProtocolError for any other response without it.
    """
    described = object_at(body, "paraminfo")
    if "modules" not in described and "helpformat" not in described:
        raise ProtocolError(f"the response to action=paraminfo has no list of modules (its keys: {', '.join(body)})")
    return {module.path: module for module in map(_module, rows_at(described, "modules"))}


def _module(info: Mapping[str, Any]) -> Module:
    parameters = {text_at(parameter, "name"): parameter for parameter in rows_at(info, "parameters")}
    post = bool(info.get("mustbeposted"))
    return Module(
        path=text_at(info, "path"),
        group=text_at(info, "group", default=""),
        prefix=text_at(info, "prefix", default=""),
        limits=_row_limits(parameters.get("limit", {})),
        post=post,
        # a query with a token (list=checkuser) is a read that is logged
        write="writerights" in info or ("token" in parameters and not text_at(info, "path").startswith("query+")),
        token=text_at(parameters, "token", "tokentype", default="") or None,
        parameters={name: _fixed_values(name, parameter) for name, parameter in parameters.items()},
        dynamic="dynamicparameters" in info or bool(info.get("templatedparameters")),
        submodules={
            name: {value: text_at(paths, value) for value in paths}
            for name, parameter in parameters.items()
            if (paths := object_at(parameter, "submodules"))
        },
    )


def _fixed_values(name: str, parameter: Mapping[str, Any]) -> frozenset[str] | None:
    options = parameter.get("type")
    if name == "tags" or not parameter.get("multi") or not isinstance(options, list) or not options:
        return None  # the list of tags changes, and an unknown tag is an error
    return frozenset({*map(str, options), str(parameter.get("allspecifier", options[0]))})


def _row_limits(parameter: Mapping[str, Any]) -> tuple[int, int] | None:
    # A limit of rows has a default above 1. A limit without a default, or with 1, is about something else.
    default, low, high = (str(parameter.get(name, "")) for name in ("default", "max", "highmax"))
    if not low.isdecimal() or not default.isdecimal() or int(default) <= 1:
        return None
    return int(low), int(high) if high.isdecimal() else int(low)
