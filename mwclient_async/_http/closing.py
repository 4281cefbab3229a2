"""Work that ends when its owner is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from anyio import CancelScope
from anyio.lowlevel import checkpoint


class Closing:
    """Whether something is closed, and the work that closing it cancels."""

    def __init__(self) -> None:
        self.is_closed: bool = False
        self._scopes: set[CancelScope] = set()

    @contextmanager
    def until_closed(self) -> Iterator[CancelScope]:
        """A block that is cancelled by :meth:`aclose`, at once if that was called before."""
        with CancelScope() as scope:
            self._scopes.add(scope)
            if self.is_closed:
                scope.cancel()
            try:
                yield scope
            finally:
                self._scopes.discard(scope)

    async def aclose(self) -> None:
        """Cancel all blocks, and let them end."""
        self.is_closed = True
        for scope in tuple(self._scopes):
            scope.cancel()
        with CancelScope(shield=True):
            await checkpoint()
