"""A wiki whose file store fails at one of its steps, once.

A step is one operation of the store: to lock, prepare a directory, store, copy, move or delete a file, to read it or
its size. A test chooses the number of the step that fails.
"""

from __future__ import annotations

from pathlib import Path

from mwclient_async.testing import LocalWiki, WikiFactory

_STORE = Path(__file__).with_name("store.php")


def unreliable_store(factory: WikiFactory, version: str, *, remote: bool = False) -> LocalWiki:
    """The wiki of that version with such a store; the same wiki each time. ``remote``: as Swift or S3."""
    settings = f"$wgStoreSteps = __DIR__;\n$wgStoreIsRemote = {str(remote).lower()};\nrequire '{_STORE}';"
    return factory(version=version, settings=settings)


def fail_at(wiki: LocalWiki, step: int) -> None:
    """Let that step fail, counted from 1 and from now on."""
    (wiki.directory / "steps").write_text("", encoding="ascii")
    (wiki.directory / "fail_at").write_text(str(step), encoding="ascii")


def count_steps(wiki: LocalWiki) -> list[str]:
    """The names of the steps since ``fail_at``. From now on, no step fails or is counted."""
    (wiki.directory / "fail_at").unlink()
    return (wiki.directory / "steps").read_text(encoding="ascii").split()
