"""Messages, request building, response parsing and the transport. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._http import (
        cookies as cookies,
        event_source as event_source,
        keywords as keywords,
        oauth1 as oauth1,
        transport as transport,
    )
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)
