"""What became of an edit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import field, frozen

from mwclient_async.errors import MediaWikiError


class EditOutcome(Enum):
    """What an edit did to its page.

    ``SAVED`` made a new revision, ``CREATED`` the page; ``MERGED`` made a new revision on top of an edit that came
    in between, which the wiki joined with ours; ``UNCHANGED`` made none: the page said so already. ``DRY_RUN`` would
    have been an edit, but for ``EditDefaults(dry_run=True)``.
    """

    SAVED = "saved"
    CREATED = "created"
    MERGED = "merged"
    UNCHANGED = "unchanged"
    DRY_RUN = "dry run"


@frozen(kw_only=True)
class EditResult:
    """An edit that was done, once.

    ``revid`` is the revision that the page has now by this edit, ``oldrevid`` the one before it (0 for a new page),
    ``timestamp`` when it was saved (None where nothing changed). Of an UNCHANGED edit, which has made no revision,
    both are the one that it was based on: others may have saved the page since. ``verified`` says that the wiki's
    answer was lost, and the edit was found in the page's history. ``raw`` is what the wiki answered, empty where it was
    lost.
    """

    title: str
    pageid: int
    outcome: EditOutcome
    revid: int
    oldrevid: int
    timestamp: datetime | None = None
    verified: bool = False
    raw: Mapping[str, Any] = field(factory=dict, repr=False)


@frozen(kw_only=True)
class PageEdit:
    """What became of one page among many: its ``result``, or the ``error`` that kept it from being edited."""

    title: str
    result: EditResult | None = None
    error: MediaWikiError | None = None
