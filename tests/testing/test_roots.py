"""Which MediaWiki is chosen, and the error if there is none."""

import os
from pathlib import Path

import pytest

from mwclient_async.testing import MissingWiki, roots


def _root(path: Path, version: str) -> Path:
    (path / "includes").mkdir(parents=True)
    (path / "includes" / "Defines.php").write_text(f"define( 'MW_VERSION', '{version}' );\n", encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system with one version installed and another one in the user's cache."""
    monkeypatch.setattr(roots, "SYSTEM_ROOT", _root(tmp_path / "system", "1.39.17"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("MEDIAWIKI_ROOT", raising=False)
    _root(tmp_path / "cache" / "mwclient_async" / "mediawiki-1.43", "1.43.9")


@pytest.mark.parametrize(
    ("version", "found"), [(None, "1.39.17"), ("1.39", "1.39.17"), ("1.43", "1.43.9"), ("1.43.9", "1.43.9")]
)
def test_the_first_root_of_the_version_is_chosen(version: str | None, found: str) -> None:
    assert roots.find_root(version=version).version == found


@pytest.mark.parametrize("version", ["1.4", "1.3", "1.43.90", "2"])
def test_versions_match_by_whole_numbers(version: str) -> None:
    with pytest.raises(
        MissingWiki, match=rf"No MediaWiki {version} .*1\.39\.17, 1\.43\.9.*install --version {version}"
    ):
        roots.find_root(version=version)


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEDIAWIKI_ROOT", str(_root(tmp_path / "own", "1.45.0")))
    assert roots.find_root().version == "1.45.0"
    assert roots.find_root(version="1.39").version == "1.39.17"


def test_a_path_is_used_or_refused_but_never_replaced(tmp_path: Path) -> None:
    own = _root(tmp_path / "own", "1.45.0")
    assert roots.find_root(path=own).path == own
    with pytest.raises(MissingWiki, match=r"found: 1\.45\.0"):
        roots.find_root(path=own, version="1.39")
    with pytest.raises(MissingWiki, match="No MediaWiki at"):
        roots.find_root(path=tmp_path)


def test_without_php_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingWiki, match=r"PHP .* python -m mwclient_async\.testing install"):
        roots.find_php()


def test_a_directory_for_compiled_files_that_cannot_be_written_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """PHP would not start a script with it. The tests may run as root, who can write everywhere."""
    directory = roots.compiled_files()
    assert directory is not None
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (directory, os.R_OK | os.W_OK | os.X_OK))
    assert roots.compiled_files() is None
