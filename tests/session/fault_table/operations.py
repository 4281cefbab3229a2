"""The rows of the table: what a bot does, which of its requests a fault hits, and what the wiki then holds."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum, auto
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from mwclient_async import BotPassword, ClientLogin, LoginState, Site
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.seeding import SeedPage, SeedRevision
from tests.conftest import USER_AGENT
from tests.support.fault_proxy import DROP_AFTER, DROP_BEFORE, Fault, Plan
from tests.support.guarded_wiki import WARNED
from tests.support.http_server import ReceivedRequest
from tests.support.logins import whoami

SHELF, LONG = "Shelf", "Long"
"""The beginning of the titles of a few pages that are only read, and the title of a page with many revisions."""

ON_SHELF = [f"{SHELF} {number}" for number in range(5)]
REVISIONS = 25
CHUNK = 2048
OLD_TOKEN = "0123456789abcdef0123456789abcdef66aa00bb+\\"
START = "Start."
"""The text of a page before it is changed."""

SEEDS = [
    *(SeedPage(title, f"Text of {title}.") for title in ON_SHELF),
    SeedPage(LONG, revisions=[SeedRevision(f"Revision {number}.") for number in range(REVISIONS)]),
    SeedPage("Template:Answer", "forty-two"),
]


class Kind(Enum):
    """What a client may do when the response to such a request is lost. ``table.RULES`` has a row for each kind."""

    READ = auto()
    """It does not change the wiki, or only something that the logs do not show."""
    STEP = auto()
    """A step before a write, harmless by itself: a token, the base revision, a chunk, a read of the history."""
    EDIT = auto()
    """With compare-and-swap: the history, or the stash, shows whether it was executed."""
    WRITE = auto()
    """A write without compare-and-swap."""
    LOGGED = auto()
    """A write without compare-and-swap that the wiki's log can prove."""
    CONFLICT = auto()
    """An edit that the wiki refuses, because another user has edited first."""
    OLD_TOKEN = auto()
    """An edit that is refused until a new token is fetched."""
    FILTERED = auto()
    """An edit on a wiki with an abuse filter, whose log shows that no filter has warned of it."""
    WARNED = auto()
    """An edit on such a wiki with a warning: a second request would be saved."""


@frozen(kw_only=True)
class Bot:
    """An account of a wiki, and its login, which all cells share."""

    wiki: LocalWiki
    name: str
    auth: BotPassword
    password: str = field(repr=False)
    state: LoginState


@frozen(eq=False)
class Cell:
    """One operation and one fault, with a title of its own."""

    bot: Bot
    operation: Operation
    fault: Fault
    run: str
    number: int
    files: Path

    @property
    def title(self) -> str:
        return f"{self.run}/{self.operation.name}/{self.fault.kind.lower().replace('_', ' ')}?"

    @property
    def trace(self) -> str:
        """The key of its revisions or log entries in what ``run._traces`` returns."""
        log, title = self.operation.log, self.title
        return title if not log else f"upload: File:{self.filename}" if log == "upload" else f"{log}: {title}"

    def __str__(self) -> str:
        return f"{self.operation.name} x {self.fault.kind}"

    @property
    def filename(self) -> str:
        return f"{self.title.replace('/', '-')}.txt"

    @property
    def faults(self) -> tuple[Fault, ...]:
        """All faults that hit the operation."""
        operation = self.operation
        return (self.fault, *operation.prior, *((DROP_AFTER,) if operation.losing else ()))

    def plan(self) -> Plan:
        """The faults, in order: those that must come first, then that of this cell."""
        operation = self.operation
        faults, lost = iter((*operation.prior, self.fault)), iter((DROP_AFTER,))

        def plan(seen: ReceivedRequest) -> Fault | None:
            if operation.hits(seen):
                return next(faults, None)
            return next(lost, None) if operation.losing and operation.losing(seen) else None

        return plan


Act = Callable[[Site, Cell], Awaitable[int | None]]
"""Performs the operation, asserts that its result is right, and returns the revision id in it, if there is one."""


# The requests that are hit -------------------------------------------------------------------------------------------


