"""Each operation with each fault, on a real wiki: no write is executed twice, and no result is wrong."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio
import pytest

from mwclient_async import Site
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.factory import WikiFactory
from tests.conftest import USER_AGENT
from tests.session.fault_table.operations import EDITS, FILTERED, READS, SEEDS, STEPS, WRITES, Bot
from tests.session.fault_table.run import SLOW, SLOWER, wrong
from tests.support import guarded_wiki as guarded
from tests.support.fault_proxy import ALL, BROKEN_JSON, DROP_BEFORE, REFUSE, TOO_MANY, UNAVAILABLE_AFTER

SECTIONS = {"reads": READS, "edits": EDITS, "steps": STEPS, "writes": WRITES}
ROWS = {operation.name: operation for section in SECTIONS.values() for operation in section}
SAMPLE = [ROWS[name] for name in ("bot password", "append signed", "REST update", "upload, last chunk", "move")]
FEW = (REFUSE, TOO_MANY, DROP_BEFORE, UNAVAILABLE_AFTER, BROKEN_JSON)

SETTINGS = """
$wgPasswordConfig['pbkdf2']['cost'] = '1';
"""


def bot(wiki: LocalWiki, name: str) -> Bot:
    async def make() -> Bot:
        await wiki.seed(SEEDS, links=False)
        password = await wiki.create_user(name, groups=["sysop", "bot"])
        auth = await wiki.create_bot_password(name)
        async with Site(wiki.api_url, user_agent=USER_AGENT, auth=auth) as site:
            await site.actions.checktoken()  # so that there are tokens to take along
            return Bot(wiki=wiki, name=name, auth=auth, password=password, state=site.login_state())

    return anyio.run(make)


@pytest.fixture(scope="session")
def tabler(mediawiki_factory: WikiFactory, mediawiki_version: str) -> Bot:
    return bot(mediawiki_factory(version=mediawiki_version, settings=SETTINGS), "Tabler")


@pytest.fixture(scope="session")
def watched(mediawiki_factory: WikiFactory, mediawiki_version: str) -> Bot:
    """On a wiki with an abuse filter."""
    return bot(guarded.filtered_wiki(mediawiki_factory, mediawiki_version), "Watched")


@pytest.mark.parametrize("section", SECTIONS)
async def test_w2_each_cell_ends_with_the_result_or_the_error_of_the_table(
    tabler: Bot, section: str, tmp_path: Path
) -> None:
    assert await wrong(tabler, SECTIONS[section], ALL, files=tmp_path) == {}


async def test_w2_a_lost_edit_that_arrives_late_is_not_executed_twice(tabler: Bot, tmp_path: Path) -> None:
    assert await wrong(tabler, EDITS, [SLOW, SLOWER], files=tmp_path) == {}


async def test_w2_if_a_filter_may_have_warned_the_edit_is_not_confirmed_by_accident(
    watched: Bot, tmp_path: Path
) -> None:
    assert await wrong(watched, FILTERED, [*ALL, SLOW, SLOWER], files=tmp_path) == {}


def test_w2_a_sample_of_the_table_on_the_other_loop_and_version(mediawiki_factory: WikiFactory, tmp_path: Path) -> None:
    tabler = bot(mediawiki_factory(version="1.43", settings=SETTINGS), "Tabler")
    assert anyio.run(partial(wrong, tabler, SAMPLE, FEW, files=tmp_path), backend="trio") == {}


async def test_w2_a_sample_of_the_table_through_aiohttp(tabler: Bot, tmp_path: Path) -> None:
    assert await wrong(tabler, SAMPLE[1:4], FEW[2:], files=tmp_path, backend="aiohttp") == {}


@pytest.mark.soak
async def test_w2_the_whole_table_through_aiohttp(tabler: Bot, watched: Bot, tmp_path: Path) -> None:
    assert await wrong(tabler, ROWS.values(), ALL, files=tmp_path, backend="aiohttp") == {}
    assert await wrong(tabler, EDITS, [SLOW, SLOWER], files=tmp_path, backend="aiohttp") == {}
    assert await wrong(watched, FILTERED, [*ALL, SLOW, SLOWER], files=tmp_path, backend="aiohttp") == {}


@pytest.mark.soak
@pytest.mark.everywhere
async def test_w2_the_whole_table(tabler: Bot, watched: Bot, tmp_path: Path) -> None:
    assert await wrong(tabler, ROWS.values(), ALL, files=tmp_path) == {}
    assert await wrong(tabler, EDITS, [SLOW, SLOWER], files=tmp_path) == {}
    assert await wrong(watched, FILTERED, [*ALL, SLOW, SLOWER], files=tmp_path) == {}
