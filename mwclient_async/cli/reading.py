"""The commands that read: list, query, history, search, follow, get, compare, info."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mwclient_async.cli.app import app
from mwclient_async.cli.command import BatchSize, Limit, Parameters, Resume, command, named
from mwclient_async.cli.exits import UsageError
from mwclient_async.cli.job import Job
from mwclient_async.cli.output import JsonLines, print_diff, print_text

Title = Annotated[str, typer.Argument(metavar="TITLE", help="The title of a page.")]
Module = Annotated[str, typer.Argument(metavar="LIST", help="A list of the wiki, such as allpages or recentchanges.")]


@command(app, "list", example="mwa list allpages prefix=E --limit 20")
async def list_rows(
    job: Job,
    module: Module,
    parameters: Parameters = None,
    *,
    limit: Limit = None,
    batch_size: BatchSize = None,
    resume: Resume = None,
) -> None:
    """Print the rows of a list; parameters without the list's prefix (https://www.mediawiki.org/wiki/API:Lists)."""
    given = named(parameters, options=["limit", "batch_size"])
    file = job.resume_file(resume, "list", module, *(parameters or ()))
    async with job.site() as site:
        await job.show(
            lambda left: site.list(module, limit=left, batch_size=batch_size, **given), limit=limit, file=file
        )


@command(app, "query", example="mwa query generator=allpages gapprefix=E prop=info --limit 20")
async def query(
    job: Job,
    parameters: Parameters = None,
    *,
    limit: Limit = None,
    batch_size: BatchSize = None,
    resume: Resume = None,
) -> None:
    """Print the pages of a query, each whole (https://www.mediawiki.org/wiki/API:Query)."""
    given = named(parameters, options=["limit", "batch_size"])
    file = job.resume_file(resume, "query", *(parameters or ()))
    async with job.site() as site:
        await job.show(lambda left: site.query(limit=left, batch_size=batch_size, **given), limit=limit, file=file)


@command(app, "history", example="mwa history Earth --limit 5")
async def history(
    job: Job,
    title: Title,
    *,
    older_than: Annotated[int | None, typer.Option(help="Begin below this revision, newest first.")] = None,
    newer_than: Annotated[int | None, typer.Option(help="Begin above this revision, oldest first.")] = None,
    limit: Limit = None,
    resume: Resume = None,
) -> None:
    """Print the revisions of a page, newest first."""
    bounds = [f"older-than={older_than}"] * bool(older_than) + [f"newer-than={newer_than}"] * bool(newer_than)
    file = job.resume_file(resume, "history", title, *bounds)
    async with job.site() as site:
        await job.show(
            lambda left: site.rest.history(title, older_than=older_than, newer_than=newer_than, limit=left),
            limit=limit,
            file=file,
        )


@command(app, "search", example="mwa search planet --limit 5")
async def search(
    job: Job,
    words: Annotated[str, typer.Argument(metavar="WORDS", help="What to search for.")],
    parameters: Parameters = None,
    *,
    limit: Limit = None,
    batch_size: BatchSize = None,
    resume: Resume = None,
) -> None:
    """Print the pages in which words are found."""
    if any(parameter.partition("=")[0] == "search" for parameter in parameters or ()):
        raise UsageError("the words to search for are the first argument, and not a parameter")
    given = named(parameters, options=["limit", "batch_size"])
    file = job.resume_file(resume, "search", words, *(parameters or ()))
    async with job.site() as site:
        await job.show(
            lambda left: site.list("search", limit=left, batch_size=batch_size, search=words, **given),
            limit=limit,
            file=file,
        )


@command(app, "follow", example="mwa follow recentchanges type=edit --limit 1")
async def follow(
    job: Job,
    module: Module,
    parameters: Parameters = None,
    *,
    every: Annotated[float, typer.Option(min=0, help="Seconds between two requests.")] = 10.0,
    limit: Limit = None,
    batch_size: BatchSize = None,
    resume: Resume = None,
) -> None:
    """Print the new rows of a list of events as they come, without an end."""
    given = named(parameters, options=["limit", "batch_size"])
    file = job.resume_file(resume, "follow", module, *(parameters or ()))
    async with job.site() as site:
        await job.show(
            lambda left: site.list(module, limit=left, batch_size=batch_size, **given).follow(every=every),
            limit=limit,
            file=file,
            live=True,
        )


@command(app, "get", example="mwa get Earth")
async def get(
    job: Job, title: Title, *, section: Annotated[int | None, typer.Option(min=0, help="Its number.")] = None
) -> None:
    """Print the wikitext of a page, as it is; as JSON only with --json."""
    async with job.site() as site:
        text = await site.page(title).text(section=section)
    if job.force_json:
        JsonLines().add({"title": title, "text": text})
    else:
        print_text(text)


@command(app, "compare", example="mwa compare 2 3")
async def compare(
    job: Job,
    older: Annotated[int, typer.Argument(help="The id of a revision.")],
    newer: Annotated[int, typer.Argument(help="The id of another revision of the same page.")],
) -> None:
    """Print the lines in which two revisions differ."""
    async with job.site() as site:
        diff = await site.rest.compare(older, newer)
    if not job.json:
        print_diff(diff)
        return
    rows = JsonLines()
    for line in diff.lines:
        rows.add(line)


@command(app, "info", example="mwa info")
async def info(job: Job) -> None:
    """Print what the wiki says of itself, and of the account that mwa is logged in with."""
    async with job.site() as site:
        wiki, account = await site.info(), await site.userinfo()
    general: dict[str, Any] = wiki.general.to_dict()
    names = ("sitename", "generator", "lang", "base", "articlepath")
    numbers = {name: count for name, count in wiki.statistics.to_dict().items() if isinstance(count, int)}
    job.print(
        {
            **{name: general.get(name) for name in names},
            **numbers,
            "account": account.name,
            "groups": list(account.groups),
        }
    )
