"""The User-Agent header, as required by https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy."""

from __future__ import annotations

import re

from mwclient_async._http.params import checked_text
from mwclient_async._version import __version__

_CONTACT = re.compile(r"https?://\S|[^@\s]+@[^@\s]+\.\w|\b[Uu]ser:\S")


def full_user_agent(user_agent: str) -> str:
    """The User-Agent header: the text of the caller, followed by the name and version of this library.

    Raises ValueError if the text does not name a contact, or if it holds a character that is not printable ASCII.
    """
    text = checked_text("user_agent", user_agent).strip()
    if any(ord(char) < 32 or ord(char) == 127 for char in text) or not text.isascii():  # noqa: PLR2004 - ASCII
        raise ValueError(f"user_agent={user_agent!r}: a header may hold printable ASCII characters only")
    if not _CONTACT.search(text):
        raise ValueError(
            f"user_agent={user_agent!r} does not say how to reach you. Wikimedia's User-Agent policy "
            "(https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy) requires the program's name and a "
            "contact; requests without them are refused or throttled. For example: "
            "'DemoBot/1.0 (https://example.org/demobot; demobot@example.org)'"
        )
    return f"{text} mwclient_async/{__version__}"
