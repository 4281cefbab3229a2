"""The edits of a site: each is checked against the site's EditDefaults, waits for its turn, and is sent.

- *Checks.* If the EditDefaults ask for it, the stop page is read first, and a page that excludes the bot is not edited.
- *Turns.* Edits of one page wait for each other, by a lock for its title.
- *Transforms.* A page is edited by a function from its text to the new text. After an edit conflict, the page is read
  and transformed again.

See https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

import inspect
import secrets
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
from attrs import define, evolve, field

from mwclient_async._edit.bot_exclusion import is_bot_allowed
from mwclient_async._edit.edits import Edit, Undo
from mwclient_async._edit.read_base import check_presence, read_base, read_text
from mwclient_async._edit.save_edit import read_undone_base, save_edit, undo_revisions
from mwclient_async._edit.sections import find_section, replace_section
from mwclient_async._http.params import checked_text, checked_title
from mwclient_async._http.text_normalization import stored_form
from mwclient_async._http.titled import title_of
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async._session.observers import log
from mwclient_async._session.session import Session
from mwclient_async._session.title_locks import page_lock_key, title_lock_key
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
"""A function from a page's text to its new text. It may be a coroutine function.

It returns None, or the same text, if the page needs no change. It may be called again after an edit conflict, with the
text that the page has then, so its result should depend on its argument only.
"""

TextAndBase = tuple[str | None, BaseRevision]
"""A page that was read: its text, None for a page that does not exist, and the revision of that text."""


class _ConflictError(Exception):
    """The edit was not saved on this base revision, because another user saved the page first."""

    def __init__(self, error: EditConflict | PageExists | PageMissing, base: BaseRevision) -> None:
        super().__init__(error)
        self.error = error
        self.base = base


@define(eq=False)
class Editor:
    """The edits of one site. Each method returns an EditResult, and raises the wiki's refusal or OutcomeUnknown."""

    session: Session
    defaults: EditDefaults = field(factory=EditDefaults)
    _stop_page_read_at: float | None = None  # by the site's clock
    _stop_page_text: str = ""
    _stop_page_lock: anyio.Lock = field(factory=anyio.Lock)

    async def write(self, edit: Edit, base: BaseRevision | None, *, use_known_base: bool = False) -> EditResult:
        """Save one edit on a base revision. If ``base`` is None, it is the page's latest revision.

        With ``use_known_base``, a latest revision that this site made itself is not read again.
        """
        await self._check_may_edit(edit)
        async with self.session.lock_titles([_lock_key(edit)]):
            if base is None and use_known_base:
                base = self.session.known_revisions.get(_lock_key(edit))
            return await self._send(edit, base)

    async def undo(self, undo: Undo) -> EditResult:
        """Undo revisions of a page."""
        await self._check_may_edit(undo.page)
        async with self.session.lock_titles([_lock_key(undo.page)]):
            self.session.known_revisions.forget(_lock_key(undo.page))
            if self.defaults.dry_run:
                _, base = await self.session.run_flow(read_undone_base(undo))
                return _unsaved_result(undo.page, base, EditOutcome.DRY_RUN)
            undo = evolve(undo, page=await self._with_bot_flag(undo.page))
            return self._remember(undo.page, await self.session.run_flow(undo_revisions(undo)))

    async def transform(
        self, edit: Edit, transform: Transform, *, section: int | None, already_read: TextAndBase | None, conflicts: int
    ) -> EditResult:
        """Read the page, transform its text, and save it; all that again after an edit conflict.

        ``already_read`` replaces the first read. Raises EditConflict after more than this number of ``conflicts``.
        """
        pageid = 0
        for conflicts_left in reversed(range(conflicts + 1)):
            await self._check_not_stopped()
            try:
                return await self._transform_once(edit, transform, section, already_read, pageid)
            except _ConflictError as conflict:
                if not conflicts_left:
                    raise conflict.error from conflict.error.__cause__
                already_read, pageid = None, conflict.base.pageid
                log.debug("%s has been changed by another edit: reading it again", edit.name)
        raise AssertionError("the last try returns or raises")

    async def _transform_once(
        self, edit: Edit, transform: Transform, section: int | None, already_read: TextAndBase | None, pageid: int
    ) -> EditResult:
        """The lock is held while a plain function runs, so that the tasks of this site cause no edit conflicts."""
        async with self.session.lock_titles([_lock_key(edit)]):
            text, base = already_read if already_read is not None else await self.session.run_flow(read_text(edit))
            _check_same_page(edit, base, pageid)
            self._check_not_excluded(edit, text or "")
            position = slice(0, len(text or ""))
            if section is not None:
                position = await self.session.run_flow(find_section(text or "", section, base.revid))
            save = partial(self._save_transformed, edit, text or "", base, position)
            transformed = transform((text or "")[position])
            if not inspect.isawaitable(transformed):
                return await save(transformed)
        transformed = await transformed  # without the lock: the coroutine may edit this page, too
        async with self.session.lock_titles([_lock_key(edit)]):
            return await save(transformed)

    async def _save_transformed(
        self, edit: Edit, text: str, base: BaseRevision, position: slice, transformed: object
    ) -> EditResult:
        if transformed is None or transformed == text[position]:
            return _unsaved_result(edit, base)
        if not isinstance(transformed, str):
            kind = type(transformed).__name__
            raise TypeError(f"the transform of {edit.name} returned a value of type {kind}: return a str or None")
        new_text = checked_text("the result of the transform", replace_section(text, position, transformed))
        if stored_form(new_text) == text:
            return _unsaved_result(edit, base)
        try:
            return await self._send(evolve(edit, text=new_text), base)
        except (EditConflict, PageExists, PageMissing) as error:
            raise _ConflictError(error, base) from error

    async def _send(self, edit: Edit, base: BaseRevision | None) -> EditResult:
        self.session.known_revisions.forget(_lock_key(edit))
        if self.defaults.dry_run:
            base = base or (await self.session.run_flow(read_base(edit)))[1]
            check_presence(edit, base)
            return _unsaved_result(edit, base, EditOutcome.DRY_RUN)
        edit = await self._with_bot_flag(edit)
        if self.defaults.summary_mark:
            edit = evolve(edit, mark=f"({secrets.token_hex(3)})")
        return self._remember(edit, await self.session.run_flow(save_edit(edit, base, self.session.own_edits)))

    def _remember(self, edit: Edit, result: EditResult) -> EditResult:
        """Keep the revision that was made: the next append to the page is based on it, without a read."""
        since = result.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ") if result.timestamp is not None else ""
        made = BaseRevision(revid=result.revid, pageid=result.pageid, since=since)
        self.session.known_revisions.remember(_lock_key(edit), made)
        return result

    async def _with_bot_flag(self, edit: Edit) -> Edit:
        if not edit.bot or "bot" in edit.params or "bot" not in (await self.session.account()).rights:
            return edit
        return evolve(edit, params={**edit.params, "bot": "1"})

    # Stop page and bot exclusion -------------------------------------------------------------------------------------

    async def _check_may_edit(self, edit: Edit) -> None:
        await self._check_not_stopped()
        if self.defaults.obey_bots is not None:
            text, _ = await self.session.run_flow(read_text(edit))
            self._check_not_excluded(edit, text or "")

    def _check_not_excluded(self, edit: Edit, text: str) -> None:
        bot = self.defaults.obey_bots
        if bot is not None and not is_bot_allowed(text, bot):
            raise BotsExcluded(f"{edit.name} was not edited: it excludes {bot!r} by {{{{bots}}}} or {{{{nobots}}}}")

    async def _check_not_stopped(self) -> None:
        page, now = self.defaults.stop_page, self.session.clock.now
        if page is None:
            return
        async with self._stop_page_lock:
            if self._stop_page_read_at is None or now() - self._stop_page_read_at >= self.defaults.stop_every:
                try:
                    title = checked_title(page, self.session.wiki)
                    text, _ = await self.session.run_flow(read_text(Edit(title=title)))
                except (InvalidTitle, ValueError) as error:
                    raise ValueError(f"EditDefaults(stop_page={page!r}): {error}") from error
                self._stop_page_read_at, self._stop_page_text = now(), (text or "").strip()
        if self._stop_page_text:
            raise BotStopped(
                f"the page was not edited: the stop page {title_of(page)!r} says {self._stop_page_text[:80]!r}"
            )


def _check_same_page(edit: Edit, base: BaseRevision, pageid: int) -> None:
    """Raise EditConflict if another page has the title now, such as the redirect that a move leaves behind."""
    if pageid and base.pageid and base.pageid != pageid:
        text = f"{edit.name} was moved or deleted since it was read, and another page has its title"
        raise EditConflict((ApiErrorItem(code="editconflict", text=text),))
    check_presence(edit, base)


def _lock_key(edit: Edit) -> str:
    return title_lock_key(edit.title) if edit.title else page_lock_key(edit.pageid)


def _unsaved_result(edit: Edit, base: BaseRevision, outcome: EditOutcome = EditOutcome.UNCHANGED) -> EditResult:
    pageid = base.pageid or edit.pageid
    return EditResult(title=edit.title, pageid=pageid, outcome=outcome, revid=base.revid, oldrevid=base.revid)
