"""Converters of pages: the merged pages of a query become values.

A table holds the class of each ``prop``. The manual's page is https://www.mediawiki.org/wiki/API:Properties.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from mwclient_async import models
from mwclient_async._http.conversion import Row, structured, structurer
from mwclient_async._http.json_values import number_at, object_at
from mwclient_async._http.row_code import constructor
from mwclient_async.errors import ApiErrorItem, InvalidTitle, PageMissing, ProtocolError
from mwclient_async.models.page import Page, PageStatus

PROP_ROW_CLASSES: Mapping[str, Callable[[], type]] = {
    "categories": lambda: models.props.PageCategory,
    "deletedrevisions": lambda: models.props_revisions.Revision,
    "duplicatefiles": lambda: models.props_files.DuplicateFile,
    "extlinks": lambda: models.props.ExtLink,
    "fileusage": lambda: models.props.LinkingPage,
    "imageinfo": lambda: models.props_files.ImageInfo,
    "images": lambda: models.props.PageLink,
    "iwlinks": lambda: models.props.InterwikiLink,
    "langlinks": lambda: models.props.LangLink,
    "links": lambda: models.props.PageLink,
    "linkshere": lambda: models.props.LinkingPage,
    "redirects": lambda: models.props.LinkingPage,
    "revisions": lambda: models.props_revisions.Revision,
    "templates": lambda: models.props.PageLink,
    "transcludedin": lambda: models.props.LinkingPage,
}
"""What loads the class of the rows of each ``prop`` that is a list of rows."""


def page_converter(props: Iterable[str]) -> Callable[[Mapping[str, Any]], Page]:
    """The function that converts one merged page to a Page with these props."""
    requested = frozenset(props)

    make_page = _page_constructor()

    def convert(raw: Mapping[str, Any]) -> Page:
        get = raw.get
        reason = get("invalidreason")
        return make_page(
            title=get("title", ""),
            ns=get("ns"),
            pageid=None if get("missing") else get("pageid"),
            asked=get("asked"),
            status=_status(raw),
            invalidreason=reason.get("text") if isinstance(reason, Mapping) else reason,
            raw=raw,
            props=requested,
            reader=read_prop,
            structure=structured,
        )

    return convert


@cache
def _page_constructor() -> Callable[..., Page]:
    return constructor(Page)


def rows_of_page(prop: str, body: Mapping[str, Any]) -> list[Row]:
    """The rows of one property of the only page of a response.

    Raises:
        PageMissing: the page does not exist.
        InvalidTitle: the title is invalid, or of a special page.
        ProtocolError: the response has no page, or the property is not a list of rows.
    """
    query = body["query"]
    pages: list[Row] = query.get("pages", [])
    if not pages and not query.get("interwiki"):
        raise ProtocolError(f"the wiki sent no page for {prop}, and no reason (its keys: {', '.join(query) or 'none'})")
    page: Row = pages[0] if pages else {}
    if page.get("missing") and not page.get("known"):
        text = f"The page {page.get('title', page.get('pageid'))!r} does not exist."
        raise PageMissing((ApiErrorItem(code="missingtitle", text=text),))
    if page.get("special"):
        text = f"{page.get('title', 'this')!r} is a special page."
        raise InvalidTitle((ApiErrorItem(code="pagecannotexist", text=text),))
    if page.get("invalid") or not page:
        text = f"{page.get('title', 'this')!r} is not a page that can have {prop}"
        raise InvalidTitle((ApiErrorItem(code="invalidtitle", text=text),))
    return _rows(page, prop)


def read_prop(prop: str, raw: Row) -> Any:
    """One prop of a merged page, converted. Raises ProtocolError if it does not fit its class."""
    return _prop_converter(prop)(raw)


@cache
def _prop_converter(prop: str) -> Callable[[Row], Any]:
    """The function that reads and converts one prop of a page."""
    if prop in _SINGLE_VALUE_PROPS:
        return _SINGLE_VALUE_PROPS[prop]()
    structure: Callable[[Row], Any] = structurer(PROP_ROW_CLASSES[prop]())
    return lambda raw: tuple(map(structure, _rows(raw, prop)))


def _rows(raw: Row, prop: str) -> list[Any]:
    found = raw.get(prop, [])
    if not isinstance(found, list):
        raise ProtocolError(f"the wiki's response has {type(found).__name__} instead of rows of {prop}: {found!r:.80}")
    return found


def _contributors() -> Callable[[Row], models.props.Contributors]:
    structure = structurer(models.props.Contributor)
    return lambda raw: models.props.Contributors(
        users=tuple(map(structure, _rows(raw, "contributors"))), anonymous=number_at(raw, "anoncontributors", default=0)
    )


def _categoryinfo() -> Callable[[Row], models.props.CategoryInfo | None]:
    structure = structurer(models.props.CategoryInfo)
    return lambda raw: structure(found) if (found := raw.get("categoryinfo")) else None


_SINGLE_VALUE_PROPS: Mapping[str, Callable[[], Callable[[Row], Any]]] = {
    "info": lambda: structurer(models.props_info.PageInfo),  # its keys are among those of the page
    "categoryinfo": _categoryinfo,
    "contributors": _contributors,
    "pageprops": lambda: lambda raw: object_at(raw, "pageprops"),
}
"""What makes the converter of each ``prop`` that has one value for each page."""


_STATUSES = frozenset(status.value for status in PageStatus)


def _status(raw: Mapping[str, Any]) -> PageStatus:
    if isinstance(status := raw.get("status"), str) and status in _STATUSES:
        return PageStatus(status)
    if raw.get("invalid"):
        return PageStatus.INVALID
    if raw.get("special"):
        return PageStatus.SPECIAL
    return PageStatus.MISSING if raw.get("missing") else PageStatus.OK
