"""The clients, where their programs are, and how a program is made to talk to a wiki on this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from attrs import frozen

from benchmarks.ports.counting import lines_of_javascript, lines_of_python
from mwclient_async import BotPassword, __version__
from mwclient_async.testing import LocalWiki

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = ("moons", "words", "photos", "quiet", "featured")
"""The programs of ``docs/bots.md``, in its order."""
OURS = "mwclient_async"
WIKIPEDIA = "https://en.wikipedia.org/w/api.php"
TIMEOUT = 300.0  # seconds; a guard, not a measure
NODE = ["node", "--max-old-space-size=64"]  # MiB; else it collects no garbage before it has hundreds
PEAK = "peak.txt"
_MEASURED = f"""import pathlib, resource, subprocess, sys
done = subprocess.run(sys.argv[1:]).returncode
pathlib.Path("{PEAK}").write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(done)
"""
"""Runs a program and writes the most memory that it had, in KiB."""


@frozen(kw_only=True)
class Client:
    """A client: its programs, and how they are run.

    ``address`` puts the wiki's address into a program. ``configuration`` is the number of lines in other files that
    name an account and its password.
    """

    name: str
    version: str
    programs: dict[str, str]
    suffix: str = ".py"
    configuration: int = 0
    address: Callable[[str, str], str]

    def run(
        self, program: str, wiki: LocalWiki, auth: BotPassword, directory: Path, page: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one program in a directory, which keeps what it writes; ``page`` is read instead of Halley."""
        path = directory / f"{program}{self.suffix}"
        text = self.address(self.programs[program], wiki.api_url)
        path.write_text(text.replace("Halley", page) if page else text, encoding="utf-8")
        environment = os.environ | {"BOT_PASSWORD": auth.password, "PYWIKIBOT_DIR": str(directory)}
        runner = [sys.executable] if self.suffix == ".py" else NODE
        command = [sys.executable, "-c", _MEASURED, *runner, path.name]
        return subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )

    def prepare(self, directory: Path, auth: BotPassword, node_modules: Path | None) -> None:
        """Put into the directory what the client reads there: configuration, or its modules."""
        account, _, application = auth.name.partition("@")
        passwords = directory / "user-password.py"
        passwords.write_text(f"({account!r}, BotPassword({application!r}, {auth.password!r}))\n", encoding="utf-8")
        passwords.chmod(0o600)
        names = [f"usernames['*']['*'] = {account!r}", "password_file = 'user-password.py'"]
        settings = "\n".join([*names, "put_throttle = minthrottle = 0", ""])
        (directory / "user-config.py").write_text(settings, encoding="utf-8")
        if node_modules is not None:
            (directory / "node_modules").symlink_to(node_modules.resolve())


def programs_of(client: str, suffix: str) -> dict[str, str]:
    """The text of each program of a client; ours are in the documentation."""
    if client == OURS:
        page = (ROOT / "docs" / "bots.md").read_text(encoding="utf-8")
        return dict(zip(PROGRAMS, re.findall(r"```python\n(.*?)```", page, re.DOTALL), strict=True))
    place = Path(__file__).parent / f"with_{client}"
    return {name: (place / f"{name}{suffix}").read_text(encoding="utf-8") for name in PROGRAMS}


def lines(text: str, suffix: str) -> int:
    """The lines of code of one program."""
    return lines_of_python(text) if suffix == ".py" else lines_of_javascript(text)


def _for_mwclient(text: str, api_url: str) -> str:
    return text.replace('"en.wikipedia.org"', f'"{urlsplit(api_url).netloc}", path="/", scheme="http"')


def _for_node(name: str, node_modules: Path) -> Client:
    package = json.loads((node_modules / name / "package.json").read_text(encoding="utf-8"))
    return Client(
        name=name,
        version=package["version"],
        programs=programs_of(name, ".mjs"),
        suffix=".mjs",
        address=lambda text, url: text.replace(WIKIPEDIA, url),
    )


def clients(node_modules: Path | None) -> list[Client]:
    """All clients that can be run here; ours is the first."""
    found = [
        Client(
            name=OURS,
            version=__version__,
            programs=programs_of(OURS, ".py"),
            address=lambda text, url: text.replace(WIKIPEDIA, url),
        ),
        Client(
            name="mwclient",
            version=version("mwclient"),
            programs=programs_of("mwclient", ".py"),
            address=_for_mwclient,
        ),
        Client(
            name="pywikibot",
            version=version("pywikibot"),
            programs=programs_of("pywikibot", ".py"),
            configuration=3,
            address=lambda text, url: text.replace('Site("en", "wikipedia")', f'Site(url="{url}")'),
        ),
    ]
    if node_modules is not None and shutil.which("node"):
        found += [_for_node(name, node_modules) for name in ("mwn", "m3api")]
    return found