def action(name: str, **params: str) -> Callable[[ReceivedRequest], bool]:
    """Requests of that action with these parameters; "?*" is any value, "" means that it is not sent."""

    def hits(seen: ReceivedRequest) -> bool:
        sent = {**dict.fromkeys(params, ""), **seen.params}
        return seen.action == name and all(fnmatchcase(sent[key], value) for key, value in params.items())

    return hits


def rest(method: str, target: str) -> Callable[[ReceivedRequest], bool]:
    """Requests of the REST API whose target matches this pattern."""
    return lambda seen: seen.method == method and re.search(rf"/rest\.php/v1/{target}", seen.target) is not None


def chunk(offset: int) -> Callable[[ReceivedRequest], bool]:
    """The request with the chunk at this offset."""
    return lambda seen: f'name="offset"\r\n\r\n{offset}\r\n'.encode() in seen.body


EDIT, BASE, TOKENS = action("edit"), action("query", rvprop="ids"), action("query", meta="tokens", type="?*")
HISTORY = action("query", rvprop="ids|timestamp|user|comment|sha1")
CREATE, UPDATE, READ_BACK = rest("POST", "page$"), rest("PUT", "page/"), rest("GET", "page/[^/]+$")


# How the bot logs in -------------------------------------------------------------------------------------------------

Options = Callable[[Bot, str], Mapping[str, Any]]


