"""The front door: every name that a user can meet is a name of the package, loaded at first use.

Which names these are is found out from the code (``tests/support/public_surface.py``). To add one, write it into the
table of ``mwclient_async/__init__.py`` and run ``python -m tests.test_front_door``, which writes ``__init__.pyi``.
"""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import import_module, metadata
from pathlib import Path
from typing import get_type_hints

import pytest
from attrs import has

import mwclient_async
from tests.support.public_surface import PACKAGE, ROOT, STUB, imported_by, public_names, stub, stub_of

HOMES: Mapping[str, str] = vars(mwclient_async)["_HOMES"]
HOME_OF: Mapping[str, str] = vars(mwclient_async)["_HOME_OF"]
NAMES: list[str] = vars(mwclient_async)["__all__"]


# The list ------------------------------------------------------------------------------------------------------------


def test_every_name_that_a_user_can_meet_is_a_name_of_the_package() -> None:
    wanted = {(module, name) for name, modules in public_names().items() for module in modules}
    assert wanted == {(module, name) for name, module in HOME_OF.items()}


def test_no_two_modules_define_a_public_name() -> None:
    assert {name: modules for name, modules in public_names().items() if len(modules) > 1} == {}


def test_no_name_is_in_the_table_twice() -> None:
    names = [name for listed in HOMES.values() for name in listed.split()]
    assert sorted(names) == NAMES


def test_type_checkers_see_the_same_names() -> None:
    assert stub() == HOME_OF
    assert STUB.read_text(encoding="utf-8") == stub_of(HOMES)


PAGES = [*ROOT.parent.glob("*.md"), *ROOT.parent.glob("docs/*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_the_documentation_imports_is_a_name_of_the_package(page: Path) -> None:
    assert imported_by(page.read_text(encoding="utf-8")) <= set(NAMES)


def test_the_names_of_an_import_are_found() -> None:
    several = "from mwclient_async.models.rest import (\n    Html,\n    Lint,\n)\n"
    others = "from mwclient_async.testing import LocalWiki\nfrom mwclient_async import Site"
    assert imported_by(several + others) == {"Html", "Lint", "Site"}


# Use -----------------------------------------------------------------------------------------------------------------


def test_a_name_is_what_its_module_has() -> None:
    here = {name: getattr(mwclient_async, name) for name in NAMES}
    there = {name: getattr(import_module(f"{PACKAGE}.{HOME_OF[name]}"), name) for name in NAMES}
    assert [name for name in NAMES if here[name] is not there[name]] == []


def test_a_class_has_its_name_its_module_and_a_docstring() -> None:
    classes = {name: value for name in NAMES if inspect.isclass(value := getattr(mwclient_async, name))}
    found = {name: (cls.__name__, cls.__module__, bool(cls.__doc__)) for name, cls in classes.items()}
    assert found == {name: (name, f"{PACKAGE}.{HOME_OF[name]}", True) for name in classes}


def test_the_version_is_that_of_the_installed_package() -> None:
    assert mwclient_async.__version__ == metadata.version(PACKAGE)


def test_dir_lists_the_names() -> None:
    assert dir(mwclient_async) == sorted([*NAMES, "__version__"])


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sight'"):
        getattr(mwclient_async, "Sight")  # noqa: B009 - type checkers refuse the plain form


def test_the_package_is_typed() -> None:
    assert (ROOT / "py.typed").read_bytes() == b""


# The cost of an import -----------------------------------------------------------------------------------------------


def loaded_by(statement: str, *, after: str = "") -> set[str]:
    """The modules that a statement loads in a fresh interpreter."""
    lines = [
        "import sys, json",
        after,
        "before = set(sys.modules)",
        statement,
        "print(json.dumps(sorted(set(sys.modules) - before)))",
    ]
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(lines)], capture_output=True, text=True, check=True
    )
    return set(json.loads(ran.stdout))


def test_importing_the_package_loads_no_library_and_no_module_of_it() -> None:
    loaded = loaded_by(f"import {PACKAGE}; dir({PACKAGE})")
    libraries = {"httpx", "cattrs", "anyio", "attrs", "attr", "rich", "asyncio"}
    assert not {name.split(".")[0] for name in loaded} & libraries
    assert {name for name in loaded if name.startswith(PACKAGE)} == {PACKAGE}


