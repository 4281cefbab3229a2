"""Sections, which the wiki counts: one is read and edited, and nothing around it is touched."""

from __future__ import annotations

import pytest

from mwclient_async import EditOutcome, Site
from mwclient_async.errors import PageMissing
from tests.support.logins import fresh
from tests.support.transforms import Adder, made, text_of

TEMPLATE = "== T1 ==\nfrom the template\n== T2 ==\nthis, too"
SECTIONS = (
    "\n\né🪐 first\n<!-- == C ==\n -->",
    "== A ==  \nsame\n<nowiki>\n== N ==\n</nowiki>\n{{Sections}}",
    "== A ==\nsame\n=== sub 🪐🪐 ===\nx",
    "=== sub 🪐🪐 ===\nx",
    "== A ==\nsame\n<noinclude>",
    "== NI ==\ny</noinclude>",
    "== Empty ==",
    "== A ==\nsame",
    "= Highest =\n==== Deep ====\n== A ==\nsame\n=== sub 🪐🪐 ===\nx",
    "==== Deep ====",
    "== A ==\nsame\n=== sub 🪐🪐 ===\nx",
    "=== sub 🪐🪐 ===\nx",
)
INSIDE = {3, 9, 10, 11}  # what the one before them holds
TEXT = "\n\n\n".join(part for number, part in enumerate(SECTIONS) if number not in INSIDE)


def ends_of_sections() -> list[int]:
    ends, start, inner, following = [], 0, 0, 0
    for number, part in enumerate(SECTIONS):
        if number in INSIDE:
            inner = TEXT.index(part, start)
        else:
            inner = start = following
            following += len(part) + 3
        ends.append(inner + len(part))
    return ends


@pytest.mark.everywhere
async def test_each_section_is_read_as_the_wiki_counts_them(mine: Site) -> None:
    await mine.page("Template:Sections").save(TEMPLATE, missing="create")
    page = mine.page(await made(mine, "Sections", TEXT))
    assert [await page.text(section=number) for number in range(len(SECTIONS))] == [*SECTIONS]


async def test_each_section_is_edited_and_nothing_around_it(mine: Site) -> None:
    await mine.page("Template:Sections").save(TEMPLATE, missing="create")
    title, ends = await made(mine, "Sections", TEXT), ends_of_sections()
    for number in (0, 2, 3, 4, 6, 7, 10, 11):
        section = SECTIONS[number]
        await mine.page(title).save(TEXT)
        adder = Adder()
        await mine.page(title).edit(adder, section=number)
        assert adder.seen == [section]
        end = ends[number]
        assert await text_of(mine, title) == f"{TEXT[:end]}\n* mine{TEXT[end:]}"


async def test_a_section_may_be_emptied_or_become_two(mine: Site) -> None:
    title = await made(mine, "Parted", "first\n\n== A ==\na\n\n== B ==\nb")
    page = mine.page(title)
    await page.edit(lambda text: text + "\n== A2 ==\na2", section=1)
    assert await page.text() == "first\n\n== A ==\na\n== A2 ==\na2\n\n== B ==\nb"
    await page.edit(lambda _: "", section=2)
    assert await page.text() == "first\n\n== A ==\na\n\n\n== B ==\nb"
    await page.edit(lambda _: "", section=0)
    assert await page.text(section=0) == ""
    await page.edit(lambda text: text + "again", section=0)
    assert (await page.text()).split() == ["again", "==", "A", "==", "a", "==", "B", "==", "b"]


async def test_the_first_words_of_a_page_that_begins_with_a_heading(mine: Site) -> None:
    title = await made(mine, "Headed", "== A ==\na")
    assert (await mine.page(title).edit(lambda text: text, section=0)).outcome is EditOutcome.UNCHANGED
    await mine.page(title).edit(lambda text: text + "First.", section=0)
    assert await text_of(mine, title) == "First.\n== A ==\na"
    assert await mine.page(title).text(section=1) == "== A ==\na"


async def test_a_section_that_is_not_there_is_a_page_missing_and_asked_for_once(mine: Site) -> None:
    title, adder = await made(mine, "Few", "x\n== A ==\na"), Adder()
    for missing in ("raise", "create"):
        with pytest.raises(PageMissing, match="no section 2"):
            await mine.page(title).edit(adder, section=2, missing=missing)
        with pytest.raises(PageMissing):
            await mine.page(fresh("None")).edit(adder, section=1, missing=missing)
    with pytest.raises(PageMissing):
        await mine.page(title).text(section=2)
    assert adder.seen == []
    absent = fresh("New")
    await mine.page(absent).edit(adder, section=0, missing="create")
    assert await text_of(mine, absent) == "\n* mine"


async def test_after_a_conflict_the_section_is_found_again(mine: Site, keeper: Site) -> None:
    title = await made(mine, "Shifted", "x\n== A ==\nsame\n== A ==\nsame")
    longer = "A longer beginning 🪐.\n\n== A ==\nother\n== A ==\nother"
    adder = Adder(first=lambda: keeper.page(title).save(longer))
    await mine.page(title).edit(adder, section=2)
    assert adder.seen == ["== A ==\nsame", "== A ==\nother"]
    assert await text_of(mine, title) == f"{longer}\n* mine"
