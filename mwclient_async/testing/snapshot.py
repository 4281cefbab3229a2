"""What MediaWiki's installer has made, kept for the next wiki of the same process: the installer is slow."""

import base64
import hashlib
import re
import secrets
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

_SECRET = re.compile(r'(?<=\$wgSecretKey = ")\w+')
_HASH = "sha512"
_HASH_LENGTH = 64
_ROUNDS = 1  # the passwords are random, and the wiki has the same setting


@frozen(kw_only=True)
class Snapshot:
    """The files below ``directory`` that the installer has made, by their relative paths."""

    directory: Path
    files: Mapping[Path, bytes]

    @classmethod
    def take(cls, directory: Path, *parts: str) -> "Snapshot":
        """Read all files below these parts of a wiki's directory, which no process uses."""
        found = [path for part in parts for path in (directory / part).rglob("*") if path.is_file()]
        return cls(directory=directory, files={path.relative_to(directory): path.read_bytes() for path in found})

    def write(self, directory: Path) -> None:
        """Write the files below another directory: the wiki in it has a secret of its own."""
        for path, data in self.files.items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self._moved(data, directory) if path.suffix == ".php" else data)

    def _moved(self, settings: bytes, directory: Path) -> bytes:
        text = settings.decode().replace(str(self.directory), str(directory))
        return _SECRET.sub(secrets.token_hex(32), text).encode()


def renew_account(database: sqlite3.Connection, name: str, password: str) -> None:
    """Give an account another password, and the token of a session that it has not had before."""
    salt = secrets.token_bytes(16)
    key = hashlib.pbkdf2_hmac(_HASH, password.encode(), salt, _ROUNDS, _HASH_LENGTH)
    parts = [_HASH, str(_ROUNDS), str(_HASH_LENGTH), *(base64.b64encode(part).decode() for part in (salt, key))]
    database.execute(
        "UPDATE user SET user_password = ?, user_token = ? WHERE user_name = ?",
        (":".join(["", "pbkdf2", *parts]), secrets.token_hex(16), name),
    )
