"""Finds MediaWiki on this machine. A root is an unpacked MediaWiki that all wikis share and never write to."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from mwclient_async.testing.errors import INSTALL_COMMAND, MissingWiki

SYSTEM_ROOT = Path("/usr/share/mediawiki")
_VERSION = re.compile(r"'MW_VERSION',\s*'([^']+)'")


@frozen
class WikiRoot:
    """An unpacked MediaWiki at ``path``; ``version`` is exact, such as ``"1.39.17"``."""

    path: Path
    version: str

    @classmethod
    def read(cls, path: Path) -> "WikiRoot | None":
        """Return the root at ``path``; None if there is no MediaWiki."""
        try:
            found = _VERSION.search((path / "includes" / "Defines.php").read_text(encoding="utf-8"))
        except OSError:
            return None
        return cls(path, found[1]) if found else None

    def matches(self, version: str | None) -> bool:
        """Return whether this is the version asked for: ``"1.39"`` matches ``"1.39.17"``, None matches all."""
        return version is None or f"{self.version}.".startswith(f"{version}.")


def cache_directory() -> Path:
    """Return the directory of downloaded MediaWikis in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "mwclient_async"


def compiled_files() -> Path | None:
    """Return the directory in the user's cache where PHP keeps compiled files; None if it cannot be used."""
    directory = cache_directory() / "compiled"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return directory if os.access(directory, os.R_OK | os.W_OK | os.X_OK) else None  # else PHP would not start


def root_directory(version: str) -> Path:
    """Return the directory in the cache of a version such as ``"1.43"``."""
    return cache_directory() / f"mediawiki-{version}"


def installed_roots() -> Iterator[WikiRoot]:
    """Yield every MediaWiki found: ``MEDIAWIKI_ROOT``, then the system's package, then the user's cache."""
    named = os.environ.get("MEDIAWIKI_ROOT")
    candidates = [Path(named)] if named else []
    candidates += [SYSTEM_ROOT, *sorted(cache_directory().glob("mediawiki-*"))]
    for path in candidates:
        if root := WikiRoot.read(path):
            yield root


def find_root(*, version: str | None = None, path: Path | None = None) -> WikiRoot:
    """Return the root at ``path``, or the first one of this version that is found.

    Raises:
        MissingWiki: there is none; the message names the versions found and the command that installs this one.
    """
    roots = list(installed_roots()) if path is None else [r for r in [WikiRoot.read(path)] if r]
    for root in roots:
        if root.matches(version):
            return root
    wanted = f"MediaWiki {version}" if version else "MediaWiki"
    place = f"at {path}" if path else "on this machine"
    others = f" (found: {', '.join(root.version for root in roots)})" if roots else ""
    raise MissingWiki(f"No {wanted} {place}{others}. Install it with: {INSTALL_COMMAND}{_option(version)}")


def find_php() -> str:
    """Return the path of PHP's command line program; raise MissingWiki if there is none."""
    if found := shutil.which("php"):
        return found
    raise MissingWiki(f"PHP is not on this machine. Install it with: {INSTALL_COMMAND}")


def _option(version: str | None) -> str:
    return f" --version {version}" if version else ""
