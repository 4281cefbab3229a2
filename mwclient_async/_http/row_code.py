"""Generated code: one function per class, which converts the usual rows of that class and leaves the others alone.

A frozen class of attrs sets each field with a call. The generated function sets the fields of an unfrozen subclass,
which takes no call, and then makes the object one of the class itself, because both have the same slots. Before that,
it checks the type of each value. A row with any value of another type goes to the function for unusual rows, the
converter. So the generated code decides nothing: it knows only values of which the converter makes the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, get_args, get_origin

from attrs import NOTHING, Factory, fields, has, resolve_types

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_USUAL_VALUES: Mapping[Any, tuple[str, str]] = {
    int: ("type(v) is int", "v"),
    int | None: ("type(v) is int or v is None", "v"),
    str: ("type(v) is str", "v"),
    str | None: ("type(v) is str or v is None", "v"),
    int | str | None: ("type(v) is int or type(v) is str or v is None", "v"),
    float: ("type(v) is float or type(v) is int", "v"),
    float | None: ("type(v) is float or type(v) is int or v is None", "v"),
    bool: ("v is True or v is False", "v"),
    bool | None: ("v is True or v is False or v is None", "v"),
    datetime: ("type(v) is str", "time(v)"),
    datetime | None: ("type(v) is str or v is None", "time(v) if v else None"),
    tuple[str, ...]: ("type(v) is list and only_texts(map(type, v))", "tuple(v)"),
    Mapping[str, Any]: ("type(v) is dict", "v"),
}
"""For the type of a field: the condition on a value ``v`` that is usual, and what becomes of it."""

_FUNCTION = """\
def convert(row, _=None):
    try:
        if type(row) is not dict:
            raise TypeError
        self = new(unfrozen)
{fields}
        self.__class__ = cls
        return self
    except Exception:
        pass
    return convert_unusual(row)
"""

_FIELD = """\
        v = row[{key!r}]
        if not ({condition}):
            raise TypeError
        self.{name} = {value}
"""

_FIELD_WITH_DEFAULT = """\
        if {key!r} in row:
            v = row[{key!r}]
            if not ({condition}):
                raise TypeError
            self.{name} = {value}
        else:
            self.{name} = default_{name}
"""


_MODELS = "mwclient_async.models."


def has_row_function(cls: Any) -> bool:
    """Whether a row function can be made for the class: to make an object of it means to set its fields."""
    return (
        cls.__module__.startswith(_MODELS)
        and not hasattr(cls, "__attrs_post_init__")
        and not any(
            each.converter or each.validator or not each.init or isinstance(each.default, Factory)  # type: ignore[arg-type]
            for each in fields(cls)
        )
    )


def row_function(
    cls: Any,
    *,
    convert_unusual: Callable[[Any], Any],
    wire_names: Mapping[str, str],
    hooks: Mapping[str, Hook],
    hook_of_type: Callable[[Any], Hook],
) -> Callable[..., Any]:
    """Make the function that converts a row to a ``cls``.

    Arguments:
        cls: a class for which :func:`has_row_function`.
        convert_unusual: converts the rows that the function does not, or raises.
        wire_names: the wiki's names of fields that have another name in the constructor.
        hooks: the converter's functions for single fields.
        hook_of_type: returns the converter's function for a type that is not a plain one, and for a nested class. It is
            called when there is a value, because a class may contain itself.
    """
    known = {"cls": cls, "unfrozen": _unfrozen(cls), "convert_unusual": convert_unusual, **_HELPERS}
    lines = []
    for attribute in fields(resolve_types(cls)):
        name, kind = attribute.name, attribute.type
        template = _FIELD if attribute.default is NOTHING else _FIELD_WITH_DEFAULT
        known[f"default_{name}"] = attribute.default
        if name in hooks or kind not in _USUAL_VALUES:
            condition, value, hooked = _with_hook(name, kind if name not in hooks else None)
            known[f"hook_{name}"] = hooks.get(name) or _found_late(known, f"hook_{name}", hook_of_type, hooked)
            known[f"type_{name}"] = hooked
        else:
            condition, value = _USUAL_VALUES[kind]
        key = wire_names.get(name, attribute.alias)
        lines.append(template.format(key=key, name=name, condition=condition, value=value))
    source = _FUNCTION.format(fields="".join(lines).rstrip())
    exec(compile(source, f"<row function of {cls.__name__}>", "exec"), known)  # noqa: S102 - made of names of our classes
    function: Callable[..., Any] = known["convert"]
    return function


def _with_hook(name: str, kind: Any) -> tuple[str, str, Any]:
    """The condition and the value of a field with a hook, and the type that the hook is for."""
    args = get_args(kind)
    if get_origin(kind) is tuple and args[1:] == (...,) and has(args[0]):
        return "type(v) is list", f"tuple([hook_{name}(each, type_{name}) for each in v])", args[0]
    if get_origin(kind) is Mapping and args[0] is str and has(args[1]):
        return "type(v) is dict", f"{{key: hook_{name}(each, type_{name}) for key, each in v.items()}}", args[1]
    return "True", f"hook_{name}(v, type_{name})", kind


def _found_late(known: dict[str, Any], key: str, hook_of_type: Callable[[Any], Hook], kind: Any) -> Hook:
    """A hook that is replaced by the right one when it is first called."""

    def hook(value: Any, _: Any) -> Any:
        known[key] = found = hook_of_type(kind)
        return found(value, kind)

    return hook


_CONSTRUCTOR = """\
def construct(*, {parameters}):
    self = new(unfrozen)
{assignments}
    self.__class__ = cls
    return self
"""


def constructor(cls: type[T]) -> Callable[..., T]:
    """Make a function that makes an object of all arguments of its class, without the converters and validators."""
    known = {"cls": cls, "unfrozen": _unfrozen(cls), **_HELPERS}
    parameters, assignments = [], []
    for each in fields(cls):  # type: ignore[arg-type]  # mypy does not know that it is a class of attrs
        if each.init:
            parameters.append(each.alias)
            assignments.append(f"    self.{each.name} = {each.alias}")
        else:
            known[f"new_{each.name}"] = each.default.factory
            assignments.append(f"    self.{each.name} = new_{each.name}()")
    source = _CONSTRUCTOR.format(parameters=", ".join(parameters), assignments="\n".join(assignments))
    exec(compile(source, f"<constructor of {cls.__name__}>", "exec"), known)  # noqa: S102 - made of names of our classes
    function: Callable[..., T] = known["construct"]
    return function


def _unfrozen(cls: Any) -> Any:
    """A subclass without further slots, in which setting an attribute does only that."""
    return type(
        cls.__name__,
        (cls,),
        {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__},
    )


_HELPERS: Mapping[str, Any] = {
    "new": object.__new__,
    "time": datetime.fromisoformat,
    "only_texts": frozenset({str}).issuperset,
}
