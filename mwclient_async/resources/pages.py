"""One page of a wiki, to be read and written. The manual's page is https://www.mediawiki.org/wiki/API:Edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypedDict, Unpack

from mwclient_async.models.edits import EditResult
from mwclient_async.models.page import Page, PageStatus
from mwclient_async.resources.queries import Queries
from mwclient_async.sansio import params as wire_params
from mwclient_async.sansio.edits import Edit, Missing, edit, page_missing, read_text
from mwclient_async.sansio.locking import page_key, title_key
from mwclient_async.sansio.params import checked_text, checked_title
from mwclient_async.sansio.writing import Base
from mwclient_async.session import Session
from mwclient_async.stream import Stream

_MOST_REMEMBERED = 1000  # pages whose latest revision is known, because we made it
_OF_FILES = ("timestamp", "user", "url", "size", "sha1", "mime", "mediatype")
_SET_HERE = frozenset(
    {
        *("title", "pageid", "text", "appendtext", "prependtext", "section", "sectiontitle", "summary", "md5"),
        *("nocreate", "createonly", "recreate", "baserevid", "basetimestamp", "starttimestamp", "undo", "undoafter"),
    }
)


class EditOptions(TypedDict, total=False):
    """What every edit takes.

    ``minor`` and ``bot`` flag it, ``tags`` are change tags, ``watchlist`` says whether the page goes onto the
    watchlist; ``params`` are further parameters of ``action=edit`` by their own names (``captchaid``).
    """

    minor: bool
    bot: bool
    tags: Iterable[str]
    watchlist: Literal["watch", "unwatch", "preferences", "nochange"]
    params: Mapping[str, Any]


class PageHandle:
    """``site.page(title)``: one page. It makes no request by itself.

    Edits are done once, whatever gets lost on the way: each is sent with the revision that it is based on, and where an
    answer is lost, the page's history tells whether it was done. Edits of one page go one after the other within one
    Site. All of them return an EditResult and raise Protected, Blocked, AbuseFilter, SpamBlacklisted, CaptchaRequired
    or another ApiError where the wiki refuses; OutcomeUnknown where an answer was lost and nothing can be told.
    """

    def __init__(
        self, session: Session, queries: Queries, *, title: str = "", pageid: int = 0, base: Base | None = None
    ) -> None:
        self._session = session
        self._queries = queries
        self._title = title
        self._pageid = pageid
        self._base = base

    def __repr__(self) -> str:
        return f"<page {self._title or self._pageid!r}>"

    async def text(self) -> str:
        """The text of the latest revision; a ``save`` that follows is based on it. Raises PageMissing, InvalidTitle."""
        page = Edit(title=self._title, pageid=self._pageid)
        text, self._base = await self._session.drive(read_text(page))
        if text is None:
            raise page_missing(page)
        return text

    def media(self) -> Stream[Page]:
        """The files that the page shows, any number of them, as pages with ``imageinfo``; missing ones, too.

        A page that is not there shows none.
        See https://www.mediawiki.org/wiki/API:Images.
        """
        wanted = {"generator": "images", "prop": "imageinfo", "iiprop": _OF_FILES}
        source = {"titles": [self._title]} if self._title else {"pageids": self._pageid}  # one, whatever is in it
        return self._queries.query(limit=None, batch_size=None, params=None, keywords={**source, **wanted})

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
        return await self._write(change, self._base)

    async def create(self, text: str, *, summary: str = "", **options: Unpack[EditOptions]) -> EditResult:
        """Create the page with this text. Raises PageExists for one that is there."""
        return await self._write(self._edit(summary, "only", options, text=checked_text("text", text)), None)

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
        return await self._write(change, None)

    def _edit(self, summary: str, missing: Missing, options: EditOptions, **change: str) -> Edit:
        if missing not in {"raise", "create", "only"}:
            raise ValueError(f"missing={missing!r}: give 'raise', 'create' or 'only'")
        tags = options.get("tags")
        given = {
            "minor": options.get("minor"),
            "notminor": True if options.get("minor") is False else None,
            "bot": options.get("bot"),
            "tags": [tags] if isinstance(tags, str) else tags,
            "watchlist": options.get("watchlist"),
        }
        if wrong := sorted(_SET_HERE & set(options.get("params") or ())):
            raise ValueError(f"{wrong[0]!r} is set by the library itself: leave it out of params")
        return Edit(
            title=self._title,
            pageid=self._pageid,
            summary=checked_text("summary", summary),
            missing=missing,
            params=wire_params.encode(options.get("params"), given),
            **change,
        )

    async def _add(self, change: Edit) -> EditResult:
        return await self._write(change, None, remembered=True)

    async def _write(self, change: Edit, base: Base | None, *, remembered: bool = False) -> EditResult:
        key = title_key(self._title) if self._title else page_key(self._pageid)
        async with self._session.exclusively([key]):
            latest = self._session.latest
            known = latest.pop(key, None)
            if base is None and remembered:
                base = known
            result = await self._session.drive(edit(change, base, policy=self._session.retry))
            since = result.timestamp.strftime("%Y-%m-%dT%H:%M:%SZ") if result.timestamp is not None else ""
            self._base = latest[key] = Base(revid=result.revid, pageid=result.pageid, since=since)
            if len(latest) > _MOST_REMEMBERED:
                del latest[next(iter(latest))]
        return result


def page_handle(session: Session, queries: Queries, page: str | Page) -> PageHandle:
    """The handle of a title, or of a Page, whose latest revision in it edits are then based on."""
    if isinstance(page, Page):
        return PageHandle(session, queries, title=page.title, base=_base_of(page))
    return PageHandle(session, queries, title=checked_title(page))


def _base_of(page: Page) -> Base | None:
    if page.status is PageStatus.MISSING:
        return Base(revid=0)
    known = [revision.get("revid", 0) for revision in page.raw.get("revisions", ())]
    revid = max(known, default=page.raw.get("lastrevid", 0))  # what was read, where that is not the latest
    return Base(revid=int(revid), pageid=page.pageid or 0) if revid else None


def _something(text: str) -> str:
    if not checked_text("text", text):
        raise ValueError("the text to add is empty")
    return text
