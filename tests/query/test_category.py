"""``site.category``: the members of a category, and the categories below it, however they are connected."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import anyio
import pytest
from hypothesis import given, strategies as st

from mwclient_async import ApiError, InvalidTitle, Limits, Page, RetryPolicy, Site
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._query.category_tree import CategoryTree
from mwclient_async._query.row_converters import page_converter
from mwclient_async.testing.scripted import json_response, sent
from tests.conftest import USER_AGENT
from tests.query.test_title import SITE_INFO

WIKI = "https://wiki.example/w/api.php"
Graph = Mapping[str, list[str]]

DIAMOND_WITH_LOOPS: Graph = {"A": ["B", "C"], "B": ["D", "A"], "C": ["D", "C"], "D": ["E"], "E": ["A", "B"]}


class Wiki:
    """A wiki that has these categories. Its requests for subcategories are counted, and some of them fail."""

    def __init__(self, graph: Graph, *, failing: str = "", counts: bool = True) -> None:
        self.graph = graph
        self.failing = failing
        self.counts = counts
        self.cancelling = ""
        self.cancel: Callable[[], None] = lambda: None
        self.asked: list[str] = []
        self.site_infos = 0
        self.in_flight = self.most_in_flight = 0

    async def send(self, request: HttpRequest) -> HttpResponse:
        params = sent(request)
        if params.get("meta") == "siteinfo":
            self.site_infos += 1
            return json_response({"batchcomplete": True, "query": SITE_INFO})
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await anyio.lowlevel.checkpoint()
        self.in_flight -= 1
        title = params["gcmtitle"]
        if title == self.cancelling:
            self.cancelling = ""
            self.cancel()
            await anyio.sleep_forever()
        self.asked.append(title)
        if title == self.failing:
            self.failing = ""
            return json_response({"errors": [{"code": "unknownerror", "text": "no"}]})
        pages = [self._page(name) for name in self.graph.get(title.partition(":")[2], [])]
        return json_response(
            {"batchcomplete": True, "query": {"pages": pages, "userinfo": {"name": "B", "rights": []}}}
        )

    def _page(self, name: str) -> dict[str, Any]:
        subcats = len(self.graph.get(name, [])) if self.counts else 0
        info = {"size": subcats, "pages": 0, "files": 0, "subcats": subcats}
        return {"pageid": ord(name), "ns": 14, "title": f"Kategorie:{name}", "categoryinfo": info}

    async def aclose(self) -> None:
        pass


def open_site(wiki: Wiki, **limits: int) -> Site:
    return Site(WIKI, user_agent=USER_AGENT, transport=wiki, limits=Limits(**limits), retry=RetryPolicy(attempts=1))


async def names(rows: AsyncIterator[Any]) -> str:
    return "".join([row.title[-1] async for row in rows])


async def test_each_category_comes_once_and_costs_one_request_although_there_are_loops() -> None:
    wiki = Wiki({**DIAMOND_WITH_LOOPS, "B": ["D", "A", "F"]})
    async with open_site(wiki) as site:
        rows = await site.category("a").subcategories().collect()
    assert [(row.title[-1], row.depth) for row in rows] == [("B", 1), ("C", 1), ("D", 2), ("F", 2), ("E", 3)]
    assert rows[-1].path == ("Kategorie:A", "Kategorie:B", "Kategorie:D")
    assert sorted(title[-1] for title in wiki.asked) == list("ABCDE")  # not F, which has none
    assert wiki.site_infos == 1


@pytest.mark.parametrize(
    ("depth", "found", "asked"), [(0, "", ""), (1, "BC", "A"), (2, "BCD", "ABC"), (9, "BCDE", "ABCDE")]
)
async def test_no_category_is_asked_below_the_depth(depth: int, found: str, asked: str) -> None:
    wiki = Wiki(DIAMOND_WITH_LOOPS)
    async with open_site(wiki) as site:
        assert await names(aiter(site.category("A").subcategories(depth=depth))) == found
    assert "".join(sorted(title[-1] for title in wiki.asked)) == asked


async def test_with_counts_that_are_wrong_each_category_is_asked() -> None:
    wiki = Wiki(DIAMOND_WITH_LOOPS, counts=False)
    async with open_site(wiki) as site:
        assert await names(aiter(site.category("A").subcategories())) == "BC"
        assert await names(aiter(site.category("A").subcategories(trust_counts=False))) == "BCDE"


async def test_the_categories_of_a_level_are_asked_at_the_same_time_and_come_in_order() -> None:
    wiki = Wiki({"A": list("BCDEFG"), **{name: [name.lower()] for name in "BCDEFG"}})
    async with open_site(wiki, concurrency=3) as site:
        assert await names(aiter(site.category("A").subcategories())) == "BCDEFGbcdefg"
    assert wiki.most_in_flight == 3


async def test_after_an_error_the_walk_goes_on_where_it_was() -> None:
    wiki = Wiki(DIAMOND_WITH_LOOPS, failing="Kategorie:C")
    async with open_site(wiki) as site:
        walk = aiter(site.category("A").subcategories())
        assert [(await anext(walk)).title[-1] for _ in range(2)] == ["B", "C"]
        with pytest.raises(ApiError) as caught:
            await anext(walk)
        assert caught.value.cursor is None
        assert await names(walk) == "DE"


async def test_after_a_cancellation_the_walk_goes_on_where_it_was() -> None:
    wiki = Wiki(DIAMOND_WITH_LOOPS)
    async with open_site(wiki) as site:
        walk = aiter(site.category("A").subcategories())
        with anyio.CancelScope() as scope:
            wiki.cancelling, wiki.cancel = "Kategorie:C", scope.cancel
            assert await names(walk) == "never"
        assert scope.cancelled_caught
        assert await names(walk) == "DE"  # B and C were handed out before


@given(st.dictionaries(st.sampled_from("ABCDEFGH"), st.lists(st.sampled_from("ABCDEFGH"), unique=True), max_size=8))
def test_a_walk_finds_what_can_be_reached_and_on_a_shortest_way(graph: Graph) -> None:
    convert = page_converter(["categoryinfo"])
    tree = CategoryTree("A", None, trust_counts=True)
    found = []
    while asked := tree.next(3):
        for title in asked:
            found += tree.add(title, [convert(_row(name, graph)) for name in graph.get(title, [])])
    assert {row.title: row.depth for row in found} == _distances(graph)
    assert all(row.title in graph[row.path[-1]] for row in found)


def _row(name: str, graph: Graph) -> dict[str, Any]:
    return {"title": name, "categoryinfo": {"subcats": len(graph.get(name, []))}}


def _distances(graph: Graph) -> dict[str, int]:
    distances, level = {"A": 0}, ["A"]
    while level:
        level = list({child for name in level for child in graph.get(name, []) if child not in distances})
        distances |= dict.fromkeys(level, max(distances.values()) + 1)
    del distances["A"]
    return distances


@pytest.mark.parametrize("given_", [{"title": "Earth", "ns": 0}, Page(title="File:X", ns=6)])
async def test_a_row_of_another_namespace_is_no_category(given_: Any) -> None:
    async with open_site(Wiki({})) as site:
        with pytest.raises(ValueError, match="is not a category"):
            site.category(given_)


async def test_a_name_of_another_namespace_is_no_category() -> None:
    async with open_site(Wiki({})) as site:
        with pytest.raises(ValueError, match="not a category of this wiki, but 'Datei:X'"):
            await site.category("Bild:x").members().first()
        with pytest.raises(InvalidTitle):
            await site.category("a:<b>").members().first()


async def test_the_pages_of_a_category_come_with_their_properties_and_with_no_other_request() -> None:
    wiki = Wiki(DIAMOND_WITH_LOOPS)
    async with open_site(wiki) as site:
        pages = await site.category("A").pages(type="subcat", prop="categoryinfo").collect()
    assert [page.categoryinfo.subcats for page in pages if page.categoryinfo] == [2, 2]
    assert (wiki.asked, wiki.site_infos) == (["Category:A"], 0)


@pytest.mark.parametrize("name", ["titles", "generator", "gcmtitle"])
async def test_the_pages_of_a_category_are_no_other_pages(name: str) -> None:
    async with open_site(Wiki({})) as site:
        with pytest.raises(ValueError, match=f"{name} has no place in the pages of a category"):
            site.category("A").pages(**dict[str, Any]({name: "B"}))
