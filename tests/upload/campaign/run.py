"""Many uploads at once over a connection with every fault; some are killed and resumed by another process."""

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
from tests.support.http_server import ReceivedRequest
from tests.upload.campaign.byte_counts import ByteCounts
from tests.upload.campaign.jobs import MIN_CHUNK_SIZE, Job, Kill, make_jobs
from tests.upload.campaign.unreliable_proxy import FaultPlan, UnreliableProxy
from tests.upload.campaign.upload_requests import RequestKind, UploadRequest
from tests.upload.campaign.worker import COMMENT, HTTP, RETRY, USER_AGENT, ShortSleepClock, WorkerTask

ROOT = Path(__file__).parents[3]
WORKER = [sys.executable, "-m", "tests.upload.campaign.worker"]
_JOBS_DELAY = 0.4  # seconds, so that several jobs run at once
HELD_BEFORE, HELD_AFTER = evolve(STALL_BEFORE, kind="HELD_BEFORE"), evolve(STALL_AFTER, kind="HELD_AFTER")


@frozen(kw_only=True)
class CampaignSize:
    """The size of a campaign: ``killed`` of the ``uploads`` are killed, ``forgotten`` of them lose their chunks."""

    uploads: int
    killed: int
    forgotten: int
    largest: int
    tasks: int = 4
    rate: float = 0.2
    kinds: tuple[Fault, ...] = ALL


@define
class CampaignResult:
    """The result of a campaign. ``found`` are the SHA-1s of all versions of each file on the wiki at the end."""

    size: CampaignSize
    wanted: dict[str, str] = Factory(dict)
    done: list[str] = Factory(list)
    raised: list[str] = Factory(list)
    found: dict[str, list[str]] = Factory(dict)
    on_disk: dict[str, list[str]] = Factory(dict)
    logged: Counter[str] = Factory(Counter)
    methods: Counter[str] = Factory(Counter)
    verified: int = 0
    restarted: int = 0
    killed: int = 0
    resumed: int = 0
    logins: int = 0
    tokens: int = 0
    bytes: int = 0
    byte_counts: ByteCounts = Factory(ByteCounts)
    requests: Counter[RequestKind] = Factory(Counter)
    faults: Counter[str] = Factory(Counter)
    faults_by_request: Counter[tuple[RequestKind, str]] = Factory(Counter)

    def count_event(self, event: Event) -> None:
        self.logins += isinstance(event, LoggedIn)
        self.tokens += isinstance(event, TokensFetched)

    def share(self, count: int) -> float:
        """The number of bytes as a share of all the files' bytes."""
        return count / self.bytes

    def __str__(self) -> str:
        faults: Counter[RequestKind] = Counter()
        for (kind, _), count in self.faults_by_request.items():
            faults[kind] += count
        by_request = ", ".join(f"{kind.value} {faults[kind]} in {self.requests[kind]}" for kind in RequestKind)
        counts = self.byte_counts
        return (
            f"{len(self.done)} of {self.size.uploads} uploads reported done ({self.verified} of them verified, "
            f"{self.restarted} restarted), {len(self.raised)} raised; {len(self.found)} files on the wiki in "
            f"{sum(map(len, self.found.values()))} versions\n"
            f"  {dict(sorted(self.methods.items()))}; {self.killed} processes killed, {self.resumed} resumed from a "
            f"checkpoint; {self.logins} logins, {self.tokens} token requests\n"
            f"  {self.bytes:,} bytes in files, {counts.sent:,} sent: {self.share(counts.sent_again):.1%} again, "
            f"{self.share(counts.needless):.1%} needlessly\n  {counts}\n"
            f"  faults: {dict(sorted(self.faults.items()))}\n  faults in requests: {by_request}"
        )


async def run(
    wiki: LocalWiki, auth: BotPassword, directory: Path, *, size: CampaignSize, seed: int, prefix: str
) -> CampaignResult:
    """Run the uploads, with all tokens refused and all sessions lost on the way; then read what the wiki has."""
    jobs = make_jobs(directory, count=size.uploads, killed=size.killed, largest=size.largest, seed=seed, prefix=prefix)
    plan = FaultPlan(seed, size.rate, _database(wiki), kinds=size.kinds, forgetful=_forgetful(jobs, size, seed))
    result = CampaignResult(
        size, wanted={job.name: _sha1(job.path) for job in jobs}, bytes=sum(job.size for job in jobs)
    )
    await _Run(wiki, auth, plan, result).run(jobs)
    await wiki.run_jobs()  # so that no upload is pending
    result.found, result.on_disk, result.logged = read_wiki(wiki, prefix)
    result.byte_counts, result.requests, result.faults_by_request = plan.byte_counts, plan.requests, plan.faults
    return result


def _forgetful(jobs: list[Job], size: CampaignSize, seed: int) -> dict[str, int]:
    chance = random.Random(seed)
    chosen = chance.sample(
        [job for job in jobs if job.method is UploadMethod.CHUNKED and job.chunks > 1], size.forgotten
    )
    return {job.name: chance.randrange(job.size) for job in chosen}


