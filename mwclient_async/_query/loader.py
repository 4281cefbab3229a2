"""The loader: code that asks for one page at a time, in many tasks, shares requests.

``page_loads.py`` has the tasks behind it. See https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self, overload

from mwclient_async import _http
from mwclient_async._http.params import is_duration, split_values
from mwclient_async._http.titled import TitleLike
from mwclient_async._query.page_inputs import InputReader, Inputs, PageInputs, checked_input
from mwclient_async._query.page_loads import PageLoads
from mwclient_async._session.module_table import core_modules
from mwclient_async._session.openable import AsynchronousContext
from mwclient_async.errors import ApiErrorItem, InvalidTitle
from mwclient_async.models.page import Page, PageStatus


class Loader(AsynchronousContext):
    """Loads single pages for many tasks, which share requests: ``async with site.loader(prop="info") as loader``.

    Any number of tasks of the block's event loop call ``load`` at the same time. What they ask for is collected: one
    request has up to 50 titles (500 with ``apihighlimits``), equal ones once, and up to ``Limits.concurrency``
    requests are in flight. A task that is cancelled, or whose title is bad, does not affect the others. If a request
    fails, each task that waits for one of its pages gets the error; later loads are sent anew.

    When the block ends, it waits for the pages that tasks still wait for. When it ends by an error or a cancellation,
    they get RuntimeError.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    def __init__(self, loads: PageLoads) -> None:
        self._loads = loads

    async def __aenter__(self) -> Self:
        """Open the loader.

        Raises:
            RuntimeError: it was opened before, or its site is of another event loop or process.
        """
        await self._loads.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the loads that are under way; cancel them if the block ends by an error."""
        await self._loads.aclose(cancel=error is not None)

    @overload
    async def load(self, title: TitleLike, /) -> Page: ...
    @overload
    async def load(self, /, *, pageid: int) -> Page: ...
    @overload
    async def load(self, /, *, revid: int) -> Page: ...
    async def load(
        self,
        title: TitleLike | None = None,
        /,
        *,
        pageid: int | None = None,
        revid: int | None = None,
    ) -> Page:
        """Load one page: ``await loader.load("Earth")``, ``loader.load(pageid=9)`` or ``loader.load(revid=7)``.

        Returns the Page that ``site.pages`` gives. ``page.asked`` is the title or id, and ``page.status`` says whether
        there is such a page. For a revision id, the Page has just that revision. Anything with a title counts as one.

        Raises:
            InvalidTitle: the title cannot be that of a page; ``site.pages`` gives a Page for it.
            ValueError: there is not exactly one of title, ``pageid`` and ``revid``.
            TypeError: the title or id has the wrong type.
            MediaWikiError: the request failed.
            RuntimeError: the loader is not open, or its block was left by an error while this call was under way.

        See https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
        """
        named = {"titles": title, "pageids": pageid, "revids": revid}
        chosen = [(kind, value) for kind, value in named.items() if value is not None]
        if len(chosen) != 1:
            raise ValueError("give load() exactly one of a title, pageid and revid")
        ((kind, value),) = chosen
        (page,) = await self._loads.load(kind, [checked_input(kind, self._loads.session.wiki, value)])
        return _checked(page)

    @overload
    async def load_many(self, titles: Inputs, /) -> list[Page]: ...
    @overload
    async def load_many(self, /, *, pageids: Inputs) -> list[Page]: ...
    @overload
    async def load_many(self, /, *, revids: Inputs) -> list[Page]: ...
    async def load_many(
        self, titles: Inputs | None = None, /, *, pageids: Inputs | None = None, revids: Inputs | None = None
    ) -> list[Page]:
        """Load some pages together: ``await loader.load_many(["Earth", "Mars"])``, or ``pageids=`` or ``revids=``.

        Returns a list of Page, in the order of the inputs. One task that reads very many pages should rather iterate
        ``site.pages``, which keeps one batch in memory.

        Raises:
            InvalidTitle: one of the titles cannot be that of a page; ``site.pages`` gives a Page for it.
            ValueError: there is not exactly one of titles, ``pageids`` and ``revids``.
            TypeError: an input has the wrong type.
            MediaWikiError: a request failed.
            RuntimeError: the loader is not open, or its block was left by an error while this call was under way.

        See https://www.mediawiki.org/wiki/API:Query#Specifying_pages.
        """
        named = {"titles": titles, "pageids": pageids, "revids": revids}
        chosen = [(kind, source) for kind, source in named.items() if source is not None]
        if len(chosen) != 1:
            raise ValueError("give load_many() exactly one of titles, pageids and revids")
        ((kind, source),) = chosen
        values = [value async for value in InputReader(PageInputs(kind, source, self._loads.session.wiki))]
        return [_checked(page) for page in await self._loads.load(kind, values)]


def check_loader_options(window: object, params: Mapping[str, str]) -> None:
    """Check the options of ``site.loader``, before any request.

    Raises TypeError for a parameter that a loader does not take, or that is perhaps a misspelt option. Raises
    ValueError for a window that is not a number of seconds, and for revisions that only one page of a request can have.
    """
    if not is_duration(window):
        raise ValueError(f"window={window!r}: give a number of seconds, 0 or more")
    for name in params:
        if name in _NOT_HERE:
            raise TypeError(f"loader() has no option {name!r}: it loads the titles and ids that load() is given")
        if name not in _OPTIONS and not name.endswith(_OPTIONS):  # not the rvprop, inprop ... of a module
            nearest = _http.keywords.did_you_mean(name, [option for option in _OPTIONS if option[0] == name[0]])
            if nearest:
                raise TypeError(f"loader() has no option {name!r}{nearest}")
    if "revisions" in split_values(params.get("prop", "")) and _REVISIONS.enumerates(params):
        raise ValueError(
            "with these parameters of revisions (rvlimit, rvdir, rvuser ...) the wiki takes one page a request, so a "
            "loader cannot join pages: use site.page(title).revisions()"
        )


_NOT_HERE = frozenset({"titles", "pageids", "revids", "generator", "list", "limit", "batch_size"})
_OPTIONS = ("prop", "window", "params")
_REVISIONS = core_modules()["query+revisions"]


def _checked(page: Page) -> Page:
    """The page, unless its title is not valid."""
    if page.status is PageStatus.INVALID:
        text = f"{page.asked!r} cannot be the title of a page: {page.invalidreason}"
        raise InvalidTitle((ApiErrorItem(code="invalidtitle", text=text),))
    return page
