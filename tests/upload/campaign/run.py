"""Many uploads at once through a line that fails everywhere, some by processes that are killed and begun again."""

from __future__ import annotations

import hashlib
import json
import random
import signal
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import STDOUT

import anyio
from anyio.abc import Process
from attrs import Factory, define, evolve, frozen

from mwclient_async import BotPassword, Site, UploadMethod, UploadProgress
from mwclient_async.models.events import Event, LoggedIn, TokensFetched
from mwclient_async.testing import LocalWiki
from tests.support import guarded_wiki as guarded
from tests.support.fault_proxy import ALL, REFUSE, STALL_AFTER, STALL_BEFORE, Fault
from tests.support.http_server import Seen
from tests.upload.campaign.jobs import LEAST_CHUNK, Death, Job, make_jobs
from tests.upload.campaign.ledger import Ledger
from tests.upload.campaign.line import Line, Troubles
from tests.upload.campaign.loads import Load, Point
from tests.upload.campaign.worker import COMMENT, HTTP, RETRY, USER_AGENT, ImpatientClock, Order

ROOT = Path(__file__).parents[3]
WORKER = [sys.executable, "-m", "tests.upload.campaign.worker"]
_GATHERED = 0.4  # seconds
HELD_BEFORE, HELD_AFTER = evolve(STALL_BEFORE, kind="HELD_BEFORE"), evolve(STALL_AFTER, kind="HELD_AFTER")


@frozen(kw_only=True)
class Size:
    """How much there is to do: ``killed`` of the ``uploads`` are killed, ``forgotten`` of them lose their chunks."""

    uploads: int
    killed: int
    forgotten: int
    largest: int
    tasks: int = 4
    rate: float = 0.2
    kinds: tuple[Fault, ...] = ALL


@define
class Tally:
    """What became of it. ``found`` are the SHA-1s of all versions of each file that is on the wiki in the end."""

    size: Size
    wanted: dict[str, str] = Factory(dict)
    done: list[str] = Factory(list)
    raised: list[str] = Factory(list)
    found: dict[str, list[str]] = Factory(dict)
    on_disk: dict[str, list[str]] = Factory(dict)
    logged: Counter[str] = Factory(Counter)
    ways: Counter[str] = Factory(Counter)
    verified: int = 0
    restarted: int = 0
    deaths: int = 0
    resumed: int = 0
    logins: int = 0
    tokens: int = 0
    bytes: int = 0
    ledger: Ledger = Factory(Ledger)
    requests: Counter[Point] = Factory(Counter)
    faults: Counter[str] = Factory(Counter)
    drawn: Counter[tuple[Point, str]] = Factory(Counter)

    def heard(self, event: Event) -> None:
        self.logins += isinstance(event, LoggedIn)
        self.tokens += isinstance(event, TokensFetched)

    def share(self, some: int) -> float:
        """Some bytes as a share of all the files' bytes."""
        return some / self.bytes

    def __str__(self) -> str:
        drawn: Counter[Point] = Counter()
        for (point, _), count in self.drawn.items():
            drawn[point] += count
        at = ", ".join(f"{point.value} {drawn[point]} in {self.requests[point]}" for point in Point)
        return (
            f"{len(self.done)} of {self.size.uploads} uploads reported done ({self.verified} of them verified, "
            f"{self.restarted} begun anew), {len(self.raised)} raised; {len(self.found)} files on the wiki in "
            f"{sum(map(len, self.found.values()))} versions\n"
            f"  {dict(sorted(self.ways.items()))}; {self.deaths} processes killed, {self.resumed} went on from a "
            f"checkpoint; {self.logins} logins, {self.tokens} token requests\n"
            f"  {self.bytes:,} bytes in files, {self.ledger.sent:,} sent: {self.share(self.ledger.again):.1%} again, "
            f"{self.share(self.ledger.needless):.1%} needlessly\n  {self.ledger}\n"
            f"  faults: {dict(sorted(self.faults.items()))}\n  faults in requests: {at}"
        )


