"""A wiki with one page, as far as an edit sees it: history, compare-and-swap, merging, and answers that get lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
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

    def described(self, props: str) -> dict[str, Any]:
        told: dict[str, Any] = {"revid": self.revid, "parentid": self.parentid}
        if "content" in props:
            return {**told, "slots": {"main": {"content": self.text}}}
        sha1 = hashlib.sha1(self.text.encode()).hexdigest()
        return {**told, "timestamp": self.timestamp, "user": self.user, "comment": self.comment, "sha1": sha1}


@define
class ModelWiki:
    """Answers the calls of an edit; ``fault`` says for each what gets lost, ``meddle`` acts before each."""

    fault: Callable[[ApiRequest], str | None] = lambda _: None
    meddle: Callable[[ModelWiki], object] = lambda _: None
    filtered: bool = False
    revisions: list[Revision] = Factory(list)
    calls: list[ApiRequest] = Factory(list)
    late: list[ApiRequest] = Factory(list)
    now: int = 1_000_000
    _next: int = field(default=100)

    def answer(self, call: ApiRequest) -> Answer:
        """The answer to one call, or the error that the session would raise for it."""
        self.calls.append(call)
        self.now += 1
        self.meddle(self)
        if call.params.get("action") == "query":
            return refusal("internal_api_error_DBQueryError") if self.fault(call) == "fail" else self._query(call)
        return self._lossy(call)

    def arrive_late(self) -> None:
        """Execute what was still on its way."""
        while self.late:
            self._edit(self.late.pop(0))

    def save(self, text: str, *, user: str = "Other", comment: str = "") -> Revision:
        """Another revision."""
        self._next += 7
        parent = self.revisions[-1].revid if self.revisions else 0
        stored = stored_form(text).replace("~~~~", f"[[User:{user}]] {self._stamp()}")
        revision = Revision(
            revid=self._next, parentid=parent, user=user, comment=comment, text=stored, timestamp=self._stamp()
        )
        self.revisions.append(revision)
        return revision

    def _stamp(self) -> str:
        return f"2026-01-01T{self.now:08}Z"

    def _lossy(self, call: ApiRequest) -> Answer:
        fault = self.fault(call)
        if fault == "late":
            self.late.append(call)
        if fault in {"before", "late"}:
            return _lost()
        said = self._edit(call)
        return _lost() if fault == "after" else said

    def _query(self, call: ApiRequest) -> Mapping[str, Any]:
        params = call.params
        query: dict[str, Any] = {}
        if "revids" in params:
            wanted = {int(revid) for revid in params["revids"].split("|")}
            found = [revision for revision in self.revisions if revision.revid in wanted]
        else:
            found = list(reversed(self.revisions))
        start = int(params.get("rvcontinue", 0))
        end = start + int(params.get("rvlimit", "1" if "revids" not in params else "50"))
        page: dict[str, Any] = {"ns": 0, "title": TITLE}
        if self.revisions:
            page |= {"pageid": 7, "revisions": [one.described(params["rvprop"]) for one in found[start:end]]}
        else:
            page["missing"] = True
        if "userinfo" in params.get("meta", ""):
            query |= {"userinfo": {"name": ME}, "extensions": [{"name": "Abuse Filter"}] if self.filtered else []}
        if "allmessages" in params.get("meta", ""):
            query["allmessages"] = [{"content": f"/* {params['amargs']} */ new section"}]
        going_on = {"continue": {"rvcontinue": end, "continue": "||"}} if end < len(found) else {}
        return {"query": {**query, "pages": [page]}, "curtimestamp": self._stamp(), **going_on}

    def _edit(self, call: ApiRequest) -> Answer:
        params = call.params
        latest = self.revisions[-1] if self.revisions else None
        if "createonly" in params and latest is not None:
            return refusal("articleexists")
        if "nocreate" in params and latest is None:
            return refusal("missingtitle")
        if latest is not None and not self._fits(params, latest):
            return refusal("editconflict")
        before = latest.text if latest is not None else ""
        text = params.get("text", params.get("prependtext", "") + before + params.get("appendtext", ""))
        told: dict[str, Any] = {"result": "Success", "pageid": 7, "title": TITLE}
        if latest is not None and stored_form(text) == before:
            return {"edit": {**told, "nochange": True}}
        new = self.save(text, user=ME, comment=params["summary"])
        told |= {"oldrevid": new.parentid, "newrevid": new.revid, "newtimestamp": "2026-01-01T00:00:00Z"}
        return {"edit": {**told, "new": True} if latest is None else told}

    def _fits(self, params: Mapping[str, str], latest: Revision) -> bool:
        """Whether the edit is based on the latest revision, or touches other lines than what came in between."""
        (base,) = [one for one in self.revisions if one.revid == int(params["baserevid"])]
        if base is latest:
            return True
        before, now = base.text.splitlines(), latest.text.splitlines()
        if "appendtext" in params:
            return len(now) > 1 and now[-1] == before[-1]
        return "prependtext" in params and len(now) > 1 and now[0] == before[0]


def _lost() -> MediaWikiError:
    error = OutcomeUnknown("lost")
    error.__cause__ = ReplyLost("lost")
    return error
