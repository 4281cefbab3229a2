"""A position in an upload, as a value that can be stored as text."""

from __future__ import annotations

import base64
import json
from typing import Self

from attrs import asdict, frozen

from mwclient_async._values.json_text import decode_json

_PREFIX = "mwu1."  # the version of the text's format; a text of another version is refused
_FIELD_TYPES = [str, str, int, str, int, str, bool]
_SHA1_LENGTH = 40  # hex digits
_PARSE_ERRORS = (ValueError, LookupError, TypeError, AttributeError)


@frozen(kw_only=True)
class Checkpoint:
    """A position in an upload.

    ``str(checkpoint)`` returns a text to store, and ``Checkpoint.parse(text)`` reads it.
    ``site.upload(..., checkpoint=...)`` resumes the upload of the same file, also in another process of the same
    account. A checkpoint holds no secret: only the account that uploads can use its filekey.

    - ``wiki``: the address of the wiki's api.php.
    - ``filename``: the name under which the file will be published.
    - ``size``: the size of the file in bytes.
    - ``filekey``: the key of the file in the stash of the wiki.
    - ``offset``: the number of bytes that the wiki has stored under that key.
    - ``sha1``: the SHA-1 of those bytes, in hex.
    - ``stashed``: whether the wiki has assembled the whole file. It is not published yet.

    See https://www.mediawiki.org/wiki/API:Upload.
    """

    wiki: str
    filename: str
    size: int
    filekey: str
    offset: int
    sha1: str
    stashed: bool = False

    def __str__(self) -> str:
        state = json.dumps(asdict(self), separators=(",", ":"))
        return _PREFIX + base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text that ``str(checkpoint)`` returned. Returns the Checkpoint.

        Raises:
            ValueError: the text is not a checkpoint, or one of another version.
        """
        try:
            encoded = text.strip().removeprefix(_PREFIX)
            if encoded == text.strip():
                raise ValueError(f"it does not begin with {_PREFIX!r}")
            state = decode_json(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
            checkpoint = cls(**state)
            types = [type(getattr(checkpoint, name)) for name in state]
            if types != _FIELD_TYPES or len(checkpoint.sha1) != _SHA1_LENGTH:
                raise ValueError("its values are of other types")
            if not 0 <= checkpoint.offset <= checkpoint.size:
                raise ValueError(f"it is at byte {checkpoint.offset} of {checkpoint.size}")
        except _PARSE_ERRORS as error:
            message = f"{text[:40]!r} is not a checkpoint of this version ({error}): start the upload again"
            raise ValueError(message) from error
        return checkpoint
