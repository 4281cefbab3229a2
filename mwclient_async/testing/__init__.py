"""A real MediaWiki for tests: throwaway, local, ready in two seconds.

``LocalWiki`` is an async context manager. The library's pytest plugin gives tests the fixtures ``mediawiki`` and
``mediawiki_factory``. ``python -m mwclient_async.testing serve`` runs a wiki for experiments, and
``python -m mwclient_async.testing install`` installs what a wiki needs.

Importing this package loads none of its modules: each name is imported when it is first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mwclient_async.testing.errors import MaintenanceError, MissingWiki, StartupError, WikiError
    from mwclient_async.testing.factory import WikiFactory
    from mwclient_async.testing.scripted import Scripted, ScriptedClock, ScriptedTransport, json_response, sent
    from mwclient_async.testing.seeding import SeedPage, SeedRevision
    from mwclient_async.testing.wiki import LocalWiki

__all__ = [
    "LocalWiki",
    "MaintenanceError",
    "MissingWiki",
    "Scripted",
    "ScriptedClock",
    "ScriptedTransport",
    "SeedPage",
    "SeedRevision",
    "StartupError",
    "WikiError",
    "WikiFactory",
    "json_response",
    "sent",
]

_HOMES = {
    "LocalWiki": "wiki",
    "MaintenanceError": "errors",
    "MissingWiki": "errors",
    "Scripted": "scripted",
    "ScriptedClock": "scripted",
    "ScriptedTransport": "scripted",
    "SeedPage": "seeding",
    "SeedRevision": "seeding",
    "StartupError": "errors",
    "WikiError": "errors",
    "WikiFactory": "factory",
    "json_response": "scripted",
    "sent": "scripted",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