@frozen
class _Run:
    """One run: the wiki, the faults, and the result that it fills."""

    wiki: LocalWiki
    auth: BotPassword
    plan: FaultPlan
    result: CampaignResult

    async def run(self, jobs: list[Job]) -> None:
        """Run all jobs in several tasks."""
        async with UnreliableProxy(self.wiki.url, self.plan) as proxy, anyio.create_task_group() as wiki_jobs:
            wiki_jobs.start_soon(self._run_wiki_jobs)

            def count_event(event: Event) -> None:
                self.result.count_event(event)
                proxy.reopen()

            site = Site(
                f"{proxy.url}/api.php",
                user_agent=USER_AGENT,
                auth=self.auth,
                http=HTTP,
                retry=RETRY,
                clock=ShortSleepClock(),
                on_event=count_event,
            )
            work = iter(list(enumerate(jobs)))
            async with site, anyio.create_task_group() as tasks:
                for _ in range(self.result.size.tasks):
                    tasks.start_soon(self._run_jobs, site, work)
            wiki_jobs.cancel_scope.cancel()
        self.result.faults += proxy.counts

    async def _run_wiki_jobs(self) -> None:
        """Run the wiki's jobs soon after there may be some, many at once, because the script is slow to start."""
        while True:
            await self.plan.has_jobs.wait()
            await anyio.sleep(_JOBS_DELAY)
            self.plan.has_jobs = anyio.Event()
            await self.wiki.run_jobs()

    async def _run_jobs(self, site: Site, work: Iterator[tuple[int, Job]]) -> None:
        for number, job in work:
            if number == self.result.size.uploads // 3:
                guarded.refuse_tokens(self.wiki)
            if number == 2 * self.result.size.uploads // 3:
                guarded.lose_sessions(self.wiki)
            try:
                await (self._upload_with_kills(job) if job.kills else self._upload(site, job))
            except Exception as error:  # noqa: BLE001 - counted; a test asserts that there are none
                self.result.raised.append(f"{job}: {error!r}")
            else:
                self.result.done.append(job.name)
            job.path.unlink()

    async def _upload(self, site: Site, job: Job) -> None:
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
        self.result.methods[f"{result.method.value}{' async' * job.asynchronous}"] += 1
        self.result.verified += result.verified
        self.result.restarted += bool(restarts)

    # Uploads that are killed -----------------------------------------------------------------------------------------

    async def _upload_with_kills(self, job: Job) -> None:
        held_response = _HeldResponse(self.plan)
        async with UnreliableProxy(self.wiki.url, self.plan, held_response) as proxy:  # every process uses the same URL
            for kill in job.kills:
                held_response.kill = kill
                await self._run_process(job, proxy, kill)
            held_response.kill = None
            outcome = await self._run_process(job, proxy, None)
        self.result.faults += proxy.counts
        self.result.methods[f"killed{' async' * job.asynchronous}"] += 1
        self.result.verified += bool(outcome["verified"])
        self.result.restarted += bool(outcome["restarted"])

    async def _run_process(self, job: Job, proxy: UnreliableProxy, kill: Kill | None) -> dict[str, object]:
        store = job.path.with_suffix(".checkpoint")
        task = WorkerTask(
            api_url=f"{proxy.url}/api.php",
            account=self.auth.name,
            password=self.auth.password,
            path=str(job.path),
            filename=job.name,
            chunk_size=job.chunk_size if not store.exists() else max(MIN_CHUNK_SIZE, job.chunk_size * 2 // 3),
            asynchronous=job.asynchronous,
            store=str(store),
            killed_at=kill.checkpoint_number(job) if kill is not None else None,
            killed_after_storing=kill is not None and kill.stored,
        )
        self.result.resumed += store.exists()
        status, output = await _run_worker(task, proxy, kill)
        if kill is None and status == 0:
            outcome: dict[str, object] = json.loads(output.splitlines()[-1])
            return outcome
        if kill is None or status != -signal.SIGKILL:
            raise AssertionError(f"{kill} ended with status {status}: {output}")
        self.result.killed += 1
        return {}


@define
class _HeldResponse:
    """The plan of one upload: the response to the request at which the process is killed is held back."""

    _plan: FaultPlan
    kill: Kill | None = None

    def __call__(self, seen: ReceivedRequest) -> Fault | None:
        fault = self._plan(seen)
        kill = self.kill
        if kill is not None and kill.checkpoint is None and UploadRequest.parse(seen).kind is kill.request:
            return HELD_AFTER if kill.acted else HELD_BEFORE
        return None if fault is REFUSE else fault  # a worker process cannot reopen the proxy


async def _run_worker(task: WorkerTask, proxy: UnreliableProxy, kill: Kill | None) -> tuple[int, str]:
    """Run one process; return its exit status and what it printed."""
    async with (
        await anyio.open_process(WORKER, stderr=STDOUT, cwd=ROOT) as process,
        anyio.create_task_group() as tasks,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        await process.stdin.send(task.encode())
        await process.stdin.aclose()
        if kill is not None and kill.checkpoint is None:
            tasks.start_soon(_kill_while_held, process, proxy, HELD_AFTER.kind if kill.acted else HELD_BEFORE.kind)
        output = b"".join([piece async for piece in process.stdout])
        await process.wait()
        tasks.cancel_scope.cancel()
    return process.returncode or 0, output.decode(errors="replace")


async def _kill_while_held(process: Process, proxy: UnreliableProxy, kind: str) -> None:
    await proxy.until(kind, times=proxy.counts[kind] + 1)
    process.kill()


# What the wiki has at the end ----------------------------------------------------------------------------------------


def read_wiki(wiki: LocalWiki, prefix: str) -> tuple[dict[str, list[str]], dict[str, list[str]], Counter[str]]:
    """All versions of the files with that prefix, in the database and on disk, and how often each upload was logged."""
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
