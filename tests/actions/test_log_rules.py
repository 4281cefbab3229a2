"""Which entries of the log fit an action, and which do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mwclient_async._actions.log_rules import LogEntry, LogRule, import_rule, rule_for

MOVE = {"action": "move", "from": "a", "to": "b", "reason": "r"}
MOVED = {"action": "move", "title": "A", "comment": "r", "params": {"target_title": "B", "suppressredirect": False}}
DELETE = {"action": "delete", "title": "a", "reason": "r"}
DELETED = {"action": "delete", "title": "A", "comment": "r", "params": {}}
PROTECT = {"action": "protect", "title": "a", "protections": "edit=sysop|move=all", "expiry": "2 days", "reason": "r"}
DETAIL = {"type": "edit", "level": "sysop", "expiry": "2026-12-02T12:20:05Z", "cascade": False}
PROTECTED = {"action": "protect", "title": "A", "comment": "r", "params": {"cascade": False, "details": [DETAIL]}}
UNDELETE = {"action": "undelete", "title": "a", "reason": "r"}
RESTORED = {"action": "restore", "title": "A", "comment": "r", "params": {"count": {"revisions": 2, "files": 0}}}
BLOCK = {"action": "block", "user": "a", "expiry": "3 days", "reason": "r", "nocreate": "1"}
BLOCKED = {
    "action": "block",
    "title": "User:A",
    "ns": 2,
    "comment": "r",
    "params": {"duration": "3 days", "flags": ["nocreate", "noautoblock"], "sitewide": True},
}
RIGHTS = {"action": "userrights", "user": "a", "add": "bot|sysop", "remove": "x", "reason": "r"}
NEW = [{"group": "bot", "expiry": "infinity"}]
CHANGED = {
    "action": "rights",
    "title": "User:A",
    "ns": 2,
    "comment": "r",
    "params": {"oldmetadata": [], "newmetadata": NEW},
}
HIDE = {"action": "revisiondelete", "type": "revision", "ids": "7|14", "hide": "content", "reason": "r"}
HIDDEN = {
    "action": "revision",
    "title": "A",
    "comment": "r",
    "params": {"type": "revision", "ids": [7], "new": {"content": True, "comment": False, "user": False}},
}


MODEL = {"action": "changecontentmodel", "title": "a", "model": "json", "summary": "r"}
REMODELLED = {"action": "change", "title": "A", "comment": "r", "params": {"oldmodel": "wikitext", "newmodel": "json"}}
LANGUAGE = {"action": "setpagelanguage", "pageid": "5", "lang": "fr", "reason": "r"}
TRANSLATED = {
    "action": "pagelang",
    "title": "A",
    "comment": "r",
    "params": {"oldlanguage": "en[def]", "newlanguage": "fr"},
}
IMPORT = {"action": "import", "interwikiprefix": "old", "summary": "r"}
IMPORTED = {"action": "upload", "title": "A", "comment": "r", "params": {"count": 1}}
TO_DEFAULT = {**TRANSLATED, "params": {"oldlanguage": "fr", "newlanguage": "en[def]"}}


def canonical(title: str) -> str:
    namespace, colon, name = title.rpartition(":")
    return f"{namespace}{colon}{name[:1].upper()}{name[1:]}"


def fits(params: Mapping[str, str], entry: Mapping[str, Any]) -> bool:
    rule = import_rule(["A"]) if params["action"] == "import" else rule_for(params)
    assert rule is not None
    row = {"logid": 1, "ns": 0, "logpage": 5, "timestamp": "2026-11-30T12:00:00Z", **entry}
    return rule.fits(params, LogEntry.read(row), canonical)


def fitting(params: Mapping[str, str], entry: Mapping[str, Any], name: str) -> Any:
    return pytest.param(params, entry, True, id=name)


def other(params: Mapping[str, str], entry: Mapping[str, Any], name: str) -> Any:
    return pytest.param(params, entry, False, id=name)


@pytest.mark.parametrize(
    ("params", "entry", "fit"),
    [
        fitting(MOVE, MOVED, "move"),
        fitting(MOVE, {**MOVED, "action": "move_redir"}, "move over a redirect"),
        fitting({**MOVE, "reason": " r "}, MOVED, "white space of a reason"),
        fitting({"action": "move", "fromid": "5", "to": "b", "reason": "r"}, MOVED, "move by id"),
        other({"action": "move", "fromid": "6", "to": "b", "reason": "r"}, MOVED, "move of another id"),
        other({**MOVE, "to": "c"}, MOVED, "move to another title"),
        other({**MOVE, "from": "c"}, MOVED, "move of another page"),
        other({**MOVE, "reason": "s"}, MOVED, "another reason"),
        other({**MOVE, "reason": ""}, MOVED, "no reason"),
        other(MOVE, {**MOVED, "params": {"target_title": "B", "suppressredirect": True}}, "no redirect asked for"),
        other(MOVE, {"action": "move", "params": [], "comment": ""}, "hidden entry"),
        fitting(DELETE, DELETED, "delete"),
        fitting({"action": "delete", "title": "a"}, {**DELETED, "comment": "content was"}, "the wiki's own reason"),
        other(DELETE, {**DELETED, "action": "restore"}, "restored"),
        fitting(UNDELETE, RESTORED, "undelete"),
        fitting({**UNDELETE, "timestamps": "x|y"}, RESTORED, "undelete two revisions"),
        other({**UNDELETE, "timestamps": "x"}, RESTORED, "undelete another number"),
        fitting(PROTECT, PROTECTED, "protect"),
        fitting({**PROTECT, "protections": "edit=all"}, {**PROTECTED, "action": "unprotect", "params": {}}, "open"),
        other({**PROTECT, "protections": "edit=autoconfirmed"}, PROTECTED, "another level"),
        other({**PROTECT, "protections": "edit=sysop|move=sysop"}, PROTECTED, "another action"),
        other({**PROTECT, "expiry": "infinite"}, PROTECTED, "another expiry"),
        other({**PROTECT, "cascade": "1"}, PROTECTED, "cascading"),
        fitting(BLOCK, BLOCKED, "block"),
        fitting({**BLOCK, "expiry": "never"}, {**BLOCKED, "params": {"duration": "infinity", "flags": ["nocreate"]}},
            "block forever"),
        other(BLOCK, {**BLOCKED, "action": "reblock"}, "changed block"),
        fitting({**BLOCK, "reblock": "1"}, {**BLOCKED, "action": "reblock"}, "reblock"),
        other({**BLOCK, "expiry": "4 days"}, BLOCKED, "another duration"),
        other({**BLOCK, "noemail": "1"}, BLOCKED, "another flag"),
        other({**BLOCK, "partial": "1"}, BLOCKED, "partial block"),
        fitting({"action": "unblock", "user": "a", "reason": "r"}, {**BLOCKED, "action": "unblock"}, "unblock"),
        fitting(RIGHTS, CHANGED, "rights"),
        other(RIGHTS, {**CHANGED, "params": {"oldmetadata": NEW, "newmetadata": NEW}}, "no change"),
        other({**RIGHTS, "add": "sysop"}, CHANGED, "another group"),
        other(RIGHTS, {**CHANGED, "params": {"oldmetadata": NEW, "newmetadata": []}}, "removed instead"),
        fitting(HIDE, HIDDEN, "hide one of two"),
        other({**HIDE, "target": "b"}, HIDDEN, "revisions of another page"),
        other({**HIDE, "ids": "8"}, HIDDEN, "another revision"),
        other({**HIDE, "hide": "content|user"}, HIDDEN, "another part"),
        other({**HIDE, "hide": "", "show": "content"}, HIDDEN, "shown instead"),
        fitting(IMPORT, IMPORTED, "import"),
        fitting({**IMPORT, "summary": " r  "}, IMPORTED, "white space of a summary"),
        other({**IMPORT, "summary": "s"}, IMPORTED, "import with another summary"),
        other(IMPORT, {**IMPORTED, "action": "interwiki"}, "import from another wiki"),
        fitting(MODEL, REMODELLED, "content model"),
        other({**MODEL, "title": "b"}, REMODELLED, "content model of another page"),
        other({**MODEL, "model": "text"}, REMODELLED, "another model"),
        other({**MODEL, "summary": "s"}, REMODELLED, "another summary"),
        other(MODEL, {**REMODELLED, "action": "new"}, "content model of a new page"),
        fitting(LANGUAGE, TRANSLATED, "language"),
        fitting({**LANGUAGE, "lang": "default"}, TO_DEFAULT, "language of the wiki"),
        other({**LANGUAGE, "lang": "en"}, TO_DEFAULT, "language of the wiki by its name"),
        other({**LANGUAGE, "lang": "default"}, TRANSLATED, "another language"),
        other({**LANGUAGE, "pageid": "6"}, TRANSLATED, "language of another page"),
    ],
)  # fmt: skip
def test_w2_an_entry_fits_only_what_was_asked_for(
    params: Mapping[str, str],
    entry: Mapping[str, Any],
    fit: bool,  # noqa: FBT001
) -> None:
    assert fits(params, entry) is fit


@pytest.mark.parametrize(("count", "proven"), [(0, False), (1, True), (50, True), (51, False)])
def test_an_import_is_proven_by_the_log_if_its_pages_fit_into_one_request(count: int, *, proven: bool) -> None:
    assert isinstance(import_rule([f"Page {number}" for number in range(count)]), LogRule) is proven


@pytest.mark.parametrize(
    ("user", "title"),
    [
        ("10.1.2.3/16", "User:10.1.0.0/16"),
        ("2001:db8::/40", "User:2001:DB8:0:0:0:0:0:0/40"),
        ("10.1.2.3", "User:10.1.2.3"),
        ("Some one", "User:Some one"),
    ],
)
def test_a_blocked_address_is_named_as_the_wiki_writes_it(user: str, title: str) -> None:
    rule = rule_for({"action": "block", "user": user})
    assert rule is not None
    assert rule.titles({"user": user}) == [title]


@pytest.mark.parametrize(
    "params",
    [
        {"action": "edit", "title": "a"},
        {"action": "block", "user": "a", "hidename": "1"},
        {"action": "delete", "title": "File:A.png", "oldimage": "2026!A.png"},
        {"action": "revisiondelete", "type": "revision", "ids": "7", "suppress": "yes"},
        {"action": "unblock", "id": "7"},
        {"action": "emailuser", "target": "a"},
    ],
)
def test_there_is_no_rule_where_the_log_proves_nothing(params: Mapping[str, str]) -> None:
    assert rule_for(params) is None
