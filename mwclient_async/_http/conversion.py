"""The converter: the wiki's JSON mappings -> frozen values.

This is the only file that imports cattrs, and it imports cattrs when a converter is first needed. Usual rows do not
need one, see ``row_code.py``. Values that have the right type already pass through untouched. Keys that a class does
not have are ignored, because newer wikis send more keys. The coercions of cattrs are off: it would turn the text "no"
into True, and the flag of the old format, ``""`` (present, so set), into False.

Some values mean "nothing": null and PHP's false in an optional field, an empty text for a time, and an empty list where
an object is expected (PHP has one empty array for both). A field that is null gets its default. Any other value that
does not fit raises a ProtocolError that names the place in the data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from attrs import NOTHING, fields, has, resolve_types

from mwclient_async import models
from mwclient_async._http.json_values import object_at
from mwclient_async._http.row_code import Hook, has_row_function, row_function
from mwclient_async.errors import ProtocolError

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")
V = TypeVar("V")
Row = Mapping[str, Any]

_PRIVATE = re.compile(r"(?<=\.)_(?=\w+$)")  # of a field that is read through a property, at the end of its path
_CONVERSION_ERRORS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)


def structurer(cls: type[T]) -> Callable[[Mapping[str, Any]], T]:
    """Return the function that converts one mapping into a ``cls``.

    That function raises ProtocolError, with the path of the field, if the mapping does not fit.
    """
    return _structurer(cls)  # type: ignore[arg-type]  # mypy: a type parameter is not Hashable


@cache
def _structurer(cls: Any) -> Callable[[Mapping[str, Any]], Any]:
    unusual = has_row_function(cls)  # what comes here is a row that the generated function does not convert

    def structure(raw: Any) -> Any:
        try:
            hook = _field_hook(cls, detailed=False, generated=not unusual)
            return hook(raw if type(raw) is dict else _checked_mapping(raw), cls)
        except _CONVERSION_ERRORS as error:
            raise _conversion_error(raw, cls, error) from error

    function: Callable[[Any], Any] = _row_function(cls, structure) if unusual else structure
    return function


def structured(value: Any, kind: Any) -> Any:
    """Convert one value to any ``kind``: a class, ``tuple[cls, ...]`` or a plain type.

    Raises TypeError if no value of this kind can be made from JSON, and ProtocolError if the value does not fit.
    """
    from cattrs import StructureHandlerNotFoundError

    try:
        return _converter(detailed=False, generated=True).structure(value, kind)
    except StructureHandlerNotFoundError as error:
        raise TypeError(f"{kind!r} cannot be made from what a wiki sends: {error}") from None
    except _CONVERSION_ERRORS as error:
        raise _conversion_error(value, kind, error) from error


def convert_to(cls: type[T] | None, *, raw: bool) -> Callable[[Mapping[str, Any]], Any]:
    """Return the function that converts a row into a ``cls``. With ``raw``, or without a class, it changes nothing."""
    return unchanged if raw or cls is None else structurer(cls)


def unchanged(row: Mapping[str, Any]) -> Any:
    """The row itself: the converter of rows that stay mappings."""
    return row


def _conversion_error(raw: Any, cls: Any, error: Exception) -> ProtocolError:
    from cattrs import BaseValidationError, transform_error

    lines = [repr(error)]
    try:
        _converter(detailed=True, generated=False).structure(raw, cls)
    except BaseValidationError as detailed:
        lines = [_PRIVATE.sub("", line) for line in transform_error(detailed)]
    except _CONVERSION_ERRORS:
        pass  # the short message is enough
    return ProtocolError(f"the wiki's response does not fit {getattr(cls, '__name__', cls)}: {'; '.join(lines)}")


# The converter -------------------------------------------------------------------------------------------------------


@cache
def _converter(*, detailed: bool, generated: bool) -> Converter:
    """The converter. ``generated``: it converts rows with generated code.

    An unusual row is converted without that, and so is all that is in it: else each level would be tried twice, and
    twice as often as the one around it.
    """
    from cattrs import Converter

    converter = Converter(detailed_validation=detailed)
    for primitive, kinds in ((int, (int,)), (str, (str,)), (float, (float, int))):
        converter.register_structure_hook(primitive, _exactly(*kinds))
        converter.register_structure_hook(primitive | None, _optional(*kinds))
    converter.register_structure_hook(bool, _bool)
    converter.register_structure_hook(bool | None, lambda value, kind: None if value is None else _bool(value, kind))
    converter.register_structure_hook(datetime, _datetime)
    converter.register_structure_hook(datetime | None, lambda value, kind: _datetime(value, kind) if value else None)
    converter.register_structure_hook(int | str | None, _optional(int, str))
    converter.register_structure_hook_factory(has, lambda cls: _class_hook(cls, detailed=detailed, generated=generated))
    converter.register_structure_hook_factory(_is_tuple, lambda kind: _tuple_hook(kind, converter))
    converter.register_structure_hook_factory(
        _is_mapping, lambda kind: _mapping_hook(kind, converter, detailed=detailed)
    )
    converter.register_structure_hook_func(
        lambda kind: kind == frozenset[str], lambda value, _: frozenset(_strings(value, _))
    )
    return converter


def _exactly(*kinds: type) -> Hook:
    """Accept these exact types only: JSON has no subclasses, and bool, a subclass of int, is not a number here."""
    expected = " or ".join(kind.__name__ for kind in kinds)

    def check(value: Any, _: Any) -> Any:
        if type(value) in kinds:
            return value
        raise TypeError(f"{value!r} is not of type {expected}")

    return check


def _optional(*kinds: type) -> Hook:
    expected = " or ".join(kind.__name__ for kind in kinds)

    def check(value: Any, _: Any) -> Any:
        if type(value) in kinds:
            return value
        if value is None or value is False:
            return None
        raise TypeError(f"{value!r} is not of type {expected}")

    return check


def _bool(value: Any, _: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    if value == "":
        return True  # the old format: a flag that is sent is set
    raise TypeError(f"{value!r} is not a flag")


def _datetime(value: Any, _: Any) -> datetime:
    return datetime.fromisoformat(value)


def _strings(value: Any, _: Any) -> tuple[str, ...]:
    if not value and value != "":
        return ()
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return tuple(value)
    raise TypeError(f"{value!r} is not a list of texts")


def _class_hook(cls: Any, *, detailed: bool, generated: bool) -> Hook:
    has_function = generated and has_row_function(cls)

    def structure(raw: Any, _: Any = None) -> Any:
        hook = _field_hook(cls, detailed=detailed, generated=generated and not has_function)
        return hook({} if raw == [] else _checked_mapping(raw), cls)

    return _row_function(cls, structure) if has_function else structure


def _checked_mapping(raw: Any) -> Any:
    if not isinstance(raw, Mapping):  # without this check, a class of optional fields would accept anything
        raise TypeError(f"{raw!r} is not an object")
    return raw


def _row_function(cls: Any, convert_unusual: Callable[[Any], Any]) -> Callable[..., Any]:
    """The generated function of a class, which needs the converter for some fields, and for unusual rows."""
    return row_function(
        cls,
        convert_unusual=convert_unusual,
        wire_names=_of_class(_WIRE_NAMES, cls),
        hooks=_of_class(_HOOKS, cls),
        hook_of_type=_hook_of_type,
    )


@cache
def _hook_of_type(kind: Any) -> Hook:
    """The converter's function for a type. The converter is made when a type needs it."""
    if has(kind) and has_row_function(kind):
        return _class_hook(kind, detailed=False, generated=True)
    hook: Hook = _converter(detailed=False, generated=True).get_structure_hook(kind)
    return hook


