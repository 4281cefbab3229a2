"""The campaign's wiki: about 150 pages with random links, and the pages of the manual's examples."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

import anyio
from attrs import frozen

from mwclient_async import BotPassword, Site
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from tests.support.image_files import png

if TYPE_CHECKING:
    from mwclient_async.testing.factory import WikiFactory

T = TypeVar("T")

USER_AGENT = "mwclient-async-campaign/1.0 (tests@example.org)"
SEED = 1729
FILES = 7

# A header lowers the size limit of one response, so that the same wiki can send a result whole or in small parts.
# Another header adds a parameter to the request, as a proxy may do.
SETTINGS = """
if ( isset( $_SERVER['HTTP_X_REPLY_SIZE'] ) ) $wgAPIMaxResultSize = (int)$_SERVER['HTTP_X_REPLY_SIZE'];
if ( isset( $_SERVER['HTTP_X_ADD_PARAMETER'] ) ) $_GET[$_SERVER['HTTP_X_ADD_PARAMETER']] = '1';
"""

_ODD = (
    "A/B?c&d=e", "Ünïcödé + plus", "صفحة", "Emoji 🪐", "50% \"quoted\" 'title'", "Dots...", "C++", "Pg 1!*(x)", "Ⅳ",
    "東京", "-", "0", "Comma, and; more", "A:B", "Ωmega", "X" * 120, "~tilde", "(paren", "Éa", "Ba@z", "$1", "Zz top",
)  # fmt: skip
_WORDS = ("orbit", "comet", "moon", "ring", "dust", "crater")
_USERS = ("Seeder", "Astronomer", "192.0.2.7", "198.51.100.9", "Reader", "Third")
_INTERWIKI = ("fr", "de", "ru", "meta")

EXAMPLES = (
    # The manual's page-types table.
    SeedPage(
        "Types",
        "[[Types target]] {{Types template}} [[Category:Types]] [[File:Campaign 0.png]] [[ru:Типы]] [[meta:Types]] "
        "https://mediawiki.org/types",
    ),
    SeedPage("Types target", "A target."),
    SeedPage("Template:Types template", "A template."),
    SeedPage("Category:Types", "A category."),
    # Redirects: plain, double, with a fragment, in a circle, to itself, to a missing page, to another wiki.
    SeedPage("Main page", "#REDIRECT [[Main Page]]"),
    SeedPage("Double", "#REDIRECT [[Main page]]"),
    SeedPage("Project:!--", "#REDIRECT [[Project:Manual of Style#Invisible comments]]"),
    SeedPage("Project:Manual of Style", "== Invisible comments =="),
    SeedPage("Page1", "#REDIRECT [[Page2]]"),
    SeedPage("Page2", "#REDIRECT [[Page3]]"),
    SeedPage("Page3", "#REDIRECT [[Page1]]"),
    SeedPage("Self", "#REDIRECT [[Self]]"),
    SeedPage("To nothing", "#REDIRECT [[Nothing there]]"),
    SeedPage("To elsewhere", "#REDIRECT [[meta:Elsewhere]]"),
    # Generators and redirects.
    SeedPage("Title", "[[TitleA]] [[TitleB]]"),
    SeedPage("To title", "#REDIRECT [[Title]]"),
    SeedPage("TitleA", "[[TitleA1]] [[TitleA2]] [[TitleA3]]"),
    SeedPage("TitleB", "#REDIRECT [[TitleC]]"),
    SeedPage("TitleC", "[[TitleC1]] [[TitleC2]]"),
    # Generators: pages that begin with "Ba", "T" and "Re"; one page that links to a special page.
    SeedPage("Back", "[[Title]] [[Types]] [[Category:Types]]"),
    SeedPage("Bark", "[[Title]] [[Category:Ba]] [[Category:Types]]"),
    SeedPage("Baz", "[[TitleC]] [[Double]] [[Category:Ba]]"),
    SeedPage("Rea", "#REDIRECT [[Red]]"),
    SeedPage("Red", "Red text"),
    SeedPage("Ref", "Ref text"),
    # A page whose text is larger than the smallest response limit of the tests, between two that are not.
    SeedPage("Heavier", "before"),
    SeedPage("Heaviest", "weight " * 9_000),
    SeedPage("Heavily", "[[Title]] " + "light " * 100),
    SeedPage("Many", "".join(f"[[Many {number:02}]]\n" for number in range(60))),
    *(SeedPage(f"Many {number:02}", f"Number {number}") for number in range(60)),
)


@frozen(kw_only=True)
class CampaignWiki:
    """A wiki that no test writes to. ``bot`` is an account with the right ``apihighlimits``."""

    wiki: LocalWiki
    titles: Sequence[str]
    bot: BotPassword


_campaign_wikis: dict[str, CampaignWiki] = {}


def get_campaign_wiki(factory: WikiFactory, version: str) -> CampaignWiki:
    """The campaign's wiki of that version, the same one for all tests of a session."""
    wiki = factory(version=version, settings=SETTINGS)
    if wiki.api_url not in _campaign_wikis:
        _campaign_wikis[wiki.api_url] = anyio.run(_populate, wiki)
    return _campaign_wikis[wiki.api_url]


