"""The file of ``--resume``: the position in a stream or in an upload, and what it belongs to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from attrs import field, frozen

from mwclient_async import StateFile
from mwclient_async.cli.exits import UsageError

_VERSION = 1


@frozen
class ResumeFile:
    """The file that a command continues from. Without a path, nothing is stored.

    ``command`` is the whole command without its options for output, and ``wiki`` the wiki it is for: a file of another
    command is refused.
    """

    path: Path | None
    command: str
    wiki: str = field(kw_only=True)

    @property
    def advice(self) -> str:
        """What to do after a run that was not finished; empty if no position was stored."""
        if self.path is None or not self.path.exists():
            return ""
        return f"{self.path} has the position: the same command continues there."

    def read(self) -> str | None:
        """The position, as text; None if the command begins anew.

        Raises:
            UsageError: the file is one of another command or wiki, or not a file of ``mwa``.
        """
        if self.path is None or not self.path.exists():
            return None
        state = self._state(self.path)
        theirs = state["command"], state["wiki"]
        if theirs != (self.command, self.wiki):
            raise UsageError(
                f"{self.path} continues 'mwa {theirs[0]}' on {theirs[1]}, and this is 'mwa {self.command}' on "
                f"{self.wiki}: give another file, or remove this one to begin anew"
            )
        return str(state["position"])

    @staticmethod
    def _state(path: Path) -> dict[str, Any]:
        try:
            state = json.loads(path.read_text(encoding="utf-8"))
            if state["version"] == _VERSION and {"command", "wiki", "position"} <= set(state):
                return dict(state)
        except (ValueError, LookupError, TypeError):
            pass
        raise UsageError(f"{path} is not a file that mwa --resume has written: give another one") from None

    def write(self, position: object) -> None:
        """Store the position."""
        if self.path is not None:
            state = {"version": _VERSION, "command": self.command, "wiki": self.wiki, "position": str(position)}
            StateFile(self.path).write(json.dumps(state, indent=1) + "\n")

    def remove(self) -> None:
        """Remove the file: everything was done."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
