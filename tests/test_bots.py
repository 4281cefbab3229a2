"""The programs of `docs/bots.md` and `docs/bot-pages.md` do what their pages say: what is on the wiki afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import pytest
from attrs import frozen

from mwclient_async import BotPassword, BotStopped
from mwclient_async.sync import Site
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT, once
from tests.support.image_files import png, sha1
from tests.support.programs import WIKIPEDIA, programs, run

PROGRAMS = {program.name: program for program in programs() if program.name.startswith(("bots.md", "bot-pages.md"))}
MOONS, WORDS, PHOTOS, QUIET, FEATURED = (f"bots.md-{number}" for number in range(5))
PAUSE, ARCHIVE, REPORT, FILE = (f"bot-pages.md-{number}" for number in range(4))
NOW = datetime.now(UTC).replace(microsecond=0)
HISTORY = """{{Talk header}}
{{Article history|action1=PR|action1date=2005-01-02|action1result=reviewed
|action2=FAC|action2date=2006-03-04|action2result=promoted}}
"""
TALK = """About [[comets]].

== Old ==
A question. 10:00, 1 March 2020 (UTC)
=== Part ===
More. 11:00, 2 March 2020 (UTC)

== Answered ==
A question. 10:00, 1 March 2020 (UTC)

<!-- == Not a heading ==
10:00, 1 March 2020 (UTC) -->

== New ==
"""


@frozen
class Bot:
    """A wiki with an account, and what the tests ask it for."""

    wiki: LocalWiki
    auth: BotPassword
    admin: BotPassword

    def site(self, *, admin: bool = False) -> Site:
        return Site(self.wiki.api_url, user_agent=USER_AGENT, auth=self.admin if admin else self.auth)

    def texts(self, *titles: str) -> dict[str, str | None]:
        """The text of each page; None if there is none."""
        with Site(self.wiki.api_url, user_agent=USER_AGENT) as site:
            pages = site.pages(titles=titles, prop="revisions", rvprop="content").collect()
        return {page.title: page.revisions[0].content if page.exists else None for page in pages}

    def seed(self, *pages: SeedPage) -> None:
        async def seed() -> None:
            await self.wiki.seed(pages)

        anyio.run(seed)


@pytest.fixture
def bot(mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    wiki = mediawiki_factory(version=mediawiki_version, settings="# bots\n$wgEnableUploads = true;")

    async def log_in() -> Bot:
        await wiki.create_user("DemoBot", groups=["bot"])
        auth = await wiki.create_bot_password("DemoBot", "uploads")
        return Bot(wiki, auth, await wiki.create_bot_password(wiki.admin_name))

    made = once("bots", mediawiki_version, lambda: anyio.run(log_in))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_PASSWORD", made.auth.password)
    return made


@pytest.fixture
def program(bot: Bot, capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Runs a program and returns what it prints."""

    def run_program(name: str) -> str:
        run(PROGRAMS[name].text.replace(WIKIPEDIA, bot.wiki.api_url))
        return capsys.readouterr().out

    return run_program


def test_every_program_of_these_pages_has_a_test() -> None:
    assert {*PROGRAMS} == {MOONS, WORDS, PHOTOS, QUIET, FEATURED, PAUSE, ARCHIVE, REPORT, FILE}


def test_rows_of_a_file_become_pages_and_a_page_of_contents(bot: Bot, program: Callable[[str], str]) -> None:
    Path("moons.csv").write_text(
        "moon,planet,found\nTitan,Saturn,1655\nIo,Jupiter,1610\nEuropa,Jupiter,1610\n<bad>,Mars,never\n",
        encoding="utf-8",
    )
    assert "Moons/Io created" in program(MOONS)
    assert bot.texts("Moons", "Moons/Titan", "Moons/Io", "Moons/Europa") == {
        "Moons": "== Jupiter ==\n* [[Moons/Europa|Europa]]\n* [[Moons/Io|Io]]\n\n"
        "== Mars ==\n* [[Moons/<bad>|<bad>]]\n\n== Saturn ==\n* [[Moons/Titan|Titan]]",
        "Moons/Titan": "'''Titan''' is a moon of [[Saturn]], found in 1655.",
        "Moons/Io": "'''Io''' is a moon of [[Jupiter]], found in 1610.",
        "Moons/Europa": "'''Europa''' is a moon of [[Jupiter]], found in 1610.",
    }
    again = program(MOONS)
    assert again.count("unchanged") == 4
    assert "Moons/<bad>" in again