async def run(wiki: LocalWiki, auth: BotPassword, directory: Path, *, size: Size, seed: int, prefix: str) -> Tally:
    """Do it, with all tokens refused and all sessions thrown away on the way; look at the wiki in the end."""
    jobs = make_jobs(directory, count=size.uploads, killed=size.killed, largest=size.largest, seed=seed, prefix=prefix)
    troubles = Troubles(seed, size.rate, _database(wiki), kinds=size.kinds, forgetful=_forgetful(jobs, size, seed))
    tally = Tally(size, wanted={job.name: _sha1(job.path) for job in jobs}, bytes=sum(job.size for job in jobs))
    await _Run(wiki, auth, troubles, tally).all(jobs)
    await wiki.run_jobs()  # nothing that was begun is left to be done
    tally.found, tally.on_disk, tally.logged = on_the_wiki(wiki, prefix)
    tally.ledger, tally.requests, tally.drawn = troubles.ledger, troubles.requests, troubles.drawn
    return tally


def _forgetful(jobs: list[Job], size: Size, seed: int) -> dict[str, int]:
    chance = random.Random(seed)
    chosen = chance.sample(
        [job for job in jobs if job.method is UploadMethod.CHUNKED and job.chunks > 1], size.forgotten
    )
    return {job.name: chance.randrange(job.size) for job in chosen}


