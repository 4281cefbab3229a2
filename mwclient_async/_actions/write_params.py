"""Which parameters a write may have.

A wiki ignores a parameter that it does not know: it warns, and writes nevertheless. A block with a misspelt ``expiry``
lasts forever. So the parameters of a write are checked before it is sent.

A table has the parameters that every wiki since MediaWiki 1.39 knows, so that the usual write needs no request for the
check. For any other parameter, the wiki is asked through ``action=paraminfo``, once per action: a newer or older
parameter, one of an extension, one that depends on a setting of the wiki, or one for which the wiki ignores unknown
values.

The manual's page is https://www.mediawiki.org/wiki/API:Parameter_information.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from mwclient_async._http.params import split_values
from mwclient_async._session.module_table import Module
from mwclient_async._values.warnings import ApiWarning

_MAIN_MODULE = frozenset(
    {
        *("action", "assert", "assertuser", "curtimestamp", "errorsuselocal", "maxage", "maxlag", "requestid"),
        *("responselanginfo", "servedby", "smaxage", "token", "uselang"),
    }
)

_PAGES = "continue titles pageids revids generator redirects converttitles"

_KNOWN: Mapping[str, frozenset[str]] = {
    action: frozenset(names.split())
    for action, names in {
        "block": (
            "user expiry reason anononly nocreate autoblock noemail hidename allowusertalk reblock watchuser tags "
            "partial pagerestrictions namespacerestrictions"
        ),
        "changecontentmodel": "title pageid model summary tags bot",
        "clearhasmsg": "",
        "delete": "title pageid reason tags deletetalk watchlist oldimage",
        "edit": (
            "title pageid section sectiontitle text summary tags minor notminor bot baserevid basetimestamp "
            "starttimestamp recreate createonly nocreate watchlist md5 prependtext appendtext undo undoafter redirect "
            "contentformat contentmodel"
        ),
        "feedrecentchanges": (  # it is not a write, but its response is a document, which cannot carry a warning
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
        "setpagelanguage": "title pageid lang reason tags",
        "stashedit": "title section sectiontitle text stashedtexthash summary contentmodel contentformat baserevid",
        "tag": "rcid revid logid add remove reason tags",
        "unblock": "id user reason tags",
        "undelete": "title reason tags timestamps fileids undeletetalk watchlist",
        "unlinkaccount": "request",
        "userrights": "user expiry reason tags",  # "add" and "remove" name groups, which differ between wikis
        "watch": f"unwatch {_PAGES}",
    }.items()
}
_SIMILARITY = 0.75  # from 0 to 1: from this similarity on, a known name is suggested for an unknown one
_DYNAMIC = frozenset({"changeauthenticationdata", "clientlogin", "createaccount", "linkaccount", "login"})


def known_parameters() -> Mapping[str, frozenset[str]]:
    """The table: the parameters that every wiki knows, by action."""
    return _KNOWN


def parameters_to_check(module: Module, params: Mapping[str, str]) -> tuple[str, ...]:
    """The parameters of a write that the wiki must be asked about; ``module`` may have its description already.

    The table also has actions that are not writes, in that they can be repeated safely, but that change something.
    """
    if module.path in _DYNAMIC or module.dynamic or not (module.write or module.path in _KNOWN):
        return ()
    known = _KNOWN.get(module.path, frozenset())
    if module.parameters is not None:
        known = frozenset(f"{module.prefix}{name}" for name, choices in module.parameters.items() if choices is None)
    return tuple(name for name in params if name not in known | _MAIN_MODULE)


def modules_to_describe(module: Module, params: Mapping[str, str]) -> tuple[str, ...]:
    """The modules that may know these parameters: the action's own, those of every request, and the generator's."""
    generator = params.get("generator")
    return (module.path, "main", "json", *((f"query+{generator}",) if generator else ()))


def chosen_submodules(module: Module, params: Mapping[str, str]) -> tuple[str, ...]:
    """The submodules of a described module that these parameters choose."""
    return tuple(
        path
        for name, paths in module.submodules.items()
        for value in split_values(params.get(f"{module.prefix}{name}", ""))
        if (path := paths.get(value))
    )


def unknown_parameters(
    described: Iterable[Module], params: Mapping[str, str], names: Iterable[str]
) -> tuple[ApiWarning, str] | None:
    """What a wiki with these modules would ignore among ``names``: its warning, and a suggestion. None for nothing."""
    known: dict[str, frozenset[str] | None] = {}
    for module in described:
        if module.dynamic:
            return None
        lead = f"g{module.prefix}" if module.path.startswith("query+") else module.prefix
        known |= {f"{lead}{name}": choices for name, choices in (module.parameters or {}).items()}
    unknown = [name for name in names if name not in known]
    if unknown:
        return _warning(params, "parameter", unknown), _suggestion(unknown, known)
    for name in names:
        choices = known[name]
        if choices is not None and (unknown := [value for value in split_values(params[name]) if value not in choices]):
            return _warning(params, f"value of {name}", unknown), _suggestion(unknown, choices)
    return None


def _warning(params: Mapping[str, str], what: str, unknown: Iterable[str]) -> ApiWarning:
    action = params.get("action", "")
    listed = ", ".join(map(repr, unknown))
    code = "unrecognizedparams" if what == "parameter" else "unrecognizedvalues"
    text = f"This wiki's action={action} knows no {what} {listed}; nothing was sent."
    return ApiWarning(code=code, text=text, module=action)


def _suggestion(unknown: Iterable[str], known: Iterable[str]) -> str:
    near = [found[0] for name in unknown if (found := get_close_matches(name, list(known), n=1, cutoff=_SIMILARITY))]
    if not near:
        return "Check the spelling; it may also need another version, extension or setting of MediaWiki."
    return f"Did you mean {', '.join(map(repr, near))}?"
