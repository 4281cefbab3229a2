"""A model of a wiki with one page: its history, compare-and-swap, merging, and replies that are lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import Factory, define, field, frozen

from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.text_normalization import stored_form
from mwclient_async.errors import MediaWikiError, OutcomeUnknown, ReplyLost
from tests.support.scripted_flow import Answer, refusal

ME, TITLE = "Demo", "Page"


@frozen(kw_only=True)
class Revision:
    """One revision of the page."""

    revid: int
    parentid: int
    user: str
    comment: str
    text: str
    timestamp: str
    requested: bool = False  # made by a request that this model answered

    def to_json(self, props: str) -> dict[str, Any]:
        row: dict[str, Any] = {"revid": self.revid, "parentid": self.parentid}
        if "content" in props:
            return {**row, "slots": {"main": {"content": self.text}}}
        sha1 = hashlib.sha1(self.text.encode()).hexdigest()
        return {**row, "timestamp": self.timestamp, "user": self.user, "comment": self.comment, "sha1": sha1}


@define
class ModelPageWiki:
    """Answers the requests of an edit.

    ``fault`` gives the fault of each request, or None: ``"before"`` loses the request, ``"after"`` loses the response,
    ``"late"`` loses the response and executes the request later, ``"fail"`` refuses a query. ``interfere`` is called
    before each request is answered.
    """

    fault: Callable[[ApiRequest], str | None] = lambda _: None
    interfere: Callable[[ModelPageWiki], object] = lambda _: None
    has_abuse_filter: bool = False
    abuse_log: list[Mapping[str, Any]] | None = Factory(list)  # None: it cannot be read
    other_contributions: list[Mapping[str, Any]] = Factory(list)  # of our account to other pages, newest first
    revisions: list[Revision] = Factory(list)
    requests: list[ApiRequest] = Factory(list)
    delayed: list[ApiRequest] = Factory(list)
    now: int = 0
    _next: int = field(default=100)

    def respond(self, request: ApiRequest) -> Answer:
        """The response to one request, or the error that the session would raise for it."""
        self.requests.append(request)
        self.now += 1
        self.interfere(self)
        if request.params.get("action") == "query":
            return refusal("internal_api_error_DBQueryError") if self.fault(request) == "fail" else self._query(request)
        return self._edit_with_fault(request)

    def execute_delayed(self) -> None:
        """Execute the requests that were delayed on the network."""
        while self.delayed:
            self._edit(self.delayed.pop(0))

    def save(self, text: str, *, user: str = "Other", comment: str = "", requested: bool = False) -> Revision:
        """Save a revision with this text."""
        self._next += 7
        parent = self.revisions[-1].revid if self.revisions else 0
        stored = stored_form(text).replace("~~~~", f"[[User:{user}]] {self._stamp()}")
        revision = Revision(
            revid=self._next,
            parentid=parent,
            user=user,
            comment=comment,
            text=stored,
            timestamp=self._stamp(),
            requested=requested,
        )
        self.revisions.append(revision)
        return revision

    def _stamp(self) -> str:
        return f"{datetime(2026, 1, 1) + timedelta(seconds=self.now):%Y-%m-%dT%H:%M:%SZ}"  # noqa: DTZ001 - of the wiki

    def _edit_with_fault(self, request: ApiRequest) -> Answer:
        fault = self.fault(request)
        if fault == "late":
            self.delayed.append(request)
        if fault in {"before", "late"}:
            return _lost_reply()
        response = self._edit(request)
        return _lost_reply() if fault == "after" else response

    def _query(self, request: ApiRequest) -> Answer:
        params = request.params
        query: dict[str, Any] = {}
        if params.get("list") == "abuselog":
            return refusal("permissiondenied") if self.abuse_log is None else {"query": {"abuselog": self.abuse_log}}
        if params.get("prop") == "info":
            info = {"pageid": 7, "lastrevid": self.revisions[-1].revid} if self.revisions else {"missing": True}
            return {"query": {"pages": [{"ns": 0, "title": TITLE, **info}]}, "curtimestamp": self._stamp()}
        if params.get("list") == "usercontribs":
            rows = [{**row.to_json(""), "title": TITLE, "pageid": 7} for row in self.revisions[::-1]]
            found = [*self.other_contributions, *(row for row in rows if row["user"] == params["ucuser"])]
            start = int(params.get("uccontinue", 0))
            end = start + 500
            more = {"continue": {"uccontinue": end, "continue": "-||"}} if end < len(found) else {}
            return {"query": {"usercontribs": found[start:end]}, **more}
        selected = self._select_revisions(params)
        start = int(params.get("rvcontinue", 0))
        end = start + int(params.get("rvlimit", "1" if "revids" not in params else "50"))
        page: dict[str, Any] = {"ns": 0, "title": TITLE}
        if self.revisions:
            page |= {"pageid": 7, "revisions": [revision.to_json(params["rvprop"]) for revision in selected[start:end]]}
        else:
            page["missing"] = True
        if "userinfo" in params.get("meta", ""):
            query |= {
                "userinfo": {"name": ME},
                "extensions": [{"name": "Abuse Filter"}] if self.has_abuse_filter else [],
            }
        if "allmessages" in params.get("meta", ""):
            query["allmessages"] = [{"content": f"/* {params['amargs']} */ new section"}]
        continuation = {"continue": {"rvcontinue": end, "continue": "||"}} if end < len(selected) else {}
        return {"query": {**query, "pages": [page]}, "curtimestamp": self._stamp(), **continuation}

    def _select_revisions(self, params: Mapping[str, str]) -> list[Revision]:
        if "revids" not in params:
            return self.revisions[::-1]
        revids = {int(revid) for revid in params["revids"].split("|")}
        return [revision for revision in self.revisions if revision.revid in revids]

    def _edit(self, request: ApiRequest) -> Answer:
        params = request.params
        latest = self.revisions[-1] if self.revisions else None
        if "createonly" in params and latest is not None:
            return refusal("articleexists")
        if "nocreate" in params and latest is None:
            return refusal("missingtitle")
        if latest is not None and not self._can_save(params, latest):
            return refusal("editconflict")
        before = latest.text if latest is not None else ""
        text = params.get("text", params.get("prependtext", "") + before + params.get("appendtext", ""))
        result: dict[str, Any] = {"result": "Success", "pageid": 7, "title": TITLE}
        if latest is not None and stored_form(text) == before:
            return {"edit": {**result, "nochange": True}}
        new = self.save(text, user=ME, comment=params["summary"], requested=True)
        result |= {"oldrevid": new.parentid, "newrevid": new.revid, "newtimestamp": "2026-01-01T00:00:00Z"}
        return {"edit": {**result, "new": True} if latest is None else result}

    def _can_save(self, params: Mapping[str, str], latest: Revision) -> bool:
        """Whether the edit is based on the latest revision, or changes other lines than those since its base."""
        (base,) = [revision for revision in self.revisions if revision.revid == int(params["baserevid"])]
        if base is latest:
            return True
        before, now = base.text.splitlines(), latest.text.splitlines()
        if "appendtext" in params:
            added = latest.text.endswith(stored_form(params["appendtext"]))
            return len(now) > 1 and now[-1] == before[-1] and not added
        added = latest.text.startswith(params.get("prependtext", ""))
        return "prependtext" in params and len(now) > 1 and now[0] == before[0] and not added


def _lost_reply() -> MediaWikiError:
    error = OutcomeUnknown("lost")
    error.__cause__ = ReplyLost("lost")
    return error
