"""``site.title`` and ``site.category`` on a wiki with odd namespaces: a title is what the wiki makes of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async.models.lists import CategoryMember
from mwclient_async.testing import SeedPage
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT
from tests.query.test_category import DIAMOND_WITH_LOOPS
from tests.support.odd_titles import all_first_letters, differences, differences_of_relatives, odd_titles, paths

PREFIXES = "local de en fr ünï foo_bar wikipedia"
GERMAN = """
$wgLanguageCode = 'de';
$wgExtraNamespaces = [100 => 'Über_uns', 101 => 'Über_uns_Diskussion', 102 => 'ΧΡΉΣΤΗΣ', 103 => 'ΧΡΉΣΤΗΣ_x'];
$wgNamespaceAliases += ['WP' => 4, 'ßx' => 100, 'Hilfe' => 100, 'iİ' => 4];
$wgCapitalLinkOverrides = [100 => false, 6 => false];
$wgNamespacesWithSubpages[100] = true;
$wgLocalInterwikis = ['local', 'de'];
$wgOverrideUcfirstCharacters = ['ß' => 'ß', 'ა' => 'ა', 'ŉ' => 'ŉ'];
"""
OTHERS = {
    "tr": "$wgLanguageCode = 'tr'; $wgCapitalLinks = false; $wgCapitalLinkOverrides = [4 => true, 0 => true];",
    "ar": "$wgLanguageCode = 'ar';",
    "ml": "$wgLanguageCode = 'ml'; $wgAllUnicodeFixes = true;",
    "he": r"""
$wgLanguageCode = 'he'; $wgCapitalLinks = false;
$wgLegalTitleChars = ' %!"$&()*,\\-.\\/0-9:;A-Z_a-z\\x80-\\xFF';
""",
    "el": "$wgLanguageCode = 'el'; $wgLocalInterwikis = ['local'];",
}


async def wiki_with_prefixes(factory: WikiFactory, version: str, settings: str) -> str:
    wiki = factory(version=version, settings=settings)
    rows = ",".join(
        f"('{prefix}', 'https://{at}.example.org/$1', 0, 0, '', '')" for at, prefix in enumerate(PREFIXES.split())
    )
    columns = "iw_prefix, iw_url, iw_local, iw_trans, iw_api, iw_wikiid"
    await wiki.maintenance("sql.php", "--query", f"INSERT OR REPLACE INTO interwiki ({columns}) VALUES {rows}")
    return wiki.api_url


@pytest.mark.everywhere
async def test_odd_titles_are_those_of_the_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> None:
    api_url = await wiki_with_prefixes(mediawiki_factory, mediawiki_version, GERMAN)
    async with Site(api_url, user_agent=USER_AGENT) as site:
        info = await site.info("namespaces", "interwikimap")
        letters = ["ßx", "ǆx", "აx", "ŉx", "ɤx", "ⅰx", "𐐨x", "ǅx", "Ǆx", "ßx:y"]
        titles = [*odd_titles(info, 290, seed=1), *letters]
        assert await differences(site, titles) == []
        assert await differences_of_relatives(site, [*titles, *paths(info)]) == []


@pytest.mark.soak
@pytest.mark.everywhere
@pytest.mark.parametrize("language", ["de", *OTHERS])
async def test_thousands_of_odd_titles_are_those_of_the_wiki(
    mediawiki_factory: WikiFactory, mediawiki_version: str, language: str
) -> None:
    settings = OTHERS.get(language, GERMAN)
    async with Site(
        await wiki_with_prefixes(mediawiki_factory, mediawiki_version, settings), user_agent=USER_AGENT
    ) as site:
        info = await site.info("namespaces", "interwikimap")
        titles = [*odd_titles(info, 4000, seed=2), *all_first_letters()]
        assert await differences(site, titles) == []
        assert await differences_of_relatives(site, [*titles, *paths(info)]) == []


async def test_fragments_are_those_of_the_wiki(mediawiki_factory: WikiFactory, mediawiki_version: str) -> None:
    api_url = await wiki_with_prefixes(mediawiki_factory, mediawiki_version, GERMAN)
    version = "Special:Version"  # a link to a page that is missing has no fragment
    texts = [
        f"{version}# x _y ",
        "#Only",
        f":{version}_#A  b#c",
        f"{version}#",
        "wikipedia:foo#x",
        "##twice",
        f"{version}&#35;b",
    ]
    async with Site(api_url, user_agent=USER_AGENT) as site:
        parsed = await site.actions.parse(text=" ".join(f"[[{text}]]" for text in texts), prop="text")
        fragments = [href.partition("#")[2] for href in re.findall('<a [^>]*href="([^"]*)"', parsed.text or "")]
        ours = [(await site.title(text)).fragment.replace(" ", "_") for text in texts]
    assert fragments == ours


async def seed_categories(factory: WikiFactory, version: str) -> str:
    wiki = factory(version=version, settings=GERMAN)
    pages = [
        SeedPage(
            f"Kategorie:{name}",
            "".join(f"[[Kategorie:{above}]]" for above in DIAMOND_WITH_LOOPS if name in DIAMOND_WITH_LOOPS[above]),
        )
        for name in "ABCDE"
    ]
    await wiki.seed([*pages, SeedPage("Erde", "[[Kategorie:A]]"), SeedPage("Mars", "[[Kategorie:Star: Trek]]")])
    return wiki.api_url


@pytest.mark.everywhere
async def test_a_category_of_the_wiki_by_all_of_its_names(
    mediawiki_factory: WikiFactory, mediawiki_version: str
) -> None:
    events: list[Any] = []
    api_url = await seed_categories(mediawiki_factory, mediawiki_version)
    async with Site(api_url, user_agent=USER_AGENT, on_event=events.append) as site:
        for name in ("A", "category:a", "Category:A"):
            assert [row.title for row in await site.category(name).members(type="page").collect()] == ["Erde"]
        assert len([event for event in events if type(event).__name__ == "RequestFinished"]) == 3
        pages = await site.category("A").pages(type="page", namespace=0, prop="info").collect()
        assert [(page.title, page.info.length) for page in pages] == [("Erde", 15)]
        row = CategoryMember(title="Kategorie:A", ns=14)
        for other in ("kategorie : a", row, await site.title("Kategorie:A#x"), ":Category:A"):
            assert (await site.category(other).info()).pages == 1
        assert [row.title for row in await site.category("Star: Trek").members().collect()] == ["Mars"]
        assert {row.title[-1]: row.depth for row in await site.category("a").subcategories().collect()} == {
            "B": 1, "C": 1, "D": 2, "E": 3,
        }  # fmt: skip