def test_the_pytest_plugin_costs_the_tests_of_other_projects_nothing() -> None:
    loaded = loaded_by(f"import {PACKAGE}.testing.plugin", after="import pytest")
    assert loaded == {PACKAGE, f"{PACKAGE}.testing", f"{PACKAGE}.testing.plugin"}


def test_values_are_loaded_without_the_http_library() -> None:
    loaded = loaded_by(f"from {PACKAGE} import Page, Cursor, RetryPolicy, UploadResult, EditConflict, HttpRequest")
    assert not {name.split(".")[0] for name in loaded} & {"httpx", "cattrs", "anyio"}


QUERY = f"""
import sys, anyio
from {PACKAGE} import Site
from {PACKAGE}.testing.scripted import ScriptedTransport

ACCOUNT = {{"id": 0, "name": "192.0.2.1", "anon": True, "rights": []}}
EARTH = {{"pageid": 1, "ns": 0, "title": "Earth", "length": 7}}
QUERY = {{"userinfo": ACCOUNT, "pages": [EARTH]}}

async def main():
    transport = ScriptedTransport([{{"batchcomplete": True, "query": QUERY}}])
    async with Site("https://wiki.example/w/api.php", user_agent="T/1 (t@example.org)", transport=transport) as site:
        page = await site.pages(titles=["Earth"], prop="info").first()
        assert page.info.length == 7
        assert not [name for name in sys.modules if name.startswith(("{PACKAGE}._page.", "{PACKAGE}._edit."))]
        site.page("Earth")

anyio.run(main)
"""


def test_queries_and_page_handles_load_no_other_resource_and_only_the_classes_of_their_answers() -> None:
    """A class of attrs takes a while to build, and the package has some hundreds: see docs/performance.md."""
    loaded = {name.removeprefix(f"{PACKAGE}.") for name in loaded_by(QUERY) if name.startswith(f"{PACKAGE}.")}
    resources = {name for name in loaded if name.startswith(("_actions.", "_rest.", "_upload."))}
    assert resources == {"_upload.upload_methods"}  # a base class of Site
    values = {name for name in loaded if name.startswith("models.")}
    expected = ("batch", "edit_defaults", "edits", "options", "page", "props_info")
    assert values == {f"models.{name}" for name in expected}
    not_needed = {"httpx_transport", "follow", "list_rows", "site_info", "discover", "suggestions"}
    not_needed |= {"keywords", "read_ahead"}
    not_needed |= {"shared_limits", "shared_slot"}  # a Site that shares its limits with no one does nothing for it
    assert not {name.rpartition(".")[2] for name in loaded} & not_needed


def test_importing_site_loads_no_library_that_the_first_request_may_not_need() -> None:
    loaded = loaded_by(f"from {PACKAGE} import Site")
    assert not {name.split(".")[0] for name in loaded} & {"httpx", "httpcore", "cattrs", "feedparser"}
    assert not loaded & {"importlib.metadata", "http.cookiejar", "difflib", "anyio.streams.memory"}


def test_importing_site_loads_neither_the_session_nor_the_streams() -> None:
    loaded = loaded_by(f"from {PACKAGE} import Site")
    unwanted = {"_session.session", "_session.retry", "_query.stream", "_query.batches", "_query.continuation"}
    assert not {name.removeprefix(f"{PACKAGE}.") for name in loaded} & unwanted


def test_a_lazy_room_has_no_module_that_does_not_exist() -> None:
    with pytest.raises(AttributeError, match=r"'mwclient_async\.models' has no attribute 'lits'"):
        getattr(mwclient_async.models, "lits")  # noqa: B009 - type checkers refuse the plain form


def functions(value: object) -> list[Callable[..., object]]:
    """The public functions that a class has in its own code: attrs writes constructors whose names cannot be found."""
    found = [function for name, function in inspect.getmembers(value) if not name.startswith("_")]
    if not has(value):  # type: ignore[arg-type]  # it is a class
        found.append(getattr(value, "__init__"))  # noqa: B009 - of any class
    plain = [function.fget if isinstance(function, property) else function for function in found]
    return [function for function in plain if inspect.isfunction(function) or inspect.ismethod(function)]


def test_the_annotations_of_public_functions_can_be_resolved() -> None:
    values = [getattr(mwclient_async, name) for name in NAMES]
    found = [function for value in values if inspect.isclass(value) for function in functions(value)]
    assert len(found) > len(NAMES)
    for function in found:
        get_type_hints(function)  # NameError if it cannot


if __name__ == "__main__":
    STUB.write_text(stub_of(HOMES), encoding="utf-8")
