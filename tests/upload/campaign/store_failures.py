"""Uploads through a file store that fails once, at each of its steps in turn: which of them arrived, and which not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import Factory, define, field, frozen

from mwclient_async import RemoteFile, RetryPolicy, Site, UploadMethod, UploadResult
from mwclient_async.errors import MediaWikiError
from mwclient_async.testing import LocalWiki
from tests.support.image_files import png, sha1
from tests.support.unreliable_store import count_steps, fail_at
from tests.support.uploads import Account, JobClock, serving, versions

EVERY_STEP = range(1, 200)
SIZE = 7_000  # bytes: three chunks
CHUNKED = {"method": UploadMethod.CHUNKED, "chunk_size": 3_000}


@frozen(kw_only=True)
class Way:
    """A way to upload. ``replaces`` a file that exists; ``from_url``: the wiki fetches the file."""

    name: str
    options: dict[str, Any] = field(factory=dict)
    replaces: bool = False
    from_url: bool = False


IN_CHUNKS = Way(name="chunks", options=CHUNKED)
BY_JOBS = Way(name="jobs", options={**CHUNKED, "asynchronous": True})
IN_ONE_REQUEST = Way(name="one request", options={"ignore_warnings": {"exists"}}, replaces=True)
FROM_URL = Way(name="URL", options={"ignore_warnings": {"exists"}}, replaces=True, from_url=True)
FROM_URL_BY_JOBS = Way(name="URL, jobs", options={"ignore_warnings": True, "asynchronous": True}, from_url=True)
WAYS = (IN_CHUNKS, BY_JOBS, IN_ONE_REQUEST, FROM_URL)


@define
class StoreResult:
    """What became of the uploads of one way. ``raised`` and ``wrong`` are by the number and name of the step."""

    way: str
    done: int = 0
    verified: int = 0
    raised: dict[str, MediaWikiError] = Factory(dict)
    wrong: dict[str, list[str | None]] = Factory(dict)
    steps: Counter[str] = Factory(Counter)

    def count(self, step: str, done: UploadResult | None, error: MediaWikiError | None) -> None:
        """Count an upload by its result or its error."""
        self.steps[step.partition(" ")[2]] += 1
        if error is not None:
            self.raised[step] = error
        elif done is not None:
            self.done += 1
            self.verified += done.verified

    def __str__(self) -> str:
        raised = {step: type(error).__name__ for step, error in self.raised.items()}
        return (
            f"{self.way}: {self.done} uploads reported done ({self.verified} verified), {len(raised)} raised {raised}, "
            f"{len(self.wrong)} not on the wiki exactly once; steps that failed: {dict(sorted(self.steps.items()))}"
        )


async def upload_at_steps(
    wiki: LocalWiki, account: Account, way: Way, directory: Path, *, steps: Iterable[int] = EVERY_STEP
) -> StoreResult:
    """Upload one file for each of these steps of the store, until an upload does not reach its step."""
    result = StoreResult(way.name)
    policy = RetryPolicy(first_delay=0.01, longest_delay=0.05)
    for step in steps:
        clock = JobClock(wiki, after=0) if "asynchronous" in way.options else None
        async with account.site(wiki, retry=policy, clock=clock) as site:
            if not await _upload(site, wiki, way, directory, step, result):
                break
    return result


async def _upload(site: Site, wiki: LocalWiki, way: Way, directory: Path, step: int, result: StoreResult) -> bool:
    """Upload a file while the store fails at that step. Returns whether the step was reached."""
    path = png(directory / "file.png", SIZE, seed=hash((way.name, wiki.version, step)))
    filename = f"{way.name} {step}.png"
    if way.replaces:
        await site.upload(png(directory / "old.png", 2_000, seed=step), filename=filename, ignore_warnings=True)
    async with serving(path.read_bytes()) as server:
        source = RemoteFile(f"{server.url}/0") if way.from_url else path
        fail_at(wiki, step)
        done, error = None, None
        try:
            done = await site.upload(source, filename=filename, **way.options)
        except MediaWikiError as caught:
            error = caught
    names = count_steps(wiki)
    if step > len(names):
        return False
    result.count(f"{step} {names[step - 1]}", done, error)
    # The old version may lack its SHA-1: MediaWiki forgets its archive name if the store cannot read its status.
    found = await versions(site, filename)
    if found[:1] != [sha1(path)] or len(found) != 1 + way.replaces:
        result.wrong[f"{step} {names[step - 1]}"] = found
    return True
