"""Which entry of the wiki's log shows that an action was executed, and the result that the action then had.

Each rule compares an entry with the parameters of the action: its page or user, its reason, and what it was to do. What
the wiki decides by itself (a reason that was left out, the moment at which "2 weeks" end) is not compared.

See https://www.mediawiki.org/wiki/API:Logevents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv6Network, ip_network
from typing import Any

from attrs import frozen

from mwclient_async._http.json_values import datetime_at, list_at, number_at, object_at, rows_at, text_at, texts_at
from mwclient_async._http.params import split_values
from mwclient_async._http.text_normalization import may_be_summary, stored_summary

Params = Mapping[str, str]
Names = Callable[[str], str]
"""The wiki's own form of a title: ``"user:foo bar"`` -> ``"Benutzer:Foo bar"``."""

_INFINITE = frozenset({"infinite", "infinity", "indefinite", "never", ""})
_MOST_TITLES = 50  # of one request
_PAGE_IDS = ("pageid", "fromid")
_USER = "User:"
_MAKING_REASONS = frozenset({"delete", "mergehistory"})  # without a reason, the wiki makes one


@frozen(kw_only=True)
class LogEntry:
    """An entry of the log, with nothing hidden in it."""

    logid: int
    action: str
    title: str
    ns: int
    logpage: int
    timestamp: datetime
    comment: str
    params: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The title without its namespace."""
        return self.title.partition(":")[2] if self.ns else self.title

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> LogEntry:
        """The entry in a row of ``list=logevents``. What is hidden in it is empty."""
        return cls(
            logid=number_at(row, "logid"),
            action=text_at(row, "action", default=""),
            title=text_at(row, "title", default=""),
            ns=number_at(row, "ns", default=0),
            logpage=number_at(row, "logpage", default=0),
            timestamp=datetime_at(row, "timestamp"),
            comment=text_at(row, "comment", default=""),
            params=object_at(row, "params"),
        )


@frozen
class LogRule:
    """The rule for one action.

    ``log`` is the type of the log. ``titles`` are the pages that the parameters name, the main one first. ``fits`` is
    whether an entry is that of the action. ``result`` is the result as the wiki would have sent it. If
    ``has_entry_per_title``, each title has an entry of its own, and the result is a list of their results.
    """

    log: str
    titles: Callable[[Params], list[str]]
    fits: Callable[[Params, LogEntry, Names], bool]
    result: Callable[[Params, LogEntry], dict[str, Any]]
    has_entry_per_title: bool = False


def rule_for(params: Params) -> LogRule | None:
    """The rule for an action with these parameters, or None if the log cannot prove it."""
    if params.get("suppress", "nochange") == "yes" or "hidename" in params or "oldimage" in params:
        return None  # in a log that few may read, or without an entry that names the version
    if params.get("action") == "unblock" and "id" in params:
        return None  # the entry does not name the block
    return _RULES.get(params.get("action", ""))


def page_ids(params: Params) -> tuple[int, ...]:
    """The ids of the pages that the parameters name by id."""
    return tuple(int(params[name]) for name in _PAGE_IDS if params.get(name, "").isdecimal())


# Pages ---------------------------------------------------------------------------------------------------------------


def _titles(*names: str) -> Callable[[Params], list[str]]:
    return lambda params: [params[name] for name in names if params.get(name)]


def _is_page(params: Params, entry: LogEntry, names: Names, title: str = "title", pageid: str = "pageid") -> bool:
    if params.get(pageid):
        return str(entry.logpage) == params[pageid]
    return bool(params.get(title)) and entry.title == names(params[title])


def _has_reason(params: Params, entry: LogEntry, name: str = "reason") -> bool:
    reason = params.get(name, "").strip()
    if not reason:
        return not entry.comment or params.get("action") in _MAKING_REASONS
    is_merge = params.get("action") == "mergehistory"  # MediaWiki 1.39 puts "Merged A into B: " before the reason
    return may_be_summary(entry.comment, sent=reason) or (is_merge and entry.comment.endswith(f": {reason}"))


def _is_move(params: Params, entry: LogEntry, names: Names) -> bool:
    return (
        entry.action in {"move", "move_redir"}
        and _is_page(params, entry, names, "from", "fromid")
        and entry.params.get("target_title") == names(params.get("to", ""))
        and bool(entry.params.get("suppressredirect")) <= ("noredirect" in params)
        and _has_reason(params, entry)
    )


def _move_result(params: Params, entry: LogEntry) -> dict[str, Any]:
    return {
        "from": entry.title,
        "to": entry.params["target_title"],
        "reason": params.get("reason", ""),
        "redirectcreated": not entry.params.get("suppressredirect"),
        "moveoverredirect": entry.action == "move_redir",
    }


def _is_deletion(params: Params, entry: LogEntry, names: Names) -> bool:
    return entry.action == "delete" and _is_page(params, entry, names) and _has_reason(params, entry)


def _delete_result(_: Params, entry: LogEntry) -> dict[str, Any]:
    return {"title": entry.title, "reason": entry.comment, "logid": entry.logid}


def _is_undeletion(params: Params, entry: LogEntry, names: Names) -> bool:
    chosen = [len(split_values(params[name])) for name in ("timestamps", "fileids") if params.get(name)]
    return (
        entry.action == "restore"
        and _is_page(params, entry, names)
        and _has_reason(params, entry)
        and (not chosen or sum(_counts(entry)) == sum(chosen))
    )


def _counts(entry: LogEntry) -> tuple[int, int]:
    count = object_at(entry.params, "count")
    return number_at(count, "revisions", default=0), number_at(count, "files", default=0)


def _undelete_result(params: Params, entry: LogEntry) -> dict[str, Any]:
    revisions, files = _counts(entry)
    return {
        "title": entry.title,
        "revisions": revisions,
        "fileversions": files,
        "reason": params.get("reason", ""),
    }


def _is_protection(params: Params, entry: LogEntry, names: Names) -> bool:
    wanted = {kind: level for kind, level, _ in _protections(params) if level}
    details = [] if entry.action == "unprotect" else _details(entry)
    return (
        entry.action in {"protect", "modify", "unprotect"}
        and _is_page(params, entry, names)
        and {one.get("type"): one.get("level") for one in details} == wanted
        and all(_is_infinite(one.get("expiry")) == _is_infinite(_expiry_of(params, one)) for one in details)
        and bool(entry.params.get("cascade")) == ("cascade" in params)
        and _has_reason(params, entry)
    )


def _protections(params: Params) -> list[tuple[str, str, str]]:
    """The action, the level and the expiry of each protection that is asked for."""
    pairs = [pair.partition("=") for pair in split_values(params.get("protections", ""))]
    expiries = split_values(params.get("expiry", "infinite"))
    expiries = expiries if len(expiries) == len(pairs) else expiries[:1] * len(pairs)
    return [
        (kind, "" if level == "all" else level, expiry)
        for (kind, _, level), expiry in zip(pairs, expiries, strict=True)
    ]


def _details(entry: LogEntry) -> list[Mapping[str, Any]]:
    return rows_at(entry.params, "details")


def _expiry_of(params: Params, detail: Mapping[str, Any]) -> str:
    return next(expiry for kind, _, expiry in _protections(params) if kind == detail.get("type"))


def _is_infinite(expiry: object) -> bool:
    return str(expiry or "").strip() in _INFINITE


def _protect_result(params: Params, entry: LogEntry) -> dict[str, Any]:
    expiries = {one.get("type"): one.get("expiry") for one in _details(entry)}
    protections = [{kind: level, "expiry": expiries.get(kind, "infinite")} for kind, level, _ in _protections(params)]
    cascade = {"cascade": True} if "cascade" in params else {}
    return {"title": entry.title, "reason": params.get("reason", ""), **cascade, "protections": protections}


def _is_merge(params: Params, entry: LogEntry, names: Names) -> bool:
    return (
        entry.action == "merge"
        and "toid" not in params
        and _is_page(params, entry, names, "from", "fromid")
        and entry.params.get("dest_title") == names(params.get("to", ""))
        and _has_reason(params, entry)
    )


def _merge_result(params: Params, entry: LogEntry) -> dict[str, Any]:
    return {
        "from": entry.title,
        "to": entry.params["dest_title"],
        "timestamp": params.get("timestamp") or entry.params.get("mergepoint"),
        "reason": params.get("reason", ""),
    }


def _is_model_change(params: Params, entry: LogEntry, names: Names) -> bool:
    return (
        entry.action == "change"
        and _is_page(params, entry, names)
        and entry.params.get("newmodel") == params.get("model")
        and _has_reason(params, entry, "summary")
    )


def _model_result(_: Params, entry: LogEntry) -> dict[str, Any]:
    page = {"title": entry.title, "pageid": entry.logpage}
    return {"result": "Success", **page, "contentmodel": entry.params["newmodel"], "logid": entry.logid}


def _is_language_change(params: Params, entry: LogEntry, names: Names) -> bool:
    wanted, found = params.get("lang", ""), str(entry.params.get("newlanguage", ""))
    return (
        entry.action == "pagelang"
        and _is_page(params, entry, names)
        and (found.endswith("[def]") if wanted == "default" else found == wanted)
        and _has_reason(params, entry)
    )


def _language_result(_: Params, entry: LogEntry) -> dict[str, Any]:
    languages = {name: text_at(entry.params, name, default="") for name in ("oldlanguage", "newlanguage")}
    return {"title": entry.title, **languages, "logid": entry.logid}


# Users ---------------------------------------------------------------------------------------------------------------


def _user_title(params: Params) -> list[str]:
    return [f"{_USER}{_stored_user(params['user'])}"] if params.get("user") else []


def _stored_user(user: str) -> str:
    """The name of a user, or an address or a range as the wiki writes it."""
    try:
        network = ip_network(user.strip(), strict=False)
    except ValueError:
        return user
    address, _, length = str(network).partition("/")
    if isinstance(network, IPv6Network):
        groups = network.network_address.exploded.split(":")
        address = ":".join(f"{int(group, 16):X}" for group in groups)
    return f"{address}/{length}" if "/" in user else address


def _is_user(params: Params, entry: LogEntry, names: Names) -> bool:
    titles = _user_title(params)
    return bool(titles) and entry.title == names(titles[0])


def _is_block(params: Params, entry: LogEntry, names: Names) -> bool:
    found = set(texts_at(entry.params, "flags"))
    expiry, duration = params.get("expiry", "never"), entry.params.get("duration")
    return (
        entry.action in ({"block", "reblock"} if "reblock" in params else {"block"})
        and _is_user(params, entry, names)
        and all((flag in found) == (flag in params) for flag in ("nocreate", "noemail"))
        and bool(entry.params.get("sitewide", True)) == ("partial" not in params)
        and (expiry == duration or (_is_infinite(expiry) and _is_infinite(duration)))
        and _has_reason(params, entry)
    )


def _block_result(params: Params, entry: LogEntry) -> dict[str, Any]:
    flags = ("anononly", "nocreate", "autoblock", "noemail", "allowusertalk", "watchuser", "partial")
    return {
        "user": entry.name,
        "expiry": str(entry.params.get("expiry") or "infinite"),
        "reason": params.get("reason", ""),
        **{name: name in params for name in flags},
        "hidename": False,
        "pagerestrictions": list(split_values(params.get("pagerestrictions", ""))) or None,
        "namespacerestrictions": [int(n) for n in split_values(params.get("namespacerestrictions", ""))] or None,
    }


def _is_unblock(params: Params, entry: LogEntry, names: Names) -> bool:
    return entry.action == "unblock" and _is_user(params, entry, names) and _has_reason(params, entry)


def _unblock_result(params: Params, entry: LogEntry) -> dict[str, Any]:
    return {"user": entry.name, "reason": params.get("reason", "")}


def _is_rights_change(params: Params, entry: LogEntry, names: Names) -> bool:
    added, removed = _changed_groups(entry)
    return (
        entry.action == "rights"
        and _is_user(params, entry, names)
        and bool(added or removed)
        and set(added) <= set(split_values(params.get("add", "")))
        and set(removed) <= set(split_values(params.get("remove", "")))
        and _has_reason(params, entry)
    )


def _changed_groups(entry: LogEntry) -> tuple[list[str], list[str]]:
    """The groups that were added, or got another expiry, and those that were removed."""
    old, new = (_memberships(entry.params.get(f"{age}metadata")) for age in ("old", "new"))
    added = [group for group, expiry in new.items() if group not in old or old[group] != expiry]
    return added, [group for group in old if group not in new]


def _memberships(rows: object) -> dict[str, object]:
    return {text_at(row, "group"): row.get("expiry") for row in rows_at(rows)}


def _rights_result(_: Params, entry: LogEntry) -> dict[str, Any]:
    added, removed = _changed_groups(entry)
    return {"user": entry.name, "added": added, "removed": removed}


# Revisions -----------------------------------------------------------------------------------------------------------


def _is_hiding(params: Params, entry: LogEntry, names: Names) -> bool:
    found = {str(one) for one in list_at(entry.params, "ids")}
    hidden = object_at(entry.params, "new")
    return (
        entry.action in {"revision", "event"}
        and entry.params.get("type") == params.get("type")
        and ("target" not in params or entry.title == names(params["target"]))
        and bool(found)
        and found <= set(split_values(params.get("ids", "")))
        and all(hidden.get(part) for part in split_values(params.get("hide", "")))
        and not any(hidden.get(part) for part in split_values(params.get("show", "")))
        and _has_reason(params, entry)
    )


def _hiding_result(_: Params, entry: LogEntry) -> dict[str, Any]:
    bits = object_at(entry.params, "new")
    hidden = {f"{part}hidden": bool(bits.get(part)) for part in ("comment", "user")}
    content = "texthidden" if entry.params.get("type") == "revision" else "contenthidden"
    hidden[content] = bool(bits.get("content"))
    items = [{"status": "Success", "id": one, **hidden} for one in list_at(entry.params, "ids")]
    return {"status": "Success", "target": entry.title, "items": items}


# Imports -------------------------------------------------------------------------------------------------------------


def import_rule(titles: Sequence[str]) -> LogRule | None:
    """The rule for an import of pages with these titles from a file; None if they are too many to be looked up."""
    if not 0 < len(titles) <= _MOST_TITLES:
        return None
    return LogRule("import", lambda _: list(titles), _is_import, _import_result, has_entry_per_title=True)


def _is_import(params: Params, entry: LogEntry, _: Names) -> bool:
    return entry.action == "upload" and stored_summary(entry.comment) == stored_summary(params.get("summary", ""))


def _import_result(_: Params, entry: LogEntry) -> dict[str, Any]:
    return {"ns": entry.ns, "title": entry.title, "revisions": number_at(entry.params, "count", default=0)}


_RULES: Mapping[str, LogRule] = {
    "block": LogRule("block", _user_title, _is_block, _block_result),
    "changecontentmodel": LogRule("contentmodel", _titles("title"), _is_model_change, _model_result),
    "delete": LogRule("delete", _titles("title"), _is_deletion, _delete_result),
    "mergehistory": LogRule("merge", _titles("from", "to"), _is_merge, _merge_result),
    "move": LogRule("move", _titles("from", "to"), _is_move, _move_result),
    "protect": LogRule("protect", _titles("title"), _is_protection, _protect_result),
    "revisiondelete": LogRule("delete", _titles("target"), _is_hiding, _hiding_result),
    "setpagelanguage": LogRule("pagelang", _titles("title"), _is_language_change, _language_result),
    "unblock": LogRule("block", _user_title, _is_unblock, _unblock_result),
    "undelete": LogRule("delete", _titles("title"), _is_undeletion, _undelete_result),
    "userrights": LogRule("rights", _user_title, _is_rights_change, _rights_result),
}
