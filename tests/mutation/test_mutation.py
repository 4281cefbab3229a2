"""Valid JSON of an odd shape, in the place of any response of any operation: a typed error, and the right one.

Every operation of the library is recorded on a real wiki. Then it is repeated with the recorded responses, one of which
is changed by chance. Each repetition must end with a result, or with an error of the library. If it was the response of
a write, the error must not say that nothing was done.
"""

from __future__ import annotations

import random
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import anyio
import pytest
from attrs import define, evolve, field, frozen

from mwclient_async import ClientLogin, LoginState, RetryPolicy, Site
from mwclient_async._http.messages import HttpResponse
from mwclient_async._session import own_edits
from mwclient_async.errors import MediaWikiError, ProtocolError
from mwclient_async.testing import LocalWiki, SeedPage, SeedRevision, WikiFactory
from mwclient_async.testing.scripted import ScriptedClock
from tests.conftest import USER_AGENT, once
from tests.mutation.mutations import mutated
from tests.mutation.operations import Inputs, Operation, operations
from tests.mutation.recording import Exchange, Player, Recorder, use
from tests.support.image_files import png
from tests.support.populated_wiki import SETTINGS, populate

SEED = 8
SAMPLE, FULL = 4, 200  # mutations of each operation


@frozen(kw_only=True)
class Recording:
    """What was recorded of one operation, and how it ended."""

    operation: Operation
    exchanges: list[Exchange]
    streamed: list[HttpResponse]
    outcome: str


@frozen(kw_only=True)
class Recordings:
    """All recordings of a wiki. ``pool`` has a response for each kind of request."""

    api_url: str
    state: LoginState
    recordings: list[Recording]
    pool: dict[str, HttpResponse]


@pytest.fixture(scope="session")
def recordings(
    mediawiki_factory: WikiFactory, mediawiki_version: str, tmp_path_factory: pytest.TempPathFactory
) -> Recordings:
    wiki = mediawiki_factory(version=mediawiki_version, settings=f"{SETTINGS}\n$wgEnableAsyncUploads = false;")
    return once("recordings", mediawiki_version, lambda: anyio.run(_record_all, wiki, tmp_path_factory.mktemp("m")))


async def _record_all(wiki: LocalWiki, scratch: Path) -> Recordings:
    populated = await anyio.to_thread.run_sync(populate, wiki, scratch)
    await wiki.seed([SeedPage("Vandalised", revisions=[SeedRevision("a"), SeedRevision("b", user="192.0.2.1")])])
    inputs = Inputs(
        picture=png(scratch / "new.png", 10_000, seed=77),
        other=png(scratch / "other.png", 10_000, seed=78),
        ids=populated.ids,
        robot=populated.steward,
        person=ClientLogin(username=wiki.admin_name, password=wiki.admin_password),
    )
    async with _site(wiki, auth=populated.steward) as helper:
        await helper.page("First").create("x")
        state = helper.login_state()
        found = [await _record(wiki, helper, state, operation) for operation in operations(inputs)]
    pool: dict[str, HttpResponse] = {}
    for exchange in (exchange for recording in found for exchange in recording.exchanges):
        if exchange.response is not None:
            pool.setdefault(exchange.name, exchange.response)
    return Recordings(api_url=wiki.api_url, state=state, recordings=found, pool=pool)


def _site(wiki: LocalWiki, **options: Any) -> Site:
    return Site(wiki.api_url, user_agent=USER_AGENT, **options)


async def _record(wiki: LocalWiki, helper: Site, state: LoginState, operation: Operation) -> Recording:
    if operation.prepare is not None:
        await operation.prepare(helper)
    recorder = Recorder(operation.lost)
    login: dict[str, Any] = {"login_state": state} if operation.auth is None else {"auth": operation.auth}
    retry = RetryPolicy(first_delay=0.001)
    outcome = await _outcome(
        Site(wiki.api_url, user_agent=USER_AGENT, transport=recorder, retry=retry, **login), operation
    )
    return Recording(
        operation=operation, exchanges=recorder.exchanges, streamed=recorder.streamed, outcome=outcome.kind
    )


