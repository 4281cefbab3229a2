"""Which parameters a write may have.

What it does not know, a wiki leaves out, warns of it, and writes all the same: a block with a misspelt ``expiry`` lasts
for ever. So a write is looked at before it is sent. The parameters that every wiki since 1.39 has are in a table, so
that the usual write needs no request for it; of any other one (newer, older, of an extension, there with one setting
of the wiki only, or with values of which odd ones are left out) the wiki is asked, through ``action=paraminfo``, once
for each action.

The manual's page is https://www.mediawiki.org/wiki/API:Parameter_information.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from mwclient_async._http.params import values
from mwclient_async._session.module_table import Module
from mwclient_async._values.warnings import ApiWarning

_MAIN = frozenset(
    {
        *("action", "assert", "assertuser", "curtimestamp", "errorsuselocal", "maxage", "maxlag", "requestid"),
        *("responselanginfo", "servedby", "smaxage", "token", "uselang"),
    }
)

_PAGES = "continue titles pageids revids generator redirects converttitles"

_CERTAIN: Mapping[str, frozenset[str]] = {
    action: frozenset(names.split())
    for action, names in {
        "block": (
            "user expiry reason anononly nocreate autoblock noemail hidename allowusertalk reblock watchuser tags "
            "partial pagerestrictions namespacerestrictions"
        ),
        "clearhasmsg": "",
        "delete": "title pageid reason tags deletetalk watchlist oldimage",
        "edit": (
            "title pageid section sectiontitle text summary tags minor notminor bot baserevid basetimestamp "
            "starttimestamp recreate createonly nocreate watchlist md5 prependtext appendtext undo undoafter redirect "
            "contentformat contentmodel"
        ),
        "feedrecentchanges": (  # it is no write, but no document can warn of what was left out
            "feedformat namespace invert associated days limit from hideminor hidebots hideanons hideliu hidepatrolled "
            "hidemyself hidecategorization tagfilter target showlinkedto"
        ),
        "emailuser": "target subject text ccme",
        "filerevert": "filename comment archivename",
        "imagerotate": f"rotation tags {_PAGES}",
        "import": (
            "summary xml interwikiprefix interwikisource interwikipage fullhistory templates namespace "
            "assignknownusers rootpage tags"
        ),
        "managetags": "operation tag reason ignorewarnings tags",
        "mergehistory": "from fromid to toid timestamp reason",
        "move": "from fromid to reason movetalk movesubpages noredirect watchlist ignorewarnings tags",
        "options": "reset change optionname optionvalue",
        "patrol": "rcid revid tags",
        "protect": "title pageid protections expiry reason tags cascade watchlist",
        "purge": f"forcelinkupdate forcerecursivelinkupdate {_PAGES}",
        "removeauthenticationdata": "request",
        "revisiondelete": "type target ids suppress reason tags",
        "rollback": "title pageid tags user summary markbot watchlist",
        "setnotificationtimestamp": f"entirewatchlist timestamp torevid newerthanrevid {_PAGES}",
        "stashedit": ("title section sectiontitle text stashedtexthash summary contentmodel contentformat baserevid"),
        "tag": "rcid revid logid add remove reason tags",
        "unblock": "id user reason tags",
        "undelete": "title reason tags timestamps fileids undeletetalk watchlist",
        "unlinkaccount": "request",
        "userrights": "user expiry reason tags",  # which groups there are, the wiki knows
        "watch": f"unwatch {_PAGES}",
    }.items()
}
_NEAR = 0.75  # from 0 to 1: how much alike names are for one to be a slip of the other
_DYNAMIC = frozenset({"changeauthenticationdata", "clientlogin", "createaccount", "linkaccount", "login"})


def certain_parameters() -> Mapping[str, frozenset[str]]:
    """The table, by action."""
    return _CERTAIN


def doubtful(module: Module, params: Mapping[str, str]) -> tuple[str, ...]:
    """The parameters of a write that the wiki has to be asked about; ``module`` may be described already.

    Some actions are no writes, in that they may be done twice, but do something all the same.
    """
    if module.path in _DYNAMIC or module.dynamic or not (module.write or module.path in _CERTAIN):
        return ()
    certain = _CERTAIN.get(module.path, frozenset())
    if module.parameters is not None:
        certain = frozenset(f"{module.prefix}{name}" for name, choices in module.parameters.items() if choices is None)
    return tuple(name for name in params if name not in certain | _MAIN)


def to_describe(module: Module, params: Mapping[str, str]) -> tuple[str, ...]:
    """The modules whose parameters these may be: itself, those of every call, a generator."""
    generator = params.get("generator")
    return (module.path, "main", "json", *((f"query+{generator}",) if generator else ()))


def chosen_by(module: Module, params: Mapping[str, str]) -> tuple[str, ...]:
    """The modules that a described one hands these parameters on to."""
    return tuple(
        path
        for name, paths in module.submodules.items()
        for value in values(params.get(f"{module.prefix}{name}", ""))
        if (path := paths.get(value))
    )


def unknown_to(
    described: Iterable[Module], params: Mapping[str, str], names: Iterable[str]
) -> tuple[ApiWarning, str] | None:
    """What a wiki with these modules would leave out: the warning that it would give, and what was meant; or None."""
    known: dict[str, frozenset[str] | None] = {}
    for module in described:
        if module.dynamic:
            return None
        lead = f"g{module.prefix}" if module.path.startswith("query+") else module.prefix
        known |= {f"{lead}{name}": choices for name, choices in (module.parameters or {}).items()}
    strange = [name for name in names if name not in known]
    if strange:
        return _warning(params, "parameter", strange), _meant(strange, known)
    for name in names:
        choices = known[name]
        if choices is not None and (odd := [value for value in values(params[name]) if value not in choices]):
            return _warning(params, f"value of {name}", odd), _meant(odd, choices)
    return None


def _warning(params: Mapping[str, str], what: str, strange: Iterable[str]) -> ApiWarning:
    action = params.get("action", "")
    listed = ", ".join(map(repr, strange))
    code = "unrecognizedparams" if what == "parameter" else "unrecognizedvalues"
    text = f"This wiki's action={action} knows no {what} {listed}; nothing was sent."
    return ApiWarning(code=code, text=text, module=action)


def _meant(strange: Iterable[str], known: Iterable[str]) -> str:
    near = [found[0] for name in strange if (found := get_close_matches(name, list(known), n=1, cutoff=_NEAR))]
    if not near:
        return "It may be spelt otherwise, or be of another version, extension or setting of MediaWiki."
    return f"Did you mean {', '.join(map(repr, near))}?"
