"""Sending, logins, rate limits and retries. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._session import (
        clock as clock,
        discover as discover,
        session as session,
        shared_limits as shared_limits,
        shared_resources as shared_resources,
        shared_slot as shared_slot,
        suggestions as suggestions,
    )
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)
