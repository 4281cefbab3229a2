"""The generated row functions: the same values and the same errors as the converter's."""

from __future__ import annotations

import copy
import pickle
import random
import types
from collections.abc import Mapping
from typing import Any, get_args, get_origin

import attrs
import pytest

from mwclient_async._http import row_code
from mwclient_async._http.conversion import _HOOKS, _WIRE_NAMES, _field_hook, _of_class, _path, structured, structurer
from mwclient_async._http.row_code import has_row_function
from mwclient_async._query.list_rows import LIST_ROW_CLASSES
from mwclient_async._query.row_converters import PROP_ROW_CLASSES, read_prop
from mwclient_async.errors import ProtocolError
from mwclient_async.models import (
    accounts,
    actions_blocks,
    actions_feeds,
    actions_finding,
    actions_pages,
    actions_pagesets,
    actions_parse,
    actions_review,
    actions_users,
    info,
    lists,
    props,
    props_files,
    props_info,
    props_revisions,
    rest,
    upload,
)
from mwclient_async.models.actions_feeds import Document
from mwclient_async.models.lists import ListedPage
from mwclient_async.models.page import Page, PageStatus
from mwclient_async.models.props_info import PageInfo
from mwclient_async.models.props_revisions import Revision, Slot
from tests.support.converted_alike import assert_converted_alike

MODULES = [
    *(accounts, actions_blocks, actions_feeds, actions_finding, actions_pages, actions_pagesets, actions_parse),
    *(actions_review, actions_users, info, lists, props, props_files, props_info, props_revisions, rest, upload),
]
MODELS = {cls for module in MODULES for cls in vars(module).values() if attrs.has(cls)}
CLASSES = sorted(filter(has_row_function, MODELS - {Document}), key=lambda cls: cls.__qualname__)
USUAL: dict[Any, list[Any]] = {
    int: [0, 5],
    str: ["", "Earth"],
    float: [1.5, 2],
    bool: [True, False],
    type(None): [None],
    Any: ["anything", 5, {"a": [1]}],
}
STRANGE: list[Any] = [
    *(None, False, True, "", "5", "no", "x", 0, 5, -1, 1.5, "2024-01-02T03:04:05Z", "2024-01-02", "infinity"),
    *([], ["a"], ["a", 1], [["a"]], [{}], [None], ("a",)),
    *({}, {"a": 1}, {"5": {}}, {"a": None}, types.MappingProxyType({"a": 1})),
]


def usual(kind: Any, chance: random.Random, *, depth: int = 2) -> Any:
    """A value of this type, as a wiki sends it."""
    if attrs.has(kind):
        return row_of(kind, chance, depth=depth - 1) if depth else {}
    args = [arg for arg in get_args(kind) if arg is not ...]
    if get_origin(kind) in {tuple, frozenset}:
        return [usual(args[0], chance, depth=depth) for _ in range(chance.randrange(3))]
    if get_origin(kind) is not None and issubclass(get_origin(kind), Mapping):
        return {key: usual(args[1], chance, depth=depth) for key in ("5", "7")[: chance.randrange(3)]}
    if args:  # a union
        return usual(chance.choice(args), chance, depth=depth)
    return chance.choice(USUAL.get(kind, ["2024-01-02T03:04:05Z"]))


def row_of(cls: Any, chance: random.Random, *, depth: int = 2) -> dict[str, Any]:
    """A usual row of the class, in the order of its fields. Fields with a default may be absent."""
    names = _of_class(_WIRE_NAMES, cls)
    return {
        names.get(each.name, each.alias): usual(each.type, chance, depth=depth)
        for each in attrs.fields(attrs.resolve_types(cls))
        if each.default is attrs.NOTHING or chance.random() < 0.6
    }


