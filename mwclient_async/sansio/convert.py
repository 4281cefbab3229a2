"""The one converter: the wiki's mappings -> frozen values.

The only file that knows cattrs, which is loaded when it is first used. Values that are already what they should be
pass through untouched, which makes optional fields twice as fast; keys that a class does not have are ignored, because
newer wikis send more. cattrs' own coercions are off: it would take the text "no" for True, and the old flag ``""``
(present: yes) for False.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from mwclient_async.errors import ProtocolError
from mwclient_async.models.page import Page, PageStatus
from mwclient_async.models.props import (
    CategoryInfo,
    ExtLink,
    ImageInfo,
    LangLink,
    PageCategory,
    PageInfo,
    PageLink,
    Revision,
)

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")
Row = Mapping[str, Any]


def structurer(cls: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """The function that turns one mapping into a ``cls``; what does not fit is a ProtocolError that says where."""
    hook = _converter(detailed=False).get_structure_hook(cls)

    def structure(raw: Mapping[str, Any]) -> T:
        try:
            return hook(raw, cls)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise _explained(raw, cls, error) from error

    return structure


def convert_to(cls: type[T] | None, *, raw: bool) -> Callable[[Mapping[str, Any]], Any]:
    """The function that turns rows into a ``cls``, or hands them out as they came: ``raw``, or no class at all."""
    return _as_it_is if raw or cls is None else structurer(cls)


def _as_it_is(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return row


def _explained(raw: Any, cls: Any, error: Exception) -> ProtocolError:
    from cattrs import BaseValidationError, transform_error

    lines = [repr(error)]
    try:
        _converter(detailed=True).structure(raw, cls)
    except BaseValidationError as detailed:
        lines = transform_error(detailed)
    except (ValueError, TypeError, KeyError, AttributeError):
        pass  # the short error says enough
    return ProtocolError(f"the wiki's answer does not fit {getattr(cls, '__name__', cls)}: {'; '.join(lines)}")


@cache
def _converter(*, detailed: bool) -> Converter:
    from cattrs import Converter

    converter = Converter(detailed_validation=detailed)
    for primitive in (int, str, float):
        converter.register_structure_hook(primitive, _exactly(primitive))
        converter.register_structure_hook(primitive | None, _optional(_exactly(primitive)))
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(bool | None, _optional(_flag))
    converter.register_structure_hook(datetime, _instant)
    converter.register_structure_hook(datetime | None, _optional(_instant))
    converter.register_structure_hook_func(lambda kind: kind == tuple[str, ...], lambda value, _: tuple(value))
    return converter


def _exactly(primitive: type) -> Callable[[Any, Any], Any]:
    wanted = (int, float) if primitive is float else primitive

    def check(value: Any, _: Any) -> Any:
        if isinstance(value, wanted) and not isinstance(value, bool):
            return value
        raise TypeError(f"{value!r} is no {primitive.__name__}")

    return check


def _optional(hook: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda value, kind: None if value is None else hook(value, kind)


def _flag(value: Any, _: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    if value == "":
        return True  # the old format: the flag is there, so it is set
    raise TypeError(f"{value!r} is no flag")


def _instant(value: Any, _: Any) -> datetime:
    return datetime.fromisoformat(value)


# Pages ---------------------------------------------------------------------------------------------------------------

_MANY: Mapping[str, type] = {
    "categories": PageCategory,
    "revisions": Revision,
    "links": PageLink,
    "templates": PageLink,
    "images": PageLink,
    "imageinfo": ImageInfo,
    "langlinks": LangLink,
    "extlinks": ExtLink,
}


def pager(props: Iterable[str]) -> Callable[[Mapping[str, Any]], Page]:
    """The function that turns one merged page into a Page with these props."""
    many: dict[str, Callable[[Row], Any]] = {prop: structurer(_MANY[prop]) for prop in props if prop in _MANY}
    asked = frozenset(props)
    info = structurer(PageInfo) if "info" in asked else None
    categoryinfo = structurer(CategoryInfo) if "categoryinfo" in asked else None

    def convert(raw: Mapping[str, Any]) -> Page:
        values: dict[str, Any] = {prop: tuple(map(structure, raw.get(prop, ()))) for prop, structure in many.items()}
        if info is not None:
            values["info"] = info(raw)
        if categoryinfo is not None:
            found = raw.get("categoryinfo")
            values["categoryinfo"] = categoryinfo(found) if found else None
        if "pageprops" in asked:
            values["pageprops"] = raw.get("pageprops") or {}
        reason = raw.get("invalidreason")
        return Page(
            title=raw.get("title", ""),
            ns=raw.get("ns"),
            pageid=None if raw.get("missing") else raw.get("pageid"),
            asked=raw.get("asked"),
            status=_status(raw),
            invalidreason=reason.get("text") if isinstance(reason, Mapping) else reason,
            raw=raw,
            props=values,
        )

    return convert


def _status(raw: Mapping[str, Any]) -> PageStatus:
    if "status" in raw:
        return PageStatus(raw["status"])
    for status in (PageStatus.INVALID, PageStatus.SPECIAL, PageStatus.MISSING):
        if raw.get(status.value):
            return status
    return PageStatus.OK