def _of_class(table: Mapping[str, Mapping[str, V]], cls: Any) -> dict[str, V]:
    """What a table has for the fields of a class, those of its base classes included."""
    return {name: value for base in reversed(cls.__mro__) for name, value in table.get(_path(base), {}).items()}


@cache
def _field_hook(cls: Any, *, detailed: bool, generated: bool) -> Hook:
    """Return the function that reads the fields of a class from an object, by the wiki's names."""
    from cattrs.gen import make_dict_structure_fn, override

    converter = _converter(detailed=detailed, generated=generated)
    names = {each.name: each.alias for each in fields(cls) if each.alias != each.name} | _of_class(_WIRE_NAMES, cls)
    hooks = _of_class(_HOOKS, cls)
    for attribute in fields(resolve_types(cls)):
        if attribute.default is not NOTHING and (attribute.type in _PRIMITIVES or has(attribute.type)):
            hook = hooks.get(attribute.name) or converter.get_structure_hook(attribute.type)
            hooks[attribute.name] = _with_default(hook, attribute.default)
    overrides: dict[str, Any] = {
        name: override(rename=names.get(name), struct_hook=hooks.get(name)) for name in {*names, *hooks}
    }
    return make_dict_structure_fn(cls, converter, _cattrs_detailed_validation=detailed, **overrides)


def _path(cls: type) -> str:
    """The name of a class within the package, as the tables have it: by name, because a class is slow to make."""
    return f"{cls.__module__}.{cls.__name__}".removeprefix("mwclient_async.")


_PRIMITIVES = (int, str, float, bool)


