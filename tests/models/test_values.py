"""What all frozen values have in common: they hash, also with mappings and lists in them, and they can be copied."""

from __future__ import annotations

import collections.abc
import copy
import json
import pickle
import pkgutil
import ssl
import types
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from types import MappingProxyType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
import pytest

import mwclient_async
from mwclient_async import errors, models
from mwclient_async._query.row_converters import page_converter
from mwclient_async._values import checkpoint, cursor, warnings
from mwclient_async._values.value import Value, to_json
from mwclient_async.errors import ApiErrorItem
from mwclient_async.models.actions_parse import ParseResult
from mwclient_async.models.auth import BotPassword, LoginState
from mwclient_async.models.batch import Batch
from mwclient_async.models.edits import PageEdit
from mwclient_async.models.info import SiteInfo
from mwclient_async.models.lists import Contribution, ListedPage
from mwclient_async.models.options import HttpOptions
from mwclient_async.models.page import Page, PageStatus
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.props_revisions import Revision
from mwclient_async.models.upload import RemoteFile, UploadResult

MODULES = [import_module(f"{models.__name__}.{module.name}") for module in pkgutil.iter_modules(models.__path__)]
CLASSES = {
    cls.__name__: cls
    for module in [*MODULES, checkpoint, cursor, warnings, errors]
    for cls in vars(module).values()
    if isinstance(cls, type) and attrs.has(cls) and cls.__module__ == module.__name__
}
VALID: Mapping[type, Mapping[str, Any]] = {  # values that pass the validators
    BotPassword: {"name": "Account@application"},
    LoginState: {"cookies": ()},
    HttpOptions: {"proxy": "http://localhost:8080", "headers": ()},
    RemoteFile: {"url": "https://example.org/a.png"},
    ListedPage: {"redirlinks": (ListedPage(title="A", ns=0),)},
}


async def answer(question: object) -> Mapping[str, str]:
    """A function that can be pickled."""
    return {"answer": str(question)}


ERROR: errors.MediaWikiError = errors.PageMissing((ApiErrorItem(code="missingtitle"),))
PLAIN: Mapping[Any, Callable[[], Any]] = {
    Any: lambda: {"a": [1, {"b": None}]},
    str: lambda: "text",
    int: lambda: 4711,
    float: lambda: 0.5,
    bool: lambda: True,
    bytes: lambda: b"text",
    datetime: lambda: datetime(2026, 11, 21, 8, tzinfo=UTC),
    ssl.SSLContext: lambda: True,
    errors.MediaWikiError: lambda: ERROR,
    collections.abc.Callable: lambda: answer,
}
GENERIC: Mapping[Any, Callable[..., Any]] = {
    Literal: lambda first, *_: first,
    Union: lambda first, *_: example(first),
    types.UnionType: lambda first, *_: example(first),
    tuple: lambda *items: tuple(example(item) for item in items if item is not Ellipsis),
    frozenset: lambda item: frozenset({example(item)}),
    collections.abc.Mapping: lambda key, value: {example(key): example(value)},
}


def example(kind: Any) -> Any:
    """A filled value of a type."""
    origin = get_origin(kind) or kind
    if origin in GENERIC:
        return GENERIC[origin](*get_args(kind))
    if origin in PLAIN:
        return PLAIN[origin]()
    if isinstance(kind, TypeVar):
        return "item"
    return filled(kind) if attrs.has(kind) else next(iter(kind))


def filled(cls: type) -> Any:
    """A value with something in each of its fields."""
    hints = get_type_hints(cls, localns={"ssl": ssl})
    known = dict(VALID.get(cls, {}))
    fields = [field for field in attrs.fields(cls) if field.init and field.alias not in {"reader", "structure"}]
    return cls(**known, **{field.alias: example(hints[field.name]) for field in fields if field.name not in known})


def test_equal_values_have_equal_hashes() -> None:
    for cls in CLASSES.values():
        value, other = filled(cls), filled(cls)
        assert value == other
        assert hash(value) == hash(other)


