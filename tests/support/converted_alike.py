"""Whether the generated row functions make of a row what the converter makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec, module_from_spec
from typing import Any

import attrs

from mwclient_async._http.conversion import structurer
from mwclient_async.errors import ProtocolError


def _converter_alone() -> Callable[[Any], Callable[[Any], Any]]:
    """``structurer`` of another copy of its module, in which no class has a row function."""
    spec = find_spec(structurer.__module__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module)["has_row_function"] = lambda _: False
    alone: Callable[[Any], Callable[[Any], Any]] = module.structurer
    return alone


_STRUCTURER_ALONE = _converter_alone()


def assert_converted_alike(cls: Any, rows: Iterable[Any]) -> None:
    """Assert that the row function of the class makes of each row what the converter makes of it."""
    for row in rows:
        by_function, by_converter = _outcome(structurer(cls), row), _outcome(_STRUCTURER_ALONE(cls), row)
        assert by_function == by_converter, row


def _outcome(convert: Callable[[Any], Any], row: Any) -> Any:
    """The value, or the text of the error."""
    try:
        return _with_types(convert(row))
    except ProtocolError as error:
        return str(error)


def _with_types(value: Any) -> Any:
    """The value with the type of each part, also of fields that do not count for equality: 1 and True differ here."""
    if attrs.has(type(value)):
        return type(value), {each.name: _with_types(getattr(value, each.name)) for each in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return type(value), {key: _with_types(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value), [_with_types(each) for each in value]
    return type(value), value