def mutated(row: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The row with one or two keys whose value is another, or which are absent, and at times with further keys."""
    changed = copy.copy(row)
    for key in chance.sample(sorted(row), min(len(row), chance.randint(1, 2))):
        if isinstance(row[key], dict) and row[key] and chance.random() < 0.5:
            changed[key] = mutated(row[key], chance)
        elif isinstance(row[key], list) and row[key] and chance.random() < 0.5:
            changed[key] = [*row[key][1:], chance.choice(STRANGE)]
        elif chance.random() < 0.8:
            changed[key] = chance.choice(STRANGE)
        else:
            del changed[key]
    return {**changed, **({"brand": "new"} if chance.random() < 0.2 else {})}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__qualname__)
def test_any_row_becomes_what_the_converter_makes_of_it(cls: Any) -> None:
    chance = random.Random(cls.__qualname__)
    for _ in range(12):
        row = row_of(cls, chance)
        assert_converted_alike(cls, [row, mutated(row, chance)])


@pytest.mark.parametrize("row", [*STRANGE, b"{}", [{"ns": 0}]], ids=repr)
@pytest.mark.parametrize("cls", [ListedPage, PageInfo], ids=lambda cls: cls.__name__)
def test_any_value_in_place_of_a_row_is_the_same_error(cls: Any, row: Any) -> None:
    assert_converted_alike(cls, [row])


def test_a_usual_row_does_not_need_the_converter(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that most programs never build it. The counter-example is a row that does need it."""
    monkeypatch.setattr("mwclient_async._http.conversion._converter", _refuse)
    _field_hook.cache_clear()
    slots = {"main": {"contentmodel": "wikitext", "content": "Hello"}}
    row = {"revid": 5, "minor": False, "timestamp": "2024-01-02T03:04:05Z", "tags": ["a"], "slots": slots}
    assert structurer(Revision)(row).slots == {"main": Slot(contentmodel="wikitext", content="Hello")}
    with pytest.raises(AssertionError):
        structurer(Revision)({"revid": None, "minor": ""})


def _refuse(**options: bool) -> Any:
    raise AssertionError(options)


def test_a_misfit_deep_in_nested_rows_is_met_once_a_level_and_not_twice_as_often_on_each() -> None:
    met = []

    class Misfit:
        def __repr__(self) -> str:
            met.append(self)
            return "misfit"

    row: dict[str, Any] = {"ns": 0, "title": Misfit()}
    for _ in range(10):
        row = {"ns": 0, "title": "A", "redirlinks": [row]}
    with pytest.raises(ProtocolError, match="expected str"):
        structurer(ListedPage)(row)
    assert len(met) < 20  # and not 2 ** 10


def test_the_value_is_an_ordinary_one_of_its_class() -> None:
    value = structurer(ListedPage)({"title": "Earth", "ns": 0, "pageid": 5})
    assert type(value) is ListedPage
    assert (value, hash(value), repr(value)) == (
        (ordinary := ListedPage(title="Earth", ns=0, pageid=5)),
        hash(ordinary),
        repr(ordinary),
    )
    for copied in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value)), attrs.evolve(value)):
        assert copied == value
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        value.title = "Mars"  # type: ignore[misc]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        del value.title


def test_a_constructor_makes_what_the_class_makes() -> None:
    arguments: dict[str, Any] = {
        "title": "Earth",
        "ns": 0,
        "pageid": 5,
        "asked": None,
        "status": PageStatus.OK,
        "invalidreason": None,
        "raw": {"categories": []},
        "props": frozenset({"categories"}),
        "reader": read_prop,
        "structure": structured,
    }
    make = row_code.constructor(Page)
    page, other = make(**arguments), make(**arguments)
    assert type(page) is Page
    assert (page, repr(page), page.categories) == (Page(**arguments), repr(Page(**arguments)), ())
    assert (other._read, Page(**arguments)._read) == ({}, {})
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        page.title = "Mars"  # type: ignore[misc]


@attrs.frozen
class OfAnotherPackage:
    title: str


def test_only_classes_whose_fields_are_all_that_makes_an_object_have_a_row_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not has_row_function(OfAnotherPackage)
    monkeypatch.setattr(row_code, "_MODELS", __name__)

    @attrs.frozen
    class Checked:
        title: str = attrs.field(validator=attrs.validators.instance_of(str))

    @attrs.frozen
    class Converted:
        title: str = attrs.field(converter=str)

    @attrs.frozen
    class Made:
        titles: list[str] = attrs.field(factory=list)

    @attrs.frozen
    class Hidden:
        title: str = attrs.field(default="", init=False)

    @attrs.frozen
    class Prepared:
        title: str

        def __attrs_post_init__(self) -> None:
            raise AssertionError

    assert has_row_function(OfAnotherPackage)
    assert not any(map(has_row_function, (Checked, Converted, Made, Hidden, Prepared)))


def test_the_classes_above_are_all_that_rows_become() -> None:
    """So the random rows reach each class of a list and of a property, and each field with a function of its own."""
    of_rows = {PageInfo, Slot, *LIST_ROW_CLASSES.values(), *(load() for load in PROP_ROW_CLASSES.values())}
    assert of_rows <= set(CLASSES)
    assert set(_HOOKS) <= set(map(_path, CLASSES))
