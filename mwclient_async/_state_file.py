"""A file that keeps where a program is: a cursor, a checkpoint, or a login."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from attrs import field, frozen

from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async._values.cursor import Cursor
from mwclient_async.models.auth import LoginState


@frozen
class StateFile:
    """A file that keeps a Cursor, a Checkpoint or a LoginState for the next run of the program.

    A program or a machine that dies leaves what was written before or what is written now, never a half of it. Only the
    owner of the file can read it. ``read()`` fits ``stream.resume``, ``site.edit_many(resume=)`` and
    ``site.upload(checkpoint=)``; ``write`` fits ``site.upload(on_checkpoint=)``.

    The methods wait for the disk, usually about a millisecond. If thousands of items come in a second, write the cursor
    of each batch.
    """

    path: Path = field(converter=Path)

    def read(self) -> str | None:
        """The text that was written last; None if there is no file yet.

        Raises:
            OSError: the file cannot be read.
            UnicodeDecodeError: the file is not one of text.
        """
        try:
            return self.path.read_bytes().decode()
        except FileNotFoundError:
            return None

    def write(self, state: Cursor | Checkpoint | LoginState | str) -> None:
        """Replace what the file has.

        Arguments:
            state: ``run.cursor``, for example; or a text of your own.

        Raises:
            TypeError: it is something else. The file stays as it is.
            OSError: the file cannot be written. It stays as it is.
        """
        text = _text(state)
        target = self.path.resolve()  # a link stays a link
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # with the mode 0600
        try:
            with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def remove(self) -> None:
        """Remove the file, when all is done. Nothing happens if there is none.

        Raises:
            OSError: the file cannot be removed.
        """
        self.path.unlink(missing_ok=True)


def _text(state: Cursor | Checkpoint | LoginState | str) -> str:
    if isinstance(state, LoginState):
        return state.to_text()
    if isinstance(state, Cursor | Checkpoint | str):
        return str(state)
    raise TypeError(f"a {type(state).__name__} cannot be stored: give a Cursor, a Checkpoint, a LoginState or a text")
