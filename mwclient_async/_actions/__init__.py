"""The actions of the wiki: any action by its name, and typed ones. Its modules are loaded when they are first used.

The manual's page is https://www.mediawiki.org/wiki/API:Main_page.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async._actions import (
        actions as actions,
        arguments as arguments,
        call as call,
        page_results as page_results,
    )
else:
    from mwclient_async._lazy import module_loader

    __getattr__ = module_loader(__name__)
