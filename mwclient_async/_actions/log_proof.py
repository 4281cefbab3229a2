"""After the reply to an action was lost, the wiki's log decides whether it was executed.

A move, a deletion, a block and their like leave an entry in the log (``log_rules.py``). The entry proves that ours was
executed if

- our account made it, for the same page or user, with the same parameters and reason, since the request was sent,
- no other action of this process accounts for it (``own_actions.py``), and
- the log shows no other process: every entry of this type that our account has made since this process began, in the
  last hour at most, is accounted for. Two processes can do the same at the same moment, and the log does not tell which
  request made an entry.

No entry proves nothing. The request may still be on its way, the log may lag behind, an entry may be hidden, and some
actions leave none, for example a protection with the levels that the page has. So the action is not sent again.

If the talk page or the subpages were to follow, they have entries of their own. The action is done if nothing is left
that had to follow.

See https://www.mediawiki.org/wiki/API:Logevents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field, frozen

from mwclient_async._actions.log_rules import LogEntry, LogRule
from mwclient_async._http.flow import Flow, may_try_again
from mwclient_async._http.json_values import continuation_at, datetime_at, number_at, object_at, rows_at, text_at
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async._session.lost_reply import Executed, LostReply, NotSeen, read_written
from mwclient_async._session.own_actions import OwnAction, OwnActions, Span
from mwclient_async.errors import MediaWikiError, OutcomeUnknown, ProtocolError

_LOOKS = 3  # the entry may appear a little later: the wiki is still at work, or a replica of its database lags
_WHOLE_SECOND = 1.0  # the wiki's times are cut to whole seconds
_BESIDE_ENTRY = 10.0  # seconds between an entry and its revision, at most
_MOST_RESPONSES = 10  # of 500 entries each
_RECENT = 3600.0  # seconds in which an entry of another process counts
_WITH_TALK = ("movetalk", "deletetalk", "undeletetalk")


@frozen
class _Account:
    """Our account, the wiki's own form of the titles, and the pages among them that exist."""

    name: str
    is_account: bool
    titles: Mapping[str, str]
    existing: frozenset[str]

    def canonical(self, title: str) -> str:
        return self.titles.get(title, title)


@frozen
class _Log:
    """The entries of our account, newest first, and the wiki's clock: it was read between two moments of the Site's."""

    entries: Sequence[LogEntry]
    wiki_time: datetime
    asked: float
    received: float

    def span(self, entry: LogEntry) -> Span:
        """When the entry was made, by the Site's clock."""
        age = (self.wiki_time - entry.timestamp).total_seconds()
        return Span(self.asked - age - _WHOLE_SECOND, self.received - age + _WHOLE_SECOND)


