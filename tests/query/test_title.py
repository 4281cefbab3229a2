"""A Title without a wiki: what it derives from the namespaces, how it compares, and what it costs to make one."""

from __future__ import annotations

import json
import pickle
from typing import Any

import anyio
import pytest
from attrs import evolve

from mwclient_async import InvalidTitle, Site, Title
from mwclient_async._http.messages import HttpRequest, HttpResponse
from mwclient_async._query.site_info import parse_site_info
from mwclient_async._query.title import title_from
from mwclient_async._query.title_info import title_rules
from mwclient_async._query.title_rules import UnknownCapitalError
from mwclient_async.models.lists import ListedPage
from mwclient_async.testing.scripted import json_response, sent
from tests.conftest import USER_AGENT

WIKI = "https://wiki.example/w/api.php"


def namespace(number: int, name: str, canonical: str = "", **facts: Any) -> dict[str, Any]:
    return {"id": number, "name": name, "canonical": canonical, "case": "first-letter", "subpages": True, **facts}


NAMESPACES = [
    namespace(-1, "Spezial", "Special"), namespace(0, "", subpages=False), namespace(1, "Diskussion", "Talk"),
    namespace(2, "Benutzer", "User"), namespace(3, "Benutzer Diskussion", "User talk"), namespace(6, "Datei", "File"),
    namespace(14, "Kategorie", "Category"), namespace(100, "Alt"),
]  # fmt: skip
SITE_INFO = {
    "general": {"lang": "de", "mainpage": "Hauptseite", "case": "first-letter"},
    "namespaces": {str(entry["id"]): entry for entry in NAMESPACES},
    "namespacealiases": [{"id": 6, "alias": "Bild"}, {"id": 2, "alias": "Benutzerin"}],
    "interwikimap": [{"prefix": "en", "url": ""}, {"prefix": "de", "url": "", "localinterwiki": True}],
}
RULES = title_rules(
    parse_site_info(SITE_INFO, ("general", "namespaces", "namespacealiases", "interwikimap")), wiki=WIKI
)


def title(text: str, namespace: int = 0) -> Title:
    return title_from(RULES.parse(text, namespace=namespace), RULES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("talk:foo_bar#A_b", "Diskussion:Foo bar#A b"),
        ("BILD : x.png", "Datei:X.png"),
        ("de:benutzerin:anna", "Benutzer:Anna"),
        ("de:", "Hauptseite"),
        ("EN:foo", "en:foo"),
        ("Zeit: 12", "Zeit: 12"),
        ("user:010.0.0.1", "Benutzer:10.0.0.1"),
        ("User:::1", "Benutzer:0:0:0:0:0:0:0:1"),
    ],
)
def test_the_text_of_a_title_is_its_normal_form(text: str, expected: str) -> None:
    assert str(title(text)) == expected


def test_a_text_without_a_prefix_is_in_the_namespace_that_is_given() -> None:
    assert [title(text, 14).title for text in ("a", ":a", "File:a", "b:c")] == [
        "Kategorie:A",
        "A",
        "Datei:A",
        "Kategorie:B:c",
    ]


def test_titles_are_equal_if_they_are_of_the_same_page() -> None:
    assert len({title(text) for text in ("Bild:X", "file:x", "Datei:_x_#y", ":File:X")}) == 1
    assert title("X") != title("Talk:X")
    assert title("en:X") != title("X")
    assert title("X") != title_from(RULES.parse("X"), title_rules_of_another_wiki())


def title_rules_of_another_wiki() -> Any:
    info = parse_site_info(SITE_INFO, ("general", "namespaces", "namespacealiases", "interwikimap"))
    return title_rules(info, wiki="https://other.example/w/api.php")


def test_a_title_has_its_parts_with_and_without_prefix() -> None:
    found = title("Bild:Foo bar.png#Use")
    assert (found.ns, found.text, found.dbkey, found.fragment) == (6, "Foo bar.png", "Foo_bar.png", "Use")
    assert (found.namespace.canonical, found.title, f"{found}") == (
        "File",
        "Datei:Foo bar.png",
        "Datei:Foo bar.png#Use",
    )
    assert repr(found) == "Title('Datei:Foo bar.png#Use')"
    assert json.loads(json.dumps(found.to_dict()))["title"] == "Datei:Foo bar.png"


def test_a_title_has_a_talk_page_and_a_subject() -> None:
    page, talk = title("user:a#b"), title("user talk:a")
    assert (page.talk, talk.talk, talk.subject, page.subject) == (talk, talk, page, page)
    assert (page.is_talk, talk.is_talk, page.talk.fragment) == (False, True, "")


@pytest.mark.parametrize("text", ["Special:Version", "en:Foo", "#Foo", "Alt:Foo", "File:Foo"])
def test_a_title_without_a_talk_page_says_so(text: str) -> None:
    assert not title(text).has_talk
    with pytest.raises(InvalidTitle, match="no talk page"):
        _ = title(text).talk


@pytest.mark.parametrize(
    ("text", "base", "root", "last"),
    [
        ("User:A/B/C", "Benutzer:A/B", "Benutzer:A", "C"),
        ("User:A", "Benutzer:A", "Benutzer:A", "A"),
        ("User:/A", "Benutzer:/A", "Benutzer:/A", "/A"),
        ("User://A/B", "Benutzer://A", "Benutzer://A", "B"),
        ("User:A/", "Benutzer:A", "Benutzer:A", ""),
        ("A/B", "A/B", "A/B", "A/B"),  # the namespace has no subpages
    ],
)
def test_subpages_depend_on_the_namespace(text: str, base: str, root: str, last: str) -> None:
    found = title(text)
    assert (found.base.title, found.root.title, found.subpage_text) == (base, root, last)
    assert found.is_subpage is (base != found.title)


