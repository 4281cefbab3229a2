"""What became of the bytes that were sent: which of them the wiki took, and why the others had to be sent.

The proxy counts them: it knows which bytes it has lost, and sees the wiki's responses to the rest.
"""

from __future__ import annotations

import json
from collections import Counter
from enum import Enum
from typing import Any

from attrs import Factory, define

from tests.support.http_server import ServerResponse
from tests.upload.campaign.upload_requests import RequestKind, UploadRequest


class ByteOutcome(Enum):
    """What became of a part of a file. In the end each byte of the file is ``TAKEN`` once.

    A part that was ``LOST``, ``FORGOTTEN`` or ``REFUSED`` must be sent again by any client. A part that the wiki
    ``HAD`` need not be sent again, nor an ``ORPHAN``: a first chunk whose filekey was in a lost response.
    """

    TAKEN = "taken"
    LOST = "lost on the way"
    FORGOTTEN = "forgotten by the wiki"
    ORPHAN = "first chunks whose filekey was lost"
    HAD = "already on the wiki"
    REFUSED = "refused for another reason"


_STASH_CODES = frozenset({"stashfailed", "uploadstash-file-not-found", "uploadstash-bad-path", "fileexists-no-change"})


@define
class ByteCounts:
    """Bytes by their outcome."""

    bytes: Counter[ByteOutcome] = Factory(Counter)
    _taken: Counter[str] = Factory(Counter)
    _forgotten: set[str] = Factory(set)

    @property
    def sent(self) -> int:
        return self.bytes.total()

    @property
    def sent_again(self) -> int:
        return self.sent - self.bytes[ByteOutcome.TAKEN]

    @property
    def needless(self) -> int:
        """The bytes that a client with full knowledge would not have sent."""
        return self.bytes[ByteOutcome.HAD] + self.bytes[ByteOutcome.ORPHAN]

    def __str__(self) -> str:
        return ", ".join(f"{self.bytes[outcome]:,} {outcome.value}" for outcome in ByteOutcome)

    def count_lost(self, length: int) -> None:
        """Count bytes that never reached the wiki."""
        self.bytes[ByteOutcome.LOST] += length

    def count_forgotten(self, request: UploadRequest) -> None:
        """Count the bytes that the wiki had of a file and has lost."""
        self._forgotten.add(request.fields["filekey"])
        self._move_taken(request.fields["filename"], ByteOutcome.FORGOTTEN)

    def count_response(self, request: UploadRequest, response: ServerResponse | None) -> None:
        """Count the bytes of a request by the wiki's response to it; None if there was none."""
        if not request.length:
            return
        body = _parse_body(response)
        refused = {str(error.get("code")) for error in body.get("errors", ())}
        if response is None:
            outcome = ByteOutcome.LOST
        elif refused:
            outcome = self._refusal_outcome(request, refused)
        else:
            outcome = ByteOutcome.HAD if body.get("upload", {}).get("result") == "Warning" else ByteOutcome.TAKEN
        is_first = request.kind in {RequestKind.FIRST, RequestKind.LAST} and "filekey" not in request.fields
        if outcome is ByteOutcome.TAKEN and is_first:  # chunks under an earlier filekey do not count any more
            self._move_taken(request.fields["filename"], ByteOutcome.ORPHAN)
        self.bytes[outcome] += request.length
        self._taken[request.fields["filename"]] += request.length * (outcome is ByteOutcome.TAKEN)

    def _refusal_outcome(self, request: UploadRequest, codes: set[str]) -> ByteOutcome:
        if not codes & _STASH_CODES:
            return ByteOutcome.REFUSED
        return ByteOutcome.FORGOTTEN if request.fields.get("filekey") in self._forgotten else ByteOutcome.HAD

    def _move_taken(self, name: str, outcome: ByteOutcome) -> None:
        self.bytes[ByteOutcome.TAKEN] -= self._taken[name]
        self.bytes[outcome] += self._taken.pop(name, 0)


def _parse_body(response: ServerResponse | None) -> dict[str, Any]:
    try:
        body: dict[str, Any] = json.loads(response.body) if response is not None else {}
    except ValueError:  # a page of PHP with an error
        return {"errors": [{"code": "none"}]}
    return body
