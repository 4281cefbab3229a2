"""Calls that cannot work: the error says what to write instead, before any request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from mwclient_async import CoreRest, Page, Site
from mwclient_async.testing.scripted import ScriptedTransport
from tests.conftest import USER_AGENT

API = "https://wiki.example.org/w/api.php"


@pytest.mark.parametrize(
    "call",
    [
        lambda site: site.query(titel="A", prop="info").collect(),
        lambda site: site.query(titel="A", prop="info", limit=5).collect(),
        lambda site: site.pages(titel=["A"], prop="info").collect(),
        lambda site: site.export(titel="A"),
        lambda site: site.actions.purge(titel="A"),
        lambda site: site.actions.watch(titel="A"),
    ],
)
async def test_s6_a_misspelt_source_of_pages_is_named(call: Callable[[Site], Any]) -> None:
    transport = ScriptedTransport()
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises((ValueError, TypeError), match=r"'titel', did you mean 'titles'\?"):
            await call(site)
    assert not transport.requests


async def test_a_parameter_of_a_list_is_not_taken_for_a_misspelt_source_of_pages() -> None:
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        with pytest.raises(ValueError, match=r"site\.list\('categorymembers'\)"):
            await site.query(list="categorymembers", cmtitle="Category:A").collect()


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (
            lambda site: list(site.list("allpages")),
            r"a Stream is asynchronous: iterate it with `async for`, or",
        ),
        (lambda site: site.list("allpages")[0], r"a Stream is asynchronous: .* `await stream\.collect\(\)`"),
        (lambda site: site.list("allpages"), r"a Stream cannot be awaited: .* `await stream\.collect\(\)`"),
        (lambda site: site.rest.history("A"), r"a Stream cannot be awaited"),
        (lambda site: aiter(site.list("allpages")), r"a StreamRun cannot be awaited"),
        (lambda site: list(site.list("allpages").batches()), r"a BatchIterator is asynchronous"),
        (lambda site: list(site.actions.purge(titles="A")), r"a PageResults is asynchronous: .* write `await results`"),
        (lambda site: aiter(site.actions.purge(titles="A")), r"a PageResultIterator cannot be awaited"),
        (
            lambda site: aiter(site.list("allpages").open()),
            r"open\(\) gives a run: `async with stream\.open\(\) as run",
        ),
        (lambda site: list(site.edit_many(["A"], str.upper)), r"a ManyEdits is asynchronous"),
        (lambda site: site.edit_many(["A"], str.upper), r"a ManyEdits cannot be awaited"),
        (lambda site: site, r"not a coroutine: write `async with \.\.\.:`, or `await Site\(\.\.\.\)\.open\(\)`"),
        (lambda site: site.list("allpages").open(), r"use async with> is not a coroutine: write `async with \.\.\.:`$"),
        (lambda site: site.loader(prop="info"), r"is not a coroutine: write `async with \.\.\.:`$"),
        (lambda site: site.__enter__(), "needs `async with` in place of `with`"),
        (lambda site: site.list("allpages").open().__enter__(), "needs `async with` in place of `with`"),
        (lambda site: site.loader(prop="info").__enter__(), "needs `async with` in place of `with`"),
        (lambda site: site.edit_many(["A"], str.upper).__enter__(), "needs `async with` in place of `with`"),
        (lambda site: site.edit_many(["A"], "text"), r"the transform is of type str: give a function"),
        (lambda site: site.page("A").edit("text"), r"the transform is of type str: give a function .* save\(\) repl"),
        (lambda site: site.pages(titles=5), r"titles=5: give a title, .* pageids=5 is for an id"),
        (lambda site: site.pages(titles=5.5), r"titles is of type float: give a title, or a list of them"),
        (lambda site: site.pages(titles=b"A"), r"titles is of type bytes: give a title"),
        (lambda site: site.pages(pageids=Page(title="5")), r"pageids is of type Page: give an id, or a list of them"),
        (lambda site: site.pages(pageids="5"), r"pageids='5': give an id, or a list of them; an id is a whole number"),
        (lambda site: site.actions.purge(titles=5), r"titles=5: give a title"),
        (lambda site: site.query(pageids=Page(title="5")), r"type Page has no form on the wire; pass its id"),
        (lambda site: site.query(titles=[object()]), r"type object has no form on the wire; pass text, a number"),
        (lambda site: site.login(("A", "geheim")), r"auth is of type tuple: give BotPassword\(name="),
    ],
)
async def test_s6_a_value_of_another_type_and_a_wrong_use_raise_before_any_request(
    call: Callable[[Any], Any], advice: str
) -> None:
    transport = ScriptedTransport()
    async with Site(API, user_agent=USER_AGENT, transport=transport) as site:
        with pytest.raises(TypeError, match=advice) as raised:
            await call(site)
    assert not transport.requests
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize(
    ("option", "advice"),
    [
        ({"auth": ("A", "geheim")}, r"auth is of type tuple: give BotPassword\(name=\.\.\., password=\.\.\.\)"),
        ({"login_state": '{"secret": "geheim"}'}, r"login_state is of type str: give a LoginState; LoginState\.parse"),
        ({"retry": 3}, r"retry is of type int: give RetryPolicy\(\.\.\.\)"),
        ({"limits": 3}, "limits is of type int: give Limits"),
        ({"http": {"headers": ()}}, "http is of type dict: give HttpOptions"),
        ({"defaults": None}, "defaults is of type NoneType: give EditDefaults"),
    ],
)
async def test_s6_options_of_a_site_have_their_types(option: dict[str, Any], advice: str) -> None:
    def make() -> Iterable[Callable[[], Any]]:
        yield lambda: Site(API, user_agent=USER_AGENT, **option)
        yield Site.discover("https://wiki.example.org/", user_agent=USER_AGENT, **option).__aenter__
        if option.keys() <= {"retry", "limits", "http"}:
            yield lambda: CoreRest("wikipedia", "en", user_agent=USER_AGENT, **option)

    for call in make():
        with pytest.raises(TypeError, match=advice) as raised:
            await call()
        assert "geheim" not in str(raised.value)


async def test_a_stream_does_not_pass_for_an_iterable() -> None:
    async with Site(API, user_agent=USER_AGENT, transport=ScriptedTransport()) as site:
        assert not isinstance(site.list("allpages"), Iterable)
        site.pages(titles=site.list("allpages"))  # an asynchronous iterable of rows with a title
