"""Reading and editing one section, by the wiki's number, without changing the text around it."""

from __future__ import annotations

import pytest

from mwclient_async import EditOutcome, Site
from mwclient_async.errors import PageMissing
from tests.support.logins import fresh
from tests.support.transforms import AddLine, create_page, text_of

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
INSIDE = {3, 9, 10, 11}  # sections inside the section before them
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
async def test_each_section_is_read_by_the_wikis_number(user_site: Site) -> None:
    await user_site.page("Template:Sections").save(TEMPLATE, missing="create")
    page = user_site.page(await create_page(user_site, "Sections", TEXT))
    assert [await page.text(section=number) for number in range(len(SECTIONS))] == [*SECTIONS]


async def test_each_section_is_edited_without_changing_the_text_around_it(user_site: Site) -> None:
    await user_site.page("Template:Sections").save(TEMPLATE, missing="create")
    title, ends = await create_page(user_site, "Sections", TEXT), ends_of_sections()
    for number in (0, 2, 3, 4, 6, 7, 10, 11):
        section = SECTIONS[number]
        await user_site.page(title).save(TEXT)
        adder = AddLine()
        await user_site.page(title).edit(adder, section=number)
        assert adder.texts == [section]
        end = ends[number]
        assert await text_of(user_site, title) == f"{TEXT[:end]}\n* mine{TEXT[end:]}"


async def test_a_section_may_be_emptied_or_become_two(user_site: Site) -> None:
    title = await create_page(user_site, "Parted", "first\n\n== A ==\na\n\n== B ==\nb")
    page = user_site.page(title)
    await page.edit(lambda text: text + "\n== A2 ==\na2", section=1)
    assert await page.text() == "first\n\n== A ==\na\n== A2 ==\na2\n\n== B ==\nb"
    await page.edit(lambda _: "", section=2)
    assert await page.text() == "first\n\n== A ==\na\n\n\n== B ==\nb"
    await page.edit(lambda _: "", section=0)
    assert await page.text(section=0) == ""
    await page.edit(lambda text: text + "again", section=0)
    assert (await page.text()).split() == ["again", "==", "A", "==", "a", "==", "B", "==", "b"]


async def test_section_0_of_a_page_that_begins_with_a_heading(user_site: Site) -> None:
    title = await create_page(user_site, "Headed", "== A ==\na")
    assert (await user_site.page(title).edit(lambda text: text, section=0)).outcome is EditOutcome.UNCHANGED
    await user_site.page(title).edit(lambda text: text + "First.", section=0)
    assert await text_of(user_site, title) == "First.\n== A ==\na"
    assert await user_site.page(title).text(section=1) == "== A ==\na"


async def test_a_section_that_does_not_exist_is_a_page_missing(user_site: Site) -> None:
    title, adder = await create_page(user_site, "Few", "x\n== A ==\na"), AddLine()
    for missing in ("raise", "create"):
        with pytest.raises(PageMissing, match="no section 2"):
            await user_site.page(title).edit(adder, section=2, missing=missing)
        with pytest.raises(PageMissing):
            await user_site.page(fresh("None")).edit(adder, section=1, missing=missing)
    with pytest.raises(PageMissing):
        await user_site.page(title).text(section=2)
    assert adder.texts == []
    absent = fresh("New")
    await user_site.page(absent).edit(adder, section=0, missing="create")
    assert await text_of(user_site, absent) == "\n* mine"


async def test_after_a_conflict_the_section_is_found_again(user_site: Site, admin_site: Site) -> None:
    title = await create_page(user_site, "Shifted", "x\n== A ==\nsame\n== A ==\nsame")
    longer = "A longer beginning 🪐.\n\n== A ==\nother\n== A ==\nother"
    adder = AddLine(before_first=lambda: admin_site.page(title).save(longer))
    await user_site.page(title).edit(adder, section=2)
    assert adder.texts == ["== A ==\nsame", "== A ==\nother"]
    assert await text_of(user_site, title) == f"{longer}\n* mine"