def test_a_subpage_is_checked_like_every_title() -> None:
    assert title("user:a").subpage("b").title == "Benutzer:A/b"
    assert title("a").subpage("de:b#c") == title("A/de:b")
    with pytest.raises(InvalidTitle, match="255 bytes"):
        title("user:a").subpage("b" * 255)


def test_the_base_of_a_title_stays_in_its_namespace_although_an_alias_hides_the_name() -> None:
    rules = evolve(RULES, ids={**RULES.ids, "benutzer": 100})
    found = title_from(rules.parse("user:A/b"), rules)
    assert [found.base.ns, found.subpage("c").ns] == [2, 2]


def test_a_title_can_be_pickled_and_still_knows_its_namespaces() -> None:
    copied = pickle.loads(pickle.dumps(title("user:a/b")))
    assert (copied, copied.talk.title) == (title("user:a/b"), "Benutzer Diskussion:A/b")


def test_a_letter_whose_capital_depends_on_the_wiki_is_asked_for() -> None:
    with pytest.raises(UnknownCapitalError):
        RULES.parse("ßx")
    with_sharp_s = RULES.with_capitals({"ß": "ß"})
    assert title_from(with_sharp_s.parse("user:ßx/y"), RULES).base.title == "Benutzer:ßx"


@pytest.mark.parametrize(
    "text", ["", " _ ", "Talk:", "a<b", "a/../b", "~~~", "é" * 128, "Talk:File:x", "::x", "a\ufffd", "%41", "a_:_\n"]
)
def test_an_invalid_title_raises_the_error_of_the_wiki(text: str) -> None:
    with pytest.raises(InvalidTitle) as caught:
        title(text)
    assert caught.value.code == "invalidtitle"
    assert caught.value.data["reason"].startswith("title-invalid-")


def test_the_error_of_an_invalid_title_names_the_message_of_the_wiki() -> None:
    with pytest.raises(InvalidTitle, match="'foo~~~bar' is not a title: it cannot hold '~~~'") as caught:
        title("foo~~~bar")
    assert caught.value.data == {"reason": "title-invalid-magic-tilde"}


class Wiki:
    """A wiki that says what its namespaces are, and that ``ß`` has no capital."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        params = sent(request)
        self.requests.append(params["action"])
        if params["action"] == "query":
            return json_response({"batchcomplete": True, "query": SITE_INFO})
        return json_response(
            {"expandtemplates": {"wikitext": params["text"].replace("{{ucfirst:", "").replace("}}", "")}}
        )

    async def aclose(self) -> None:
        pass


async def test_the_rules_are_fetched_once_for_all_tasks_and_only_a_rare_letter_needs_another_request() -> None:
    wiki = Wiki()
    async with Site(WIKI, user_agent=USER_AGENT, transport=wiki) as site, anyio.create_task_group() as tasks:
        for text in ("a", "user:b", "é"):
            tasks.start_soon(site.title, text)
    assert wiki.requests == ["query"]
    async with Site(WIKI, user_agent=USER_AGENT, transport=wiki) as site:
        async with anyio.create_task_group() as tasks:
            for text in ("ßx", "ŉx", "user:ßy"):
                tasks.start_soon(site.title, text)
        assert (await site.title("user:ßz")).text == "ßz"
    assert wiki.requests == ["query", "query", "expandtemplates"]


async def test_a_title_of_another_wiki_is_never_taken_for_one_of_an_article_here() -> None:
    """``Diskussion:Erde`` would be one on an English wiki."""
    english = [evolve(found, name=found.canonical) for found in RULES.namespaces.values()]
    numbers = {**RULES.ids, "portal": 102}
    del numbers["diskussion"]
    spaces = {**{one.id: one for one in english}, 102: evolve(english[-1], id=102, name="Portal")}
    rules = evolve(RULES, wiki="https://en.example/w/api.php", namespaces=spaces, ids=numbers)
    talk, portal, here = (title_from(rules.parse(text), rules) for text in ("talk:earth#Age", "Portal:Sun", "en:x"))
    async with Site(WIKI, user_agent=USER_AGENT, transport=Wiki()) as site:
        found = await site.title(talk)
        assert (found, found.fragment, (await site.title(here)).interwiki) == (title("Diskussion:Earth"), "Age", "en")
        with pytest.raises(ValueError, match="a namespace that this wiki does not have"):
            await site.title(portal)
        for take in (site.page, site.category):
            with pytest.raises(ValueError, match=r"is a Title of https://en\.example"):
                take(talk)


async def test_a_row_or_a_title_is_read_like_its_title() -> None:
    async with Site(WIKI, user_agent=USER_AGENT, transport=Wiki()) as site:
        file = await site.title("File:x")
        rows: list[Any] = [ListedPage(title="Datei:X", ns=6), {"title": "Datei:X"}, file, "Bild:X"]
        assert {await site.title(row) for row in rows} == {title("File:X")}
        with pytest.raises(ValueError, match="namespace=5: this wiki has the namespaces -1, 0, 1, 2"):
            await site.title("x", namespace=5)
        with pytest.raises(TypeError, match="title is of type int"):
            await site.title(7)  # type: ignore[arg-type]
