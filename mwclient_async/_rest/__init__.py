"""The REST API of a wiki, and the Core REST API of Wikimedia. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._rest import history as history, rest as rest
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)
