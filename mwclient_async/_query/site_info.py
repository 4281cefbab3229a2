"""Parses ``meta=siteinfo`` into SiteInfo and ``meta=userinfo`` into UserInfo. Pure; ``fetch_site_info.py`` sends.

The manual's pages are https://www.mediawiki.org/wiki/API:Siteinfo and https://www.mediawiki.org/wiki/API:Userinfo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import evolve

from mwclient_async._http.conversion import structured, structurer
from mwclient_async._http.flow import Flow
from mwclient_async._http.json_values import object_at, text_at
from mwclient_async._http.messages import ApiRequest
from mwclient_async.errors import ProtocolError
from mwclient_async.models.accounts import UserInfo
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

DEFAULT_PROPS = ("general", "namespaces", "namespacealiases", "statistics", "fileextensions", "rightsinfo")
"""The parts that ``site.info()`` requests by default."""

_USER_PROPS = (
    *("acceptlang", "blockinfo", "cancreateaccount", "centralids", "changeablegroups", "editcount", "email"),
    *("groupmemberships", "groups", "hasmsg", "implicitgroups", "latestcontrib", "options", "ratelimits", "realname"),
    *("registrationdate", "rights", "theoreticalratelimits", "unreadcount"),
)


def with_aliases(props: Iterable[str]) -> list[str]:
    """The parts to request: namespaces come with their aliases."""
    requested = dict.fromkeys(props)
    return list(requested | {"namespacealiases": None} if "namespaces" in requested else requested)


def user_info_flow() -> Flow[UserInfo]:
    """Fetch the current account with all its properties. Older wikis leave out the properties that they do not know."""
    params = {"action": "query", "meta": "userinfo", "uiprop": "|".join(_USER_PROPS)}
    response = yield ApiRequest(params=params, partial=True)
    info = object_at(response.body, "query", "userinfo")
    text_at(info, "name")  # absent if the response is not one about an account
    return structurer(UserInfo)(info)


def parse_site_info(raw: Mapping[str, Any], requested: Iterable[str]) -> SiteInfo:
    """The requested parts of a merged ``meta=siteinfo``. Those without a parser stay in ``raw`` only."""
    parts = {prop: _parse_part(prop, raw) for prop in requested if prop in _PART_PARSERS}
    if "namespaces" in parts:  # their aliases are in a separate list
        aliases = _aliases(raw.get("namespacealiases"))
        parts["namespaces"] = {
            number: evolve(namespace, aliases=tuple(alias for alias, of in aliases.items() if of == number))
            for number, namespace in parts["namespaces"].items()
        }
    return SiteInfo(raw=raw, parts=parts)


def _parse_part(prop: str, raw: Mapping[str, Any]) -> Any:
    if prop not in raw:  # the wiki sends every part that was asked for, also an empty one
        raise ProtocolError(f"the wiki's response has no {prop} of siteinfo, which was asked for")
    try:
        return _PART_PARSERS[prop](raw[prop])
    except (KeyError, TypeError, AttributeError) as error:
        raise ProtocolError(f"the wiki's response does not fit {prop} of siteinfo: {error!r}") from error


def _aliases(raw: Any) -> dict[str, int]:
    return {entry["alias"]: entry["id"] for entry in _list(raw)}


def _list(raw: Any) -> list[Any]:
    if isinstance(raw, Mapping):
        return list(raw.values())
    if raw is None or isinstance(raw, list):
        return raw or []
    raise ProtocolError(f"the wiki's response has {raw!r:.80} instead of a list")


def _as(kind: Any) -> Callable[[Any], Any]:
    return lambda raw: structured({} if raw in (None, []) else raw, kind)


def _many(cls: type) -> Callable[[Any], tuple[Any, ...]]:
    return lambda raw: tuple(map(structurer(cls), _list(raw)))


def _values(cls: type, key: str) -> Callable[[Any], dict[Any, Any]]:
    return lambda raw: {getattr(value, key): value for value in _many(cls)(raw)}


def _texts(raw: Any) -> Any:
    return structured(_list(raw), tuple[str, ...])


def _extensions_of_files(raw: Any) -> Any:
    return _texts([entry["ext"] for entry in _list(raw)])


def _variants(raw: Any) -> dict[str, dict[str, tuple[str, ...]]]:
    return {
        language: {variant: _texts(entry.get("fallbacks")) for variant, entry in variants.items()}
        for language, variants in _as(Mapping[str, Mapping[str, Any]])(raw).items()
    }


_PART_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "autocreatetempuser": _as(AutoCreateTempUser),
    "autopromote": _as(Mapping[str, Any]),
    "autopromoteonce": _as(Mapping[str, Any]),
    "clientlibraries": _many(Library),
    "dbrepllag": _many(DatabaseLag),
    "defaultoptions": _as(Mapping[str, Any]),
    "extensions": _many(Extension),
    "extensiontags": _texts,
    "fileextensions": _extensions_of_files,
    "functionhooks": _texts,
    "general": _as(General),
    "interwikimap": _values(Interwiki, "prefix"),
    "languages": _values(Language, "code"),
    "languagevariants": _variants,
    "libraries": _many(Library),
    "magicwords": _values(MagicWord, "name"),
    "namespacealiases": _aliases,
    "namespaces": _values(Namespace, "id"),
    "protocols": _texts,
    "restrictions": _as(Restrictions),
    "rightsinfo": _as(RightsInfo),
    "showhooks": _many(Hook),
    "skins": _many(Skin),
    "specialpagealiases": _values(SpecialPageAlias, "realname"),
    "statistics": _as(Statistics),
    "uploaddialog": _as(Mapping[str, Any]),
    "usergroups": _values(UserGroup, "name"),
    "variables": _texts,
}
