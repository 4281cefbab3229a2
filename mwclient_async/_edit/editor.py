"""How the pages of a site are edited: one edit of a page at a time, with the site's manners.

The manual's page is https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from attrs import define, evolve, field

from mwclient_async._edit.bot_exclusion import admits
from mwclient_async._edit.edits import Edit, Undo, check_presence, edit, read_base, read_text, undo
from mwclient_async._edit.sections import find_section, put_back
from mwclient_async._http.params import checked_text
from mwclient_async._http.text_normalization import stored_form
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.lock_keys import page_lock_key, title_lock_key
from mwclient_async._session.observers import log
from mwclient_async._session.session import Session
from mwclient_async.errors import (
    ApiErrorItem,
    BotsExcluded,
    BotStopped,
    EditConflict,
    InvalidTitle,
    PageExists,
    PageMissing,
)
from mwclient_async.models.edit_defaults import EditDefaults
from mwclient_async.models.edits import EditOutcome, EditResult

Transform = Callable[[str], str | Awaitable[str | None] | None]
"""From a page's text to what it should say; None, or the same text, for no change."""

Known = tuple[str | None, BaseRevision]
"""What has been read of a page already: its text, None for a page that is not there, and its revision."""


class _ConflictError(Exception):
    """Nothing was saved on that base, because somebody else was quicker."""

    def __init__(self, error: EditConflict | PageExists | PageMissing, base: BaseRevision) -> None:
        super().__init__(error)
        self.error = error
        self.base = base


