"""Packages whose modules are loaded when they are first used (PEP 562).

Such a package costs nothing to import, and is used as a whole: after ``from mwclient_async import models``, the name
``models.lists.LogEvent`` loads that module, and no other one. Annotations can use it, too, and
``typing.get_type_hints`` resolves them; it could not resolve names that only a type checker imports.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def module_loader(package: str) -> Callable[[str], ModuleType]:
    """The ``__getattr__`` of such a package: it imports the module of that name."""

    def load(name: str) -> ModuleType:
        module = f"{package}.{name}"
        if name.startswith("__") or find_spec(module) is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(module)

    return load
