"""The parameters with which this wiki loses no rows: it is asked for its version, once, if a list is at risk."""

from __future__ import annotations

from collections.abc import Mapping

from mwclient_async._query.lost_rows import WholeParams, loses_rows, may_lose_rows, mediawiki_version, whole_params
from mwclient_async._session.module_table import Module
from mwclient_async._session.session import Session


async def without_loss(
    session: Session, module: Module, params: Mapping[str, str], *, lead: str = "", may_drop_unique: bool = False
) -> WholeParams:
    """The parameters for a module of which some versions of MediaWiki lose rows. ``lead`` is ``g`` for a generator.

    ``may_drop_unique`` says that the caller can give equal rows once by itself.
    """
    if not may_lose_rows(module, params, lead=lead):
        return WholeParams(params)
    if not loses_rows(module, await session.fetch_once(mediawiki_version)):
        return WholeParams(params)
    whole = whole_params(module, params, lead=lead, may_drop_unique=may_drop_unique)
    for warning in whole.warnings:
        session.observers.notify_warning(warning)
    return whole
