"""Frozen values: what goes into a Site and what comes out of a wiki. One file per concept.

Their classes take longer to build than the HTTP library takes to load, so each file is loaded when it is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async.models import (
        accounts as accounts,
        actions_blocks as actions_blocks,
        actions_feeds as actions_feeds,
        actions_finding as actions_finding,
        actions_pages as actions_pages,
        actions_pagesets as actions_pagesets,
        actions_parse as actions_parse,
        actions_review as actions_review,
        actions_users as actions_users,
        auth as auth,
        batch as batch,
        categories as categories,
        diff as diff,
        edit_defaults as edit_defaults,
        edits as edits,
        events as events,
        info as info,
        lists as lists,
        options as options,
        page as page,
        props as props,
        props_files as props_files,
        props_info as props_info,
        props_revisions as props_revisions,
        rest as rest,
        shared_limits as shared_limits,
        upload as upload,
    )
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)