def _with_default(hook: Hook, default: Any) -> Hook:
    return lambda value, kind: default if value is None else hook(value, kind)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple and get_args(kind)[1:] == (...,)


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    item = get_args(kind)[0]
    if item is str:
        return _strings

    def structure(value: Any, _: Any) -> tuple[Any, ...]:
        if not value and value != "":
            return ()
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is not a list")
        hook = converter.get_structure_hook(item)  # looked up late, because a class may contain itself
        return tuple([hook(each, item) for each in value])

    return structure


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _mapping_hook(kind: Any, converter: Converter, *, detailed: bool) -> Hook:
    from cattrs.gen import make_mapping_structure_fn

    whole = make_mapping_structure_fn(kind, converter, detailed_validation=detailed)
    is_raw = get_args(kind) == (str, Any)

    def structure(value: Any, _: Any) -> Any:
        if not value and value != "":
            return {}
        if not isinstance(value, Mapping):
            raise TypeError(f"{value!r} is not an object")
        return value if is_raw else whole(value, kind)

    return structure


# Wire names and formats of single fields -----------------------------------------------------------------------------


def _number(value: Any, _: Any) -> int | None:
    """A number that may come as text: for some tables, the wiki sends what its database returned."""
    return None if value is None or value is False else int(value)


def _fraction(value: Any, _: Any) -> float:
    return float(value)


def _text(value: Any, _: Any) -> str | None:
    """A text that may come as a number."""
    return None if value is None or value is False else str(value)


def _strings_or_mapping(value: Any, kind: Any) -> tuple[str, ...]:
    """A list that comes as an object if PHP removed entries from it."""
    return _strings(list(value.values()) if isinstance(value, Mapping) else value, kind)


def _codes(value: Any, _: Any) -> tuple[str, ...]:
    return tuple(entry["code"] for entry in value or ())


def _by_number(value: Any, _: Any) -> dict[int, int]:
    return {int(key): entry for key, entry in _numbered(value)}


def _sizes(value: Any, _: Any) -> dict[int, models.info.ImageSize]:
    structure = structurer(models.info.ImageSize)
    return {int(key): structure(entry) for key, entry in _numbered(value)}


def _numbered(value: Any) -> Iterable[tuple[Any, Any]]:
    return value.items() if isinstance(value, Mapping) else enumerate(value or ())


def with_pageid(row: Row) -> Row:
    """Rename the page id of a row, ``id``, to ``pageid``, the name that other rows use."""
    return {**object_at(row), "pageid": object_at(row).get("id")}


def _pages_with_id(value: Any, _: Any) -> tuple[models.lists.ListedPage, ...]:
    structure = structurer(models.lists.ListedPage)
    return tuple(structure(with_pageid(entry)) for entry in value or ())


_WIRE_NAMES: Mapping[str, Mapping[str, str]] = {
    "models.info.AutoCreateTempUser": {"matchpatterns": "matchPatterns"},
    "models.accounts.ChangeableGroups": {"add_self": "add-self", "remove_self": "remove-self"},
    "models.actions_blocks.BlockResult": {"userid": "userID"},
    "models.actions_parse.CompareResult": {"from_": "from"},
    "models.info.Extension": {
        "vcs_system": "vcs-system",
        "vcs_version": "vcs-version",
        "vcs_url": "vcs-url",
        "vcs_date": "vcs-date",
        "license_name": "license-name",
    },
    "models.info.General": {
        "git_hash": "git-hash",
        "git_branch": "git-branch",
        "fallback8bit_encoding": "fallback8bitEncoding",
    },
    "models.props_files.ImageInfo": {"responsive_urls": "responsiveUrls"},
    "models.info.MagicWord": {"case_sensitive": "case-sensitive"},
    "models.actions_pages.MergeHistoryResult": {"from_": "from"},
    "models.actions_pages.MoveResult": {
        "from_": "from",
        "talkmove_errors": "talkmove-errors",
        "subpages_talk": "subpages-talk",
    },
    "models.actions_pages.MovedPage": {"from_": "from"},
    "models.props_revisions.Revision": {"_text": "content"},  # the place of the text without rvslots
    "models.lists.SpecialPageRow": {"database_result": "databaseResult"},
    "models.info.UserGroup": {"add_self": "add-self", "remove_self": "remove-self"},
    "models.accounts.UserInfo": {"hasmsg": "messages"},
}

_GROUPS = ("add", "remove", "add_self", "remove_self")

_HOOKS: Mapping[str, Mapping[str, Hook]] = {
    "models.lists.ArchivedFile": dict.fromkeys(("size", "width", "height", "bitdepth"), _number),
    "models.accounts.AcceptedLanguage": {"q": _fraction},
    "models.accounts.BlockRestrictions": {"pages": _pages_with_id},
    "models.accounts.ChangeableGroups": dict.fromkeys(
        ("add", "remove", "add_self", "remove_self"), _strings_or_mapping
    ),
    "models.info.Extension": {"version": _text},
    "models.info.General": {"fallback": _codes, "thumblimits": _by_number, "imagelimits": _sizes},
    "models.actions_parse.ParsedSection": dict.fromkeys(("level", "toclevel"), _number),
    "models.lists.SpecialPageRow": {"value": _text},
    "models.info.UserGroup": dict.fromkeys(_GROUPS, _strings_or_mapping),
}
