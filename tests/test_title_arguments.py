"""A Title, a Page and any row with a title are taken wherever a title is taken: by every public method."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_plus

import anyio
import pytest
from attrs import evolve

from mwclient_async import EditDefaults, Loader, LogEvent, MediaWikiError, Page, PageHandle, RecentChange, Site, Title
from mwclient_async._actions.actions import Actions
from mwclient_async._http.messages import HttpRequest, HttpResponse, MultipartBody
from mwclient_async._rest.rest import Rest
from mwclient_async.dask.left_out import LeftOut
from mwclient_async.models.lists import ListedPage
from mwclient_async.models.page import OF_HANDLE
from mwclient_async.testing.scripted import ScriptedTransport, json_response, sent
from tests.conftest import USER_AGENT
from tests.query.test_title import SITE_INFO, title

WIKI = "https://wiki.example/w/api.php"
PNG = b"\x89PNG\r\n\x1a\n"
FILE = title("File:Foo.png")


def rows(of: Title) -> list[Any]:
    return [of, Page(title=of.title, ns=of.ns), ListedPage(title=of.title, ns=of.ns), {"title": of.title, "ns": of.ns}]


NAMES = frozenset(
    {
        *("title", "titles", "page", "pages", "to", "from_", "fromtitle", "totitle", "target", "filename", "category"),
        *("rootpage", "interwikipage", "pagerestrictions"),
    }
)
NO_TITLES = {  # parameters of these names that are something else
    ("Actions", "emailuser", "target"), ("Actions", "feedrecentchanges", "from_"), ("Rest", "compare", "to"),
    ("Rest", "compare", "from_"), ("Rest", "history_counts", "to"), ("Rest", "history_counts", "from_"),
    ("Site", "follow_events", "title"),
}  # fmt: skip
ARGUMENTS: dict[str, dict[str, Any]] = {
    "block": {"user": "U", "partial": True},
    "changecontentmodel": {"model": "text"},
    "compare": {"fromrev": 1, "torev": 2},
    "create_page": {"source": "x"},
    "edit": {"text": "x"},
    "edit_many": {"transform": str.upper},
    "expandtemplates": {"text": "x"},
    "filerevert": {"archivename": "x"},
    "history_counts": {"type": "edits"},
    "imagerotate": {"rotation": 90},
    "import_": {"xml": b"<x/>", "interwikiprefix": "en"},
    "parse-title": {"text": "x"},
    "lint": {"wikitext": "x"},
    "mergehistory": {"from_": "A", "to": "B"},
    "move": {"from_": "A", "to": "B"},
    "protect": {"protections": {"edit": "sysop"}},
    "revisiondelete": {"type": "revision", "ids": 1, "hide": ["content"]},
    "rollback": {"user": "U"},
    "setpagelanguage": {"lang": "de"},
    "stash": {"source": PNG},
    "stashedit": {"text": "x", "baserevid": 1},
    "to_html": {"wikitext": "x"},
    "to_wikitext": {"html": "x"},
    "update_page": {"source": "x", "latest": 1},
    "upload": {"source": PNG},
}
OF_ANY_WIKI = {"titles", "interwikipage", "pagerestrictions", "edit_many", "load"}
"""Parameters and methods whose titles may have an interwiki prefix: the wiki answers for each of them."""

DESCRIBED = {
    "prefix": "",
    "parameters": [{"name": name} for name in ("type", "target", "ids", "hide", "reason", "token")],
}
"""What the wiki knows about an action whose parameters are checked."""

INSTEAD: dict[str, dict[str, Any]] = {
    "interwikipage": {"interwikisource": "en", "xml": None, "interwikiprefix": None},
    "fromtitle": {"fromrev": None},
    "totitle": {"torev": None},
}
"""What is given with a parameter, in the place of the arguments above."""


def methods() -> Iterator[tuple[type, str, inspect.Signature]]:
    for owner in (Site, Rest, Actions, PageHandle, Loader):
        for name, function in inspect.getmembers(owner, inspect.isfunction):
            if not name.startswith("_"):
                yield owner, name, inspect.signature(function)


def takes_title(parameter: inspect.Parameter) -> bool:
    return "TitleLike" in str(parameter.annotation) or "Inputs" in str(parameter.annotation)


TAKING = [
    pytest.param(owner, name, parameter.name, id=f"{owner.__name__}.{name}-{parameter.name}")
    for owner, name, signature in methods()
    for parameter in signature.parameters.values()
    if takes_title(parameter) and parameter.name not in {"pageids", "revids"} and name != "title"
]


def test_each_parameter_for_a_title_takes_what_has_one() -> None:
    left_out = {
        (owner.__name__, name, parameter.name)
        for owner, name, signature in methods()
        for parameter in signature.parameters.values()
        if parameter.name in NAMES and not takes_title(parameter)
    }
    assert left_out == NO_TITLES


class Recorder:
    """A wiki that answers every request with next to nothing. ``sent`` is all that it was sent, decoded."""

    def __init__(self) -> None:
        self.sent = ""

    async def send(self, request: HttpRequest) -> HttpResponse:
        body = request.body
        if isinstance(body, MultipartBody):
            body = body.head + body.tail
        self.sent += f"\n{unquote_plus(request.url)} {unquote_plus((body or b'').decode('utf-8', 'replace'))}"
        if "paraminfo" in request.url:
            names = sent(request)["modules"].split("|")
            return json_response(
                {"paraminfo": {"modules": [DESCRIBED | {"name": name, "path": name} for name in names]}}
            )
        tokens = {f"{kind}token": "x+\\" for kind in ("csrf", "rollback", "watch")}
        user = {"id": 1, "name": "B", "rights": []}
        query = {"tokens": tokens, "userinfo": user, **SITE_INFO, "fileextensions": [{"ext": "png"}]}
        return json_response({"batchcomplete": True, "query": query})

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize(("owner", "name", "parameter"), TAKING)
def test_a_method_that_takes_a_title_takes_what_has_one(owner: type, name: str, parameter: str) -> None:
    for row in rows(title("Category:Foo.png") if name == "category" else FILE):
        found = anyio.run(_sent_by, owner, name, parameter, row)
        assert "Foo.png" in found
        assert not any(part in found for part in ("Title(", "ns=6", "'ns'"))


@pytest.mark.parametrize(("owner", "name", "parameter"), TAKING)
def test_a_title_of_another_wiki_is_refused_before_it_is_sent(owner: type, name: str, parameter: str) -> None:
    """Its namespace has perhaps no such name here, so the wiki would take it for an article."""
    foreign = evolve(title("Category:Foo.png") if name == "category" else FILE, wiki="https://other.example/w/api.php")
    if parameter == "interwikipage":  # the page of another wiki
        assert "Foo.png" in anyio.run(_sent_by, owner, name, parameter, foreign)
        return
    with pytest.raises(ValueError, match="is a Title of https://other"):
        anyio.run(_sent_by, owner, name, parameter, foreign)


@pytest.mark.parametrize(("owner", "name", "parameter"), TAKING)
def test_a_section_without_a_page_is_refused(owner: type, name: str, parameter: str) -> None:
    with pytest.raises(ValueError, match="is a section without a page"):
        anyio.run(_sent_by, owner, name, parameter, title("#History"))


@pytest.mark.parametrize(
    ("owner", "name", "parameter"),
    [case for case in TAKING if case.values[2] not in OF_ANY_WIKI and case.values[1] not in OF_ANY_WIKI],
)
def test_a_title_with_an_interwiki_prefix_is_refused_before_it_is_sent(owner: type, name: str, parameter: str) -> None:
    wiki = Recorder()
    with pytest.raises(ValueError, match="is a page of another wiki"):
        anyio.run(_sent_by, owner, name, parameter, title("en:Foo.png"), wiki)
    assert "Foo.png" not in wiki.sent


async def _sent_by(owner: type, name: str, parameter: str, row: object, wiki: Recorder | None = None) -> str:
    """All that a method sends that is given this row."""
    wiki = wiki or Recorder()
    async with Site(WIKI, user_agent=USER_AGENT, transport=wiki) as site, site.loader(prop="info") as loader:
        targets = {Site: site, Rest: site.rest, Actions: site.actions, PageHandle: site.page("P"), Loader: loader}
        with suppress(MediaWikiError):  # the wiki's answers are empty
            await _read(getattr(targets[owner], name), parameter, row)
    return wiki.sent


async def _read(method: Callable[..., Any], parameter: str, row: object) -> None:
    """Call the method, and wait for what it gives. A handle is asked for something."""
    given = {
        **ARGUMENTS.get(method.__name__, {}),
        **ARGUMENTS.get(f"{method.__name__}-{parameter}", {}),
        **INSTEAD.get(parameter, {}),
        parameter: row,
    }
    signature = inspect.signature(method)
    first = next(iter(signature.parameters.values()))
    if first.kind is first.POSITIONAL_ONLY:
        found = method(row)
    else:
        if method.__name__ == "edit_many":
            given["pages"] = [row]
        known = signature.parameters
        found = method(**{key: value for key, value in given.items() if value is not None and key in known})
    if hasattr(found, "__aenter__"):
        async with found as entered:
            _ = [item async for item in entered]
    elif isinstance(found, AsyncIterable):
        _ = [item async for item in found]
    elif isinstance(found, Awaitable):
        await found
    else:
        await (found.text() if isinstance(found, PageHandle) else found.info())


@pytest.mark.parametrize("name", ["title", "titles", "cmtitle", "gcmtitle"])
async def test_a_parameter_of_a_query_takes_what_has_a_title(name: str) -> None:
    for row in rows(FILE):
        wiki = Recorder()
        async with Site(WIKI, user_agent=USER_AGENT, transport=wiki) as site:
            await site.call("query", params={name: row})
            await site.call("query", params={name: [row, "A"]})
        assert f"&{name}={FILE.title}&" in wiki.sent
        assert f"&{name}={FILE.title}|A&" in wiki.sent


@pytest.mark.parametrize("name", ["title", "titles", "cmtitle", "gcmtitle"])
async def test_a_parameter_of_a_query_refuses_a_title_of_another_wiki(name: str) -> None:
    foreign = evolve(FILE, wiki="https://other.example/w/api.php")
    async with Site(WIKI, user_agent=USER_AGENT, transport=ScriptedTransport([])) as site:
        calls: list[Callable[[Any], Any]] = [
            lambda value: site.call("query", params={name: value}),
            lambda value: site.query(params={name: value}, prop="info"),
            lambda value: site.list("allpages", **{name: value}),
            lambda value: site.pages(titles=["A"], params={f"x{name}": value}),
            lambda value: site.loader(params={f"x{name}": value}),
            lambda value: site.page("A").edit(str.upper, params={f"x{name}": value}),
        ]
        for call in calls:
            for value in (foreign, ["A", foreign]):
                with pytest.raises(ValueError, match="is a Title of https://other"):
                    await call(value)


async def test_a_stop_page_is_a_title_of_this_wiki() -> None:
    """It is read before anything else: an edit must not be made because the wrong page is empty."""
    stop = title("User:Stop")
    refused: Any
    for refused in (evolve(stop, wiki="https://other.example/w/api.php"), title("en:Stop"), title("#Stop"), ""):
        transport, defaults = ScriptedTransport([]), EditDefaults(stop_page=refused)
        async with Site(WIKI, user_agent=USER_AGENT, transport=transport, defaults=defaults) as site:
            with pytest.raises(ValueError, match="stop_page"):
                await site.page("A").edit(str.upper)
    taken: Any = stop
    wiki, defaults = Recorder(), EditDefaults(stop_page=taken)
    async with Site(WIKI, user_agent=USER_AGENT, transport=wiki, defaults=defaults) as site:
        with pytest.raises(MediaWikiError):  # the answer has no page
            await site.page("A").edit(str.upper)
    assert "titles=Benutzer:Stop&" in wiki.sent


async def test_a_row_that_names_a_wiki_in_another_way_is_no_title_of_another_wiki() -> None:
    left_out = LeftOut(wiki="en", shard="en-1", title="Foo", module="links")
    wiki = Recorder()
    async with Site(WIKI, user_agent=USER_AGENT, transport=wiki) as site:
        await site.call("query", params={"titles": [left_out]})
    assert "&titles=Foo&" in wiki.sent


async def test_a_page_for_an_id_is_refused() -> None:
    async with Site(WIKI, user_agent=USER_AGENT, transport=ScriptedTransport([])) as site:
        for name in ("pageids", "revids", "cmpageid"):
            with pytest.raises(TypeError, match="pass its id"):
                await site.call("query", params={name: Page(title="12")})


@pytest.mark.parametrize("row_class", [RecentChange, LogEvent])
async def test_a_row_whose_title_may_be_hidden_is_taken_if_it_has_one(
    row_class: type[RecentChange | LogEvent],
) -> None:
    async with Site(WIKI, user_agent=USER_AGENT, transport=ScriptedTransport([])) as site:
        assert repr(site.page(row_class(title="Earth"))) == repr(site.page("Earth"))  # type checkers accept it, too
        hidden = row_class()
        for call in (site.page, site.file, site.category, lambda row: site.list("backlinks", title=row)):
            with pytest.raises(ValueError, match=rf"this {row_class.__name__} has no title: .*prop=title"):
                call(hidden)
        with pytest.raises(ValueError, match="has no title"):
            await site.pages(titles=[hidden]).collect()


def test_a_page_names_the_handle_that_has_its_methods() -> None:
    assert {name for name in dir(PageHandle) if not name.startswith("_")} - set(dir(Page)) == OF_HANDLE
    page: Any = Page(title="Earth")
    with pytest.raises(AttributeError, match=r"site\.page\(page\)\.edit"):
        page.edit(str.upper)
    with pytest.raises(AttributeError, match=r"page\.extension\(\)"):
        _ = page.coordinates