def test_words_of_each_revision(bot: Bot, program: Callable[[str], str]) -> None:
    texts = ["A comet of ice.", "A comet of ice and dust; a comet.", "A body of dust."]
    bot.seed(SeedPage("Halley", revisions=[SeedRevision(text, user=f"U{n}") for n, text in enumerate(texts)]))
    program(WORDS)
    rows = [line.split(",")[1:] for line in Path("words.csv").read_text(encoding="utf-8").splitlines()]
    assert rows == [
        ["user", "added", "removed"],
        ["U0", "a comet ice of", ""],
        ["U1", "a and comet dust", ""],
        ["U2", "body", "a and comet ice"],
    ]


def test_files_that_a_category_lacks_are_uploaded(bot: Bot, program: Callable[[str], str], tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    same, newer, new = (png(photos / f"{name}.png", 900, seed=n) for n, name in enumerate(["Same", "Newer", "New"]))
    with bot.site() as site:
        older = png(tmp_path / "older.png", 900, seed=9)
        for path, name in [(same, "Another name.png"), (older, "Newer.png")]:
            site.upload(path, filename=name, text="[[Category:Photos of planets]]")
    printed = program(PHOTOS)
    with bot.site() as site:
        versions = {
            page.title: [version.sha1 for version in page.imageinfo]
            for page in site.query(
                generator="categorymembers",
                gcmtitle="Category:Photos of planets",
                prop="imageinfo",
                iiprop="sha1",
                iilimit=9,
            )
        }
    assert "Same.png is File:Another name.png" in printed
    assert versions == {
        "File:Another name.png": [sha1(same)],
        "File:Newer.png": [sha1(newer), sha1(older)],
        "File:New.png": [sha1(new)],
    }


def test_pages_that_are_quiet_are_tidied_once(bot: Bot, program: Callable[[str], str]) -> None:
    def page(title: str, *minutes: int, text: str = "A \nb") -> SeedPage:
        times = [NOW - timedelta(minutes=ago) for ago in minutes]
        return SeedPage(title, revisions=[SeedRevision(f"{text}\n{n} ", timestamp=at) for n, at in enumerate(times)])

    bot.seed(
        page("Quiet", 40, 30),
        page("Busy", 40, 2),
        page("Excluded", 30, text="{{nobots}} "),
        page("Long ago", 60 * 24 * 3),
    )
    titles = ("Quiet", "Busy", "Excluded", "Long ago")
    before = bot.texts(*titles)
    with bot.site(admin=True) as site:
        site.page("User:DemoBot/Stop").save("Stop!")
        with pytest.raises(BotStopped):
            program(QUIET)
        assert bot.texts(*titles) == before
        site.page("User:DemoBot/Stop").save("")
    program(QUIET)
    assert bot.texts(*titles) == {**before, "Quiet": "A\nb\n1"}
    assert Path("quiet-until.txt").exists()
    assert "Quiet" not in program(QUIET)


def test_reviews_of_talk_pages_become_a_table(bot: Bot, program: Callable[[str], str]) -> None:
    topic = "[[Category:Featured topic on comets]]"
    other = "{{article history|action1=GAN|action1date=2005-06-07|action1result=listed}}"
    bot.seed(
        SeedPage("Talk:Halley's Comet", HISTORY + topic),
        SeedPage("Talk:Encke", f"{other}\n{topic}"),
        SeedPage("Talk:Swift", topic),
        SeedPage("Encke", topic),
    )
    program(FEATURED)
    assert bot.texts("User:DemoBot/Comets")["User:DemoBot/Comets"] == (
        '{| class="wikitable sortable"\n! Date !! Article !! Review !! Result\n'
        "|-\n| 2005-01-02 || [[Halley's Comet]] || PR || reviewed\n"
        "|-\n| 2005-06-07 || [[Encke]] || GAN || listed\n"
        "|-\n| 2006-03-04 || [[Halley's Comet]] || FAC || promoted\n|}"
    )


def test_a_privileged_user_pauses_the_bot_and_others_do_not(bot: Bot, program: Callable[[str], str]) -> None:
    def order(word: str, *, admin: bool) -> None:
        with bot.site(admin=admin) as site:
            site.page("User:DemoBot/Pause").save(word)

    bot.seed(SeedPage("Greetings/1", "Hello."))
    assert "Greetings/1 unchanged" in program(PAUSE)  # there is no page that could pause it
    bot.seed(SeedPage("Greetings/2", "A page."))
    order("PAUSE", admin=True)
    order("RESUME", admin=False)
    assert "has paused this bot" in program(PAUSE)
    assert bot.texts("Greetings/2") == {"Greetings/2": "A page."}
    order("RESUME ~~~~", admin=True)
    order("PAUSE", admin=False)
    program(PAUSE)
    assert bot.texts("Greetings/2") == {"Greetings/2": "A page.\nHello."}


def test_old_sections_are_moved_to_the_archive(bot: Bot, program: Callable[[str], str]) -> None:
    new = f"{NOW - timedelta(days=2):%H:%M, %d %B %Y} (UTC)"
    talk = TALK.replace("(UTC)\n\n<!--", f"(UTC)\n: An answer. {new}\n\n<!--") + f"News. {new}\n\n== Unsigned ==\nText."
    bot.seed(SeedPage("Talk:Comets", talk), SeedPage("Talk:Comets/Archive", "{{archive}}"))
    assert program(ARCHIVE) == "1 of 4 sections\n"
    old = "== Old ==\nA question. 10:00, 1 March 2020 (UTC)\n=== Part ===\nMore. 11:00, 2 March 2020 (UTC)\n\n"
    expected = {"Talk:Comets": talk.replace(old, ""), "Talk:Comets/Archive": f"{{{{archive}}}}\n\n{old.strip()}"}
    assert bot.texts("Talk:Comets", "Talk:Comets/Archive") == expected
    with bot.site() as site:  # as if the first run had been stopped before it removed the section
        site.page("Talk:Comets").save(talk)
    program(ARCHIVE)
    assert bot.texts("Talk:Comets", "Talk:Comets/Archive") == expected


def test_a_list_and_a_table_between_marks(bot: Bot, program: Callable[[str], str]) -> None:
    marks = ("<!-- DemoBot begins -->", "<!-- DemoBot ends -->")
    bot.seed(
        SeedPage("Dwarf planets/Eris", "x" * 30),
        SeedPage("Dwarf planets/Ceres", "x" * 70),
        SeedPage("User:DemoBot/Report", f"Ours.\n{marks[0]}old{marks[1]}\nOurs, too."),
    )
    assert program(REPORT) == "saved\n"
    text = bot.texts("User:DemoBot/Report")["User:DemoBot/Report"]
    assert text == (
        f"Ours.\n{marks[0]}\n* [[Dwarf planets/Ceres]]\n* [[Dwarf planets/Eris]]\n\n"
        '{| class="wikitable sortable"\n! Page !! Bytes\n|-\n| [[Dwarf planets/Ceres]] || 70\n'
        f"|-\n| [[Dwarf planets/Eris]] || 30\n|}}\n{marks[1]}\nOurs, too."
    )
    assert program(REPORT) == "unchanged\n"


def test_a_file_is_replaced_wherever_its_name_stands_alone(bot: Bot, program: Callable[[str], str]) -> None:
    uses = (
        "[[File:Old map.png|thumb|Old map.png is old]] [[:File:old_map.png]]\n<gallery>\nOld  map.png|A map\n</gallery>"
    )
    bot.seed(
        SeedPage("Map 1", f"{uses}\n{{{{Info|image= Old_map.png }}}}"),
        SeedPage("Map 2", "[[File:Very Old map.png]] [[Image:Old map.png]]"),
        SeedPage("Template:Map", "[[File:Old map.png]]"),
        SeedPage("Map 3", "{{Map}}"),
    )
    printed = program(FILE)
    assert bot.texts("Map 1", "Map 2", "Template:Map", "Map 3") == {
        "Map 1": "[[File:Map of Mars.png|thumb|Old map.png is old]] [[:File:Map of Mars.png]]\n<gallery>\n"
        "Map of Mars.png|A map\n</gallery>\n{{Info|image= Map of Mars.png }}",
        "Map 2": "[[File:Very Old map.png]] [[Image:Map of Mars.png]]",
        "Template:Map": "[[File:Map of Mars.png]]",
        "Map 3": "{{Map}}",
    }
    assert "Map 3 unchanged" in printed
