"""``python -m mwclient_async.testing install``: puts MediaWiki and PHP on this machine, if they are not there.

PHP comes as packages of this system. MediaWiki is Debian's too, but it is only unpacked, into the user's cache:
installed, its package would bring a web server and start it, and only one version could be there.
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
"""The versions that the library is tested with, and the suite of Debian that has each."""

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
"""The modules of PHP that the wiki uses, and their packages."""

OPTIONAL = frozenset({"wikidiff2"})
"""Modules that make a wiki faster, and that are hard to come by where there is no apt."""


def install(versions: tuple[str | None, ...]) -> None:
    """Install what is missing for these versions; None stands for whichever suits this system."""
    packages = missing_php_packages()
    downloads = [version or default_version() for version in versions if not has_root(version)]
    if not packages and not downloads:
        return
    if not apt.is_here():
        raise MissingWiki(_by_hand(packages, downloads))
    if packages:
        install_packages(packages)
    for version in downloads:
        download(version)


def default_version() -> str:
    """Return the version made for this system's PHP: the one of its own suite."""
    release = apt.release()
    return next((version for version, suite in SUITES.items() if suite == release), "1.43")


def has_root(version: str | None) -> bool:
    """Whether a MediaWiki of this version is here."""
    try:
        find_root(version=version)
    except MissingWiki:
        return False
    return True


def missing_php_packages() -> list[str]:
    """Return the packages of PHP and its modules that are not here."""
    needed = sorted(MODULES if apt.is_here() else MODULES.keys() - OPTIONAL)
    php = shutil.which("php")
    if php is None:
        return ["php-cli", *(MODULES[module] for module in needed)]
    listed = subprocess.run([php, "-m"], capture_output=True, text=True, check=True).stdout.lower().split()
    return [MODULES[module] for module in needed if module not in listed]


def install_packages(packages: list[str]) -> None:
    """Install packages of PHP, saying so first."""
    say(
        f"Installing Debian packages: {' '.join(packages)}\n"
        "  (the PHP that runs MediaWiki: the tests and the tour talk to a real wiki on this machine.\n"
        "  About half a minute; no web server is among them, and no service is started)"
    )
    try:
        apt.install(packages)
    except apt.AptError as error:
        raise WikiError(
            f"{error}\nTo go on, have the administrator run:\n"
            f"  apt-get install --no-install-recommends {' '.join(packages)}"
        ) from error


def download(version: str) -> None:
    """Unpack a Debian's MediaWiki into the user's cache, saying so first."""
    target = root_directory(version)
    suite = SUITES[version]
    say(
        f"Unpacking MediaWiki {version} of Debian {suite} into {target}\n"
        "  (the wiki that the tests and the tour talk to; 50 MB, about ten seconds, nothing is installed)"
    )
    with _work_directory() as work:
        if has_root(version):  # another process was faster
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
    """Remove the links out of an unpacked MediaWiki to places that only an installed one has."""
    for directory, names, files in os.walk(root):
        for path in (Path(directory, name) for name in names + files):
            if path.is_symlink() and path.readlink().is_absolute():
                path.unlink()
    (root / "extensions").symlink_to("extensions-core")


@contextmanager
def _work_directory() -> Iterator[Path]:
    """Give an empty directory beside the target, to one process at a time; what a crash left there goes first."""
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
    lines = ["This system has no apt, so this has to be installed by hand:"]
    if packages:
        lines.append(f"  PHP 8 for the command line, with the modules {', '.join(modules)}")
    lines += [f"  MediaWiki {version}, unpacked into {root_directory(version)}" for version in versions]
    lines.append("  (https://www.mediawiki.org/wiki/Download; a MediaWiki elsewhere is named in MEDIAWIKI_ROOT)")
    return "\n".join(lines)