@define
class LoggedWrite:
    """An action that the log can prove, as a ResolvableWrite.

    ``clock`` returns the time by the Site's clock. ``read_result`` raises ProtocolError for a result that cannot be
    read. ``shared`` is whether other processes use the account; None to find out.
    """

    request: ApiRequest
    rule: LogRule
    own: OwnAction
    own_actions: OwnActions
    clock: Callable[[], float] = field(repr=False)
    read_result: Callable[[ApiResponse], object] = field(repr=False)
    shared: bool | None = None

    @property
    def _params(self) -> Mapping[str, str]:
        return self.request.params

    def send(self) -> Flow[ApiResponse]:
        response = yield self.request
        read_written(self.request.label, response, self._check_result)
        return response

    def _check_result(self, response: ApiResponse) -> None:
        """Raise ProtocolError if the response does not have the result, and a refusal if that is one."""
        result = object_at(response.body).get(str(self._params["action"]))
        if not isinstance(result, list if self.rule.has_entry_per_title else Mapping):
            raise ProtocolError("the wiki's response does not have the action's result")
        self.read_result(response)

    def resolve(self, lost: LostReply, error: MediaWikiError) -> Flow[Executed[ApiResponse] | NotSeen]:  # noqa: ARG002
        try:
            for look in range(_LOOKS):
                if look and not (yield from may_try_again(error)):
                    break
                account = yield from self._account()
                if not account.is_account:
                    return NotSeen("an anonymous user's entries in the log cannot be told from those of others")
                if (result := (yield from self._find(account))) is not None:
                    return Executed(ApiResponse(body={str(self._params["action"]): result}))
        except (OutcomeUnknown, _NotProvenError) as reason:
            return NotSeen(str(reason))
        except MediaWikiError as failure:
            return NotSeen(f"the log could not be read ({type(failure).__name__}: {failure})")
        return NotSeen("the log does not show it so far")

    def passes_after(self, error: MediaWikiError) -> float | None:  # noqa: ARG002 - it is sent once only
        return None

    def give_up(self, lost: LostReply, error: MediaWikiError, why: str) -> MediaWikiError:
        if not lost.happened:
            return error
        action = self._params["action"]
        unknown = OutcomeUnknown(
            f"action={action} was sent, and its response was lost ({lost.cause}); {why}: look at the log "
            f"({self.rule.log}) before you repeat it",
            title=next(iter(self.rule.titles(self._params)), None),
        )
        unknown.__cause__ = lost.cause
        return unknown

    # What the log shows ----------------------------------------------------------------------------------------------

    def _find(self, account: _Account) -> Flow[Mapping[str, Any] | list[Mapping[str, Any]] | None]:
        """The result, if an entry of the log proves it; None if there is no entry."""
        log = yield from self._read(account)
        if self.rule.has_entry_per_title:
            return self._find_each(log, account)
        found = self._find_one(log, account)
        if found is None:
            return None
        self._check_made_here(log, [found])
        if self._params["action"] == "delete" and found.title in account.existing:
            raise _NotProvenError(f"the page exists, although entry {found.logid} says that it was deleted")
        result = {**self.rule.result(self._params, found), **(yield from self._followers(log, found))}
        if self._params.get("user"):
            result |= yield from self._user(found)
        if self._params["action"] == "changecontentmodel":
            result |= yield from self._revision(found, account)
        return {**result, "verified": True}

    def _find_each(self, log: _Log, account: _Account) -> list[Mapping[str, Any]] | None:
        """The results for all titles, if each has its entry; None if one has not."""
        found = [self._find_one(log, account, title) for title in self.rule.titles(self._params)]
        entries = [entry for entry in found if entry is not None]
        if len(entries) < len(found):
            return None
        self._check_made_here(log, entries)
        return [{**self.rule.result(self._params, entry), "verified": True} for entry in entries]

    def _find_one(self, log: _Log, account: _Account, title: str = "") -> LogEntry | None:
        """The entry that is ours, of that title if one is given; None if there is none."""
        wanted = account.canonical(title)
        fitting = [
            entry
            for entry in log.entries
            if self.own.covers(log.span(entry))
            and self.rule.fits(self._params, entry, account.canonical)
            and wanted in {"", entry.title}
        ]
        others = [own for own in self.own_actions.others(self.own) if not title or own.names_page(title)]
        earlier = [own for own in others if self._may_have_made(own, fitting, log, account)]
        if len(fitting) <= len(earlier):
            return None
        if len(fitting) > len(earlier) + 1:
            raise _NotProvenError(f"the log has more than one entry of this kind (the latest is {fitting[0].logid})")
        return fitting[0]

    def _may_have_made(self, own: OwnAction, entries: Iterable[LogEntry], log: _Log, account: _Account) -> bool:
        """Whether another action of this process may have made one of these entries."""
        return any(
            own.covers(log.span(entry)) and self.rule.fits(own.params, entry, account.canonical) for entry in entries
        )

    def _check_made_here(self, log: _Log, found: Sequence[LogEntry]) -> None:
        """Raise if another process with our account may have made these entries."""
        if self.shared is False:
            return
        if self.shared:
            raise _NotProvenError(f"other processes use this account, and may have made the entry {found[0].logid}")
        first = max(self.own_actions.first_moment(), self.clock() - _RECENT)
        for entry in log.entries:
            span = log.span(entry)
            is_known = (
                entry in found
                or (span.earliest < first and entry.logid < found[0].logid)
                or self._is_follower(entry, found[0])
                or self.own_actions.account_for(entry.title, entry.logpage, span, besides=self.own)
            )
            if not is_known:
                raise _NotProvenError(
                    f"another process uses this account (it made the entry {entry.logid}), and may have made "
                    f"{found[0].logid}, too"
                )

    # Talk page and subpages ------------------------------------------------------------------------------------------

    def _is_follower(self, entry: LogEntry, main: LogEntry) -> bool:
        """Whether it is the entry of the talk page or of a subpage of the main page."""
        spaces = {main.ns, *({main.ns + 1} if any(name in self._params for name in _WITH_TALK) else ())}
        is_subpage = "movesubpages" in self._params and entry.name.startswith(f"{main.name}/")
        is_talk = entry.ns == main.ns + 1 and entry.name == main.name
        return (
            entry.logid > main.logid and entry.action == main.action and entry.ns in spaces and (is_subpage or is_talk)
        )

    def _followers(self, log: _Log, main: LogEntry) -> Flow[Mapping[str, Any]]:
        """What the result says of the talk page and the subpages. Raises if something may be left to be done."""
        followers = [entry for entry in log.entries if self._is_follower(entry, main)]
        yield from self._check_complete(main, followers)
        if self._params["action"] != "move":
            return {}
        moved: dict[str, Any] = {}
        for entry in followers:
            pair = {"from": entry.title, "to": entry.params.get("target_title")}
            if entry.name == main.name:
                moved |= {"talkfrom": pair["from"], "talkto": pair["to"]}
            else:
                moved.setdefault("subpages" if entry.ns == main.ns else "subpages-talk", []).insert(0, pair)
        return moved

    def _check_complete(self, main: LogEntry, followers: Iterable[LogEntry]) -> Flow[None]:
        params = {"action": "query", "prop": "info", "inprop": "talkid", "titles": main.title}
        with_talk = any(name in self._params for name in _WITH_TALK)
        if with_talk and not any(entry.name == main.name for entry in followers):
            pages = rows_at((yield ApiRequest(params=params)).body, "query", "pages")
            if any("talkid" in page for page in pages) != (self._params["action"] == "undelete"):
                raise _NotProvenError(f"entry {main.logid} shows the page itself, and none shows its talk page")
        if "movesubpages" in self._params:
            left = {"action": "query", "list": "allpages", "apprefix": f"{main.name}/", "apfilterredir": "nonredirects"}
            for space in {main.ns, main.ns + 1 if with_talk else main.ns}:
                response = yield ApiRequest(params={**left, "apnamespace": str(space), "aplimit": "1"})
                if rows_at(response.body, "query", "allpages"):
                    raise _NotProvenError(f"entry {main.logid} shows the page itself, and subpages are left")

    # Requests --------------------------------------------------------------------------------------------------------

    def _account(self) -> Flow[_Account]:
        titles = self.rule.titles(self._params)
        joined = "\x1f" + "\x1f".join(titles) if titles else ""
        params = {"action": "query", "meta": "userinfo", **({"titles": joined} if titles else {})}
        query = object_at((yield ApiRequest(params=params)).body, "query")
        info = object_at(query, "userinfo")
        canonical = {text_at(row, "from"): text_at(row, "to") for row in rows_at(query, "normalized")}
        existing = frozenset(text_at(page, "title") for page in rows_at(query, "pages") if "missing" not in page)
        return _Account(text_at(info, "name"), not (info.get("anon") or info.get("temp")), canonical, existing)

    def _read(self, account: _Account) -> Flow[_Log]:
        params = {"action": "query", "list": "logevents", "leuser": account.name, "letype": self.rule.log}
        params |= {"leprop": "ids|title|type|timestamp|comment|details", "lelimit": "500", "curtimestamp": "1"}
        asked = self.clock()
        body = (yield ApiRequest(params={**params, "continue": ""}, continues=True)).body
        entries = [LogEntry.read(row) for row in rows_at(body, "query", "logevents")]
        log = _Log(entries, datetime_at(body, "curtimestamp"), asked, self.clock())
        first = min(self.own.began, max(self.own_actions.first_moment(), log.received - _RECENT))
        for _ in range(_MOST_RESPONSES - 1):
            continuation = continuation_at(body, "continue")
            if not continuation or (entries and log.span(entries[-1]).latest < first):
                break
            body = (yield ApiRequest(params={**params, **continuation}, continues=True)).body
            entries += [LogEntry.read(row) for row in rows_at(body, "query", "logevents")]
        return log

    def _revision(self, entry: LogEntry, account: _Account) -> Flow[Mapping[str, Any]]:
        """The id of the revision that our account made with an entry of the log: the latest that changed the model."""
        begin, end = (entry.timestamp + timedelta(seconds=offset) for offset in (-_BESIDE_ENTRY, _BESIDE_ENTRY))
        params = {"action": "query", "prop": "revisions", "titles": entry.title, "rvprop": "ids|contentmodel"}
        params |= {"rvslots": "main", "rvuser": account.name, "rvdir": "newer", "rvlimit": "50"}
        params |= {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in (("rvstart", begin), ("rvend", end))}
        pages = rows_at((yield ApiRequest(params=params)).body, "query", "pages")
        found, previous = None, None
        for row in [row for page in pages for row in rows_at(page, "revisions")]:
            model = text_at(row, "slots", "main", "contentmodel", default="")
            if model == entry.params.get("newmodel") != previous:
                found = number_at(row, "revid")
            previous = model
        return {"revid": found} if found is not None else {}

    def _user(self, entry: LogEntry) -> Flow[Mapping[str, Any]]:
        """The id of the user, and of the block."""
        params = {"action": "query", "list": "users", "ususers": entry.name}
        if self._params["action"] == "block":
            params |= {"list": "users|blocks", "bkusers": entry.name, "bkprop": "id"}
        query = object_at((yield ApiRequest(params=params)).body, "query")
        userid, blockid = (
            next((number_at(row, name, default=0) for row in rows_at(query, kind)), 0)
            for kind, name in (("users", "userid"), ("blocks", "id"))
        )
        ids = {} if self._params["action"] == "userrights" else {"id": blockid}
        return {**ids, "userID" if self._params["action"] == "block" else "userid": userid}


class _NotProvenError(Exception):
    """An entry was found, and does not prove that our request made it. The text says why."""
