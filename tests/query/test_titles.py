"""``site.title``: a title is what the wiki makes of it. The wiki says what that is."""

from __future__ import annotations

import re

import pytest

from mwclient_async import InvalidTitle, Site
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT
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


async def test_the_error_of_an_invalid_title_names_the_message_of_the_wiki(site: Site) -> None:
    with pytest.raises(InvalidTitle, match="'~~~'") as caught:
        await site.title("foo~~~bar")
    assert caught.value.data == {"reason": "title-invalid-magic-tilde"}