@frozen(kw_only=True)
class Outcome:
    """How an operation ended: ``kind`` is "success", or the name of the error's class."""

    kind: str
    error: Exception | None = None

    @property
    def is_typed(self) -> bool:
        """A name that the wiki does not have is a ValueError, which says so."""
        return isinstance(self.error, MediaWikiError | None) or str(self.error).startswith("this wiki has no ")


async def _outcome(site: Site, operation: Operation) -> Outcome:
    for remembered in (own_edits._made, own_edits._in_progress, own_edits._unsettled):
        remembered.clear()  # each operation runs as in a process of its own, which knows of no other Site
    try:
        async with site:
            use(await operation.run(site))
    except Exception as error:  # noqa: BLE001 - the test checks it
        return Outcome(kind=type(error).__name__, error=error)
    return Outcome(kind="success")


@define
class Counts:
    """What a campaign has found."""

    ended: Counter[str] = field(factory=Counter)
    faults: list[str] = field(factory=list)


async def _mutate(all_of_it: Recordings, recording: Recording, rng: random.Random, counts: Counts) -> None:
    exchanges = list(recording.exchanges)
    at = rng.choice([number for number, exchange in enumerate(exchanges) if exchange.is_json])
    response = exchanges[at].response
    assert response is not None
    body, what = mutated(response.body, rng)
    exchanges[at] = evolve(exchanges[at], response=evolve(response, body=body))
    outcome = await _replay(all_of_it, recording, exchanges)
    as_before = outcome.kind == recording.outcome
    counts.ended["as recorded" if as_before else outcome.kind] += 1
    place = f"{recording.operation.name}: {exchanges[at].name}: {what}"
    if not outcome.is_typed:
        assert outcome.error is not None
        last = traceback.extract_tb(outcome.error.__traceback__)[-1]
        counts.faults.append(f"{outcome.error!r:.150} in {last.filename.rpartition('/')[2]}:{last.lineno}; {place}")
    elif exchanges[at].is_write and isinstance(outcome.error, ProtocolError):
        counts.faults.append(f"after a write: {outcome.error!r:.300}; {place}")


async def _replay(all_of_it: Recordings, recording: Recording, exchanges: list[Exchange]) -> Outcome:
    auth = recording.operation.auth
    login: dict[str, Any] = {"login_state": all_of_it.state} if auth is None else {"auth": auth}
    site = Site(
        all_of_it.api_url,
        user_agent=USER_AGENT,
        transport=Player(exchanges, recording.streamed, all_of_it.pool),
        clock=ScriptedClock(),
        **login,
    )
    return await _outcome(site, recording.operation)


async def _campaign(recordings: Recordings, times: int) -> Counts:
    counts = Counts()
    for recording in recordings.recordings:
        for number in range(times if any(exchange.is_json for exchange in recording.exchanges) else 0):
            await _mutate(recordings, recording, random.Random(f"{SEED} {recording.operation.name} {number}"), counts)
    return counts


async def test_every_operation_ends_as_recorded_if_no_response_is_changed(recordings: Recordings) -> None:
    """The guard of the test below: it would find no fault if every operation failed."""
    for recording in recordings.recordings:
        outcome = await _replay(recordings, recording, recording.exchanges)
        assert outcome.kind == recording.outcome, (recording.operation.name, outcome)
    assert Counter(recording.outcome for recording in recordings.recordings)["success"] > 100


async def test_s7_a_response_of_an_odd_shape_is_a_typed_error(recordings: Recordings) -> None:
    counts = await _campaign(recordings, SAMPLE)
    assert not counts.faults, "\n".join(counts.faults)
    assert counts.ended["as recorded"] > len(recordings.recordings)


@pytest.mark.soak
@pytest.mark.everywhere
@pytest.mark.timeout(3000)
async def test_s7_many_responses_of_odd_shapes_are_typed_errors(recordings: Recordings) -> None:
    counts = await _campaign(recordings, FULL)
    sys.stdout.write(f"\n{sum(counts.ended.values())} mutations: {dict(counts.ended.most_common())}\n")
    assert not counts.faults, "\n".join(counts.faults)
