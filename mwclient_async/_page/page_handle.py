"""One page of a wiki, to be read and written. The manual's page is https://www.mediawiki.org/wiki/API:Edit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Literal, TypedDict, Unpack

from mwclient_async._edit.bot_exclusion import summary_of
from mwclient_async._edit.editor import Transform
from mwclient_async._edit.edits import Edit, Missing, Undo
from mwclient_async._http import params as wire_params
from mwclient_async._http.params import checked_text, checked_title, is_count
from mwclient_async._page.page_manager import PageManager
from mwclient_async._page.page_reader import Tools
from mwclient_async._session.known_revisions import BaseRevision
from mwclient_async.models.edits import EditResult
from mwclient_async.models.page import Page, PageStatus

_MOST_CONFLICTS = 20
_SET_HERE = frozenset(
    {
        *("title", "pageid", "text", "appendtext", "prependtext", "section", "sectiontitle", "summary", "md5"),
        *("nocreate", "createonly", "recreate", "baserevid", "basetimestamp", "starttimestamp", "undo", "undoafter"),
    }
)


class EditOptions(TypedDict, total=False):
    """What every edit takes; where it is left out, the site's EditDefaults count.

    ``minor`` and ``bot`` flag it, ``tags`` are change tags, ``watchlist`` says whether the page goes onto the
    watchlist; ``params`` are further parameters of ``action=edit`` by their own names (``captchaid``).
    """

    minor: bool
    bot: bool
    tags: Iterable[str]
    watchlist: Literal["watch", "unwatch", "preferences", "nochange"]
    params: Mapping[str, Any]


class PageHandle(PageManager):
    """``site.page(title)``: one page. It makes no request by itself.

    Edits are done once, whatever gets lost on the way: each is sent with the revision that it is based on, and where an
    answer is lost, the page's history tells whether it was done. Edits of one page go one after the other within one
    Site. All of them return an EditResult and raise Protected, Blocked, AbuseFilter, SpamBlacklisted, CaptchaRequired
    or another ApiError where the wiki refuses; OutcomeUnknown where an answer was lost and nothing can be told;
    BotsExcluded and BotStopped where the site's EditDefaults ask for that.
    """

    def __init__(
        self,
        tools: Tools,
        *,
        title: str = "",
        pageid: int = 0,
        base: BaseRevision | None = None,
        text: str | None = None,
    ) -> None:
        super().__init__(tools, title=title, pageid=pageid)
        self._editor = tools.editor
        self._base = base
        self._known = text

    async def edit(
        self,
        transform: Transform,
        *,
        summary: str = "",
        section: int | None = None,
        missing: Missing = "raise",
        conflicts: int = _MOST_CONFLICTS,
        **options: Unpack[EditOptions],
    ) -> EditResult:
        """Change the page by a function from its text to the new one: ``page.edit(lambda text: text + "!")``.

        ``transform`` may be a coroutine function. When somebody else saves the page in between, and the wiki cannot
        join the two changes, the page is read and transformed again, up to ``conflicts`` times; so the function should
        look at nothing but its text. It returns None, or the text that it was given, where there is nothing to change:
        then nothing is sent, and the result is UNCHANGED. ``section`` is the number of a section, 0 for what stands
        before the first heading: the function then sees that part only. A page that is not there has the text ``""``,
        where ``missing`` is ``"create"`` or ``"only"``. A handle made from a Page with its text begins with that.

        Raises EditConflict when there were too many; PageMissing for a page or section that is not there; TypeError
        when the function returns something else.
        """
        if section is not None and not is_count(section, least=0):
            raise ValueError(f"section={section!r}: give the number of a section, from 0 up")
        if not is_count(conflicts, least=0):
            raise ValueError(f"conflicts={conflicts!r}: give a number from 0 up")
        change = self._edit(summary, missing, options)
        known = (self._known, self._base) if self._known is not None and self._base is not None else None
        self._known = None  # another edit begins with what is there by then
        result = await self._editor.transform(change, transform, section=section, known=known, conflicts=conflicts)
        return self._done(result)

    async def save(
        self, text: str, *, summary: str = "", missing: Missing = "raise", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Give the page this text.

        It is based on what ``text()`` read, or on the Page that the handle was made from: when somebody has changed the
        page since, and the wiki cannot join the two changes, it is an EditConflict; when there was no page, and by now
        there is one, PageExists. A handle that has read nothing replaces what is there now. ``missing`` says what to
        do about a page that is not there: ``"raise"`` PageMissing, ``"create"`` it, or ``"only"`` create it, and raise
        PageExists for one that is there.
        """
        change = self._edit(summary, missing, options, text=checked_text("text", text))
        return self._done(await self._editor.write(change, self._base))

    async def create(self, text: str, *, summary: str = "", **options: Unpack[EditOptions]) -> EditResult:
        """Create the page with this text. Raises PageExists for one that is there."""
        change = self._edit(summary, "only", options, text=checked_text("text", text))
        return self._done(await self._editor.write(change, None))

    async def append(
        self, text: str, *, summary: str = "", missing: Missing = "raise", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Put this at the page's end, whatever that is by then; an edit that comes in between is no conflict."""
        return await self._add(self._edit(summary, missing, options, append=_something(text)))

    async def prepend(
        self, text: str, *, summary: str = "", missing: Missing = "raise", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Put this at the page's beginning, whatever that is by then."""
        return await self._add(self._edit(summary, missing, options, prepend=_something(text)))

    async def new_section(
        self,
        heading: str,
        text: str,
        *,
        summary: str = "",
        missing: Missing = "create",
        **options: Unpack[EditOptions],
    ) -> EditResult:
        """Put a section at the page's end. Without ``summary`` it has the wiki's own, which links to the section."""
        if not checked_text("heading", heading).strip() or "\n" in heading or "\r" in heading:
            raise ValueError(
                f"heading={heading!r}: a heading is one line, and not empty; use append() for text without one"
            )
        change = self._edit(summary, missing, options, append=checked_text("text", text), section=heading)
        return self._done(await self._editor.write(change, None))

    async def undo(
        self, revid: int, *, after: int | None = None, summary: str = "", **options: Unpack[EditOptions]
    ) -> EditResult:
        """Undo the revision ``revid``, or all from just after ``after`` up to it. The wiki has a summary for that.

        It is not sent again, since a second one could undo the first: OutcomeUnknown where its answer is lost. Raises
        EditConflict or Refused where later edits stand in the way, PageMissing for a revision that is not there. See
        https://www.mediawiki.org/wiki/API:Edit.
        """
        for name, number in (("revid", revid), ("after", after)):
            if number is not None and not is_count(number, least=1):
                raise ValueError(f"{name}={number!r}: give a revision id, a whole number from 1 up")
        change = Undo(page=self._edit(summary, "raise", options), revid=revid, after=after)
        return self._done(await self._editor.undo(change))

    def _edit(self, summary: str, missing: Missing, options: EditOptions, **change: str) -> Edit:
        if missing not in {"raise", "create", "only"}:
            raise ValueError(f"missing={missing!r}: give 'raise', 'create' or 'only'")
        defaults = self._editor.defaults
        tags, minor = options.get("tags", defaults.tags), options.get("minor", defaults.minor)
        given = {
            "minor": minor,
            "notminor": True if minor is False else None,
            "bot": options.get("bot"),
            "tags": [tags] if isinstance(tags, str) else tuple(tags) or None,
            "watchlist": options.get("watchlist"),
        }
        if wrong := sorted(_SET_HERE & set(options.get("params") or ())):
            raise ValueError(f"{wrong[0]!r} is set by the library itself: leave it out of params")
        summary = checked_text("summary", summary)
        # Without one of its own, an edit has the summary that the wiki makes for it.
        return Edit(
            title=self._title,
            pageid=self._pageid,
            summary=summary_of(summary, defaults.summary_suffix) if summary else "",
            missing=missing,
            bot=defaults.bot and "bot" not in options,
            params=wire_params.encode(options.get("params"), given),
            **change,
        )

    async def _add(self, change: Edit) -> EditResult:
        return self._done(await self._editor.write(change, None, remembered=True))

    def _done(self, result: EditResult) -> EditResult:
        """What follows is based on this edit, unless that stands on another one, which nobody has read here."""
        self._known = None
        made = self._tools.session.known_revisions.get(self._key)
        if made is not None and made.revid == result.revid:
            self._base = made if self._base is None or self._base.revid == result.oldrevid else self._base
        return result


def page_handle(tools: Tools, page: str | Page) -> PageHandle:
    """The handle of a title, or of a Page, whose latest revision in it edits are then based on."""
    if isinstance(page, Page):
        return PageHandle(tools, title=checked_title(page.title), base=_base_of(page), text=_text_of(page))
    return PageHandle(tools, title=checked_title(page))


def edit_function(
    tools: Tools, transform: Transform, *, summary: str, missing: Missing, options: EditOptions
) -> Callable[[Page | str], Awaitable[EditResult]]:
    """The same edit of any page. Raises ValueError or TypeError for options that cannot be sent."""
    if "tags" in options:  # an iterator would have tags for the first page only
        tags = options["tags"]
        options["tags"] = tags if isinstance(tags, str) else tuple(tags)
    PageHandle(tools, title="-")._edit(summary, missing, options)  # noqa: SLF001 - the same file

    async def edit(page: Page | str) -> EditResult:
        return await page_handle(tools, page).edit(transform, summary=summary, missing=missing, **options)

    return edit


def _base_of(page: Page) -> BaseRevision | None:
    if page.status is PageStatus.MISSING:
        return BaseRevision(revid=0)
    known = [revision.get("revid", 0) for revision in page.raw.get("revisions", ())]
    revid = max(known, default=page.raw.get("lastrevid", 0))  # what was read, where that is not the latest
    return BaseRevision(revid=int(revid), pageid=page.pageid or 0) if revid else None


def _text_of(page: Page) -> str | None:
    """The text of the revision that edits are based on, if the Page has it, and proves by its size that it is whole."""
    revisions = page.raw.get("revisions") or [{}]
    newest = max(revisions, key=lambda revision: int(revision.get("revid", 0)))
    text = newest.get("slots", {}).get("main", {}).get("content")  # without slots it may be expanded, or parsed
    whole = isinstance(text, str) and newest.get("size") == len(text.encode("utf-8", "surrogatepass"))
    return text if whole else None


def _something(text: str) -> str:
    if not checked_text("text", text):
        raise ValueError("the text to add is empty")
    return text
