"""What all edits of a Site have in common, and when it must not edit, as a frozen value."""

from __future__ import annotations

from attrs import field, frozen, validators


def _names(value: str | tuple[str, ...] | list[str] | frozenset[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@frozen(kw_only=True)
class EditDefaults:
    """What all edits of a Site have in common; the options of a single edit override it.

    - ``bot`` flags them as a bot's edits, if the account has the right to; ``minor`` as minor edits; ``tags`` are
      change tags; ``summary_suffix`` is added to every summary (a summary that is too long for the wiki is cut before
      the suffix).
    - ``obey_bots`` is a bot's name: an edit of a page that says ``{{nobots}}``, or excludes this bot in ``{{bots}}``,
      raises BotsExcluded (https://en.wikipedia.org/wiki/Template:Bots).
    - ``stop_page`` is a title: while that page has a text, edits raise BotStopped. The site reads the page before the
      first edit, and again before an edit if the last reading is at least ``stop_every`` seconds ago.
    - ``shared_account`` says whether other processes edit with the same account. If so, a revision or a log entry
      that is found after a lost reply may be theirs, and OutcomeUnknown is raised. None: the account's other edits, or
      log entries, decide.
    - ``summary_mark`` ends each summary with a short random mark such as ``(m7q2xa)``, which proves after a lost reply
      which revision is ours, even if other processes make the same edit with the same account.
    - ``dry_run`` sends no writes: edits return ``EditOutcome.DRY_RUN``, all other writes raise DryRun. A purge is sent,
      because it changes only the wiki's caches; so are login and logout.

    ``Limits.write_interval`` is the minimum time between writes. See https://www.mediawiki.org/wiki/API:Edit.
    """

    bot: bool = False
    minor: bool | None = None
    tags: tuple[str, ...] = field(default=(), converter=_names)
    summary_suffix: str = ""
    obey_bots: str | None = None
    stop_page: str | None = None
    stop_every: float = field(default=60.0, validator=validators.ge(0))
    shared_account: bool | None = None
    summary_mark: bool = False
    dry_run: bool = False
