"""What the handle of a page needs of its Site."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from mwclient_async._actions.actions import Actions
    from mwclient_async._edit.editor import Editor
    from mwclient_async._query.queries import Queries
    from mwclient_async._rest.rest import Rest
    from mwclient_async._session.session import Session


@frozen
class PageServices:
    """The parts of a Site that the handle of a page uses. ``rest`` and ``actions`` are loaded when they are called."""

    session: Session
    queries: Queries
    rest: Callable[[], Rest]
    actions: Callable[[], Actions]
    editor: Editor
