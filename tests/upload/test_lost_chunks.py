"""A chunk whose reply is lost: the wiki is asked for its offset, and what it has is not sent again."""

from __future__ import annotations

import pytest

from mwclient_async._upload.chunks import HashUpTo, Position
from mwclient_async.errors import FileRefused, HttpError, MediaWikiError, OutcomeUnknown, ReplyLost
from tests.support.scripted_flow import Answer, Script
from tests.support.scripted_stash import (
    GONE,
    NO_STASH,
    NO_STATUS,
    SHA1,
    continued,
    entry,
    poll,
    sending,
    sent_ranges,
    stashed,
    wrong_offset,
)


def lost_reply(cause: MediaWikiError) -> MediaWikiError:
    """What the session raises for a write whose reply is lost."""
    error = OutcomeUnknown("the reply was lost")
    error.__cause__ = cause
    return error


LOST = lost_reply(ReplyLost("the response was incomplete"))
FOUND: list[Answer] = [
    NO_STATUS,
    {"query": {"mystashedfiles": [entry("WHOLE", size=10_000)]}},
    {"query": {"stashimageinfo": [{"sha1": SHA1, "size": 10_000}]}},
]


@pytest.mark.parametrize(
    ("offset", "answers", "rest"),
    [
        pytest.param(4000, [continued(8000), stashed()], [(8000, 2000)], id="it was taken"),
        pytest.param(
            4000, [continued(4000), continued(8000), stashed()], [(4000, 4000), (8000, 2000)], id="it was not"
        ),
        pytest.param(8000, FOUND, [], id="the last one was taken, and the file assembled"),
        pytest.param(8000, [poll(), stashed()], [], id="the last one was taken, and the wiki is assembling"),
        pytest.param(8000, [continued(8000), stashed()], [(8000, 2000)], id="the last one was not taken"),
    ],
)
def test_u3_after_a_lost_reply_the_wiki_is_asked_and_gets_only_what_it_lacks(
    offset: int, answers: list[Answer], rest: list[tuple[int, int]]
) -> None:
    script = Script(LOST, *answers, reply={})
    assert script.run(sending(start=Position(filekey="K", offset=offset))).filekey == "WHOLE"
    assert sent_ranges(script)[1:] == rest
    assert script.requests[1].params == {"action": "upload", "checkstatus": "1", "filekey": "K"}


@pytest.mark.parametrize(("answers", "tries"), [(FOUND[1:], 1), ([NO_STASH, stashed()], 2)], ids=["taken", "not taken"])
def test_u3_a_file_of_one_chunk_is_looked_for_in_the_stash(answers: list[Answer], tries: int) -> None:
    script = Script(LOST, *answers, reply={})
    assert script.run(sending(chunk_size=10_000)).filekey == "WHOLE"
    assert sent_ranges(script) == [(0, 10_000)] * tries


def test_u3_a_chunk_session_that_is_gone_after_a_lost_reply_is_restarted() -> None:
    script = Script(continued(4000), LOST, NO_STATUS, continued(4000), continued(8000), stashed())
    script.run(sending())
    assert sent_ranges(script) == [(0, 4000), (4000, 4000), (0, 4000), (4000, 4000), (8000, 2000)]


@pytest.mark.parametrize(
    "answers", [[GONE, *FOUND], [wrong_offset(10_000), stashed()]], ids=["filekey gone", "assembled by a job"]
)
def test_u7_a_file_that_a_killed_process_has_sent_completely_is_not_sent_again(answers: list[Answer]) -> None:
    """Its last checkpoint is older, so the next process may have read only a part of the file."""
    script = Script(*answers, reply={})
    script.run(sending(chunk_size=1000, start=Position(filekey="K", offset=4000)))
    assert sent_ranges(script) == [(4000, 1000)]
    assert HashUpTo(end=10_000) in script.questions


@pytest.mark.parametrize(
    ("cause", "tries"), [(ReplyLost("the response was incomplete"), 3), (HttpError("Not Implemented", status=501), 3)]
)
def test_u3_a_chunk_is_sent_as_often_as_the_policy_allows(cause: MediaWikiError, tries: int) -> None:
    answers: list[Answer] = [lost_reply(cause), continued(4000)] * (tries - 1)
    script = Script(*answers, lost_reply(cause), continued(4000))
    with pytest.raises(type(cause)) as caught:
        script.run(sending(start=Position(filekey="K", offset=4000)))
    assert caught.value is cause


def test_a_refusal_after_a_lost_reply_is_final() -> None:
    """The offset was right, so the content is wrong: nothing is looked up, and nothing is sent from the beginning."""
    script = Script(lost_reply(ReplyLost("cut")), continued(4000), wrong_offset(4000))
    with pytest.raises(FileRefused):
        script.run(sending(start=Position(filekey="K", offset=4000)))
    assert sent_ranges(script) == [(4000, 4000), (4000, 4000)]
