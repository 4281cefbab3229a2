"""Why Extension:OAuth refused a request, and what to do about it.

A code of its own tells some reasons. The others are told in the text of ``mwoauth-invalid-authorization``, of which the
texts about the protocol are English on every wiki. See https://www.mediawiki.org/wiki/Help:OAuth/Errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NOTHING = "nothing was done; "
_CONSUMERS = "the wiki's page Special:OAuthConsumerRegistration"
_NONCE_USED = "Nonce already used"
_TIMESTAMPS = re.compile(r"Expired timestamp, yours (\d{1,12}), ours (\d{1,12})")

_BY_CODE: Mapping[str, str] = {
    "wrong-wiki": f"the consumer or its grant is for another wiki: see {_CONSUMERS}",
    "invalid-user": "the account does not exist on this wiki: log in there once with a browser",
    "blocked-user": "stop: the account is blocked or locked",
    "not-approved-user": "the account has not approved the consumer, or has revoked that",
    "not-approved": f"the consumer is disabled, or not approved yet: see {_CONSUMERS}",
}
_BY_TEXT: Mapping[str, str] = {
    "Invalid signature": (
        "a secret is wrong or was reset, or the address of the Site is not the one that the wiki has for itself "
        "($wgServer), or a proxy changes the requests"
    ),
    "invalid IP address": f"the consumer may be used from other IP addresses only: see its usage restrictions on "
    f"{_CONSUMERS}",
    "No approved grant": "the access token is not of this consumer, or was reset or revoked",
    "Invalid consumer": f"the wiki does not know the consumer token: see {_CONSUMERS}",
}


def oauth_advice(code: str, text: str) -> str:
    """What to do about a refusal, or an empty string if its code and text name no known reason."""
    if is_nonce_used(text):
        return "the wiki received this request twice, and may have done it the first time: a proxy has repeated it"
    if found := _TIMESTAMPS.search(text):
        return _NOTHING + _clock_advice(int(found[1]) - int(found[2]))
    advice = _BY_CODE.get(code.removeprefix("mwoauth-invalid-authorization-"))
    advice = advice or next((known for words, known in _BY_TEXT.items() if words in text), "")
    return advice and _NOTHING + advice


def is_nonce_used(text: str) -> bool:
    """Whether the wiki refused a request because it had received the same one before."""
    return _NONCE_USED in text


def _clock_advice(seconds: int) -> str:
    distance = _duration(abs(seconds))
    if seconds > 0:
        return f"this machine's clock is {distance} ahead of the wiki's: set it"
    return (
        f"this machine's clock is {distance} behind the wiki's: set it; or the request took that long to be sent: "
        "choose a smaller chunk_size"
    )


def _duration(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))]
    return " ".join(part for part in parts if not part.startswith("0 "))
