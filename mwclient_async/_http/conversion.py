"""The one converter: the wiki's mappings -> frozen values.

The only file that knows cattrs, which is loaded when it is first used. Values that are already what they should be
pass through untouched, which makes optional fields twice as fast; keys that a class does not have are ignored, because
newer wikis send more. cattrs' own coercions are off: it would take the text "no" for True, and the old flag ``""``
(present: yes) for False.

What stands for nothing is nothing: null and PHP's false in an optional field, an empty text for a time, an empty list
where an object is expected (PHP has one empty array for both); a field that is null has its default. Everything else
that does not fit is a ProtocolError that says where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from attrs import NOTHING, fields, has, resolve_types

from mwclient_async.errors import ProtocolError
from mwclient_async.models.accounts import (
    AcceptedLanguage,
    BlockRestrictions,
    ChangeableGroups,
    UserInfo,
)
from mwclient_async.models.actions_blocks import BlockResult
from mwclient_async.models.actions_pages import MergeHistoryResult, MovedPage, MoveResult
from mwclient_async.models.actions_parse import CompareResult, ParsedSection
from mwclient_async.models.info import AutoCreateTempUser, Extension, General, ImageSize, MagicWord, UserGroup
from mwclient_async.models.lists import ArchivedFile, ListedPage, SpecialPageRow
from mwclient_async.models.props import ImageInfo, Revision

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")
Row = Mapping[str, Any]
Hook = Callable[[Any, Any], Any]

_MISFITS = (ValueError, TypeError, KeyError, AttributeError)


def structurer(cls: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """The function that turns one mapping into a ``cls``; what does not fit is a ProtocolError that says where."""
    hook: Hook = _fields(cls, detailed=False)  # type: ignore[arg-type]  # mypy: a type parameter is not Hashable

    def structure(raw: Mapping[str, Any]) -> T:
        try:
            return hook(raw if type(raw) is dict else _an_object(raw), cls)
        except _MISFITS as error:
            raise _explained(raw, cls, error) from error

    return structure


def structured(value: Any, kind: Any) -> Any:
    """One value as any ``kind``: a class, ``tuple[cls, ...]``, a plain type. TypeError for one that cannot be made."""
    from cattrs import StructureHandlerNotFoundError

    try:
        return _converter(detailed=False).structure(value, kind)
    except StructureHandlerNotFoundError as error:
        raise TypeError(f"{kind!r} cannot be made from what a wiki sends: {error}") from None
    except _MISFITS as error:
        raise _explained(value, kind, error) from error


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
    except _MISFITS:
        pass  # the short error says enough
    return ProtocolError(f"the wiki's answer does not fit {getattr(cls, '__name__', cls)}: {'; '.join(lines)}")


# The converter -------------------------------------------------------------------------------------------------------


@cache
def _converter(*, detailed: bool) -> Converter:
    from cattrs import Converter

    converter = Converter(detailed_validation=detailed)
    for primitive, kinds in ((int, (int,)), (str, (str,)), (float, (float, int))):
        converter.register_structure_hook(primitive, _exactly(*kinds))
        converter.register_structure_hook(primitive | None, _optional(*kinds))
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook(bool | None, lambda value, kind: None if value is None else _flag(value, kind))
    converter.register_structure_hook(datetime, _instant)
    converter.register_structure_hook(datetime | None, lambda value, kind: _instant(value, kind) if value else None)
    converter.register_structure_hook(int | str | None, _optional(int, str))
    converter.register_structure_hook_factory(has, lambda cls: _object(cls, detailed=detailed))
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _sequence(kind, converter))
    converter.register_structure_hook_factory(_is_mapping, lambda kind: _mapping(kind, converter, detailed=detailed))
    converter.register_structure_hook_func(
        lambda kind: kind == frozenset[str], lambda value, _: frozenset(_texts(value, _))
    )
    return converter


def _exactly(*kinds: type) -> Hook:
    """One of these types: of a subclass, JSON knows nothing, and a flag is no number."""
    said = " or ".join(kind.__name__ for kind in kinds)

    def check(value: Any, _: Any) -> Any:
        if type(value) in kinds:
            return value
        raise TypeError(f"{value!r} is no {said}")

    return check


def _optional(*kinds: type) -> Hook:
    said = " or ".join(kind.__name__ for kind in kinds)

    def check(value: Any, _: Any) -> Any:
        if type(value) in kinds:
            return value
        if value is None or value is False:
            return None
        raise TypeError(f"{value!r} is no {said}")

    return check


def _flag(value: Any, _: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    if value == "":
        return True  # the old format: the flag is there, so it is set
    raise TypeError(f"{value!r} is no flag")


def _instant(value: Any, _: Any) -> datetime:
    return datetime.fromisoformat(value)


def _texts(value: Any, _: Any) -> tuple[str, ...]:
    if not value and value != "":
        return ()
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return tuple(value)
    raise TypeError(f"{value!r} is no list of texts")


def _object(cls: Any, *, detailed: bool) -> Hook:
    hook = _fields(cls, detailed=detailed)
    return lambda raw, kind: hook({} if raw == [] else _an_object(raw), kind)


def _an_object(raw: Any) -> Any:
    if not isinstance(raw, Mapping):  # without this, a class of optional fields fits anything
        raise TypeError(f"{raw!r} is no object")
    return raw


@cache
def _fields(cls: Any, *, detailed: bool) -> Hook:
    """The function that reads the fields of a class out of an object, under the wiki's names."""
    from cattrs.gen import make_dict_structure_fn, override

    converter = _converter(detailed=detailed)
    names: dict[str, str] = {}
    hooks: dict[str, Hook] = {}
    for base in reversed(cls.__mro__):
        names |= _WIRE_NAMES.get(base, {})
        hooks |= _HOOKS.get(base, {})
    for attribute in fields(resolve_types(cls)):
        if attribute.default is not NOTHING and (attribute.type in _PRIMITIVES or has(attribute.type)):
            hook = hooks.get(attribute.name) or converter.get_structure_hook(attribute.type)
            hooks[attribute.name] = _defaulting(hook, attribute.default)
    overrides: dict[str, Any] = {
        name: override(rename=names.get(name), struct_hook=hooks.get(name)) for name in {*names, *hooks}
    }
    return make_dict_structure_fn(cls, converter, _cattrs_detailed_validation=detailed, **overrides)


