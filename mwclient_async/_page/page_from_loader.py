"""Reading a page by a loader: whether the loader asks for what is wanted, and the page.

See https://www.mediawiki.org/wiki/API:Query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mwclient_async._http.params import encode, split_values
from mwclient_async._query.loader import Loader
from mwclient_async._query.page_loads import PageLoads
from mwclient_async._query.page_set import Input
from mwclient_async._session.session import Session
from mwclient_async.errors import NotRequested
from mwclient_async.models.page import Page

_TEXT_ADVICE = 'site.loader(prop="revisions", rvprop=["ids", "content"])'
_OTHER_TITLES = ("redirects", "converttitles")


async def load_page(
    loader: Loader,
    session: Session,
    selector: Mapping[str, Iterable[Input]],
    props: Iterable[str] = (),
    parameters: Mapping[str, Any] | None = None,
) -> Page:
    """The page of a selector (``{"titles": [...]}``), which may be no valid title.

    Raises NotRequested or ValueError, before any request, if the loader does not ask for these properties with these
    parameters.
    """
    loads = _loads_of(loader, session)
    asked = split_values(loads.params.get("prop", ""))
    if absent := [prop for prop in props if prop not in asked]:
        raise NotRequested(f"this loader does not ask for prop={absent[0]}: add it to site.loader(prop=...)")
    for name, value in encode(None, parameters, wiki=session.wiki).items():
        if loads.params.get(name) != value:
            raise ValueError(f"this loader does not ask with {name}={value!r}: give it to site.loader()")
    ((kind, values),) = selector.items()
    (page,) = await loads.load(kind, values)
    return page


def check_text(loader: Loader, session: Session, slot: str) -> None:
    """Raise NotRequested or ValueError if the pages of this loader do not have the text of their latest revision."""
    params = _loads_of(loader, session).params
    if not {"ids", "content"} <= {*split_values(params.get("rvprop", ""))} or "revisions" not in split_values(
        params.get("prop", "")
    ):
        raise NotRequested(f"this loader does not ask for the text of pages: make it with {_TEXT_ADVICE}")
    slots = split_values(params.get("rvslots", "main"))
    if not {slot, "*"} & {*slots}:
        raise NotRequested(f"this loader does not ask for the slot {slot!r}: add rvslots={[*slots, slot]!r}")
    if other := [name for name in _OTHER_TITLES if name in params]:
        raise ValueError(
            f"this loader follows {other[0]}, so its text may be that of another page: use loader.load(), or a loader "
            f"without {other[0]}"
        )
    if other := [name for name in params if name.startswith("rv") and name not in {"rvprop", "rvslots"}]:
        raise ValueError(
            f"with {other[0]}, this loader does not give the text of the latest revision: make it with {_TEXT_ADVICE}"
        )


def _loads_of(loader: Loader, session: Session) -> PageLoads:
    if not isinstance(loader, Loader):
        raise TypeError(f"loader is of type {type(loader).__name__}: give what `async with site.loader(...)` gives")
    loads = loader._loads  # noqa: SLF001 - the handle of a page and the loader work together
    if loads.session is not session:
        raise ValueError("this loader is of another site: make it with the loader() of the page's own site")
    return loads