async def _populate(wiki: LocalWiki) -> CampaignWiki:
    interwiki = [(prefix, f"https://{prefix}.example.org/wiki/$1") for prefix in _INTERWIKI]
    with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database, database:
        database.executemany(
            "INSERT OR REPLACE INTO interwiki (iw_prefix, iw_url, iw_api, iw_wikiid, iw_local, iw_trans) "
            "VALUES (?, ?, '', '', 1, 0)",
            interwiki,
        )
    await wiki.create_user("Librarian", groups=["sysop", "bot"])
    bot = await wiki.create_bot_password("Librarian")
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=bot) as site:
        for number in range(FILES):
            path = png(wiki.directory / f"upload {number}.png", 3_000, seed=number // 2)  # some are the same file
            await site.upload(path, filename=f"Campaign {number}.png", text="[[Category:Files]]", ignore_warnings=True)
    pages = list(random_pages(random.Random(SEED)))
    await wiki.seed([*pages, *EXAMPLES], shuffle_seed=SEED)
    await wiki.run_jobs()
    return CampaignWiki(wiki=wiki, titles=tuple(page.title for page in (*pages, *EXAMPLES)), bot=bot)


def random_pages(rng: random.Random) -> Iterator[SeedPage]:
    """About 150 pages with random links, templates, categories and files."""
    main = [*_ODD, *(f"Page {number:02}" for number in range(60 - len(_ODD)))]
    templates = [f"Template:T{number}" for number in range(8)]
    categories = [f"Category:C{number}" for number in range(14)]
    other = [*(f"Talk:{title}" for title in main[:12]), *(f"Project:About {n}" for n in range(6)), "User:Seeder"]
    redirects = [f"R{number:02}" for number in range(24)]
    titles = [*main, *other, *templates, *categories, *redirects]
    for number, redirect in enumerate(redirects):
        # Half of them lead to another redirect, which makes chains. Some lead to a section or to a missing page.
        target = rng.choice(redirects[number + 1 :] or main) if number % 2 else rng.choice([*main, *other])
        yield SeedPage(redirect, f"#REDIRECT [[{rng.choice(['Nowhere', target, target, target + '#Part'])}]]")
    for title in templates:
        yield SeedPage(title, "".join(_some(rng, [f"[[{t}]]" for t in main] + [f"[[{c}]]" for c in categories], 3)))
    for title in categories[:10]:  # the others are missing, but have members
        hidden = "__HIDDENCAT__" if rng.random() < 0.3 else ""
        yield SeedPage(title, hidden + "".join(_some(rng, [f"[[{c}]]" for c in categories], 2)))
    for title in (*main, *other):
        yield SeedPage(title, revisions=list(_history(rng, title, titles, templates, categories)))


def _history(
    rng: random.Random, title: str, titles: Sequence[str], templates: Sequence[str], categories: Sequence[str]
) -> Iterator[SeedRevision]:
    for number in range(rng.choice([1, 1, 1, 2, 3, 6])):
        wanted = [*titles, *(f"Missing {n}" for n in range(20)), *(f"Talk:Missing {n}" for n in range(5))]
        pieces = [
            *(f"[[:{link}]]" for link in _some(rng, wanted, 9)),
            *(f"{{{{{template.removeprefix('Template:')}}}}}" for template in _some(rng, templates, 3)),
            *(f"[[{name}|{rng.choice('abcdef')}]]" for name in _some(rng, categories, 5)),
            *(f"[[File:Campaign {n}.png]]" for n in _some(rng, range(FILES + 2), 3)),
            *(f"[[{language}:{title}]]" for language in _some(rng, _INTERWIKI, 3)),
            *(f"https://example.org/{n}?x={n % 3}" for n in _some(rng, range(12), 4)),
            *(rng.choice(_WORDS) for _ in range(rng.randrange(40))),
        ]
        rng.shuffle(pieces)
        yield SeedRevision(
            "\n".join([f"Version {number}", *pieces]),
            user=rng.choice(_USERS),
            comment=f"edit {number} of {title}"[:80],
            minor=rng.random() < 0.3,
        )


def _some(rng: random.Random, values: Sequence[T], most: int) -> list[T]:
    return rng.sample(list(values), rng.randrange(most + 1))