_PRIMITIVES = (int, str, float, bool)


def _defaulting(hook: Hook, default: Any) -> Hook:
    return lambda value, kind: default if value is None else hook(value, kind)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _sequence(kind: Any, converter: Converter) -> Hook:
    item = get_args(kind)[0]
    if item is str:
        return _texts

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        if not value and value != "":
            return ()
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is no list")
        hook = converter.get_structure_hook(item)  # not before it is needed: a class may hold itself
        return tuple(hook(each, item) for each in value)

    return structure


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _mapping(kind: Any, converter: Converter, *, detailed: bool) -> Hook:
    from cattrs.gen import make_mapping_structure_fn

    whole = make_mapping_structure_fn(kind, converter, detailed_validation=detailed)
    as_it_is = get_args(kind) == (str, Any)

    def structure(value: Any, _: Any) -> Any:
        if not value and value != "":
            return {}
        if not isinstance(value, Mapping):
            raise TypeError(f"{value!r} is no object")
        return value if as_it_is else whole(value, kind)

    return structure


# What is peculiar ----------------------------------------------------------------------------------------------------


def _number(value: Any, _: Any) -> int | None:
    """A number that may come as text: of some tables, the wiki sends what its database gave."""
    return None if value is None or value is False else int(value)


def _fraction(value: Any, _: Any) -> float:
    return float(value)


def _text(value: Any, _: Any) -> str | None:
    """A text that may come as a number."""
    return None if value is None or value is False else str(value)


def _some_texts(value: Any, kind: Any) -> tuple[str, ...]:
    """A list that comes as an object where PHP took entries out of it."""
    return _texts(list(value.values()) if isinstance(value, Mapping) else value, kind)


def _codes(value: Any, _: Any) -> tuple[str, ...]:
    return tuple(entry["code"] for entry in value or ())


def _by_number(value: Any, _: Any) -> dict[int, int]:
    return {int(key): entry for key, entry in _numbered(value)}


def _sizes(value: Any, _: Any) -> dict[int, ImageSize]:
    structure = structurer(ImageSize)
    return {int(key): structure(entry) for key, entry in _numbered(value)}


def _numbered(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, Mapping) else enumerate(value or ())


def with_pageid(row: Row) -> Row:
    """A row that calls a page's id ``id``, as the others do."""
    return {**row, "pageid": row.get("id")}


def _pages_with_id(value: Any, _: Any) -> tuple[ListedPage, ...]:
    structure = structurer(ListedPage)
    return tuple(structure(with_pageid(entry)) for entry in value or ())


_WIRE_NAMES: Mapping[type, Mapping[str, str]] = {
    AutoCreateTempUser: {"matchpatterns": "matchPatterns"},
    ChangeableGroups: {"add_self": "add-self", "remove_self": "remove-self"},
    BlockResult: {"userid": "userID"},
    CompareResult: {"from_": "from"},
    Extension: {
        "vcs_system": "vcs-system",
        "vcs_version": "vcs-version",
        "vcs_url": "vcs-url",
        "vcs_date": "vcs-date",
        "license_name": "license-name",
    },
    General: {"git_hash": "git-hash", "git_branch": "git-branch", "fallback8bit_encoding": "fallback8bitEncoding"},
    ImageInfo: {"responsive_urls": "responsiveUrls"},
    MagicWord: {"case_sensitive": "case-sensitive"},
    MergeHistoryResult: {"from_": "from"},
    MoveResult: {"from_": "from", "talkmove_errors": "talkmove-errors", "subpages_talk": "subpages-talk"},
    MovedPage: {"from_": "from"},
    Revision: {"_text": "content"},  # where it stands without rvslots
    SpecialPageRow: {"database_result": "databaseResult"},
    UserGroup: {"add_self": "add-self", "remove_self": "remove-self"},
    UserInfo: {"hasmsg": "messages"},
}

_HOOKS: Mapping[type, Mapping[str, Hook]] = {
    ArchivedFile: dict.fromkeys(("size", "width", "height", "bitdepth"), _number),
    AcceptedLanguage: {"q": _fraction},
    BlockRestrictions: {"pages": _pages_with_id},
    ChangeableGroups: dict.fromkeys(("add", "remove", "add_self", "remove_self"), _some_texts),
    Extension: {"version": _text},
    General: {"fallback": _codes, "thumblimits": _by_number, "imagelimits": _sizes},
    ParsedSection: dict.fromkeys(("level", "toclevel"), _number),
    SpecialPageRow: {"value": _text},
    UserGroup: dict.fromkeys(("add", "remove", "add_self", "remove_self"), _some_texts),
}
