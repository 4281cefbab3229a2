"""Streams of events, as EventStreams sends them. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._events import event_filter as event_filter, event_streams as event_streams
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)
