"""What became of the bytes that were sent: which of them were of use, and why the others had to be sent.

The line keeps it: it knows what it has lost, and sees what the wiki says to the rest.
"""

from __future__ import annotations

import json
from collections import Counter
from enum import Enum
from typing import Any

from attrs import Factory, define

from tests.support.http_server import Answer
from tests.upload.campaign.loads import Load, Point


class Fate(Enum):
    """What became of a part of a file: in the end each byte of it is ``TAKEN``, once.

    What was ``LOST``, ``FORGOTTEN`` or ``REFUSED`` must be sent again by any client. What the wiki ``HAD`` need not be,
    nor a ``STRAY``: a first part that the wiki took under a key that was in the lost answer.
    """

    TAKEN = "taken"
    LOST = "lost on the way"
    FORGOTTEN = "forgotten by the wiki"
    STRAY = "first parts whose key nobody learned"
    HAD = "there already"
    REFUSED = "refused for something else"


_STASH = frozenset({"stashfailed", "uploadstash-file-not-found", "uploadstash-bad-path", "fileexists-no-change"})


@define
class Ledger:
    """Bytes by their fate."""

    bytes: Counter[Fate] = Factory(Counter)
    _taken: Counter[str] = Factory(Counter)
    _forgotten: set[str] = Factory(set)

    @property
    def sent(self) -> int:
        return self.bytes.total()

    @property
    def again(self) -> int:
        return self.sent - self.bytes[Fate.TAKEN]

    @property
    def needless(self) -> int:
        """What a client that knows all would not have sent."""
        return self.bytes[Fate.HAD] + self.bytes[Fate.STRAY]

    def __str__(self) -> str:
        return ", ".join(f"{self.bytes[fate]:,} {fate.value}" for fate in Fate)

    def lost(self, length: int) -> None:
        """The wiki does not see them."""
        self.bytes[Fate.LOST] += length

    def forgot(self, load: Load) -> None:
        """The wiki has lost what it had of that file so far."""
        self._forgotten.add(load.fields["filekey"])
        self._give_up(load.fields["filename"], Fate.FORGOTTEN)

    def answered(self, load: Load, answer: Answer | None) -> None:
        """The wiki has said this to a request; None where it gave no answer."""
        if not load.length:
            return
        said = _said(answer)
        refused = {str(error.get("code")) for error in said.get("errors", ())}
        if answer is None:
            fate = Fate.LOST
        elif refused:
            fate = self._refusal(load, refused)
        else:
            fate = Fate.HAD if said.get("upload", {}).get("result") == "Warning" else Fate.TAKEN
        if fate is Fate.TAKEN and load.point in {Point.FIRST, Point.LAST} and "filekey" not in load.fields:
            self._give_up(load.fields["filename"], Fate.STRAY)
        self.bytes[fate] += load.length
        self._taken[load.fields["filename"]] += load.length * (fate is Fate.TAKEN)

    def _refusal(self, load: Load, codes: set[str]) -> Fate:
        if not codes & _STASH:
            return Fate.REFUSED
        return Fate.FORGOTTEN if load.fields.get("filekey") in self._forgotten else Fate.HAD

    def _give_up(self, name: str, fate: Fate) -> None:
        self.bytes[Fate.TAKEN] -= self._taken[name]
        self.bytes[fate] += self._taken.pop(name, 0)


def _said(answer: Answer | None) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(answer.body) if answer is not None else {}
    except ValueError:  # an error of PHP's
        return {"errors": [{"code": "none"}]}
    return said