@define(eq=False)
class Editor:
    """The edits of one site."""

    session: Session
    defaults: EditDefaults = field(factory=EditDefaults)
    _asked: float | None = None  # when the stop page was last read
    _order: str = ""  # what it said
    _asking: anyio.Lock = field(factory=anyio.Lock)

    async def write(self, change: Edit, base: BaseRevision | None, *, remembered: bool = False) -> EditResult:
        """Do one edit, based on that, or on what the page is by now, as far as we made it where ``remembered``."""
        await self._check_manners(change)
        async with self.session.lock_titles([_key(change)]):
            if base is None and remembered:
                base = self.session.known_revisions.get(_key(change))
            return await self._send(change, base)

    async def undo(self, change: Undo) -> EditResult:
        """Undo revisions of a page."""
        await self._check_manners(change)
        async with self.session.lock_titles([_key(change)]):
            self.session.known_revisions.forget(_key(change))
            if self.defaults.dry_run:
                _, base = await self.session.run_flow(read_base(change.page))
                check_presence(change.page, base)
                return _without_change(change.page, base, EditOutcome.DRY_RUN)
            change = evolve(change, page=await self._flagged(change.page))
            return self._remembered(change, await self.session.run_flow(undo(change)))

    async def transform(
        self, change: Edit, transform: Transform, *, section: int | None, known: Known | None, conflicts: int
    ) -> EditResult:
        """Read, transform and write, again where somebody else was quicker. ``known`` is what has been read already."""
        pageid = 0
        for left in reversed(range(conflicts + 1)):
            await self._check_stopped()
            try:
                return await self._transform(change, transform, section, known, pageid)
            except _ConflictError as overtaken:
                if not left:
                    raise overtaken.error from overtaken.error.__cause__
                known, pageid = None, overtaken.base.pageid
                log.debug("%s has been changed meanwhile: reading it again", change.name)
        raise AssertionError("there is a last one")

    async def _transform(
        self, change: Edit, transform: Transform, section: int | None, known: Known | None, pageid: int
    ) -> EditResult:
        """The lock is kept while a plain function works, so that our own tasks do not disturb one another."""
        async with self.session.lock_titles([_key(change)]):
            text, base = known if known is not None else await self.session.run_flow(read_text(change))
            _check_same(change, base, pageid)
            self._check_excluded(change, text or "")
            place = slice(0, len(text or ""))
            if section is not None:
                place = await self.session.run_flow(find_section(text or "", section, base.revid))
            finish = partial(self._finish, change, text or "", base, place)
            made = transform((text or "")[place])
            if not inspect.isawaitable(made):
                return await finish(made)
        made = await made
        async with self.session.lock_titles([_key(change)]):
            return await finish(made)

    async def _finish(self, change: Edit, text: str, base: BaseRevision, place: slice, made: object) -> EditResult:
        if made is None or made == text[place]:
            return _without_change(change, base)
        if not isinstance(made, str):
            raise TypeError(f"the transform of {change.name} gave a value of type {type(made).__name__}: give a text")
        new = checked_text("what the transform gave", put_back(text, place, made))
        if stored_form(new) == text:
            return _without_change(change, base)
        try:
            return await self._send(evolve(change, text=new), base)
        except (EditConflict, PageExists, PageMissing) as error:
            raise _ConflictError(error, base) from error

    async def _send(self, change: Edit, base: BaseRevision | None) -> EditResult:
        self.session.known_revisions.forget(_key(change))
        if self.defaults.dry_run:
            base = base or (await self.session.run_flow(read_base(change)))[1]
            check_presence(change, base)
            return _without_change(change, base, EditOutcome.DRY_RUN)
        change = await self._flagged(change)
        return self._remembered(change, await self.session.run_flow(edit(change, base, policy=self.session.retry)))

    def _remembered(self, change: Edit | Undo, result: EditResult) -> EditResult:
        since = result.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ") if result.timestamp is not None else ""
        made = BaseRevision(revid=result.revid, pageid=result.pageid, since=since)
        self.session.known_revisions.remember(_key(change), made)
        return result

    async def _flagged(self, change: Edit) -> Edit:
        if not change.bot or "bot" in change.params or "bot" not in (await self.session.account()).rights:
            return change
        return evolve(change, params={**change.params, "bot": "1"})

    # Manners ---------------------------------------------------------------------------------------------------------

    async def _check_manners(self, change: Edit | Undo) -> None:
        await self._check_stopped()
        if self.defaults.obey_bots is not None:
            page = change.page if isinstance(change, Undo) else change
            text, _ = await self.session.run_flow(read_text(page))
            self._check_excluded(page, text or "")

    def _check_excluded(self, change: Edit, text: str) -> None:
        bot = self.defaults.obey_bots
        if bot is not None and not admits(text, bot):
            raise BotsExcluded(f"{change.name} was not edited: it excludes {bot!r} by {{{{bots}}}} or {{{{nobots}}}}")

    async def _check_stopped(self) -> None:
        page, now = self.defaults.stop_page, self.session.clock.now
        if page is None:
            return
        async with self._asking:
            if self._asked is None or now() - self._asked >= self.defaults.stop_every:
                try:
                    text, _ = await self.session.run_flow(read_text(Edit(title=page)))
                except InvalidTitle as error:
                    raise ValueError(f"EditDefaults(stop_page={page!r}): {error}") from error
                self._asked, self._order = now(), (text or "").strip()
        if self._order:
            raise BotStopped(f"nothing was edited: {page!r} says {self._order[:80]!r}")


def _check_same(change: Edit, base: BaseRevision, pageid: int) -> None:
    """A page that was moved away leaves a redirect, or another page comes in its place: that is not what we edit."""
    if pageid and base.pageid and base.pageid != pageid:
        text = f"{change.name} was moved or deleted meanwhile, and another page has its title"
        raise EditConflict((ApiErrorItem(code="editconflict", text=text),))
    check_presence(change, base)


def _key(change: Edit | Undo) -> str:
    page = change.page if isinstance(change, Undo) else change
    return title_lock_key(page.title) if page.title else page_lock_key(page.pageid)


def _without_change(change: Edit, base: BaseRevision, outcome: EditOutcome = EditOutcome.UNCHANGED) -> EditResult:
    return EditResult(
        title=change.title, pageid=base.pageid or change.pageid, outcome=outcome, revid=base.revid, oldrevid=base.revid
    )
