"""Conversion of JSON to values: strict about types, lenient about unknown keys."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._http.conversion import _HOOKS, _WIRE_NAMES, _path, structurer
from mwclient_async._query.row_converters import page_converter
from mwclient_async.errors import NotRequested, ProtocolError
from mwclient_async.models import accounts, info, lists, props, props_files, props_info, props_revisions
from mwclient_async.models.lists import RecentChange, SearchResult
from mwclient_async.models.page import Page, PageStatus
from mwclient_async.models.props import CategoryInfo, Contributors, PageCategory, PageLink
from mwclient_async.models.props_files import ImageInfo
from mwclient_async.models.props_info import PageInfo
from mwclient_async.models.props_revisions import Revision, Slot
from mwclient_async.models.rest import HistoryRevision, RestUser

VALUES = (accounts, info, lists, props, props_files, props_info, props_revisions)

# Flags ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "flag"),
    [({}, False), ({"anon": True}, True), ({"anon": False}, False), ({"anon": ""}, True), ({"anon": None}, False)],
)
def test_a_flag_is_a_bool_or_the_empty_text_of_the_old_format(raw: dict[str, Any], *, flag: bool) -> None:
    assert structurer(Revision)(raw).anon is flag


@pytest.mark.parametrize("value", ["no", "false", "1", 0, 1, 0.0, [], {}], ids=repr)
def test_any_other_value_of_a_flag_is_a_protocol_error(value: Any) -> None:
    with pytest.raises(ProtocolError, match="anon"):
        structurer(Revision)({"anon": value})


@pytest.mark.parametrize(
    ("raw", "flag"), [({}, None), ({"new": None}, None), ({"new": True}, True), ({"new": ""}, True)]
)
def test_an_optional_flag_that_is_absent_is_none(raw: dict[str, Any], flag: bool | None) -> None:  # noqa: FBT001
    assert structurer(RecentChange)(raw).new is flag


def test_the_path_of_a_field_that_is_never_none_has_the_name_that_the_wiki_sends() -> None:
    with pytest.raises(ProtocolError, match=r"@ \$\.timestamp$"):
        structurer(Revision)({"timestamp": 5})


# Names of the wiki that are not those of the fields ------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted({*_WIRE_NAMES, *_HOOKS}))
def test_the_tables_of_single_fields_name_classes_and_their_fields(path: str) -> None:
    module, _, name = path.rpartition(".")
    cls = getattr(import_module(f"mwclient_async.{module}"), name)
    assert _path(cls) == path
    assert {*_WIRE_NAMES.get(path, ()), *_HOOKS.get(path, ())} <= {field.name for field in attrs.fields(cls)}


def test_a_class_of_the_caller_with_the_name_of_one_of_ours_keeps_its_own_names() -> None:
    own = attrs.make_class("MagicWord", {"case_sensitive": attrs.field(type=bool, default=False)}, frozen=True)
    assert structurer(own)({"case_sensitive": True}).case_sensitive


# Numbers, texts, times -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cls", "raw", "path"),
    [
        pytest.param(Revision, {"revid": "5"}, "revid", id="text for a number"),
        pytest.param(Revision, {"revid": True}, "revid", id="flag for a number"),
        pytest.param(Revision, {"revid": 5.5}, "revid", id="fraction for a whole number"),
        pytest.param(Revision, {"user": 5}, "user", id="number for a text"),
        pytest.param(Revision, {"timestamp": "yesterday"}, "timestamp", id="text that is not a time"),
        pytest.param(Revision, {"timestamp": 5}, "timestamp", id="number for a time"),
        pytest.param(PageLink, {"ns": 0}, "title", id="a missing required key"),
        pytest.param(PageLink, {"ns": None, "title": "A"}, "ns", id="null for a number"),
        pytest.param(ImageInfo, {"duration": "long"}, "duration", id="text for a fraction"),
        pytest.param(Revision, {"slots": {"main": {"size": "x"}}}, r"slots.*main.*size", id="nested"),
        pytest.param(HistoryRevision, {"id": 5, "timestamp": "x"}, "timestamp", id="a required time"),
    ],
)
def test_a_value_that_does_not_fit_is_a_protocol_error_that_names_its_path(cls: Any, raw: Any, path: str) -> None:
    with pytest.raises(ProtocolError, match=f"does not fit {cls.__name__}: .*{path}"):
        structurer(cls)(raw)


NOT_OBJECTS = ["text", [], ["x"], [{}]]


@pytest.mark.parametrize("raw", NOT_OBJECTS, ids=repr)
@pytest.mark.parametrize("cls", [PageInfo, Revision], ids=lambda cls: cls.__name__)
def test_text_or_a_list_instead_of_an_object_is_a_protocol_error(raw: Any, cls: Any) -> None:
    with pytest.raises(ProtocolError):
        structurer(cls)(raw)


@pytest.mark.parametrize(
    ("cls", "raw"),
    [*((PageLink, raw) for raw in NOT_OBJECTS), *((cls, raw) for cls in (PageLink, PageInfo) for raw in (5, None))],
)
def test_a_value_that_is_not_an_object_is_a_protocol_error(raw: Any, cls: Any) -> None:
    with pytest.raises(ProtocolError):
        structurer(cls)(raw)


@pytest.mark.parametrize("tags", ["mobile edit", {"0": "mobile edit"}], ids=repr)
def test_a_value_that_is_not_a_list_of_texts_is_a_protocol_error(tags: Any) -> None:
    with pytest.raises(ProtocolError):
        structurer(Revision)({"tags": tags})


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05+00:00", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_time_has_a_zone(text: str | None, moment: datetime | None) -> None:
    assert structurer(SearchResult)({"title": "A", "ns": 0, "timestamp": text}).timestamp == moment


@given(st.datetimes(min_value=datetime(1, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
@settings(deadline=None)
def test_any_time_of_a_wiki_is_read(moment: datetime) -> None:
    text = moment.isoformat(timespec="seconds").replace("+00:00", "Z")
    timestamp = structurer(Revision)({"timestamp": text}).timestamp
    assert timestamp is not None
    assert timedelta(0) <= moment - timestamp < timedelta(seconds=1)


@pytest.mark.parametrize("value", [1, 1.5])
def test_a_fraction_may_be_a_whole_number(value: float) -> None:
    assert structurer(ImageInfo)({"duration": value}).duration == value


def test_keys_of_a_newer_wiki_are_ignored() -> None:
    assert structurer(PageLink)({"ns": 0, "title": "A", "brand": "new"}) == PageLink(ns=0, title="A")


@pytest.mark.parametrize(
    "cls",
    [cls for module in VALUES for cls in vars(module).values() if attrs.has(cls)],
    ids=lambda cls: cls.__name__,
)
def test_every_class_accepts_an_object_with_its_required_keys_only(cls: Any) -> None:
    """Each field has a hook, and a default if the wiki may omit it."""
    required = {
        field.name: {str: "x", int: 5}[field.type]
        for field in attrs.fields(attrs.resolve_types(cls))
        if field.default is attrs.NOTHING
    }
    assert structurer(cls)(required) == cls(**required)


def test_a_revision_has_the_text_of_its_main_slot() -> None:
    raw = {"slots": {"main": {"contentmodel": "wikitext", "content": "Hello"}, "aux": {"missing": True}}}
    revision = structurer(Revision)(raw)
    assert revision.content == "Hello"
    assert revision.slots["aux"] == Slot(missing=True)


@pytest.mark.parametrize(
    "raw",
    [
        {"revid": 1},
        {"slots": {"main": {"size": 5, "contentmodel": "wikitext"}}},
        {"slots": {"aux": {"content": "x"}}},
        {"slots": []},
    ],
)
def test_a_text_that_was_not_asked_for_is_not_none(raw: Mapping[str, Any]) -> None:
    revision = structurer(Revision)(raw)
    for one in (revision, copy.deepcopy(revision), revision.slots.get("main", revision)):
        with pytest.raises(NotRequested, match="add rvprop=content"):
            _ = one.content


@pytest.mark.parametrize(
    "raw",
    [
        {"slots": {"main": {flag: True}}}
        for flag in ("texthidden", "textmissing", "missing", "nosuchsection", "badcontentformat")
    ]
    + [{flag: True} for flag in ("texthidden", "textmissing", "slotsmissing", "badcontentformat")],
)
def test_a_text_that_the_wiki_does_not_have_is_none(raw: Mapping[str, Any]) -> None:
    """The flags of ApiQueryRevisionsBase.php. A wiki with a missing slot has a broken database."""
    assert structurer(Revision)(raw).content is None


def test_an_empty_php_array_means_no_slots() -> None:
    assert structurer(Revision)({"slots": []}).slots == {}


def test_a_revision_of_the_rest_api_is_read() -> None:
    raw = {
        "id": 5,
        "timestamp": "2024-01-02T03:04:05Z",
        "minor": True,
        "size": 7,
        "comment": None,
        "user": {"id": None, "name": "A"},
        "delta": None,
    }
    assert structurer(HistoryRevision)(raw) == HistoryRevision(
        id=5, timestamp=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), minor=True, size=7, user=RestUser(name="A")
    )
    assert structurer(HistoryRevision)({**raw, "user": None}).user is None


# Pages ---------------------------------------------------------------------------------------------------------------

STUB = {"pageid": 5, "ns": 0, "title": "A"}
MANY = [
    *["categories", "deletedrevisions", "duplicatefiles", "extlinks", "fileusage", "imageinfo", "images", "iwlinks"],
    *["langlinks", "links", "linkshere", "redirects", "revisions", "templates", "transcludedin"],
]


def page(raw: dict[str, Any], *props: str) -> Page:
    return page_converter(props)(raw)


@pytest.mark.parametrize("prop", MANY)
def test_a_requested_prop_that_is_absent_is_empty(prop: str) -> None:
    assert getattr(page(STUB, prop), prop) == ()


@pytest.mark.parametrize(
    ("prop", "empty"),
    [("categoryinfo", None), ("pageprops", {}), ("info", PageInfo()), ("contributors", Contributors())],
    ids=lambda value: str(value)[:12],
)
def test_a_requested_prop_of_one_value_that_is_absent_is_none_or_empty(prop: str, empty: Any) -> None:
    assert getattr(page(STUB, prop), prop) == empty


@pytest.mark.parametrize("prop", [*MANY, "info", "categoryinfo", "contributors", "pageprops"])
def test_a_prop_that_was_not_requested_is_an_error_that_says_what_to_add(prop: str) -> None:
    with pytest.raises(NotRequested, match=f"of 'A' .* add prop={prop}") as caught:
        getattr(page({**STUB, prop: []}), prop)
    assert isinstance(caught.value, LookupError)


def test_the_rows_of_a_prop_are_values_in_the_wikis_order() -> None:
    result = page(
        {**STUB, "categories": [{"ns": 14, "title": "Category:B"}, {"ns": 14, "title": "Category:A"}]}, "categories"
    )
    assert result.categories == (PageCategory(ns=14, title="Category:B"), PageCategory(ns=14, title="Category:A"))


def test_info_is_read_from_the_keys_of_the_page() -> None:
    result = page({**STUB, "contentmodel": "css", "length": 7, "lastrevid": 9, "new": True}, "info")
    assert result.info == PageInfo(contentmodel="css", length=7, lastrevid=9, new=True)


def test_objects_that_php_sends_as_empty_lists_are_empty() -> None:
    result = page({**STUB, "pageprops": [], "categoryinfo": []}, "pageprops", "categoryinfo")
    assert (result.pageprops, result.categoryinfo) == ({}, None)


def test_category_info_is_a_value() -> None:
    assert page({**STUB, "categoryinfo": {"size": 3, "pages": 3}}, "categoryinfo").categoryinfo == CategoryInfo(
        size=3, pages=3
    )


@pytest.mark.parametrize(
    ("raw", "status", "pageid"),
    [
        (STUB, PageStatus.OK, 5),
        ({"ns": 0, "title": "A", "missing": True}, PageStatus.MISSING, None),
        ({"pageid": 7, "missing": True}, PageStatus.MISSING, None),
        ({"ns": -1, "title": "Special:X", "special": True}, PageStatus.SPECIAL, None),
        ({"title": "<", "invalid": True, "invalidreason": "bad"}, PageStatus.INVALID, None),
        ({"ns": 0, "title": "A", "missing": False, "pageid": 5}, PageStatus.OK, 5),
    ],
)
def test_the_status_of_a_page(raw: dict[str, Any], status: PageStatus, pageid: int | None) -> None:
    result = page(raw)
    assert (result.status, result.pageid, result.exists, result.raw) == (status, pageid, status is PageStatus.OK, raw)


@pytest.mark.parametrize("reason", ["It is bad.", {"code": "title-invalid", "text": "It is bad."}])
def test_the_reason_of_an_invalid_title_in_either_format(reason: Any) -> None:
    assert page({"title": "<", "invalid": True, "invalidreason": reason}).invalidreason == "It is bad."


def test_a_row_that_does_not_fit_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match=r"does not fit PageCategory: .*ns"):
        _ = page({**STUB, "categories": [{"ns": "14", "title": "Category:B"}]}, "categories").categories


@pytest.mark.parametrize("rows", [5, "text", {"0": {"ns": 14, "title": "Category:B"}}, [[]], None], ids=repr)
def test_a_prop_that_is_not_a_list_of_objects_is_a_protocol_error(rows: Any) -> None:
    with pytest.raises(ProtocolError):
        _ = page({**STUB, "revisions": rows}, "revisions").revisions
