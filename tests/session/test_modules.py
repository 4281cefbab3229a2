"""What each API module needs, by the static table and by paraminfo."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from mwclient_async._session.module_table import (
    CONTENT_LIMITS,
    ROW_LIMITS,
    Module,
    core_module,
    core_modules,
    parse_paraminfo,
)
from mwclient_async.errors import ProtocolError

ROWS = {"name": "limit", "type": "limit", "default": 10, "max": 500, "highmax": 5000, "min": 1}
TOKEN = {"name": "token", "type": "string", "required": True, "tokentype": "csrf"}


def described(**info: Any) -> Module:
    path = info.setdefault("path", "query+thing")
    return parse_paraminfo({"paraminfo": {"modules": [info]}})[path]


@pytest.mark.parametrize(
    ("info", "module"),
    [
        pytest.param(
            {"path": "query+geosearch", "group": "list", "prefix": "gs", "parameters": [{"name": "coord"}, ROWS]},
            Module(path="query+geosearch", group="list", prefix="gs", limits=(500, 5000)),
            id="a list of an extension",
        ),
        pytest.param(
            {"path": "thank", "mustbeposted": True, "parameters": [{"name": "rev"}, TOKEN]},
            Module(path="thank", post=True, write=True, token="csrf"),
            id="a write of an extension",
        ),
        pytest.param({"path": "parse"}, Module(path="parse"), id="no more than a path"),
        pytest.param({"path": "x", "parameters": []}, Module(path="x"), id="no parameters"),
    ],
)
def test_a_module_is_read_from_paraminfo(info: dict[str, Any], module: Module) -> None:
    (found,) = parse_paraminfo({"paraminfo": {"modules": [info]}}).values()
    assert evolve(found, parameters=None) == module


def test_the_parameters_of_a_module_are_read_with_their_fixed_values() -> None:
    info: dict[str, Any] = {
        "path": "x",
        "dynamicparameters": True,
        "parameters": [
            {"name": "text", "type": "text"},
            {"name": "one", "type": ["a", "b"]},
            {"name": "many", "type": ["a", "b"], "multi": True, "allspecifier": "*"},
            {"name": "tags", "type": ["a", "b"], "multi": True},
        ],
    }
    (found,) = parse_paraminfo({"paraminfo": {"modules": [info]}}).values()
    assert found.parameters == {"text": None, "one": None, "many": frozenset({"a", "b", "*"}), "tags": None}
    assert found.dynamic


@pytest.mark.parametrize(
    ("limit", "limits"),
    [
        (ROWS, (500, 5000)),
        ({**ROWS, "default": "10"}, (500, 5000)),
        ({"name": "limit", "default": 10, "max": 50}, (50, 50)),
        ({**ROWS, "default": 1}, None),
        ({"name": "limit", "max": 500, "highmax": 5000}, None),
        ({"name": "limit", "default": 10}, None),
        ({"name": "limit", "default": 10, "max": None}, None),
    ],
)
def test_c5_a_limit_of_rows_has_a_default_above_1_and_a_maximum(limit: dict[str, Any], limits: Any) -> None:
    assert described(parameters=[limit]).limits == limits


def test_several_modules_are_found_by_their_paths() -> None:
    body = {"paraminfo": {"helpformat": "none", "modules": [{"path": "a"}, {"path": "query+b"}]}}
    assert [module.name for module in parse_paraminfo(body).values()] == ["a", "b"]


def test_an_empty_list_of_modules_gives_none() -> None:
    assert parse_paraminfo({"paraminfo": {"modules": []}}) == {}
    assert parse_paraminfo({"paraminfo": {"helpformat": "none"}}) == {}  # as ApiParamInfo.php sends it


@pytest.mark.parametrize("body", [{}, {"paraminfo": {}}, {"paraminfo": []}, {"paraminfo": {"modules": {"0": {}}}}])
def test_c10_a_body_without_a_list_of_modules_is_an_error(body: dict[str, Any]) -> None:
    """A module that the wiki has must not be called unknown."""
    with pytest.raises(ProtocolError, match=r"list of modules|have a list"):
        parse_paraminfo(body)


# The static table ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("query+allpages", Module(path="query+allpages", group="list", prefix="ap", limits=ROW_LIMITS)),
        ("query+users", Module(path="query+users", group="list", prefix="us")),
        ("query+categoryinfo", Module(path="query+categoryinfo", group="prop", prefix="ci")),
        ("query+categories", Module(path="query+categories", group="prop", prefix="cl", limits=ROW_LIMITS)),
        ("query+tokens", Module(path="query+tokens", group="meta")),
        ("edit", Module(path="edit", post=True, write=True, token="csrf")),
        ("watch", Module(path="watch", post=True, write=True, token="watch")),
        ("logout", Module(path="logout", post=True, token="csrf")),
        ("login", Module(path="login", prefix="lg", post=True)),
        ("parse", Module(path="parse")),
    ],
)
def test_a_module_of_mediawiki_itself(path: str, module: Module) -> None:
    assert core_module(path) == module


@pytest.mark.parametrize("path", ["", "query+", "allpages", "query+nosuch", "EDIT"])
def test_any_other_module_is_unknown(path: str) -> None:
    assert core_module(path) is None


def test_the_table_is_consistent() -> None:
    for path, module in core_modules().items():
        assert module.path == path
        assert bool(module.group) is path.startswith("query+")
        assert module.post or not (module.write or module.token)
        assert module.limits in {None, ROW_LIMITS}


def test_no_two_lists_or_props_share_a_prefix() -> None:
    """Otherwise their limits would be the same parameter."""
    prefixes = [module.prefix for module in core_modules().values() if module.limits is not None]
    assert sorted(prefixes) == sorted(set(prefixes))
    assert "" not in prefixes


def test_limits_with_page_text_are_a_tenth_of_those_of_rows() -> None:
    assert tuple(10 * limit for limit in CONTENT_LIMITS) == ROW_LIMITS
