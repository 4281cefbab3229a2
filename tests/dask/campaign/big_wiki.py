"""A wiki of 20,000 pages with categories. Most of them are written to the database, which takes a second."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing

import anyio
from attrs import frozen

from mwclient_async.testing import LocalWiki, SeedPage
from mwclient_async.testing.factory import WikiFactory

PAGES = 20_000
_CATEGORIES = [f"C{number:03}" for number in range(400)]
_COPIED = "page_is_redirect, page_is_new, page_touched, page_latest, page_len, page_content_model"


@frozen(kw_only=True)
class BigWiki:
    """The wiki, and the categories of each of its pages."""

    wiki: LocalWiki
    categories: Mapping[str, frozenset[str]]


def make(factory: WikiFactory, version: str) -> BigWiki:
    """Start the wiki and fill it. Its page ids follow no order of titles."""
    wiki = factory(version=version, settings="# 20,000 pages")
    rng = random.Random(17)
    titles = [f"{rng.choice('AEMZÉΠ表')} page {number:05}" for number in range(PAGES - 2)]
    anyio.run(wiki.seed, [SeedPage("Model", "[[Category:C000]]")])
    found = {title: frozenset(rng.sample(_CATEGORIES, rng.randrange(24))) for title in titles}
    with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database, database:
        copy_pages(database, found, rng)
    categories = {title: frozenset(f"Category:{name}" for name in names) for title, names in found.items()}
    return BigWiki(
        wiki=wiki, categories={**categories, "Model": frozenset({"Category:C000"}), "Main Page": frozenset()}
    )


def copy_pages(database: sqlite3.Connection, pages: Mapping[str, frozenset[str]], rng: random.Random) -> None:
    """Write a page for each title, with its rows of categories, as MediaWiki writes them."""
    (model,) = database.execute("SELECT page_id FROM page WHERE page_title = 'Model'").fetchone()
    for title in pages:
        database.execute(
            f"INSERT INTO page (page_namespace, page_title, page_random, {_COPIED}) "
            f"SELECT 0, ?, ?, {_COPIED} FROM page WHERE page_id = ?",
            (title.replace(" ", "_"), rng.random(), model),
        )
    columns = [row[1] for row in database.execute("PRAGMA table_info(categorylinks)")]
    copied = [name for name in columns if name not in {"cl_from", "cl_to"}]
    database.executemany(
        f"INSERT INTO categorylinks (cl_from, cl_to, {', '.join(copied)}) SELECT page_id, ?, {', '.join(copied)} "
        "FROM categorylinks, page WHERE cl_from = ? AND page_title = ? AND page_namespace = 0",
        _links(pages, model),
    )


def _links(pages: Mapping[str, frozenset[str]], model: int) -> Iterator[tuple[str, int, str]]:
    for title, names in pages.items():
        yield from ((name, model, title.replace(" ", "_")) for name in sorted(names))
