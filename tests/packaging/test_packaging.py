"""The project's description agrees with itself: versions, change log, extras, and the Pythons that it names."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import mwclient_async
from tests.packaging.extras import CHECKS
from tests.support.programs import ROOT


def project() -> dict[str, Any]:
    described: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return described


def test_the_change_log_begins_with_the_version_of_the_package() -> None:
    log = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (\S+) \((unreleased|\d{4}-\d\d-\d\d)\)$", log, re.MULTILINE)
    assert len(sections) == log.count("\n## ")
    assert sections[0][0] == mwclient_async.__version__
    assert "unreleased" not in [state for _, state in sections[1:]]


def test_each_extra_is_tried() -> None:
    assert set(project()["optional-dependencies"]) == set(CHECKS)


def test_each_extra_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [extra for extra in project()["optional-dependencies"] if f"`{extra}`" not in readme] == []


def test_the_oldest_python_of_the_classifiers_is_the_oldest_that_installs() -> None:
    named = re.findall(r"Python :: 3\.(\d+)", " ".join(project()["classifiers"]))
    assert project()["requires-python"] == f">=3.{min(map(int, named))}"
