"""``python -m mwclient_async.testing install``: installs MediaWiki and PHP, if they are missing.

PHP is installed from packages of this system. MediaWiki's Debian package is only unpacked, into the user's cache: if it
were installed, it would bring a web server and start it, and only one version could be installed at a time.
"""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mwclient_async.testing import apt
from mwclient_async.testing.console import say
from mwclient_async.testing.errors import MissingWiki, WikiError
from mwclient_async.testing.roots import WikiRoot, cache_directory, find_root, root_directory

SUITES = {"1.39": "bookworm", "1.43": "trixie"}
"""The versions that the library is tested with; for each, the suite of Debian that has it."""

MODULES = {
    "apcu": "php-apcu",
    "curl": "php-curl",
    "gd": "php-gd",
    "intl": "php-intl",
    "mbstring": "php-mbstring",
    "pdo_sqlite": "php-sqlite3",
    "wikidiff2": "php-wikidiff2",
    "xml": "php-xml",
}
"""The modules of PHP that the wiki uses; for each, its Debian package."""

OPTIONAL = frozenset({"wikidiff2"})
"""Modules that only make a wiki faster; without apt they are hard to install."""


def install(versions: tuple[str | None, ...]) -> None:
    """Install what is missing for these versions; None is the version for this system's PHP.

    Raises:
        MissingWiki: something is missing and this system has no apt; the message lists what to install by hand.
        WikiError: apt failed; the message holds what it printed.
    """
    packages = missing_php_packages()
    downloads = [version or default_version() for version in versions if not has_root(version)]
    if not packages and not downloads:
        return
    if not apt.is_available():
        raise MissingWiki(_by_hand(packages, downloads))
    if packages:
        install_packages(packages)
    for version in downloads:
        download(version)


def default_version() -> str:
    """Return the version for this system's PHP: the one of this system's own suite."""
    release = apt.release()
    return next((version for version, suite in SUITES.items() if suite == release), "1.43")


def has_root(version: str | None) -> bool:
    """Return whether a MediaWiki of this version is on this machine."""
    try:
        find_root(version=version)
    except MissingWiki:
        return False
    return True


def missing_php_packages() -> list[str]:
    """Return the packages of PHP and of its modules that are missing."""
    needed = sorted(MODULES if apt.is_available() else MODULES.keys() - OPTIONAL)
    php = shutil.which("php")
    if php is None:
        return ["php-cli", *(MODULES[module] for module in needed)]
    listed = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout.lower().split()
    return [MODULES[module] for module in needed if module not in listed]


def install_packages(packages: list[str]) -> None:
    """Install packages of PHP, and print so first."""
    say(
        f"Installing Debian packages: {' '.join(packages)}\n"
        "  (PHP runs MediaWiki: the tests and the tour use a real wiki on this machine.\n"
        "  About half a minute; installs no web server and starts no service)"
    )
    try:
        apt.install(packages)
    except apt.AptError as error:
        raise WikiError(
            f"{error}\nAsk an administrator to run:\n  apt-get install --no-install-recommends {' '.join(packages)}"
        ) from error


def download(version: str) -> None:
    """Unpack MediaWiki from a suite of Debian into the user's cache, and print so first."""
    target = root_directory(version)
    suite = SUITES[version]
    say(
        f"Unpacking MediaWiki {version} of Debian {suite} into {target}\n"
        "  (the wiki that the tests and the tour use; 50 MB, about ten seconds; installs nothing)"
    )
    with _work_directory() as work:
        if has_root(version):  # another process has unpacked it
            return
        (work / "apt").mkdir()
        apt.unpack(["mediawiki", "mediawiki-classes"], suite=suite, into=work / "unpacked", work=work / "apt")
        root = work / "unpacked" / "usr" / "share" / "mediawiki"
        found = WikiRoot.read(root)
        if found is None or not found.matches(version):
            raise WikiError(f"Debian {suite} has no MediaWiki {version}, but {found.version if found else 'none'}")
        make_self_contained(root)
        shutil.rmtree(target, ignore_errors=True)
        root.rename(target)


def make_self_contained(root: Path) -> None:
    """Remove links from an unpacked MediaWiki to directories that exist only where the package is installed."""
    for directory, names, files in os.walk(root):
        for path in (Path(directory, name) for name in names + files):
            if path.is_symlink() and path.readlink().is_absolute():
                path.unlink()
    (root / "extensions").symlink_to("extensions-core")


@contextmanager
def _work_directory() -> Iterator[Path]:
    """Yield an empty directory next to the target, to one process at a time; remove first what a crash has left."""
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        work = cache / "unpacking"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _by_hand(packages: list[str], versions: list[str]) -> str:
    modules = [module for module, package in MODULES.items() if package in packages]
    lines = ["This system has no apt. Install these by hand:"]
    if packages:
        lines.append(f"  PHP 8 for the command line, with the modules {', '.join(modules)}")
    lines += [f"  MediaWiki {version}, unpacked into {root_directory(version)}" for version in versions]
    lines.append("  (https://www.mediawiki.org/wiki/Download; MEDIAWIKI_ROOT may name another directory)")
    return "\n".join(lines)
