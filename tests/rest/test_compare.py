"""Comparisons: what the wiki says about two revisions is tested with their texts."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing

import anyio
import pytest
from attrs import frozen

from mwclient_async import HttpOptions, OAuth2Token, Site
from mwclient_async.errors import InvalidParameter, PageMissing, PermissionDenied, Unsupported
from mwclient_async.models.diff import Diff, DiffType, HighlightType
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision, WikiFactory
from tests.conftest import USER_AGENT, once
from tests.support.oauth_wiki import TokenDesk
from tests.support.rest_gateway import SETTINGS

VERSIONS = ("1.39", "1.43")
RANDOM, COMPARED, STRANGE = "Compared at random", "Compared", "Without a text"
PAIRS = 50

WORDS = (
    "earth", "moon", "sun", "the", "of", "0", "12", "é", "ñandú", "ｆｕｌｌ", "漢字", "ไทย", "क्षि", "🪐", "👩‍🚀",
    "e\u0301", "\u0300", "\u200f", "\u2028", "\u00a0", "\x7f", "\t", "  ", '"', "\\", ",", "..", "!", "&amp;",
    "<ref>", "'''x'''", "[[Link|text]]", "{{Template}}",
)  # fmt: skip


# Texts ---------------------------------------------------------------------------------------------------------------


def random_line(rng: random.Random) -> str:
    kind, word = rng.random(), rng.choice(WORDS)
    if kind < 0.15:
        return ""
    if kind < 0.25:
        return f"== {word.strip() or 'x'} =="
    if kind < 0.3:
        return f"{{| class=x\n|-\n| {word}\n|}}"
    return " ".join(rng.choice(WORDS) for _ in range(300 if kind > 0.97 else rng.randrange(1, 12)))


def changed(rng: random.Random, lines: list[str]) -> list[str]:
    """The same text after some edits: lines are added, deleted, moved, or have other words or characters in them."""
    lines = [line for text in lines for line in text.split("\n")]
    for _ in range(rng.randrange(1, 7)):
        at = rng.randrange(len(lines) + 1)
        kind = rng.random() if at < len(lines) else 0.0
        if kind < 0.3:
            lines.insert(at, random_line(rng))
        elif kind < 0.45:
            del lines[at]
        elif kind < 0.65:
            words = lines[at].split(" ")
            words[rng.randrange(len(words))] = rng.choice(WORDS)
            lines[at] = " ".join(words)
        elif kind < 0.75:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)] + rng.choice(WORDS)
        else:
            lines.insert(rng.randrange(len(lines)), lines.pop(at))
    return lines


def texts(seed: int) -> list[str]:
    """Versions of one text: each is made from the one before, but some are new; the last ones are short."""
    rng, lines, made = random.Random(seed), list[str](), list[str]()
    for number in range(36):
        lines = [random_line(rng) for _ in range(rng.randrange(1, 14))] if number % 9 == 0 else changed(rng, lines)
        made.append("\n".join(lines) + "\n" * (number % 4))
    return [*made, made[-1], "", "\n", "one line"]


# The wikis -----------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Compared:
    """A wiki, and the texts of its revisions, by page, from the oldest on."""

    wiki: LocalWiki
    texts: Mapping[str, Mapping[int, str]]

    def ids(self, page: str = COMPARED) -> list[int]:
        return list(self.texts[page])


@pytest.fixture(scope="module", params=VERSIONS)
def compared(request: pytest.FixtureRequest, mediawiki_factory: WikiFactory) -> Compared:
    wiki = mediawiki_factory(version=request.param, settings=SETTINGS)
    return once("compared", request.param, lambda: anyio.run(fill, wiki))


@pytest.fixture
async def site(compared: Compared, mediawiki_version: str) -> AsyncIterator[Site]:
    """On one loop; ``compared`` decides the version."""
    async with Site(compared.wiki.api_url, user_agent=USER_AGENT) as opened:
        yield opened


HIGH = "\n".join(f"A paragraph of the height, number {n}, with words of its own: {n * 'word '}" for n in range(8))
OLD = f"Every reader of this wants a moved paragraph é.\n\n{HIGH}\n\n== Größe ==\n\nThe ñandú runs.\n\n=== 🪐 ===\nx"
NEW = f"{HIGH}\n\n== Größe ==\n\nThe ñandú flies.\n\nEvery reader of this has a moved paragraph é.\n\n=== 🪐 ===\nx"


async def fill(wiki: LocalWiki) -> Compared:
    written = {
        RANDOM: texts(seed=39),
        COMPARED: [OLD, NEW, "secret", "after"],
        STRANGE: ["binary", "binaries"],
        "Compared elsewhere": ["here"],
    }
    pages = [SeedPage(title, revisions=[SeedRevision(text) for text in each]) for title, each in written.items()]
    await wiki.seed(pages, links=False)
    async with Site(wiki.api_url, user_agent=USER_AGENT) as site:
        found = {title: [revision.id async for revision in site.rest.history(title)][::-1] for title in written}
    with closing(sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)) as database, database:
        database.execute("INSERT INTO content_models (model_name) VALUES ('strange')")
        database.execute(
            "UPDATE content SET content_model = (SELECT model_id FROM content_models WHERE model_name = 'strange') "
            "WHERE content_id IN (SELECT slot_content_id FROM slots WHERE slot_revision_id IN (?, ?))",
            found[STRANGE],
        )
    await hide(wiki, found[COMPARED][2])
    return Compared(
        wiki=wiki,
        texts={title: dict(zip(found[title], each, strict=True)) for title, each in written.items()},
    )


async def hide(wiki: LocalWiki, revid: int) -> None:
    await wiki.create_user("Compare sysop", groups=["sysop"])
    auth = OAuth2Token(token=TokenDesk(wiki).issue("Compare sysop"))
    async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:
        await site.call("revisiondelete", type="revision", ids=[revid], hide=["content"])


# The tests -----------------------------------------------------------------------------------------------------------


def line_at(text: str, offset: int | None) -> str | None:
    """The line that begins at that offset; None without an offset."""
    return None if offset is None else text.encode()[offset:].split(b"\n", 1)[0].decode()


def applied(diff: Diff, old: str) -> str:
    """The newer text, made from the older one: the parts that the wiki left out are the same in both."""
    whole, at, made = old.encode(), 0, list[bytes]()
    for line in diff.lines:
        if line.from_offset is not None and line.before is not None:
            made.append(whole[at : line.from_offset])
            at = line.from_offset + len(line.before.encode()) + 1
        if line.after is not None:
            made.append(f"{line.after}\n".encode())
    return b"".join([*made, whole[at:]]).decode()


def with_last_line_break(text: str) -> str:
    """The text with a line break at its end, because comparisons do not show whether there is one."""
    return text if text.endswith("\n") or not text else f"{text}\n"


async def test_a_comparison_has_the_lines_of_both_texts_and_turns_the_older_into_the_newer(
    compared: Compared, site: Site
) -> None:
    rng, both = random.Random(compared.wiki.version), compared.texts[RANDOM]
    pairs = [rng.sample(compared.ids(RANDOM), 2) for _ in range(PAIRS)]
    *_, last, again, empty, _, short = both
    kinds = set()
    for from_, to in [*pairs, (last, again), (again, last), (empty, short), (short, empty), (short, short)]:
        old, new, diff = both[from_], both[to], await site.rest.compare(from_, to)
        assert (diff.from_.id, diff.to.id) == (from_, to)
        for line in diff.lines:
            assert line.before == line_at(old, line.from_offset)
            assert line.after == line_at(new, line.to_offset)
            assert line.line_number is None or new.split("\n")[line.line_number - 1] == line.after
            assert (line.line_number is None) == (line.after is None)
            assert "".join(span.text for span in line.spans) == line.text
        assert with_last_line_break(applied(diff, old)) == with_last_line_break(new)
        assert "".join(diff.from_.slices(old)) == old
        assert "".join(diff.to.slices(new)) == new
        kinds |= {line.type for line in diff.lines}
    assert kinds == set(DiffType) - {DiffType.UNKNOWN}


async def test_a_moved_line_is_shown_at_both_of_its_places(compared: Compared, site: Site) -> None:
    diff = await site.rest.compare(*compared.ids()[:2])
    source, target = (line for line in diff.lines if line.move is not None)
    assert (source.type, target.type) == (DiffType.MOVED_FROM, DiffType.MOVED_TO)
    assert (diff.counterpart(source), diff.counterpart(target)) == (target, source)
    assert source.move is not None
    assert target.move is not None
    assert (source.move.lower, target.move.lower) == (True, False)
    assert [(span.text, span.type) for span in target.spans if span.type is not None] == [
        ("wants", HighlightType.DELETED),
        ("has", HighlightType.ADDED),
    ]
    assert diff.counterpart(diff.lines[1]) is None


async def test_a_changed_line_has_a_span_for_each_change(compared: Compared, site: Site) -> None:
    diff = await site.rest.compare(*compared.ids()[:2])
    (line,) = [line for line in diff.lines if line.type is DiffType.CHANGED]
    assert [(span.text, span.type) for span in line.spans] == [
        ("The ñandú ", None),
        ("runs", HighlightType.DELETED),
        ("flies", HighlightType.ADDED),
        (".", None),
    ]
    assert (line.before, line.after) == ("The ñandú runs.", "The ñandú flies.")


async def test_the_sections_are_found_in_the_texts(compared: Compared, site: Site) -> None:
    diff = await site.rest.compare(*compared.ids()[:2])
    assert [(section.level, section.heading) for section in diff.to.sections] == [(2, "== Größe =="), (3, "=== 🪐 ===")]
    before, size, planet = diff.from_.slices(OLD)
    assert (before, size, planet) == (OLD[: OLD.index("== G")], "== Größe ==\n\nThe ñandú runs.\n\n", "=== 🪐 ===\nx")
    with pytest.raises(ValueError, match=f"not the text of revision {diff.to.id}"):
        diff.to.slices(OLD)


async def test_revisions_that_cannot_be_compared_are_a_typed_error(compared: Compared, site: Site) -> None:
    (old, _, hidden, _), (binary, binaries), (elsewhere,) = (
        compared.ids(page) for page in (COMPARED, STRANGE, "Compared elsewhere")
    )
    refusals = {
        (old, elsewhere): (InvalidParameter, "different pages"),
        (binary, binaries): (InvalidParameter, "content"),
        (old, hidden): (PermissionDenied, "accessible"),
        (hidden, old): (PermissionDenied, "accessible"),
        (old, 999_999_999): (PageMissing, "revision"),
        (999_999_999, old): (PageMissing, "revision"),
    }
    for pair, (error, message) in refusals.items():
        with pytest.raises(error, match=message):
            await site.rest.compare(*pair)


async def test_a_wiki_without_wikidiff2_is_unsupported(compared: Compared, mediawiki_version: str) -> None:
    http = HttpOptions(headers=(("X-Without-Wikidiff2", "1"),))
    async with Site(compared.wiki.api_url, user_agent=USER_AGENT, http=http) as site:
        with pytest.raises(Unsupported, match="lacks wikidiff2"):
            await site.rest.compare(*compared.ids()[:2])
