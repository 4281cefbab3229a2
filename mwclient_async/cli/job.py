"""What a command works with: the site it opens, and where its rows go."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from mwclient_async import Cursor, Event, Paused, Retrying, Site, SiteOptions, Stream, StreamRun
from mwclient_async.cli import logins
from mwclient_async.cli.bars import bar
from mwclient_async.cli.exits import UsageError
from mwclient_async.cli.output import JsonLines, TableRows, print_fields
from mwclient_async.cli.resume_file import ResumeFile
from mwclient_async.cli.wikis import Wiki, choose

_BETWEEN_POSITIONS = 2.0
"""Seconds between two positions that are stored while a command runs."""


@frozen(kw_only=True)
class Job:
    """One command: the options that all commands have."""

    wiki_name: str | None
    user_agent: str | None
    force_json: bool

    @property
    def json(self) -> bool:
        """Whether to print JSON Lines."""
        return self.force_json or not sys.stdout.isatty()

    @property
    def wiki(self) -> Wiki:
        """The wiki that the command is for."""
        return choose(self.wiki_name, user_agent=self.user_agent)

    @asynccontextmanager
    async def site(self) -> AsyncIterator[Site]:
        """The wiki, opened with the login of the environment or of ``mwa login``. A renewed login is stored."""
        wiki = self.wiki
        login = logins.of(wiki)
        async with _opened(wiki, login) as site:
            yield site
            if login.state is not None and (state := site.login_state()) != login.state:
                logins.store(wiki, login, state)

    def resume_file(self, path: Path | None, *command: str) -> ResumeFile:
        """The file of ``--resume`` for this command."""
        return ResumeFile(path, " ".join(command), wiki=self.wiki.api_url)

    async def show(
        self,
        make: Callable[[int | None], Stream[Any]],
        *,
        limit: int | None = None,
        file: ResumeFile,
        live: bool = False,
    ) -> None:
        """Print the rows of a stream, from the position of the file on. ``make`` gives the stream with this limit."""
        position = file.read()
        start = None if position is None else _cursor(position, file.path)
        left = None if limit is None else max(0, limit - (start.count if start else 0))
        stream = make(left) if start is None else make(left).resume(start)
        async with stream.open() as run:
            if live:  # the time from which on the list is followed, so that no event is lost before the first row
                file.write(run.cursor)
            await self._print(run, file, live=live)
        file.remove()

    async def _print(self, run: StreamRun[Any], file: ResumeFile, *, live: bool) -> None:
        rows = JsonLines() if self.json else TableRows(live=live)
        stored = time.monotonic()
        try:
            with bar("rows", shown=not sys.stdout.isatty()) as move:
                async for row in run:
                    rows.add(row)
                    move(run)
                    if time.monotonic() - stored > _BETWEEN_POSITIONS:
                        rows.flush()
                        file.write(run.cursor)
                        stored = time.monotonic()
        except OSError:  # the rows could not be written: the position that was stored last stays
            raise
        except BaseException:
            rows.flush()
            if run.done or live:
                file.write(run.cursor)
                _tell_position(run, file)
            raise
        rows.flush()

    def print(self, fields: Mapping[str, Any]) -> None:
        """Print one result."""
        print_fields(fields, as_json=self.json)


@asynccontextmanager
async def _opened(wiki: Wiki, login: logins.Login) -> AsyncIterator[Site]:
    options: SiteOptions = {"auth": login.auth, "login_state": login.state, "on_event": tell_wait}
    if wiki.api_url.endswith(".php"):
        async with Site(wiki.api_url, user_agent=wiki.user_agent, **options) as site:
            yield site
    elif login.auth is not None or login.state is not None:
        raise UsageError(f"{wiki.api_url} is a page: to log in, give the address of api.php, which Special:Version has")
    else:
        async with Site.discover(wiki.api_url, user_agent=wiki.user_agent, **options) as site:
            yield site


def tell_wait(event: Event) -> None:
    """Say at a terminal why nothing happens: a request that is sent again later, or a pause that the wiki wants."""
    if not sys.stderr.isatty():
        return
    if isinstance(event, Retrying):
        sys.stderr.write(f"mwa: trying again in {event.after:.0f} s: {event.cause}\n")
    elif isinstance(event, Paused):
        sys.stderr.write(f"mwa: the wiki asks for a pause of {event.seconds:.0f} s: {event.cause}\n")


def _cursor(position: str, path: Path | None) -> Cursor:
    try:
        return Cursor.parse(position)
    except ValueError:
        raise UsageError(f"{path} has no position of a stream: give another file, or remove it") from None


def _tell_position(run: StreamRun[Any], file: ResumeFile) -> None:
    sys.stderr.write(f"mwa: ended after {run.done:,} row{'' if run.done == 1 else 's'}. {file.advice}".rstrip() + "\n")
