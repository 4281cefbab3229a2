"""The commands that write, and those that transfer files: edit, upload, download, login."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import anyio
import typer

from mwclient_async import Checkpoint, EditResult, MediaWikiError, Missing, PageHandle, Site, UploadWarnings
from mwclient_async.cli import logins
from mwclient_async.cli.app import app
from mwclient_async.cli.bars import bar
from mwclient_async.cli.command import Resume, command
from mwclient_async.cli.exits import UsageError
from mwclient_async.cli.interrupts import interruptible
from mwclient_async.cli.job import Job
from mwclient_async.cli.reading import Title
from mwclient_async.cli.resume_file import ResumeFile

_BEGINS_ANEW = "Without --resume FILE, the same command begins anew"
Comment = Annotated[str, typer.Option(help="The summary of the upload.")]
Summary = Annotated[str, typer.Option("--summary", "-s", help="The edit summary.")]


@command(app, "edit", example="mwa edit Sandbox --append ' A sentence.' --summary 'adds a sentence' --create")
async def edit(
    job: Job,
    title: Title,
    *,
    append: Annotated[str | None, typer.Option(metavar="TEXT", help="Add this at the end.")] = None,
    prepend: Annotated[str | None, typer.Option(metavar="TEXT", help="Add this at the beginning.")] = None,
    replace: Annotated[tuple[str, str] | None, typer.Option(metavar="OLD NEW", help="Replace OLD by NEW.")] = None,
    file: Annotated[Path | None, typer.Option(help="The new text of the page; '-' reads it from a pipe.")] = None,
    create: Annotated[bool, typer.Option("--create", help="Create the page if it does not exist.")] = False,
    summary: Summary = "",
) -> None:
    """Edit a page, once, even if the wiki's reply is lost. Give one of --append, --prepend, --replace and --file."""
    ways = [append, prepend, replace, file]
    if sum(way is not None for way in ways) != 1:
        raise UsageError("what to edit? Write one of --append, --prepend, --replace and --file")
    text = None if file is None else _read(file)
    async with job.site() as site:
        page = site.page(title)
        missing: Missing = "create" if create else "raise"
        with _if_interrupted(lambda: "The edit may have been saved: look at the page's history"):
            if append is not None:
                result = await page.append(append, summary=summary, missing=missing)
            elif prepend is not None:
                result = await page.prepend(prepend, summary=summary, missing=missing)
            elif replace is not None:
                result = await _replace(page, *replace, summary=summary)
            else:
                assert text is not None
                result = await page.save(text, summary=summary, missing=missing)
    job.print(result.to_dict())


def _read(file: Path) -> str:
    with interruptible():
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")


@contextmanager
def _if_interrupted(say: Callable[[], str]) -> Iterator[None]:
    """After Ctrl-C or SIGTERM, say what is left."""
    try:
        yield
    except anyio.get_cancelled_exc_class():
        sys.stderr.write(f"mwa: interrupted. {say()}\n")
        raise


async def _replace(page: PageHandle, old: str, new: str, *, summary: str) -> EditResult:
    def transform(text: str) -> str:
        if not old or old not in text:
            raise UsageError(f"the page does not have {old!r}: nothing was saved")
        return text.replace(old, new)

    return await page.edit(transform, summary=summary)


@command(app, "upload", example="mwa upload Earth.png --name 'Earth from Apollo 17.png' --comment NASA")
async def upload(
    job: Job,
    source: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The file to upload.")],
    *,
    name: Annotated[str | None, typer.Option(help="Its name on the wiki; that of the file if it is left out.")] = None,
    comment: Comment = "",
    text: Annotated[str | None, typer.Option(help="The text of its page; the comment if it is left out.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="KIND", help="A kind of warning, such as exists.")] = None,
    chunk_size: Annotated[int, typer.Option(min=1, help="The size of a chunk in bytes.")] = 5 * 1024 * 1024,
    resume: Resume = None,
) -> None:
    """Upload a file, in chunks if it is large, and publish it once."""
    filename = name or source.name
    stored = job.resume_file(resume, "upload", str(source.resolve()), filename)
    checkpoint = _checkpoint(stored)
    async with job.site() as site:
        try:
            with _if_interrupted(lambda: stored.advice or _BEGINS_ANEW), bar(filename, of_bytes=True) as move:
                result = await site.upload(
                    source,
                    filename=filename,
                    comment=comment,
                    text=text,
                    ignore_warnings=ignore or (),
                    chunk_size=chunk_size,
                    checkpoint=checkpoint,
                    on_checkpoint=stored.write,
                    on_progress=move,
                )
        except MediaWikiError as error:
            if error.checkpoint is not None:
                stored.write(error.checkpoint)
                error.add_note(stored.advice)
            if isinstance(error, UploadWarnings):
                error.add_note(f"With mwa: {' '.join(f'--ignore {warning.kind}' for warning in error.warnings)}")
            raise
    stored.remove()
    found = result.imageinfo
    facts = {} if job.json or found is None else {"size": found.size, "sha1": found.sha1, "url": found.url}
    job.print(result.to_dict() if job.json else {"filename": result.filename, **facts})


def _checkpoint(stored: ResumeFile) -> Checkpoint | None:
    if (position := stored.read()) is None:
        return None
    try:
        return Checkpoint.parse(position)
    except ValueError:
        raise UsageError(f"{stored.path} has no position of an upload: give another file, or remove it") from None


@command(app, "download", example="mwa download Earth.png --to earth.png --overwrite")
async def download(
    job: Job,
    title: Annotated[str, typer.Argument(metavar="NAME", help="The name of a file on the wiki.")],
    *,
    to: Annotated[Path, typer.Option(help="A path, or a directory.")] = Path(),
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Download a file, and check it. A download that was interrupted continues where it ended."""
    async with job.site() as site:
        with _if_interrupted(lambda: "The same command continues it"), bar(title, of_bytes=True) as move:
            path = await site.file(title).download(to, overwrite=overwrite, on_progress=move)
    job.print({"path": str(path)})


@command(app, "login", example="mwa login --user DemoBot@uploads")
async def login(
    job: Job,
    *,
    user: Annotated[str | None, typer.Option(help="The account, or Account@application of a bot password.")] = None,
    keyring: Annotated[bool, typer.Option("--keyring", help="Store the password in this system's keyring.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Remove what was stored.")] = False,
) -> None:
    """Log in, and store the login for later commands. The password comes from MWA_PASSWORD, a keyring or a prompt."""
    wiki = job.wiki
    if forget:
        job.print({"wiki": wiki.api_url, "forgotten": logins.forget(wiki)})
        return
    auth = logins.ask(wiki, user=user)
    async with Site(wiki.api_url, user_agent=wiki.user_agent, auth=auth) as site:
        account = (await site.userinfo()).name
        if keyring:
            logins.keep_password(wiki, auth)
        path = logins.store(wiki, logins.Login(account=logins.account_of(auth), keyring=keyring), site.login_state())
    job.print({"wiki": wiki.api_url, "account": account, "stored": str(path)})
