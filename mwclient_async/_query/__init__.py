"""Queries, lists and pages as streams. Its modules are loaded when they are first used."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._query import (
        category as category,
        export as export,
        fetch_site_info as fetch_site_info,
        follow as follow,
        list_rows as list_rows,
        loader as loader,
        page_inputs as page_inputs,
        page_loads as page_loads,
        queries as queries,
        read_ahead as read_ahead,
        row_converters as row_converters,
        site_info as site_info,
        stream as stream,
        title as title,
        title_reader as title_reader,
    )
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)
