"""Debian's package manager: install packages, and unpack packages of any suite without installing them.

Packages to unpack are fetched with a separate sources file, separate package lists and a separate cache. From the
machine's own apt configuration only the address of Debian's archive is read; nothing in it changes.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from mwclient_async.testing.errors import WikiError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_SOURCES = """\
Types: deb
URIs: {archive}
Suites: {suite}
Components: main
Signed-By: {keyring}
"""


class AptError(WikiError):
    """A package could not be installed or fetched; the message ends with what apt printed."""


def is_available() -> bool:
    """Return whether this system has apt."""
    return shutil.which("apt-get") is not None


def release() -> str | None:
    """Return the code name of this Debian, such as ``"bookworm"``; None on other systems and if it has none."""
    file = Path("/etc/os-release")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return values.get("VERSION_CODENAME") if values.get("ID") == "debian" else None


def administrator() -> list[str] | None:
    """Return the words before a command that needs root: none for root, else ``sudo``; None if there is no sudo."""
    if os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def install(packages: Sequence[str]) -> None:
    """Install packages of this system, without the packages that they recommend.

    Raises:
        AptError: there is no way to become root, or apt failed.
    """
    update()
    _run([*_as_administrator(), "install", "--yes", "--no-install-recommends", *packages])


def update() -> None:
    """Fetch this system's package lists. If one of its archives does not answer, the others are used."""
    command = [*_as_administrator(), "update"]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)


def unpack(packages: Sequence[str], *, suite: str, into: Path, work: Path) -> None:
    """Fetch packages of a suite from this machine's archive and unpack them, without installing them.

    ``work`` is an empty directory for apt's own files.

    Raises:
        AptError: the archive or its key was not found, or apt failed.
    """
    if not KEYRING.exists():
        raise AptError(f"{KEYRING} is missing: install the package debian-archive-keyring")
    apt = ["apt-get", "-qq", *_options_for_suite(suite, work=work)]
    _run([*apt, "update"])
    _run([*apt, "download", *packages], cwd=work)
    for package in sorted(work.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(into)])


def _as_administrator() -> list[str]:
    start = administrator()
    if start is None:
        raise AptError("installing packages needs root, and this system has no sudo")
    return [*start, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]


def _options_for_suite(suite: str, *, work: Path) -> list[str]:
    """Return the options that make apt read only this suite and write only to ``work``."""
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    archive = find_archive()
    if archive is None:
        update()  # apt knows the origin of an archive only after it has read it
        archive = find_archive()
    if archive is None:
        raise AptError("apt's sources have no archive of Debian")
    sources = work / "suite.sources"
    sources.write_text(_SOURCES.format(archive=archive, suite=suite, keyring=KEYRING), encoding="utf-8")
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "",  # apt as root would read and write as another user, who may not enter `work`
    }
    return [part for name, value in options.items() for part in ("-o", f"{name}={value}")]


def find_archive() -> str | None:
    """Return the address of Debian's main archive in this machine's sources; None if they have none."""
    targets = ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)"]
    for line in _run(targets).splitlines():
        origin, label, component, address = line.split("|")
        if (origin, label, component) == ("Debian", "Debian", "main"):
            return address
    return None


def _run(argv: Sequence[str], *, cwd: Path | None = None) -> str:
    done = subprocess.run(
        argv, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise AptError(f"{' '.join(argv)}: status {done.returncode}\n{done.stdout}{done.stderr}".strip())
    return done.stdout
