"""WikiFactory: starts wikis from synchronous code and keeps them running until it is closed."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import Self

from anyio.from_thread import BlockingPortal, start_blocking_portal

from mwclient_async.testing.wiki import LocalWiki


class WikiFactory:
    """A callable that returns running wikis; the same arguments return the same wiki.

    The factory is a context manager; its wikis stop at the end of the ``with`` block. ``runs_jobs`` is LocalWiki's.
    """

    def __init__(self, *, runs_jobs: bool = True) -> None:
        self._runs_jobs = runs_jobs
        self._stack = contextlib.ExitStack()
        self._portal: BlockingPortal | None = None
        self._wikis: dict[tuple[object, ...], LocalWiki] = {}

    def __call__(
        self, *, version: str | None = None, root: Path | None = None, settings: str = "", workers: int = 4
    ) -> LocalWiki:
        """Return a running wiki, started with these arguments of LocalWiki.

        Raises:
            MissingWiki: this machine has no such MediaWiki, or no PHP.
            StartupError: the wiki did not start.
        """
        key = (version, root, settings, workers)
        if key not in self._wikis:
            wiki = LocalWiki(version=version, root=root, settings=settings, workers=workers, runs_jobs=self._runs_jobs)
            self._wikis[key] = self._stack.enter_context(self._event_loop().wrap_async_context_manager(wiki))
        return self._wikis[key]

    def __enter__(self) -> Self:
        """Return the factory; wikis start when they are first asked for."""
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop every wiki."""
        self._wikis.clear()
        self._portal = None
        self._stack.close()

    def _event_loop(self) -> BlockingPortal:
        """Return an event loop that runs in another thread: the caller's thread may have one already."""
        if self._portal is None:
            self._portal = self._stack.enter_context(start_blocking_portal())
        return self._portal