def logged_in(bot: Bot, api_url: str, *, tokens: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    state = evolve(bot.state, wiki=api_url, tokens=dict(bot.state.tokens if tokens is None else tokens))
    return {"auth": bot.auth, "login_state": state}


def by_login(bot: Bot, _: str) -> Mapping[str, Any]:
    return {"auth": bot.auth}


def anonymously(_: Bot, __: str) -> Mapping[str, Any]:
    return {}


# What it does --------------------------------------------------------------------------------------------------------


async def call_query(site: Site, _: Cell) -> None:
    response = await site.call("query", titles=ON_SHELF[0], prop="revisions", rvprop="content", rvslots="main")
    (page,) = response["query"]["pages"]
    assert page["revisions"][0]["slots"]["main"]["content"] == f"Text of {ON_SHELF[0]}."


async def query(site: Site, _: Cell) -> None:
    props = {"prop": "revisions", "rvprop": "content", "rvslots": "main"}
    pages = await site.query(generator="allpages", gapprefix=SHELF, batch_size=3, params=props).collect()
    texts = {page.title: page.revisions[0].content for page in pages}
    assert texts == {title: f"Text of {title}." for title in ON_SHELF}


async def rows(site: Site, _: Cell) -> None:
    found = await site.list("allpages", prefix=SHELF, batch_size=3).collect()
    assert [page.title for page in found] == ON_SHELF


async def history(site: Site, _: Cell) -> None:
    found = await site.rest.history(LONG).collect()
    assert len({revision.id for revision in found}) == len(found) == REVISIONS


async def text(site: Site, _: Cell) -> None:
    assert await site.page(ON_SHELF[0]).text() == f"Text of {ON_SHELF[0]}."


async def create(site: Site, cell: Cell) -> int:
    return (await site.page(cell.title).create("New text.\n", summary="made")).revid


async def save(site: Site, cell: Cell, *, new: str = "New text.") -> int:
    return (await site.page(cell.title).save(new, summary="written")).revid


async def save_over_another(site: Site, cell: Cell) -> int:
    page = site.page(cell.title)
    before = await page.text()
    async with Site(cell.bot.wiki.api_url, user_agent=USER_AGENT) as other:
        await other.page(cell.title).save("Text of another.")
    return (await page.save(f"{before} And mine.", summary="written")).revid


async def append(site: Site, cell: Cell, *, new: str = "\n* a line") -> int:
    return (await site.page(cell.title).append(new, summary="added")).revid


async def prepend(site: Site, cell: Cell) -> int:
    return (await site.page(cell.title).prepend("* a line\n", summary="added")).revid


async def new_section(site: Site, cell: Cell) -> int:
    return (await site.page(cell.title).new_section("News", "Some. ~~~~")).revid


async def rest_create(site: Site, cell: Cell, *, new: str = "New text.") -> int:
    return (await site.rest.create_page(cell.title, source=new, comment="made")).latest.id


async def rest_update(site: Site, cell: Cell) -> int:
    (page,) = await site.query(titles=cell.title, prop="info").collect()
    base = int(page.raw["lastrevid"])
    changed = await site.rest.update_page(cell.title, source="New ~~~~", comment="written", latest=base)
    assert changed.source.startswith("New [[User:")
    return changed.latest.id


async def call_edit(site: Site, cell: Cell) -> int:
    response = await site.call("edit", title=cell.title, appendtext="\n* a line", summary="added")
    return int(response["edit"]["newrevid"])


async def move(site: Site, cell: Cell) -> None:
    response = await site.call("move", from_=cell.title, to=f"{cell.title}!", reason="better")
    assert response["move"]["to"] == f"{cell.title}!"


async def delete(site: Site, cell: Cell) -> None:
    assert (await site.call("delete", title=cell.title))["delete"]["title"] == cell.title


async def protect(site: Site, cell: Cell) -> None:
    result = await site.page(cell.title).protect({"edit": "sysop"}, expiry="1 day", reason="often changed")
    assert result.title == cell.title


async def watch(site: Site, _: Cell) -> None:
    assert (await site.page(ON_SHELF[0]).watch()).watched


async def bot_login(site: Site, cell: Cell) -> None:
    await site.login(cell.bot.auth)
    assert await whoami(site) == cell.bot.name


async def client_login(site: Site, cell: Cell) -> None:
    await site.login(ClientLogin(username=cell.bot.name, password=cell.bot.password))
    assert await whoami(site) == cell.bot.name


async def logout(site: Site, cell: Cell) -> None:
    cookies = evolve(site.login_state(), wiki=cell.bot.wiki.api_url, logged_in=False)
    await site.logout()
    assert (await site.userinfo()).anon
    async with Site(cell.bot.wiki.api_url, user_agent=USER_AGENT, login_state=cookies) as thief:
        assert (await thief.userinfo()).anon


async def upload(site: Site, cell: Cell) -> None:
    file = cell.files / cell.filename
    file.write_text(cell.title.ljust(CHUNK + 1 + cell.number, "."), encoding="ascii")
    result = await site.upload(file, filename=cell.filename, comment="made", chunk_size=CHUNK)
    assert result.filename.replace("_", " ") == cell.filename


# The rows ------------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Operation:
    """One row. ``shown`` is a pattern of the page's text afterwards, ``log`` the log that records it instead."""

    name: str
    kind: Kind
    act: Act
    hits: Callable[[ReceivedRequest], bool]
    shown: str = ""
    log: str = ""
    creates: bool = False
    """The page does not exist before."""
    login_options: Options = logged_in
    prior: tuple[Fault, ...] = ()
    """The faults of the first requests that ``hits`` selects; the fault of the cell is that of the next one."""
    losing: Callable[[ReceivedRequest], bool] | None = None
    """A request whose response must be lost, so that the client sends the requests that ``hits`` selects."""
    refused: bool = False
    """The Action API refuses it. Its header says so even if the body is broken."""


READ = partial(Operation, kind=Kind.READ)
APPEND = partial(Operation, act=append, shown=r"Start\.\n\* a line")
LOGGED = partial(Operation, kind=Kind.LOGGED)
EDITING = partial(Operation, kind=Kind.EDIT, hits=EDIT)
LOGIN = partial(Operation, kind=Kind.READ, login_options=anonymously)
UPLOAD = partial(Operation, act=upload, log="upload", creates=True)
SIGNATURE = r"\[\[User:[^]]+\]\] .*\(UTC\)"

READS = (
    READ(name="call query", act=call_query, hits=action("query")),
    READ(name="query, first batch", act=query, hits=action("query", generator="?*", gapcontinue="")),
    READ(name="query, second batch", act=query, hits=action("query", gapcontinue="?*")),
    READ(name="list, second batch", act=rows, hits=action("query", apcontinue="?*")),
    READ(name="REST history, second segment", act=history, hits=rest("GET", r"page/Long/history\?older_than")),
    READ(name="text", act=text, hits=action("query")),
    LOGIN(name="bot password, its token", act=bot_login, hits=action("query", type="login")),
    LOGIN(name="bot password", act=bot_login, hits=action("login")),
    LOGIN(name="password, its token", act=client_login, hits=action("query", type="login")),
    LOGIN(name="password", act=client_login, hits=action("clientlogin")),
    READ(name="watch, which may be sent twice", act=watch, hits=action("watch")),
    READ(name="logout", act=logout, hits=action("logout"), login_options=by_login),
)
EDITS = (
    EDITING(name="create", act=create, shown=r"New text\.", creates=True),
    EDITING(name="save", act=save, shown=r"New text\."),
    EDITING(name="save signed", act=partial(save, new="New ~~~~\n"), shown=f"New {SIGNATURE}"),
    EDITING(name="save, again", act=save, shown=r"New text\.", prior=(DROP_BEFORE,)),
    APPEND(name="append", kind=Kind.EDIT, hits=EDIT),
    EDITING(name="append signed", act=partial(append, new="\n* ~~~~"), shown=rf"Start\.\n\* {SIGNATURE}"),
    EDITING(name="append template", act=partial(append, new=" {{subst:Answer}}!"), shown=r"Start\. forty-two!"),
    EDITING(name="append link", act=partial(append, new=" [[A (b)|]]"), shown=r"Start\. \[\[A \(b\)\|A\]\]"),
    APPEND(name="append, again", kind=Kind.EDIT, hits=EDIT, prior=(DROP_BEFORE,)),
    EDITING(name="prepend", act=prepend, shown=r"\* a line\nStart\."),
    EDITING(name="new section", act=new_section, shown=rf"Start\.\n\n== News ==\n\nSome\. {SIGNATURE}"),
    EDITING(name="REST create", act=rest_create, hits=CREATE, shown=r"New text\.", creates=True),
    EDITING(name="REST update", act=rest_update, hits=UPDATE, shown=f"New {SIGNATURE}"),
)
STEPS = (
    APPEND(name="append, its base", kind=Kind.STEP, hits=BASE),
    APPEND(name="append, its token", kind=Kind.STEP, hits=TOKENS, login_options=partial(logged_in, tokens={})),
    APPEND(name="append, its history", kind=Kind.STEP, hits=HISTORY, losing=EDIT),
    Operation(
        name="REST update, read back", kind=Kind.STEP, act=rest_update, hits=READ_BACK, losing=UPDATE,
        shown=f"New {SIGNATURE}",
    ),
    UPLOAD(name="upload, first chunk", kind=Kind.STEP, hits=chunk(0)),
    UPLOAD(name="upload, last chunk", kind=Kind.EDIT, hits=chunk(CHUNK)),
    APPEND(
        name="append, old token", kind=Kind.OLD_TOKEN, hits=EDIT, refused=True,
        login_options=partial(logged_in, tokens={"csrf": OLD_TOKEN}),
    ),
    EDITING(name="save over another", act=save_over_another, kind=Kind.CONFLICT, refused=True),
)  # fmt: skip
WRITES = (
    Operation(name="call edit", kind=Kind.WRITE, act=call_edit, hits=EDIT, shown=r"Start\.\n\* a line"),
    LOGGED(name="move", act=move, hits=action("move"), log="move"),
    LOGGED(name="delete", act=delete, hits=action("delete"), log="delete"),
    LOGGED(name="protect", act=protect, hits=action("protect"), log="protect"),
    UPLOAD(name="upload, publishing", kind=Kind.EDIT, hits=action("upload", filekey="?*")),
)
FILTERED = (
    APPEND(name="append with filters", kind=Kind.FILTERED, hits=EDIT),
    EDITING(name="append warned", act=partial(append, new=f" {WARNED}"), kind=Kind.WARNED, refused=True),
    Operation(
        name="REST create warned", kind=Kind.WARNED, act=partial(rest_create, new=WARNED), hits=CREATE, creates=True
    ),
)
