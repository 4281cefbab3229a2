"""LocalWiki: a real MediaWiki that runs as long as a test."""

import contextlib
import functools
import secrets
import subprocess
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import anyio
import anyio.lowlevel
import anyio.to_thread

from mwclient_async.models.auth import BotPassword
from mwclient_async.testing.errors import StartupError
from mwclient_async.testing.instance import ADMIN, Instance, wait
from mwclient_async.testing.processes import GuardedDirectory
from mwclient_async.testing.roots import find_php, find_root
from mwclient_async.testing.seeding import SCRIPT, SeedPage, in_order, to_json

GRANTS = (
    "basic", "highvolume", "import", "editpage", "editprotected", "editmycssjs", "editinterface",
    "createeditmovepage", "uploadfile", "uploadeditmovefile", "patrol", "rollback", "blockusers", "viewdeleted",
    "delete", "protect", "viewmywatchlist", "editmywatchlist", "sendemail", "createaccount", "privateinfo",
    "mergehistory",
)  # fmt: skip
"""The default grants of a bot password; the rights of its user limit it further."""

_LOCK_PAUSE = 0.02  # seconds


class LocalWiki:
    """A throwaway MediaWiki: SQLite, PHP's own web server, a free loopback port, a temporary directory.

    ::

        async with LocalWiki(version="1.39") as wiki:
            await wiki.seed([SeedPage("Earth", "[[Category:Planets]]")])
            ...  # talk to wiki.api_url and wiki.rest_url

    It starts once. Then any thread, event loop and backend may use it. At the end of the ``async with`` block, and
    also if this process crashes, its processes end and its directory is removed.

    ``version`` selects an installed MediaWiki (``"1.39"``, ``"1.43"``; None is the first one found); ``root`` is the
    directory of an unpacked MediaWiki instead. ``settings`` is PHP code at the end of LocalSettings.php. ``workers``
    is the number of requests that PHP serves at the same time. ``port`` is None for any free port. The wiki runs its
    jobs as they come; with ``runs_jobs=False`` it runs them only when ``run_jobs()`` is called, which is repeatable.

    Raises:
        MissingWiki: this machine has no such MediaWiki, or no PHP. This is raised when it is entered.
        StartupError: the wiki did not start when it was entered, or it is not running.
    """

    admin_name = ADMIN
    """The name of the account that the installer makes: a sysop and bureaucrat."""

    def __init__(
        self,
        *,
        version: str | None = None,
        root: Path | None = None,
        settings: str = "",
        workers: int = 4,
        port: int | None = None,
        runs_jobs: bool = True,
    ) -> None:
        self._version = version
        self._root = root
        self._settings = settings
        self._workers = workers
        self._port = port
        self._runs_jobs = runs_jobs
        self._guard = GuardedDirectory()
        self._instance: Instance | None = None
        self._url = ""

    async def __aenter__(self) -> Self:
        """Start the wiki; return when it answers requests."""
        try:
            await anyio.to_thread.run_sync(self._start)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the wiki and remove its directory."""
        await self._stop()

    @property
    def url(self) -> str:
        """The wiki's address, without a slash at the end."""
        self._running()
        return self._url

    @property
    def api_url(self) -> str:
        """The address of the Action API."""
        return f"{self.url}/api.php"

    @property
    def rest_url(self) -> str:
        """The address of the REST API."""
        return f"{self.url}/rest.php"

    @property
    def version(self) -> str:
        """The exact version of MediaWiki, such as ``"1.39.17"``."""
        return self._running().root.version

    @property
    def directory(self) -> Path:
        """The temporary directory: database, images, LocalSettings.php, ``php.log``, ``mail.txt``."""
        return self._running().directory

    @property
    def admin_password(self) -> str:
        """The password of ``admin_name``; each wiki has another one."""
        return self._running().admin_password

    def server_log(self) -> str:
        """Return what PHP and MediaWiki have logged so far: requests, errors, exceptions."""
        return self._running().log_text()

    async def create_user(self, name: str, password: str | None = None, *, groups: Iterable[str] = ()) -> str:
        """Create an account, or change an existing one.

        Returns its password; a random one is made if none is given.
        """
        password = password or secrets.token_hex(16)
        options = [f"--custom-groups={','.join(groups)}"] if groups else []
        await self.maintenance("createAndPromote", "--force", *options, "--", name, password)
        return password

    async def create_bot_password(
        self, user: str, app: str = "tests", *, grants: Iterable[str] = GRANTS
    ) -> BotPassword:
        """Create a bot password for an existing account; return it as a login for a Site."""
        password = secrets.token_hex(16)  # MediaWiki requires exactly 32 characters
        options = [f"--appid={app}", f"--grants={','.join(grants)}"]
        await self.maintenance("createBotPassword", *options, "--", user, password)
        return BotPassword(name=f"{user}@{app}", password=password)

    async def run_jobs(self) -> str:
        """Run the job queue until it is empty; return what the maintenance script printed.

        When it returns, no job is in progress, also not one that the wiki runs by itself. See
        https://www.mediawiki.org/wiki/Manual:Job_queue.
        """
        async with _locked(self._running().jobs_lock):
            return await self.maintenance("runJobs")

    async def seed(self, pages: Iterable[SeedPage], *, links: bool = True, shuffle_seed: int | None = 0) -> None:
        """Write pages with all their revisions, hundreds of them a second.

        The order is shuffled with ``shuffle_seed``, so that page ids do not follow titles; None keeps the given order.
        With ``links``, the script also updates the tables of links and categories, the recent changes and the search
        index; without, it writes only pages and revisions. It creates accounts for contributors that have none.

        Raises:
            ValueError: a title, text, user or comment has a character that a wiki page cannot contain.
            MaintenanceError: MediaWiki refused a page; then none is written.
        """
        ordered = in_order(pages, shuffle_seed=shuffle_seed)
        options = ["--links"] if links else []
        await self.maintenance(str(SCRIPT), *options, stdin=to_json(ordered))

    async def maintenance(self, script: str, *args: str, stdin: bytes = b"") -> str:
        """Run a maintenance script of MediaWiki and return its standard output.

        Raises:
            MaintenanceError: the script failed; ``output`` is all that it printed.

        See https://www.mediawiki.org/wiki/Manual:Maintenance_scripts.
        """
        process = self._running().script(script, *args)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_kill_when_cancelled, process)
            with anyio.CancelScope(shield=True):
                outcome = await anyio.to_thread.run_sync(functools.partial(wait, process, stdin=stdin))
            tasks.cancel_scope.cancel()
        await anyio.lowlevel.checkpoint_if_cancelled()
        return outcome.output_of(script)

    def _start(self) -> None:
        root, php = find_root(version=self._version, path=self._root), find_php()
        instance = Instance(root=root, php=php, guard=self._guard, directory=self._guard.start())
        instance.install()
        self._url = instance.serve(settings=self._settings, workers=self._workers, port=self._port)
        if self._runs_jobs:
            instance.start_job_runner()
        self._instance = instance

    async def _stop(self) -> None:
        self._instance = None
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._guard.stop)

    def _running(self) -> Instance:
        if self._instance is None:
            raise StartupError("the wiki is not running: use it inside `async with LocalWiki() as wiki:`")
        return self._instance


@contextlib.asynccontextmanager
async def _locked(path: Path) -> AsyncIterator[None]:
    """Lock a file, as PHP's ``flock`` does."""
    import fcntl  # not on Windows, where no LocalWiki runs

    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await anyio.sleep(_LOCK_PAUSE)
        yield


async def _kill_when_cancelled(process: "subprocess.Popen[bytes]") -> None:
    try:
        await anyio.sleep_forever()
    finally:
        process.kill()
