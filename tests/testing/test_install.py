"""The installer installs only what is missing; the programs that it calls are stand-ins that log their arguments."""

import subprocess
import sys
from pathlib import Path

import pytest

from mwclient_async.testing import MissingWiki, WikiError, apt, install, roots

APT = """#!/bin/sh
echo "apt-get $*" >> {log}
case "$*" in
  *indextargets*) echo "Other|Other|main|http://other.example/"; echo "Debian|Debian|main|http://mirror.example/debian/";;
  *broken*) echo "E: Unable to locate package broken"; exit 100;;
esac
"""
UPDATED = 'case "$*" in *update*) : > {log}.updated;; esac\n'


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Debian system without MediaWiki and PHP, where this process is root."""
    monkeypatch.setattr(roots, "SYSTEM_ROOT", tmp_path / "nowhere")
    monkeypatch.setattr(apt, "administrator", list)
    monkeypatch.setattr(apt, "release", lambda: "bookworm")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    monkeypatch.delenv("MEDIAWIKI_ROOT", raising=False)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "env").symlink_to("/usr/bin/env")
    return tmp_path


def _program(machine: Path, name: str, text: str) -> None:
    path = machine / "bin" / name
    path.write_text(text.format(log=machine / "log"), encoding="utf-8")
    path.chmod(0o755)


def _log(machine: Path) -> list[str]:
    log = machine / "log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


ALL = "apcu\ncurl\ngd\nintl\nmbstring\npdo_sqlite\nwikidiff2\nxml\n"


def _php(machine: Path, modules: str) -> None:
    _program(machine, "php", f"#!/bin/sh\nprintf '{modules}'\n")


def test_missing_packages_are_named_and_installed(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _program(machine, "apt-get", APT)
    install.install(())
    assert "Installing Debian packages: php-cli php-apcu" in capsys.readouterr().out
    update, added = _log(machine)
    assert update.endswith("update")
    assert "--no-install-recommends php-cli" in added


def test_only_what_is_missing_is_installed(machine: Path) -> None:
    _program(machine, "apt-get", APT)
    _php(machine, ALL.replace("gd\n", "").replace("wikidiff2\n", ""))
    install.install(())
    assert _log(machine)[-1].endswith("--no-install-recommends php-gd php-wikidiff2")


@pytest.mark.parametrize(
    ("release", "default"), [("bookworm", "1.39"), ("trixie", "1.43"), ("sid", "1.43"), (None, "1.43")]
)
def test_the_default_is_the_version_of_this_systems_suite(
    machine: Path, monkeypatch: pytest.MonkeyPatch, release: str | None, default: str
) -> None:
    wanted: list[str] = []
    _program(machine, "apt-get", APT)
    _php(machine, ALL)
    monkeypatch.setattr(apt, "release", lambda: release)
    monkeypatch.setattr(install, "download", wanted.append)
    install.install((None,))
    assert wanted == [default]


def test_without_apt_the_error_lists_what_to_install_by_hand(machine: Path) -> None:
    with pytest.raises(MissingWiki, match="no apt") as error:
        install.install(("1.39", "1.43"))
    message = str(error.value)
    assert f"MediaWiki 1.39, unpacked into {roots.root_directory('1.39')}" in message
    assert "MEDIAWIKI_ROOT" in message
    assert "pdo_sqlite" in message
    assert "wikidiff2" not in message


def test_without_apt_the_error_does_not_list_what_is_installed(machine: Path) -> None:
    _php(machine, ALL)
    with pytest.raises(MissingWiki, match="no apt") as error:
        install.install(("1.43",))
    assert "PHP" not in str(error.value)


def test_a_failure_shows_apts_message_and_the_command(machine: Path) -> None:
    _program(machine, "apt-get", APT)
    with pytest.raises(WikiError, match=r"(?s)Unable to locate package broken.*apt-get install .*broken"):
        install.install_packages(["broken"])


def test_without_root_the_error_names_the_command(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "administrator", lambda: None)
    with pytest.raises(WikiError, match=r"(?s)needs root.*apt-get install --no-install-recommends php-gd"):
        install.install_packages(["php-gd"])
    assert _log(machine) == []


def test_another_suite_is_read_from_the_machines_own_archive(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(machine, "apt-get", APT)
    monkeypatch.setattr(apt, "KEYRING", machine / "bin" / "apt-get")
    work = machine / "work"
    work.mkdir()
    apt.unpack(["mediawiki"], suite="trixie", into=machine / "out", work=work)
    sources = (work / "suite.sources").read_text(encoding="utf-8")
    assert "URIs: http://mirror.example/debian/\nSuites: trixie\n" in sources
    assert f"Signed-By: {apt.KEYRING}" in sources
    for line in _log(machine)[1:]:
        assert f"Dir::State::lists={work}/lists" in line
        assert f"Dir::Cache={work}/cache" in line


def test_without_package_lists_they_are_fetched_first(machine: Path) -> None:
    _program(machine, "apt-get", APT.replace('echo "Debian|', 'test -e {log}.updated && echo "Debian|') + UPDATED)
    work = machine / "work"
    work.mkdir()
    apt._options_for_suite("trixie", work=work)
    assert "URIs: http://mirror.example/debian/" in (work / "suite.sources").read_text(encoding="utf-8")


def test_another_distribution_has_no_archive_of_debian(machine: Path) -> None:
    _program(machine, "apt-get", APT.replace("Debian|", "Ubuntu|"))
    with pytest.raises(WikiError, match="no archive of Debian"):
        apt._options_for_suite("trixie", work=machine)


def test_an_unpacked_root_has_no_links_to_the_system(tmp_path: Path) -> None:
    (tmp_path / "extensions-core" / "Cite").mkdir(parents=True)
    (tmp_path / "images").symlink_to("/var/lib/mediawiki/images")
    (tmp_path / "extensions").symlink_to("/var/lib/mediawiki/extensions")
    (tmp_path / "inside").symlink_to("extensions-core")
    install.make_self_contained(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["extensions", "extensions-core", "inside"]
    assert (tmp_path / "extensions" / "Cite").is_dir()


def test_a_failed_download_is_an_error_and_leaves_nothing(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(machine, "apt-get", APT)
    monkeypatch.setattr(apt, "KEYRING", machine / "bin" / "apt-get")
    with pytest.raises(WikiError, match=r"Debian trixie has no MediaWiki 1\.43"):
        install.download("1.43")
    assert [path.name for path in (machine / "cache" / "mwclient_async").iterdir()] == ["install.lock"]


@pytest.mark.wiki
def test_nothing_is_printed_or_done_if_nothing_is_missing() -> None:
    command = [sys.executable, "-m", "mwclient_async.testing", "install", "--version", "all"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