def test_values_can_be_copied_and_pickled() -> None:
    for name, cls in CLASSES.items():
        value = filled(cls)
        assert copy.copy(value) == value
        if name not in {"PageEdit", "SharedPause"}:  # errors are equal to themselves only
            assert copy.deepcopy(value) == value == pickle.loads(pickle.dumps(value))


def test_cursors_of_read_only_mappings_can_be_pickled() -> None:
    made = cursor.Cursor(wiki="https://example.org/w/api.php", fingerprint=MappingProxyType({"a": "b"}))
    assert pickle.loads(pickle.dumps(made)) == made == copy.deepcopy(made)


def test_the_classes_are_found() -> None:
    """A guard of the tests above: they would hold for an empty set, too."""
    assert len(CLASSES) > 150
    assert {"Page", "Cursor", "LoginState", "Checkpoint", "ApiWarning", "UploadWarning", "Revision"} <= set(CLASSES)


def test_a_field_that_every_row_has_raises_if_it_was_not_asked_for() -> None:
    edit = Contribution(user="A", userid=1, title="Earth", new=False)
    assert (edit.title, edit.new) == ("Earth", False)
    with pytest.raises(errors.NotRequested, match=r"^the query did not ask for timestamp: add prop=timestamp$"):
        _ = edit.timestamp
    assert edit.to_dict()["timestamp"] is None
    assert repr(edit) == "Contribution(title='Earth', user='A', userid=1, new=False)"
    assert attrs.evolve(edit, revid=7).revid == 7


# JSON and repr -------------------------------------------------------------------------------------------------------

TYPED = sorted(name for name, cls in CLASSES.items() if issubclass(cls, Value))


LEFT_OUT = {"Batch": {"body"}, "Revision": {"text"}}
NOT_FOR_JSON = frozenset(
    {
        *("BotPassword", "ClientLogin", "LoginField", "LoginQuestion", "LoginState"),  # have secrets
        *("OAuth1", "OAuth2ClientCredentials", "OAuth2Token"),  # likewise
        *("EditDefaults", "FileLimits", "HttpOptions", "Limits", "RemoteFile", "RetryPolicy"),  # a program gives them
        *("FilePart", "HttpRequest", "HttpResponse", "MultipartBody"),  # of a transport
        *("LimitsAnswer", "SharedPause"),  # of processes that share their limits
        *("Checkpoint", "Cursor"),  # are texts, by str()
        *("Document", "StateFile", "Stream"),  # have bytes, a file, or requests
    }
)


def test_each_public_value_has_a_form_in_json() -> None:
    public = [getattr(mwclient_async, name) for name in dir(mwclient_async) if name[0].isupper()]
    classes = {cls.__name__: cls for cls in public if isinstance(cls, type) and attrs.has(cls)}
    assert {name for name, cls in classes.items() if not issubclass(cls, Value)} == NOT_FOR_JSON


def test_each_typed_value_has_a_form_in_json() -> None:
    hidden = {"raw", "props", "reader", "structure", "parts"}
    for name in TYPED:
        value = filled(CLASSES[name]) if name != "Page" else Page(title="Earth", asked="earth")
        found = json.loads(json.dumps(value.to_dict()))
        fields = (
            {field.alias for field in attrs.fields(CLASSES[name]) if field.init} - hidden - LEFT_OUT.get(name, set())
        )
        assert fields <= set(found), name


def test_the_repr_of_a_typed_value_is_one_line_without_defaults() -> None:
    for name in TYPED:
        text = repr(filled(CLASSES[name]))
        assert text.startswith(f"{name.lstrip('_')}(") or name.startswith("_")
        assert "\n" not in text
        assert " object at 0x" not in text


def test_json_has_times_in_utc_enums_by_value_and_no_raw_response() -> None:
    revision = Revision(revid=7, timestamp=datetime(2026, 11, 30, 8, tzinfo=UTC), tags=("mobile",), text="Hello")
    found = revision.to_dict()
    assert (found["timestamp"], found["tags"], found["content"]) == ("2026-11-30T08:00:00Z", ["mobile"], "Hello")
    page = Page(title="Earth", ns=0, pageid=1, raw={"title": "Earth"}, status=PageStatus.OK)
    assert page.to_dict() == {
        "title": "Earth", "ns": 0, "pageid": 1, "asked": None, "status": "ok", "invalidreason": None,
    }  # fmt: skip


