"""The command that crawls: whole wikis, into files."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from attrs import frozen

from mwclient_async import SiteOptions
from mwclient_async.cli import logins
from mwclient_async.cli.app import app
from mwclient_async.cli.bars import bar
from mwclient_async.cli.command import BatchSize, Parameters, command, named
from mwclient_async.cli.exits import UsageError
from mwclient_async.cli.job import Job
from mwclient_async.cli.wikis import Wiki

if TYPE_CHECKING:
    from mwclient_async.dask import Crawl, Inputs, JsonLines, Parquet, TimeWindows, TitleRanges

_TIMES = ("recentchanges", "logevents", "usercontribs", "allrevisions")


@frozen
class StoredLogin:
    """Reads the login of ``mwa`` where a worker runs."""

    wiki: Wiki

    def __call__(self) -> SiteOptions:
        """The options with which a Site logs in."""
        login = logins.of(self.wiki)
        return {"auth": login.auth, "login_state": login.state}


@command(
    app, "crawl", example="mwa crawl pages generator=allpages --namespaces 0 --namespaces 6 --shards 2 --workers 1"
)
async def crawl(
    job: Job,
    sink: Annotated[
        str, typer.Argument(metavar="SINK", help="A directory, or an address of fsspec: s3://bucket/pages.")
    ],
    parameters: Parameters = None,
    *,
    file: Annotated[Path | None, typer.Option(help="A file with a title in each line, instead of a generator.")] = None,
    namespaces: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="A namespace of a generator or list of titles, or 'all'. Repeat it."),
    ] = None,
    shards: Annotated[int, typer.Option(min=1, help="How many parts the titles or the time are divided into.")] = 16,
    batch_size: BatchSize = None,
    form: Annotated[Literal["jsonl", "parquet"], typer.Option("--format", help="The form of the files.")] = "jsonl",
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A Dask cluster; without it, one on this machine is started.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes on this machine.")] = None,
) -> None:
    """Fetch a whole generator (generator=allpages) or list (list=recentchanges) into files. Run again, it continues."""
    given = named(parameters, options=["batch_size"])
    if batch_size is not None:
        given["batch_size"] = batch_size
    try:
        from mwclient_async.dask import CrawlError, SinkMismatch
    except ModuleNotFoundError as error:
        raise UsageError(str(error)) from None
    with _mistakes(CrawlError):
        crawl = _crawl_of(job, sink, given, _plan_of(given, file, namespaces, shards), form=form)
    with bar("rows", shown=sys.stderr.isatty()) as move, _mistakes(SinkMismatch):
        result = await crawl.run(scheduler, workers=workers, on_progress=move)
    job.print({"rows": result.rows, "parts": len(result.parts), "requests": result.requests, "shards": result.shards})
    if result.left_out:
        raise CrawlError(
            f"larger than a response of the wiki may be, so that it was left out: {result.left_out[0]}. result.json in "
            f"the sink has all that is missing, in left_out: {len(result.left_out):,}"
        )


@contextmanager
def _mistakes(kind: type[Exception]) -> Iterator[None]:
    """A list that cannot be divided, and a sink that has another crawl, are mistakes in the command."""
    try:
        yield
    except kind as error:
        raise UsageError(str(error)) from None


def _plan_of(
    given: Mapping[str, Any], file: Path | None, namespaces: list[str] | None, shards: int
) -> Inputs | TimeWindows | TitleRanges:
    from mwclient_async.dask import Inputs, TimeWindows, TitleRanges

    module = given.get("list")
    if sum(source is not None for source in (module, given.get("generator"), file)) != 1:
        raise UsageError("what to crawl? Write one of generator=allpages, list=recentchanges and --file TITLES")
    if namespaces and (file is not None or module in _TIMES):
        advice = "the file has the titles" if file is not None else "write namespace=NUMBER, as often as needed"
        raise UsageError(f"--namespaces divides a generator or a list of titles: {advice}")
    if file is not None:
        return Inputs(file=file)
    if module in _TIMES:
        return TimeWindows(shards=shards)
    return TitleRanges(shards=shards, namespaces=_numbers(namespaces))


def _numbers(namespaces: list[str] | None) -> tuple[int, ...] | Literal["all"] | None:
    """The option as the plan takes it."""
    if not namespaces:
        return None
    if namespaces == ["all"]:
        return "all"
    if not all(one.isdecimal() for one in namespaces):
        raise UsageError(f"--namespaces {' '.join(namespaces)}: give numbers, each with its own --namespaces, or 'all'")
    return tuple(map(int, namespaces))


def _crawl_of(
    job: Job,
    sink: str,
    given: dict[str, Any],
    plan: Inputs | TimeWindows | TitleRanges,
    *,
    form: Literal["jsonl", "parquet"],
) -> Crawl:
    from mwclient_async.dask import Crawl, JsonLines, Pages, Parquet, Rows, Wiki as CrawledWiki

    wiki = job.wiki
    if not wiki.api_url.endswith(".php"):
        raise UsageError(f"{wiki.api_url} is a page: give the address of api.php, which Special:Version has")
    module = given.pop("list", None)
    target: JsonLines | Parquet = Parquet(sink) if form == "parquet" else JsonLines(sink)
    return Crawl(
        wikis=CrawledWiki(api_url=wiki.api_url, user_agent=wiki.user_agent, options=StoredLogin(wiki)),
        query=Pages(**given) if module is None else Rows(module, **given),
        plan=plan,
        sink=target,
    )
