"""Runs the five bots of ``docs/bots.md``, ours and those of the other clients: ``python -m benchmarks.ports``.

Each client has a new wiki with the same pages. After each program, what it printed, wrote, edited and uploaded is
compared with what ours did. The wiki counts the requests.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import tempfile
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import anyio
import anyio.to_thread
from attrs import frozen

from benchmarks.ports.clients import OURS, PEAK, PROGRAMS, ROOT, Client, clients, lines
from benchmarks.ports.results import (
    LONG,
    LONG_REVISIONS,
    LONG_SIZE,
    STOP,
    Result,
    pages,
    result,
    upload_photos,
    write_files,
)
from mwclient_async import BotPassword, Site
from mwclient_async.testing import LocalWiki
from mwclient_async.testing.roots import find_root

PAGE = ROOT / "docs" / "bots.md"
BEGIN, END = "<!-- counted: written by `make ports` -->", "<!-- end of what was counted -->"
TITLES = {
    "moons": "pages from a CSV file",
    "words": "words per revision",
    "photos": "files and a category",
    "quiet": "quiet pages",
    "featured": "featured topic",
}
MEDIAWIKI = "1.43"
WITHOUT_LOGIN = "words"
AGAIN = "moons again"
RUNS = {"moons": "moons", AGAIN: "moons", **{name: name for name in PROGRAMS[1:]}}
"""Each run in their order, and its program."""
SETTINGS = """$wgEnableUploads = true;
if ( PHP_SAPI === 'cli-server' ) { file_put_contents( __DIR__ . '/requests.txt', "+", FILE_APPEND | LOCK_EX ); }
"""


@frozen(kw_only=True)
class Run:
    """What one program did, and with how many requests."""

    requests: int
    result: Result


class Different(Exception):
    """A program did something else than ours, or failed."""


async def run_client(client: Client, node_modules: Path | None) -> dict[str, Run]:
    """Run the programs of one client, one after the other, on one wiki."""
    runs: dict[str, Run] = {}
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        write_files(directory)
        async with LocalWiki(version=MEDIAWIKI, settings=SETTINGS, runs_jobs=False) as wiki:
            await wiki.create_user("DemoBot", groups=["bot"])
            auth = await wiki.create_bot_password("DemoBot", "uploads")
            admin = await wiki.create_bot_password(wiki.admin_name)
            await wiki.seed(pages())
            await upload_photos(wiki, admin)
            await wiki.run_jobs()
            client.prepare(directory, auth, node_modules)
            for run, program in RUNS.items():
                if program == "quiet":
                    await check_stop(client, wiki, auth, admin, directory)
                before = requests(wiki)
                done = await anyio.to_thread.run_sync(client.run, program, wiki, auth, directory)
                sent = requests(wiki) - before
                if done.returncode:
                    raise Different(f"{client.name}, {run}: {done.stderr[-2000:]}")
                runs[run] = Run(requests=sent, result=await result(wiki, done.stdout, written(directory)))
                if program == "words":
                    await check_history(client, wiki, auth, directory)
    return runs


async def check_stop(client: Client, wiki: LocalWiki, auth: BotPassword, admin: BotPassword, directory: Path) -> None:
    """The program must fail, and edit nothing, while its stop page has a text."""
    async with Site(wiki.api_url, user_agent="PortsOfBots/1.0 (ports@example.org)", auth=admin) as site:
        await site.page(STOP).save("Stop!")
        before = await result(wiki, "", "")
        done: subprocess.CompletedProcess[str]
        done = await anyio.to_thread.run_sync(client.run, "quiet", wiki, auth, directory)
        if not done.returncode or await result(wiki, "", "") != before:
            raise Different(f"{client.name}: its stop page has a text, and it did not stop: {done.stdout}")
        await site.page(STOP).save("")


async def check_history(client: Client, wiki: LocalWiki, auth: BotPassword, directory: Path) -> None:
    """A page that does not exist is an error, and a long history is not held in memory as a whole."""
    file, before = directory / "words.csv", peak(directory)
    kept = file.read_bytes()
    done: subprocess.CompletedProcess[str]
    done = await anyio.to_thread.run_sync(client.run, "words", wiki, auth, directory, "No such page")
    if not done.returncode:
        raise Different(f"{client.name}: it took a page that does not exist for one without revisions")
    done = await anyio.to_thread.run_sync(client.run, "words", wiki, auth, directory, LONG)
    grown, rows = peak(directory) - before, len(file.read_text(encoding="utf-8").splitlines()) - 1
    if done.returncode or rows != LONG_REVISIONS:
        raise Different(f"{client.name}: {rows} of {LONG_REVISIONS} revisions: {done.stderr[-2000:]}")
    print(f"{client.name}: {grown / 2**20:.0f} MiB more for {LONG_REVISIONS * LONG_SIZE / 2**20:.0f} MiB of texts")
    if grown > LONG_REVISIONS * LONG_SIZE * 3 / 4:
        raise Different(f"{client.name}: it holds the whole history")
    file.write_bytes(kept)


def peak(directory: Path) -> int:
    """The most memory that the last program had, in bytes."""
    return int((directory / PEAK).read_text()) * 1024


def requests(wiki: LocalWiki) -> int:
    """The number of requests that the wiki has had."""
    return len((wiki.directory / "requests.txt").read_bytes())


def written(directory: Path) -> str:
    """What the programs have written so far."""
    return "\n".join(path.read_text(encoding="utf-8") for path in directory.glob("words.csv"))


def compare(client: Client, runs: dict[str, Run], ours: dict[str, Run]) -> None:
    """Raises Different if a program of this client did something else than ours."""
    for name, run in runs.items():
        for part in ("printed", "written", "edits", "uploads"):
            theirs, mine = Counter(getattr(run.result, part)), Counter(getattr(ours[name].result, part))
            if theirs != mine:
                only = f"only theirs: {[*(theirs - mine)][:5]}; only ours: {[*(mine - theirs)][:5]}"
                raise Different(f"{client.name}, {name}: other {part}. {only}")


def table(found: list[Client], runs: dict[str, dict[str, Run]]) -> str:
    """The table of lines and requests."""
    head = " | ".join(f"{client.name} {client.version}" for client in found)
    rows = [f"| lines, requests | {head} |", "|---" * (len(found) + 1) + "|"]
    for title, programs in [*((TITLES[name], [name]) for name in PROGRAMS), ("all five", [*PROGRAMS])]:
        cells = " | ".join(cell(client, programs, runs[client.name]) for client in found)
        rows.append(f"| {title} | {cells} |")
    again = " | ".join(str(runs[client.name][AGAIN].requests) for client in found)
    rows.append(f"| the first one again, when all pages have their texts | {again} |")
    return "\n".join(rows)


def cell(client: Client, programs: list[str], runs: dict[str, Run]) -> str:
    """The lines and requests of one client in these programs."""
    count = sum(lines(client.programs[program], client.suffix) for program in programs)
    configured = sum(client.configuration for program in programs if program != WITHOUT_LOGIN)
    sent = sum(runs[program].requests for program in programs)
    return f"{count}{f' + {configured}' if configured else ''}, {sent}"


async def main(node_modules: Path | None, only: Collection[str], *, write: bool) -> None:
    found = [client for client in clients(node_modules) if not only or client.name in {OURS, *only}]
    runs: dict[str, dict[str, Run]] = {}
    for client in found:
        runs[client.name] = await run_client(client, node_modules)
        compare(client, runs[client.name], runs[found[0].name])
        print(f"{client.name}: the same results", flush=True)
    text = (
        f"{table(found, runs)}\n\nMediaWiki {find_root(version=MEDIAWIKI).version}, Python {platform.python_version()}."
    )
    print(text)
    if write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ports", description=__doc__)
    parser.add_argument("--node-modules", type=Path, help="where the packages for Node.js are installed")
    parser.add_argument("--only", nargs="+", default=(), metavar="CLIENT", help="ours and these clients")
    parser.add_argument("--write", action="store_true", help="write the table into docs/bots.md")
    given = parser.parse_args()
    anyio.run(lambda: main(given.node_modules, given.only, write=given.write))
