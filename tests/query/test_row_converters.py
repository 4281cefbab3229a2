"""Rows and pages as values: forms that the test wikis do not send, but other wikis do."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from mwclient_async._http.conversion import structured, structurer
from mwclient_async._query.list_rows import row_converter
from mwclient_async._query.row_converters import page_converter
from mwclient_async._query.site_info import parse_site_info, user_info_flow, with_aliases
from mwclient_async.errors import ProtocolError
from mwclient_async.models import accounts, info, lists, props, props_files, props_info, props_revisions
from mwclient_async.models.accounts import Block, BlockRestrictions, ChangeableGroups, User, UserInfo
from mwclient_async.models.info import DatabaseLag, Extension, General, ImageSize
from mwclient_async.models.lists import ArchivedFile, ListedPage, LogEvent, Tag, WatchedChange
from mwclient_async.models.props_files import ExtMetadata, ImageInfo
from mwclient_async.models.props_info import PageInfo, PreloadedContent
from tests.support.scripted_flow import Script

VALUES = (accounts, info, lists, props, props_files, props_info, props_revisions)
CLASSES = sorted(
    {cls for module in VALUES for cls in vars(module).values() if attrs.has(cls)},
    key=lambda cls: cls.__name__,
)
REQUIRED_VALUES: dict[Any, Any] = {str: "x", int: 5}


def required_keys(cls: Any) -> dict[str, Any]:
    """The keys that a row of the class must have."""
    return {
        field.name: REQUIRED_VALUES[field.type]
        for field in attrs.fields(attrs.resolve_types(cls))
        if field.default is attrs.NOTHING
    }


# Missing values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if cls is not info.SiteInfo], ids=lambda cls: cls.__name__)
def test_null_is_a_missing_value_for_each_field(cls: Any) -> None:
    nothing = {field.name: None for field in attrs.fields(cls) if field.default is not attrs.NOTHING}
    assert structurer(cls)({**nothing, **required_keys(cls)}) == cls(**required_keys(cls))


@pytest.mark.parametrize(
    ("cls", "raw", "field"),
    [
        (Tag, {"name": "x", "displayname": False}, "displayname"),
        (WatchedChange, {"expiry": False}, "expiry"),
        (WatchedChange, {"notificationtimestamp": ""}, "notificationtimestamp"),
        (General, {"variantarticlepath": False, "externallinktarget": False}, "variantarticlepath"),
        (DatabaseLag, {"lag": False}, "lag"),
        (User, {"registration": ""}, "registration"),
    ],
)
def test_other_values_that_mean_none(cls: Any, raw: Any, field: str) -> None:
    assert getattr(structurer(cls)(raw), field) is None


@pytest.mark.parametrize(
    ("cls", "field", "empty"),
    [
        (LogEvent, "params", {}),
        (Block, "restrictions", BlockRestrictions()),
        (ImageInfo, "extmetadata", {}),
        (PageInfo, "varianttitles", {}),
        (PageInfo, "preloadcontent", PreloadedContent()),
        (UserInfo, "ratelimits", {}),
        (UserInfo, "changeablegroups", ChangeableGroups()),
        (User, "centralids", {}),
    ],
)
def test_an_empty_list_instead_of_an_object_is_an_empty_object(cls: Any, field: str, empty: Any) -> None:
    assert getattr(structurer(cls)({field: []}), field) == empty


@pytest.mark.parametrize(
    ("cls", "raw"),
    [
        (LogEvent, {"params": ["x"]}),
        (LogEvent, {"params": "x"}),
        (ImageInfo, {"extmetadata": {"DateTime": "x"}}),
        (PageInfo, {"protection": {"type": "edit"}}),
        (PageInfo, {"protection": "edit"}),
        (PageInfo, {"preloadcontent": "x"}),
        (UserInfo, {"rights": "edit"}),
        (UserInfo, {"unreadcount": 1.5}),
        (ArchivedFile, {"size": "many"}),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_a_protocol_error(cls: Any, raw: Any) -> None:
    with pytest.raises(ProtocolError, match=f"does not fit {cls.__name__}: .*{next(iter(raw))}"):
        structurer(cls)(raw)


# Special cases ----------------------------------------------------------------------------------------------------


def test_groups_with_gaps_come_as_an_object() -> None:
    """PHP has removed a duplicate group from its list, which leaves a gap in the keys."""
    raw = {"changeablegroups": {"add": {"0": "bot", "2": "sysop"}, "add-self": ["bot"], "remove": []}}
    assert structurer(UserInfo)(raw).changeablegroups == ChangeableGroups(add=("bot", "sysop"), add_self=("bot",))


@pytest.mark.parametrize("count", [0, 17, "1000+"])
def test_unread_pages_that_are_too_many_to_count(count: int | str) -> None:
    assert structurer(UserInfo)({"unreadcount": count}).unreadcount == count


@pytest.mark.parametrize("number", [4951, "4951"])
def test_numbers_of_deleted_files_may_be_text(number: int | str) -> None:
    assert structurer(ArchivedFile)({"size": number, "width": number}).size == 4951


def test_a_row_of_random_has_its_page_id_under_another_name() -> None:
    row = {"id": 7, "ns": 0, "title": "A"}
    assert row_converter("random", raw=False)(row) == ListedPage(title="A", ns=0, pageid=7)
    assert row_converter("random", raw=True)(row) is row
    assert row_converter("no such list", raw=False)(row) is row


def test_a_page_with_redirecting_links() -> None:
    row = {"ns": 0, "title": "A", "pageid": 1, "redirlinks": [{"ns": 0, "title": "B", "pageid": 2}]}
    link = ListedPage(title="B", ns=0, pageid=2)
    assert row_converter("backlinks", raw=False)(row) == ListedPage(title="A", ns=0, pageid=1, redirlinks=(link,))


def test_metadata_with_an_empty_hidden_key_is_hidden() -> None:
    raw = {
        "DateTime": {"value": "2024", "source": "mediawiki-metadata", "hidden": ""},
        "Artist": {"value": {"en": "A"}},
    }
    assert structurer(ImageInfo)({"extmetadata": raw}).extmetadata == {
        "DateTime": ExtMetadata(value="2024", source="mediawiki-metadata", hidden=True),
        "Artist": ExtMetadata(value={"en": "A"}),
    }


def test_sizes_by_number_in_either_form() -> None:
    sizes = {"width": 320, "height": 240}
    as_object = structurer(General)({"thumblimits": {"0": 120, "4": 250}, "imagelimits": {"1": sizes}})
    assert (as_object.thumblimits, as_object.imagelimits) == ({0: 120, 4: 250}, {1: ImageSize(**sizes)})
    assert structurer(General)({"thumblimits": [120, 150]}).thumblimits == {0: 120, 1: 150}


def test_fallback_languages_and_variants() -> None:
    general = structurer(General)({"fallback": [{"code": "de"}], "variants": [{"code": "zh-hans", "name": "大陆简体"}]})
    assert general.fallback == ("de",)
    assert general.variants[0].code == "zh-hans"


def test_an_extension_from_a_repository() -> None:
    raw = {"name": "X", "version": 2.5, "vcs-system": "git", "vcs-date": "2024-01-02T03:04:05Z", "license-name": "MIT"}
    extension = structurer(Extension)(raw)
    assert (extension.version, extension.vcs_system, extension.license_name) == ("2.5", "git", "MIT")
    assert extension.vcs_date == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


# Pages, siteinfo, and userinfo ----------------------------------------------------------------------------------------


def test_a_page_can_be_pickled() -> None:
    page = page_converter(["links"])(
        {"pageid": 5, "ns": 0, "title": "A", "links": [{"ns": 0, "title": "B"}], "length": 3}
    )
    again = pickle.loads(pickle.dumps(page))
    assert again == page
    assert again.extension("length", int) == 3


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (5, int, 5),
        ([1, 2], tuple[int, ...], (1, 2)),
        ({"a": {"title": "A", "ns": 0}}, dict[str, ListedPage], {"a": ListedPage(title="A", ns=0)}),
        ("2024-01-02T03:04:05Z", datetime, datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_a_value_of_any_kind(value: Any, kind: Any, expected: Any) -> None:
    assert structured(value, kind) == expected


def test_namespaces_are_requested_with_their_aliases() -> None:
    assert with_aliases(["namespaces", "general"]) == ["namespaces", "general", "namespacealiases"]
    assert with_aliases(["namespacealiases", "namespaces"]) == ["namespacealiases", "namespaces"]
    assert with_aliases(["general"]) == ["general"]


SITEINFO_PARTS = ("general", "namespaces", "languages", "extensiontags", "languagevariants", "fileextensions", "skins")


def test_a_part_that_is_empty_in_php_is_empty() -> None:
    info_ = parse_site_info({part: [] for part in SITEINFO_PARTS}, SITEINFO_PARTS)
    assert (info_.general, info_.namespaces, info_.languages, info_.skins) == (General(), {}, {}, ())
    assert (info_.extensiontags, info_.languagevariants, info_.fileextensions) == ((), {}, ())


@pytest.mark.parametrize("part", SITEINFO_PARTS)
def test_c10_a_requested_part_that_the_wiki_did_not_send_is_an_error(part: str) -> None:
    with pytest.raises(ProtocolError, match=f"no {part} of siteinfo"):
        parse_site_info({}, [part])


def test_a_part_that_does_not_fit_is_a_protocol_error() -> None:
    bad: dict[str, Any] = {
        "skins": "vector",
        "general": {"lang": 5},
        "variables": {"a": 1},
        "namespaces": [{}],
        "fileextensions": [{}],
        "namespacealiases": [{"id": 6}],
        "languagevariants": {"crh": {"crh": 5}},
    }
    for prop, raw in bad.items():
        with pytest.raises(ProtocolError):
            parse_site_info({prop: raw}, [prop])


@pytest.mark.parametrize("rows", [5, None, {"0": {}}, ["x"]], ids=repr)
def test_contributors_that_are_not_a_list_of_objects_are_a_protocol_error(rows: Any) -> None:
    with pytest.raises(ProtocolError):
        _ = page_converter(["contributors"])({"pageid": 5, "ns": 0, "title": "A", "contributors": rows}).contributors


def test_a_part_without_an_attribute_is_in_raw() -> None:
    assert parse_site_info({"newer": [1]}, ["newer"]).raw == {"newer": [1]}


def test_userinfo_is_one_request_of_which_a_wiki_may_know_a_part() -> None:
    script = Script({"query": {"userinfo": {"id": 5, "name": "Demo", "messages": True}}})
    assert script.run(user_info_flow()) == UserInfo(id=5, name="Demo", hasmsg=True)
    assert script.requests[0].partial
    with pytest.raises(ProtocolError):
        Script({"batchcomplete": True}).run(user_info_flow())
