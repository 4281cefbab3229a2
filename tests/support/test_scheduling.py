from __future__ import annotations

import pytest

from tests.support.scheduling import READERS, ROOT, process_of, seeded_wiki


@pytest.mark.parametrize(
    ("source", "wiki"),
    [
        ("async def test_a(reader: Site) -> None: ...", "corpus"),
        ("def test_a(corpus: Corpus, populated: PopulatedWiki) -> None: ...", "populated wiki"),
        ("wiki = get_campaign_wiki(mediawiki_factory, version)", "campaign's wiki"),
        ("async def test_a(wiki: LocalWiki) -> None: ...", None),
        ("a_populated_page = 1", None),
    ],
)
def test_a_file_belongs_to_the_seeded_wiki_that_it_reads(source: str, wiki: str | None) -> None:
    assert seeded_wiki(source) == wiki


def test_every_seeded_wiki_is_read_by_several_files_and_others_stay_alone() -> None:
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    processes = [process_of(file) for file in files]
    assert all(processes.count(wiki) > 1 for wiki in READERS)
    assert process_of("tests/edit/test_edit_many.py") == "tests/edit/test_edit_many.py"
    assert len(set(processes)) > len(files) / 2
