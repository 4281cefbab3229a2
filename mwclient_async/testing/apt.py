"""Debian's package manager, as far as the test bed needs it: install packages, unpack one of any suite.

Packages to unpack are fetched under a sources file, package lists and a cache of their own: the machine's apt is
asked where its archive is and is otherwise left as it was.
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


def is_here() -> bool:
    """Whether this system has apt."""
    return shutil.which("apt-get") is not None


def release() -> str | None:
    """Return the code name of this Debian, such as ``"bookworm"``; None where it has none."""
    file = Path("/etc/os-release")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return values.get("VERSION_CODENAME") if values.get("ID") == "debian" else None


def administrator() -> list[str] | None:
    """Return what a command of the administrator starts with: nothing for root, sudo; None without either."""
    if os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def install(packages: Sequence[str]) -> None:
    """Install packages of this system, and nothing that they merely recommend."""
    update()
    _run([*_as_administrator(), "install", "--yes", "--no-install-recommends", *packages])


def update() -> None:
    """Fetch this system's package lists; where one of its archives does not answer, the others have to do."""
    command = [*_as_administrator(), "update"]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)


def unpack(packages: Sequence[str], *, suite: str, into: Path, work: Path) -> None:
    """Fetch packages of a suite of this machine's archive and unpack them, without installing them.

    ``work`` is an empty directory for apt's own files.
    """
    if not KEYRING.exists():
        raise AptError(f"{KEYRING} is missing: install the package debian-archive-keyring")
    apt = ["apt-get", "-qq", *_private(suite, work=work)]
    _run([*apt, "update"])
    _run([*apt, "download", *packages], cwd=work)
    for package in sorted(work.glob("*.deb")):
        _run(["dpkg-deb", "-x", str(package), str(into)])


def _as_administrator() -> list[str]:
    start = administrator()
    if start is None:
        raise AptError("installing packages needs root, and there is no sudo here")
    return [*start, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]


def _private(suite: str, *, work: Path) -> list[str]:
    """Return the options that make apt see this suite alone and write to ``work`` alone."""
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    archive = find_archive()
    if archive is None:
        update()  # apt knows whose archive it reads once it has read it
        archive = find_archive()
    if archive is None:
        raise AptError("apt's sources name no archive of Debian")
    sources = work / "suite.sources"
    sources.write_text(_SOURCES.format(archive=archive, suite=suite, keyring=KEYRING), encoding="utf-8")
    options = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "-",
        "Dir::State::lists": work / "lists",
        "Dir::Cache": work / "cache",
        "APT::Sandbox::User": "",  # root's apt would read and write as another user, who cannot enter `work`
    }
    return [part for name, value in options.items() for part in ("-o", f"{name}={value}")]


def find_archive() -> str | None:
    """Return the address of Debian's main archive, as this machine's own sources name it; None if none does."""
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