@frozen
class _Run:
    """The parts of one run."""

    wiki: LocalWiki
    auth: BotPassword
    troubles: Troubles
    tally: Tally

    async def all(self, jobs: list[Job]) -> None:
        """Everything, by so many tasks at a time."""
        async with Line(self.wiki.url, self.troubles) as line, anyio.create_task_group() as house:
            house.start_soon(self._keep_house)

            def heard(event: Event) -> None:
                self.tally.heard(event)
                line.reopen()

            site = Site(
                f"{line.url}/api.php",
                user_agent=USER_AGENT,
                auth=self.auth,
                http=HTTP,
                retry=RETRY,
                clock=ImpatientClock(),
                on_event=heard,
            )
            work = iter(list(enumerate(jobs)))
            async with site, anyio.create_task_group() as tasks:
                for _ in range(self.tally.size.tasks):
                    tasks.start_soon(self._labour, site, work)
            house.cancel_scope.cancel()
        self.tally.faults += line.counts

    async def _keep_house(self) -> None:
        """Run the wiki's jobs soon after there may be some, all at once: the script takes a while to start."""
        while True:
            await self.troubles.busy.wait()
            await anyio.sleep(_GATHERED)
            self.troubles.busy = anyio.Event()
            await self.wiki.run_jobs()

    async def _labour(self, site: Site, work: Iterator[tuple[int, Job]]) -> None:
        for number, job in work:
            if number == self.tally.size.uploads // 3:
                guarded.refuse_tokens(self.wiki)
            if number == 2 * self.tally.size.uploads // 3:
                guarded.lose_sessions(self.wiki)
            try:
                await (self._with_deaths(job) if job.deaths else self._in_one_go(site, job))
            except Exception as error:  # noqa: BLE001 - counted, and none is expected
                self.tally.raised.append(f"{job}: {error!r}")
            else:
                self.tally.done.append(job.name)
            job.path.unlink()

    async def _in_one_go(self, site: Site, job: Job) -> None:
        restarts: list[UploadProgress] = []
        result = await site.upload(
            job.path,
            filename=job.name,
            comment=COMMENT,
            method=job.method,
            chunk_size=job.chunk_size,
            asynchronous=job.asynchronous,
            on_progress=lambda progress: restarts.append(progress) if progress.restarted else None,
        )
        self.tally.ways[f"{result.method.value}{' async' * job.asynchronous}"] += 1
        self.tally.verified += result.verified
        self.tally.restarted += bool(restarts)

    # The killed ones -------------------------------------------------------------------------------------------------

    async def _with_deaths(self, job: Job) -> None:
        held = _Held(self.troubles)
        async with Line(self.wiki.url, self.troubles, held) as line:  # the second process comes to the same address
            for death in job.deaths:
                held.death = death
                await self._process(job, line, death)
            held.death = None
            outcome = await self._process(job, line, None)
        self.tally.faults += line.counts
        self.tally.ways[f"killed{' async' * job.asynchronous}"] += 1
        self.tally.verified += bool(outcome["verified"])
        self.tally.restarted += bool(outcome["restarted"])

    async def _process(self, job: Job, line: Line, death: Death | None) -> dict[str, object]:
        store = job.path.with_suffix(".checkpoint")
        order = Order(
            api_url=f"{line.url}/api.php",
            account=self.auth.name,
            password=self.auth.password,
            path=str(job.path),
            filename=job.name,
            chunk_size=job.chunk_size if not store.exists() else max(LEAST_CHUNK, job.chunk_size * 2 // 3),
            asynchronous=job.asynchronous,
            store=str(store),
            dies_at=death.number(job) if death is not None else None,
            dies_after_storing=death is not None and death.stored,
        )
        self.tally.resumed += store.exists()
        status, said = await _run_worker(order, line, death)
        if death is None and status == 0:
            outcome: dict[str, object] = json.loads(said.splitlines()[-1])
            return outcome
        if death is None or status != -signal.SIGKILL:
            raise AssertionError(f"{death} ended with status {status}: {said}")
        self.tally.deaths += 1
        return {}


@define
class _Held:
    """The plan of one upload: the answer to a request at the point of ``death`` is never given."""

    _others: Troubles
    death: Death | None = None

    def __call__(self, seen: Seen) -> Fault | None:
        fault = self._others(seen)
        death = self.death
        if death is not None and death.at is None and Load.of(seen).point is death.point:
            return HELD_AFTER if death.acted else HELD_BEFORE
        return None if fault is REFUSE else fault  # another process cannot say when to open again


async def _run_worker(order: Order, line: Line, death: Death | None) -> tuple[int, str]:
    """One process: its status, and what it printed."""
    async with (
        await anyio.open_process(WORKER, stderr=STDOUT, cwd=ROOT) as process,
        anyio.create_task_group() as tasks,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        await process.stdin.send(order.encode())
        await process.stdin.aclose()
        if death is not None and death.at is None:
            tasks.start_soon(_kill_while_held, process, line, HELD_AFTER.kind if death.acted else HELD_BEFORE.kind)
        said = b"".join([piece async for piece in process.stdout])
        await process.wait()
        tasks.cancel_scope.cancel()
    return process.returncode or 0, said.decode(errors="replace")


async def _kill_while_held(process: Process, line: Line, kind: str) -> None:
    await line.until(kind, times=line.counts[kind] + 1)
    process.kill()


# What is there in the end --------------------------------------------------------------------------------------------


def on_the_wiki(wiki: LocalWiki, prefix: str) -> tuple[dict[str, list[str]], dict[str, list[str]], Counter[str]]:
    """All versions of the files with that prefix, by the database and by the disk, and how often each was logged."""
    found, on_disk = defaultdict(list), defaultdict(list)
    like = (f"{prefix.replace(' ', '_')}%",)
    with closing(sqlite3.connect(_database(wiki), timeout=60)) as database:
        for name, sha1 in database.execute(
            "SELECT img_name, img_sha1 FROM image WHERE img_name LIKE ?1 "
            "UNION ALL SELECT oi_name, oi_sha1 FROM oldimage WHERE oi_name LIKE ?1 "
            "UNION ALL SELECT fa_name, fa_sha1 FROM filearchive WHERE fa_name LIKE ?1",
            like,
        ):
            found[_title(name)].append(f"{int(sha1, 36):040x}")
        logged = "SELECT log_title FROM logging WHERE log_type = 'upload' AND log_title LIKE ?"
        entries = Counter(_title(name) for (name,) in database.execute(logged, like))
    for path in (wiki.directory / "images").rglob(f"{like[0][:-1]}*"):
        on_disk[_title(path.name)].append(_sha1(path))
    return dict(found), dict(on_disk), entries


def _title(name: str | bytes) -> str:
    return (name.decode() if isinstance(name, bytes) else name).replace("_", " ")


def _database(wiki: LocalWiki) -> Path:
    return wiki.directory / "data" / "wiki.sqlite"


def _sha1(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).hexdigest()