def test_a_time_of_another_zone_is_told_in_utc() -> None:
    assert to_json(datetime(2026, 11, 30, 8, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-30T06:00:00Z"


def test_a_batch_in_json_has_the_cursor_as_the_text_that_resumes() -> None:
    position = cursor.Cursor(wiki="https://example.org/w/api.php", fingerprint={}, continuation={"continue": "-||"})
    batch = Batch(items=(Revision(revid=7),), cursor=position, body={"query": {}}, lists={"a": ({"b": 1},)})
    found = json.loads(json.dumps(batch.to_dict()))
    assert cursor.Cursor.parse(found["cursor"]) == position
    assert (found["items"][0]["revid"], found["lists"], found["warnings"]) == (7, {"a": [{"b": 1}]}, [])


def test_a_page_in_json_has_what_extensions_sent_for_their_properties() -> None:
    raw = {"title": "Earth", "ns": 0, "pageid": 1, "length": 5, "index": 2, "extract": "A planet.", "missing": False}
    assert page_converter(["info", "extracts"])(raw).to_dict()["extensions"] == {"extract": "A planet."}
    assert page_converter(["info", "extracts"])({"title": "Mars", "ns": 0}).to_dict()["extensions"] == {}
    assert "extensions" not in page_converter(["info"])(raw).to_dict()
    with pytest.raises(errors.ResultTooLarge):
        page_converter(["extracts"])(raw | {"toolarge": {"extracts": []}}).to_dict()


def test_a_page_in_json_has_the_facts_that_come_with_its_files() -> None:
    raw = {"title": "File:A.png", "ns": 6, "imageinfo": [], "imagerepository": "local", "badfile": True}
    found = page_converter(["imageinfo", "contributors"])(raw | {"anoncontributors": 3, "contributors": []}).to_dict()
    assert (found["imagerepository"], found["badfile"], found["contributors"]["anonymous"]) == ("local", True, 3)
    assert "extensions" not in found


def test_a_page_in_json_has_the_properties_that_were_asked_for() -> None:
    convert = page_converter(["info", "categories"])
    raw = {"title": "Earth", "ns": 0, "pageid": 1, "length": 5, "categories": [{"ns": 14, "title": "Category:A"}]}
    found = convert(raw).to_dict()
    assert found["info"]["length"] == 5
    assert [category["title"] for category in found["categories"]] == ["Category:A"]
    assert "links" not in found


def test_a_repr_shows_the_beginning_of_a_long_field_and_no_raw_response() -> None:
    info = ImageInfo(sha1="f" * 40, metadata=[{"name": "x" * 900}], html="<p>" * 900, mime="image/png")
    shown = [
        repr(ParseResult(title="Earth", text="x" * 900, raw={"secret": 1})),
        repr(UploadResult(filename="A.png", imageinfo=info)),
    ]
    assert "title='Earth', text='xxx" in shown[0]
    assert "secret" not in shown[0]
    assert "mime='image/png', metadata=[{'name': 'xxx" in shown[1]
    assert [len(text) < 900 for text in shown] == [True, True]


def test_a_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(Revision(revid=7, minor=False)) == "Revision(revid=7, minor=False)"
    assert repr(SiteInfo(parts={"general": 1, "namespaces": 2})) == "SiteInfo(general, namespaces)"


def test_a_value_that_is_being_made_has_a_repr() -> None:
    """Tools that show the local variables of a traceback ask for it."""
    for cls in [cls for cls in CLASSES.values() if cls.__repr__ is Value.__repr__]:
        assert repr(cls.__new__(cls)) == f"{cls.__name__}()"


def test_an_edit_that_failed_is_told_in_json() -> None:
    edit = PageEdit(title="Earth", error=ERROR)
    assert edit.to_dict()["error"] == {"error": "PageMissing", "message": str(ERROR)}
    with pytest.raises(errors.PageMissing):
        _ = edit.result


def test_what_json_has_no_form_for_is_an_error() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_json({"a": b"bytes"})
