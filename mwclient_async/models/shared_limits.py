"""What processes that share their limits tell each other: which requests have to pause."""

from __future__ import annotations

from attrs import frozen

from mwclient_async.errors import MediaWikiError

PauseKey = tuple[str, ...]
"""What a pause is for: ``("farm",)``, ``("wiki", api_url)`` or ``("action", api_url, name)``.

``("farm",)`` is for all wikis of a site and its siblings.
"""


@frozen
class SharedPause:
    """No request that ``key`` concerns is sent for ``seconds`` more.

    ``seconds`` is measured where the pauses are kept, so the clocks of the machines may differ. ``error`` is the wiki's
    refusal, for which the pause began. It can be pickled.
    """

    key: PauseKey
    seconds: float
    error: MediaWikiError
