"""One wiki in its directory: installing, serving and maintaining it. Every function blocks the calling thread."""

import contextlib
import http.client
import os
import secrets
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from attrs import field, frozen

from mwclient_async.testing.errors import MaintenanceError, StartupError
from mwclient_async.testing.processes import GuardedDirectory, is_running
from mwclient_async.testing.roots import WikiRoot, compiled_files
from mwclient_async.testing.settings import local_settings, php_options
from mwclient_async.testing.snapshot import Snapshot, renew_account

ADMIN = "Admin"

_JOB_RUNNER = Path(__file__).with_name("run_jobs.php")
_OWN_FILES = frozenset({"LocalSettings.php", "cache", "config", "images", "mw-config"})
_WARM_UP = "/api.php?action=query&meta=siteinfo&format=json"
_TIMEOUT = 60.0
_ATTEMPTS = 5
_INSTALLED: dict[WikiRoot, Snapshot] = {}  # the first wiki of each root in this process


@frozen(kw_only=True)
class Outcome:
    """How a program ended, and what it printed."""

    status: int
    out: str
    err: str

    def output_of(self, script: str) -> str:
        """Return the standard output; raise MaintenanceError with the script's name if the program failed."""
        if self.status:
            raise MaintenanceError(script, status=self.status, output=self.out + self.err)
        return self.out


@frozen(kw_only=True)
class Instance:
    """A wiki: a shared root of MediaWiki's code, a directory, and the processes that work in it."""

    root: WikiRoot
    php: str
    guard: GuardedDirectory
    directory: Path
    admin_password: str = field(factory=lambda: secrets.token_hex(16), repr=False)

    @property
    def log(self) -> Path:
        """The file that PHP and MediaWiki log to."""
        return self.directory / "php.log"

    @property
    def jobs_lock(self) -> Path:
        """The file that is locked while the job runner runs jobs."""
        return self.directory / "jobs.lock"

    def install(self) -> None:
        """Make the database, the first account, and the web server's document root."""
        for name in ("cache", "data", "images", "installed", "tmp", "www"):
            (self.directory / name).mkdir()
        self._link_root()
        if snapshot := _INSTALLED.get(self.root):
            snapshot.write(self.directory)
            with self.database() as database:
                renew_account(database, ADMIN, self.admin_password)
        else:
            self._run_installer()
            _INSTALLED[self.root] = Snapshot.take(self.directory, "data", "installed")

    def _run_installer(self) -> None:
        config = self.directory / "installed" / "LocalSettings.php"
        arguments = [
            "--dbtype=sqlite", "--dbname=wiki", f"--dbpath={self.directory / 'data'}", "--server=http://127.0.0.1",
            "--scriptpath=", "--skins=Vector", f"--pass={self.admin_password}", f"--confpath={config.parent}",
            "LocalWiki", ADMIN,
        ]  # fmt: skip
        wait(self.script("install", *arguments, config=config)).output_of("install")
        with self.database() as database:
            database.execute("PRAGMA journal_mode=WAL")

    def serve(self, *, settings: str, workers: int, port: int | None = None) -> str:
        """Start the web server, on any free port if none is given; return its address when it answers.

        Raises:
            StartupError: the server did not start; the message holds its log.
        """
        candidates = [port] if port else (_free_port() for _ in range(_ATTEMPTS))
        for candidate in candidates:
            url = f"http://127.0.0.1:{candidate}"
            source = local_settings(url=url, extra=settings)
            (self.directory / "LocalSettings.php").write_text(source, encoding="utf-8")
            if self._listen(candidate, workers=workers):
                return url
        raise StartupError(f"PHP's web server did not start:\n{self.log_text()}")

    def script(self, script: str, *args: str, config: Path | None = None) -> "subprocess.Popen[bytes]":
        """Start a maintenance script of MediaWiki; ``wait`` waits for it."""
        return self.guard.popen(self._command(script, *args), env=self._environment(config), cwd=self.directory)

    def start_job_runner(self) -> None:
        """Start a process that runs jobs for as long as the wiki exists."""
        loop = ["sh", "-c", 'while :; do "$@"; sleep 1; done', "sh"]  # it may end to free memory
        command = self._command(str(_JOB_RUNNER), str(self.jobs_lock))
        self.guard.spawn([*loop, *command], env=self._environment(), cwd=self.directory, log=self.log)

    def _command(self, script: str, *args: str) -> list[str]:
        """The command line of a maintenance script."""
        maintenance = self.root.path / "maintenance"
        runner = maintenance / "run.php"  # since 1.40
        file = maintenance / f"{script.removesuffix('.php')}.php"
        start = [str(runner), str(file)] if runner.exists() else [str(file)]
        return [self.php, *php_options(self.directory, compiled=compiled_files(), script=True), *start, *args]

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection to the wiki's database; commit at the end."""
        file = self.directory / "data" / "wiki.sqlite"
        with contextlib.closing(sqlite3.connect(file, timeout=_TIMEOUT)) as connection:
            yield connection
            connection.commit()

    def log_text(self) -> str:
        """Return what PHP and MediaWiki have logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def _link_root(self) -> None:
        """Link MediaWiki's files and the wiki's own directory of images into the document root."""
        www = self.directory / "www"
        for entry in self.root.path.iterdir():
            if entry.name not in _OWN_FILES:
                (www / entry.name).symlink_to(entry.absolute())
        (www / "images").symlink_to(self.directory / "images")

    def _environment(self, config: Path | None = None) -> dict[str, str]:
        return {
            **os.environ,
            "MW_CONFIG_FILE": str(config or self.directory / "LocalSettings.php"),
            "MW_INSTALL_PATH": str(self.root.path),
            "TMPDIR": str(self.directory / "tmp"),
        }

    def _listen(self, port: int, *, workers: int) -> bool:
        """Start the web server and wait until it answers; return False if another program has taken the port."""
        argv = [
            self.php,
            *php_options(self.directory, compiled=compiled_files()),
            "-S",
            f"127.0.0.1:{port}",
            "-t",
            str(self.directory / "www"),
        ]
        environment = self._environment() | {"PHP_CLI_SERVER_WORKERS": str(workers)}
        pid = self.guard.spawn(argv, env=environment, cwd=self.directory, log=self.log)
        deadline = time.monotonic() + _TIMEOUT
        while is_running(pid) and time.monotonic() < deadline:
            if f"127.0.0.1:{port}) started" in self.log_text():
                self._warm_up(port)
                return True
            time.sleep(0.01)
        if "Address already in use" in self.log_text():
            return False
        raise StartupError(f"PHP's web server did not start:\n{self.log_text()}")

    def _warm_up(self, port: int) -> None:
        """Send a first request: it fills the caches, and a broken setting fails here."""
        server = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
        with contextlib.closing(server) as connection:
            connection.request("GET", _WARM_UP)
            response = connection.getresponse()
            body = response.read()
        if response.status != http.client.OK or not body.startswith(b"{"):
            text = body.decode(errors="replace")
            raise StartupError(f"the wiki answered with status {response.status}:\n{text}\n{self.log_text()}")


def wait(process: "subprocess.Popen[bytes]", *, stdin: bytes = b"") -> Outcome:
    """Write to a program's standard input and wait until it ends."""
    with process:
        out, err = process.communicate(stdin)
    return Outcome(status=process.returncode, out=out.decode(errors="replace"), err=err.decode(errors="replace"))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
