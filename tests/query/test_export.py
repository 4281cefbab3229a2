"""site.export: one XML document from any number of batches."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from mwclient_async import Site
from mwclient_async.testing import LocalWiki
from tests.support.corpus import LONG, Corpus

NAMESPACE = "{http://www.mediawiki.org/xml/export-0.11/}"


async def exported(site: Site, **query: Any) -> dict[str, str]:
    """The titles and texts of an export, which must be well-formed XML."""
    document = b"".join([piece async for piece in site.export(**query)])
    pages = ET.fromstring(document).findall(f"{NAMESPACE}page")
    found = {
        page.findtext(f"{NAMESPACE}title", ""): page.findtext(f"{NAMESPACE}revision/{NAMESPACE}text", "")
        for page in pages
    }
    assert len(found) == len(pages)
    return found


@pytest.mark.everywhere
async def test_a_generator_is_exported_to_its_end(corpus: Corpus, reader: Site) -> None:
    found = await exported(reader, generator="allpages")
    assert found.keys() == {*corpus.categories, "Main Page"}
    for title, categories in corpus.categories.items():
        assert all(f"[[{category}]]" in found[title] for category in categories)


async def test_more_titles_than_fit_one_request(corpus: Corpus, reader: Site) -> None:
    titles = [*list(corpus.categories)[:120], "No such page"]
    assert list(await exported(reader, titles=titles)) != []
    assert (await exported(reader, titles=titles)).keys() == set(titles[:120])


async def test_a_revision_and_an_older_schema(reader: Site) -> None:
    revisions = await reader.rest.history(LONG, limit=10).collect()
    pieces = [piece async for piece in reader.export(revids=[revisions[0].id], exportschema="0.10")]
    assert b'version="0.10"' in pieces[0]
    assert LONG.encode() in b"".join(pieces)


async def test_nothing_to_export(reader: Site) -> None:
    assert await exported(reader, generator="allpages", gapprefix="No such prefix") == {}
    assert [piece async for piece in reader.export(titles=[])] == []


async def test_parameters_that_do_not_fit_an_export_are_refused(reader: Site) -> None:
    with pytest.raises(ValueError, match="which pages"):
        reader.export()
    with pytest.raises(ValueError, match="prop has no place"):
        reader.export(titles=["A"], prop="info")
    with pytest.raises(ValueError, match="exportnowrap has no place"):
        reader.export(titles=["A"], exportnowrap=True)


async def test_an_export_can_be_imported_again(corpus: Corpus, reader: Site, wiki: LocalWiki, site: Site) -> None:
    titles = ["A/B?c&d=e", "Emoji 🪐", "صفحة"]
    document = b"".join([piece async for piece in reader.export(titles=titles)])
    await wiki.maintenance("importDump", stdin=document)
    assert [page.exists for page in await site.pages(titles=titles).collect()] == [True] * 3
