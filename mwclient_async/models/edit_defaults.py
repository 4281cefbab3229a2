"""How a Site edits, as a frozen value: what its edits have in common, and when none may be made."""

from __future__ import annotations

from attrs import field, frozen, validators


def _names(value: str | tuple[str, ...] | list[str] | frozenset[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


@frozen(kw_only=True)
class EditDefaults:
    """What all edits of a Site have in common; what a single edit says of itself counts instead.

    - ``bot`` flags them as a bot's, where the account has the right to; ``minor`` as minor edits; ``tags`` are change
      tags; ``summary_suffix`` stands at the end of every summary that is given (a summary that is too long for the
      wiki is cut before it).
    - ``obey_bots`` is a bot's name: pages that say ``{{nobots}}``, or exclude it in ``{{bots}}``, are not edited but
      raise BotsExcluded (https://en.wikipedia.org/wiki/Template:Bots).
    - ``stop_page`` is a title: while that page has a text, nothing is edited, and edits raise BotStopped. It is read
      before the first edit and then every ``stop_every`` seconds, before the next one.
    - ``dry_run`` does everything but write: edits come back as ``EditOutcome.DRY_RUN``, all other writes raise DryRun.
      A purge, which changes nothing but the wiki's caches, is none; nor are logging in and out.

    ``Limits.write_interval`` is the pace of writes.
    """

    bot: bool = False
    minor: bool | None = None
    tags: tuple[str, ...] = field(default=(), converter=_names)
    summary_suffix: str = ""
    obey_bots: str | None = None
    stop_page: str | None = None
    stop_every: float = field(default=60.0, validator=validators.ge(0))
    dry_run: bool = False
