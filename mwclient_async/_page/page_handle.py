"""PageHandle: the edits of one page.

``page_reader.py`` has the methods that read a page, ``page_manager.py`` the actions on a page as a whole.
See https://www.mediawiki.org/wiki/API:Edit.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, TypedDict, Unpack

from mwclient_async import _http
from mwclient_async._edit.editor import TextAndBase, Transform
from mwclient_async._edit.edits import Edit, Missing, Undo
from mwclient_async._http import params as wire_params
from mwclient_async._http.json_values import number_at, object_at, rows_at
from mwclient_async._http.params import checked_text, checked_title, is_count
from mwclient_async._http.text_normalization import summary_with_suffix
from mwclient_async._http.titled import TitleLike
from mwclient_async._page.page_manager import PageManager
from mwclient_async._page.page_services import PageServices
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async.models.edits import EditResult
from mwclient_async.models.page import Page, PageStatus

_MAX_CONFLICTS = 20
_RESERVED_PARAMS = frozenset(
    {
        *("title", "pageid", "text", "appendtext", "prependtext", "section", "sectiontitle", "summary", "md5"),
        *("nocreate", "createonly", "recreate", "baserevid", "basetimestamp", "starttimestamp", "undo", "undoafter"),
    }
)


class EditOptions(TypedDict, total=False):
    """The options of every edit. For an option that is left out, the site's EditDefaults apply.

    - ``minor`` flags a minor edit, ``bot`` a bot's edit (the account needs the right ``bot``).
    - ``tags`` are change tags.
    - ``watchlist`` says whether the page is put on the account's watchlist.
    - ``params`` are further parameters of ``action=edit``, such as ``captchaid``, under the names of the manual.

    See https://www.mediawiki.org/wiki/API:Edit.
    """

    minor: bool
    bot: bool
    tags: Iterable[str]
    watchlist: Literal["watch", "unwatch", "preferences", "nochange"]
    params: Mapping[str, Any]


class PageHandle(PageManager):
    """``site.page(title)``: one page. Making a handle sends no request.

    Every edit is saved once, even if replies are lost: it is sent with the revision that it is based on, and after a
    lost reply the page's history decides whether it was saved. Edits of one page by one Site wait for each other.

    All edits return an EditResult. Besides the errors that each method lists, all of them can raise:

    - Protected, Blocked or another PermissionDenied: the account may not edit this page.
    - AbuseFilter, SpamBlacklisted, CaptchaRequired or another Refused: the wiki does not accept the content.
    - InvalidTitle: the title cannot be that of a page.
    - OutcomeUnknown: the reply was lost, and the history does not decide.
    - BotsExcluded, BotStopped: the site's EditDefaults ask for these checks.
    - ValueError, TypeError: an argument cannot be sent. No request was made.

    See https://www.mediawiki.org/wiki/API:Edit.
    """

    def __init__(
        self,
        services: PageServices,
        *,
        title: str = "",
        pageid: int = 0,
        base: BaseRevision | None = None,
        already_read: TextAndBase | None = None,
    ) -> None:
        super().__init__(services, title=title, pageid=pageid)
        self._editor = services.editor
        self._base = base
        self._already_read = already_read

    async def edit(
        self,
        transform: Transform,
        *,
        summary: str = "",
        section: int | None = None,
        missing: Missing = "raise",
        conflicts: int = _MAX_CONFLICTS,
        **options: Unpack[EditOptions],
    ) -> EditResult:
        """Change the page by a function from its text to the new text: ``page.edit(lambda text: text + "!")``.

        The page is read, unless the handle was made from a Page that has its text and size, or that says that it does
        not exist. If another user saves the page before this edit, and the wiki cannot merge the two changes, the page
        is read and transformed again.

        Returns an EditResult. It is UNCHANGED, and nothing was sent, if the function returns None or the same text.

        Arguments:
            transform: the function, plain or a coroutine function. It may be called several times, so its result
                should depend on its argument only. A page that does not exist has the text ``""``.
            summary: the edit summary.
            section: the number of the section to edit; 0 is the text before the first heading. The function then gets
                the text of that section only.
            missing: what to do if the page does not exist: ``"raise"`` PageMissing, ``"create"`` it, or ``"only"``
                create it and raise PageExists if it exists.
            conflicts: how often the page is read and transformed again after an edit conflict.
            options: see EditOptions.

        Raises:
            EditConflict: there were more conflicts than that, or the page was moved or deleted in between.
            PageMissing: the page or the section does not exist.
            PageExists: the page exists, and ``missing`` is ``"only"``.
            TypeError: the function returned something other than a text or None.

        Errors of the function are raised as they are. PageHandle lists the errors of all edits.
        See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, EditOptions, self.edit)
        _check_callable(transform)
        if section is not None and not is_count(section, least=0):
            raise ValueError(f"section={section!r}: give the number of a section, from 0 up")
        if not is_count(conflicts, least=0):
            raise ValueError(f"conflicts={conflicts!r}: give a number from 0 up")
        edit = self._build_edit(summary, missing, options)
        read, self._already_read = self._already_read, None  # the text may change: another edit reads the page
        result = await self._editor.transform(edit, transform, section=section, already_read=read, conflicts=conflicts)
        return self._update_base(result)

    async def save(
        self, text: str, *, summary: str = "", missing: Missing = "create", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Replace the page's text. A page that does not exist is created, unless ``missing`` says otherwise.

        The edit is based on what ``text()`` read, or on the Page that the handle was made from. A handle that has read
        nothing replaces the page's latest revision. ``missing`` is the same as for ``edit``.

        Returns an EditResult. It is MERGED if the wiki merged it with an edit of another user.

        Raises:
            EditConflict: the page has changed since it was read, and the wiki cannot merge the two changes.
            PageMissing: the page was deleted since it was read; or it does not exist, and ``missing`` is ``"raise"``.
            PageExists: the page did not exist when it was read, and exists now; or ``missing`` is ``"only"``.

        PageHandle lists the errors of all edits. See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, EditOptions, self.save)
        edit = self._build_edit(summary, missing, options, text=checked_text("text", text))
        return await self._write(edit, self._base)

    async def create(self, text: str, *, summary: str = "", **options: Unpack[EditOptions]) -> EditResult:
        """Create the page with this text.

        Returns an EditResult with the outcome CREATED.

        Raises:
            PageExists: the page exists already.

        PageHandle lists the errors of all edits. See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, EditOptions, self.create)
        return await self._write(self._build_edit(summary, "only", options, text=checked_text("text", text)))

    async def append(
        self, text: str, *, summary: str = "", missing: Missing = "raise", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Add the text at the page's end, without a line break in between.

        Edits that others save first cause no conflict: the text is added after theirs. ``missing`` is the same as for
        ``edit``.

        Returns an EditResult.

        Raises:
            PageMissing: the page does not exist.
            PageExists: the page exists, and ``missing`` is ``"only"``.
            EditConflict: other users saved the page first, 20 times in a row.

        PageHandle lists the errors of all edits. See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, EditOptions, self.append)
        edit = self._build_edit(summary, missing, options, append=_checked_addition(text))
        return await self._write(edit, use_known_base=True)

    async def prepend(
        self, text: str, *, summary: str = "", missing: Missing = "raise", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Add the text at the page's beginning, without a line break in between.

        Returns and raises the same as ``append``. See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, EditOptions, self.prepend)
        edit = self._build_edit(summary, missing, options, prepend=_checked_addition(text))
        return await self._write(edit, use_known_base=True)

    async def new_section(
        self,
        heading: str,
        text: str,
        *,
        summary: str = "",
        missing: Missing = "create",
        **options: Unpack[EditOptions],
    ) -> EditResult:
        """Add a section at the page's end. Without ``summary``, it gets the wiki's own, which links to the section.

        Returns and raises the same as ``append``; but a page that does not exist is created, unless ``missing`` says
        otherwise.

        Raises:
            ValueError: the heading is empty, or has more than one line.

        See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, EditOptions, self.new_section)
        if not checked_text("heading", heading).strip() or "\n" in heading or "\r" in heading:
            raise ValueError(
                f"heading={heading!r}: a heading is one line, and not empty; use append() for text without one"
            )
        edit = self._build_edit(summary, missing, options, append=checked_text("text", text), heading=heading)
        return await self._write(edit)

    async def undo(
        self, revid: int, *, after: int | None = None, summary: str = "", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Undo the revision ``revid``, or all revisions from just after ``after`` up to ``revid``.

        Without ``summary``, the wiki makes one. An undo is sent once only, because a second undo could undo the first.

        Returns an EditResult. It is UNCHANGED if the page has that text already. Later edits of other lines stay:
        ``oldrevid`` is the page's latest revision before the undo, which is ``revid`` if there were none.

        Raises:
            EditConflict, Refused: later edits changed the same lines.
            PageMissing: the page or the revision does not exist, or there is no revision before it.
            InvalidParameter: a revision is not one of this page.
            ValueError: ``after`` is the same revision, or a newer one: the wiki would do its changes again.
            OutcomeUnknown: the reply was lost.

        PageHandle lists the errors of all edits. See https://www.mediawiki.org/wiki/API:Edit.
        """
        _http.keywords.check_options(options, EditOptions, self.undo)
        for name, number in (("revid", revid), ("after", after)):
            if number is not None and not is_count(number, least=1):
                raise ValueError(f"{name}={number!r}: give a revision id, a whole number from 1 up")
        if after == revid:
            raise ValueError(
                f"undo({revid}, after={after}): no revision comes after {after} up to {revid}: give an older one"
            )
        undo = Undo(page=self._build_edit(summary, "raise", options), revid=revid, after=after)
        return self._update_base(await self._editor.undo(undo))

    def _build_edit(self, summary: str, missing: Missing, options: EditOptions, **content: str) -> Edit:
        """The edit with its options; ``content`` are the fields of Edit that hold texts."""
        if missing not in {"raise", "create", "only"}:
            raise ValueError(f"missing={missing!r}: give 'raise', 'create' or 'only'")
        if reserved := sorted(_RESERVED_PARAMS & set(options.get("params") or ())):
            raise ValueError(f"{reserved[0]!r} is set by the library itself: leave it out of params")
        defaults = self._editor.defaults
        _check_flags(options)
        tags, minor = options.get("tags", defaults.tags), options.get("minor", defaults.minor)
        flags = {
            "minor": minor,
            "notminor": True if minor is False else None,
            "bot": options.get("bot"),
            "tags": [tags] if isinstance(tags, str) else tuple(tags) or None,
            "watchlist": options.get("watchlist"),
        }
        summary = checked_text("summary", summary)
        return Edit(
            title=self._title,
            pageid=self._pageid,
            # an empty summary stays empty, because the wiki then makes its own
            summary=summary_with_suffix(summary, defaults.summary_suffix) if summary else "",
            missing=missing,
            bot=defaults.bot and "bot" not in options,
            params=wire_params.encode(options.get("params"), flags, wiki=self._services.queries.wiki),
            **content,
        )

    async def _write(self, edit: Edit, base: BaseRevision | None = None, *, use_known_base: bool = False) -> EditResult:
        return self._update_base(await self._editor.write(edit, base, use_known_base=use_known_base))

    def _update_base(self, result: EditResult) -> EditResult:
        """Base later saves on this edit, unless another edit, which this handle has not read, came before it."""
        self._already_read = None
        made = self._services.session.known_revisions.get(self._lock_key)
        if made is not None and made.revid == result.revid:
            self._base = made if self._base is None or self._base.revid == result.oldrevid else self._base
        return result


def page_handle(services: PageServices, page: TitleLike) -> PageHandle:
    """The handle of a title, of a row that has one, or of a Page; then edits are based on the revision that it has."""
    if isinstance(page, Page):
        base = _base_from_page(page)
        return PageHandle(
            services,
            title=checked_title(page.title, services.queries.wiki),
            base=base,
            already_read=_text_and_base(page, base),
        )
    return PageHandle(services, title=checked_title(page, services.queries.wiki))


def edit_function(
    services: PageServices, transform: Transform, *, summary: str, missing: Missing, options: EditOptions
) -> Callable[[Page | str], Awaitable[EditResult]]:
    """A function that edits any page in this way. Raises ValueError or TypeError for options that cannot be sent."""
    _check_callable(transform)
    edit = _edit_with_options(services, summary=summary, missing=missing, options=options)
    return lambda page: edit(page, transform)


def save_function(
    services: PageServices, texts: Mapping[str, str], *, summary: str, missing: Missing, options: EditOptions
) -> Callable[[Page | str], Awaitable[EditResult]]:
    """A function that gives a page, read by its title, the text of that title. Raises the same errors."""
    checked = _checked_texts(texts, services.queries.wiki)
    edit = _edit_with_options(services, summary=summary, missing=missing, options=options)
    return lambda page: edit(page, lambda _: checked[str(page.asked) if isinstance(page, Page) else page])


def _checked_texts(texts: object, wiki: str) -> dict[str, str]:
    """Raise TypeError, or ValueError for a title or a text that cannot be sent."""
    if not isinstance(texts, Mapping):
        raise TypeError(f"texts is of type {type(texts).__name__}: give a mapping, {{title: text, ...}}")
    return {checked_title(title, wiki): checked_text(f"the text of {title!r}", text) for title, text in texts.items()}


def _edit_with_options(
    services: PageServices, *, summary: str, missing: Missing, options: EditOptions
) -> Callable[[Page | str, Transform], Awaitable[EditResult]]:
    if "tags" in options:  # an iterator would have tags for the first page only
        tags = options["tags"]
        options["tags"] = tags if isinstance(tags, str) else tuple(tags)
    PageHandle(services, title="-")._build_edit(summary, missing, options)  # noqa: SLF001 - the same file

    async def edit(page: Page | str, transform: Transform) -> EditResult:
        return await page_handle(services, page).edit(transform, summary=summary, missing=missing, **options)

    return edit


def _check_flags(options: EditOptions) -> None:
    """Raise TypeError for a flag that is not a bool: the wiki would take any text, also ``"no"``, for True."""
    for name in ("minor", "bot"):
        value = options.get(name)
        if value is not None and not isinstance(value, bool):
            raise TypeError(f"{name}={value!r} is not a flag: give True or False")


def _check_callable(transform: object) -> None:
    if not callable(transform):
        raise TypeError(
            f"the transform is of type {type(transform).__name__}: give a function from the page's text to the new "
            "text; save() replaces the whole text"
        )


def _base_from_page(page: Page) -> BaseRevision | None:
    if page.status is PageStatus.MISSING:
        return BaseRevision(revid=0)
    # The revision that was read may not be the latest.
    revids = [number_at(revision, "revid", default=0) for revision in rows_at(page.raw, "revisions")]
    revid = max(
        revids, default=number_at(page.raw, "lastrevid", default=0)
    )  # the revision that was read may not be the latest
    return BaseRevision(revid=revid, pageid=page.pageid or 0) if revid else None


def _text_and_base(page: Page, base: BaseRevision | None) -> TextAndBase | None:
    """What an edit would read of the page, if the Page has it: its text, and whether it exists.

    The text is that of the base revision, and the revision's size shows that it is complete.
    """
    if base is None:
        return None
    if page.status is PageStatus.MISSING:
        return None, base
    revisions = rows_at(page.raw, "revisions") or [{}]
    newest = max(revisions, key=lambda revision: number_at(revision, "revid", default=0))
    text = object_at(newest, "slots", "main").get("content")  # without slots, it may be expanded or parsed
    is_complete = isinstance(text, str) and newest.get("size") == len(text.encode("utf-8", "surrogatepass"))
    return (text, base) if is_complete else None


def _checked_addition(text: str) -> str:
    if not checked_text("text", text):
        raise ValueError("the text to add is empty")
    return text
