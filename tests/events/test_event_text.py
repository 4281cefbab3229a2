"""The bytes of an event stream: any ends of lines, in any pieces."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from mwclient_async._events.event_text import EventText
from mwclient_async._http.event_source import read_events
from mwclient_async.errors import ReplyTooLarge, UnreadableEvent

EVENTS = ":ok\n\nid: 1\ndata: é\ndata: b\n\n:\n\nretry: 5\ndata: 漢\n\ndata: not whole"


@settings(deadline=None)  # the first example loads the HTTP library
@given(
    cuts=st.lists(st.integers(0, 80), max_size=12),
    end=st.sampled_from(["\n", "\r", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_any_pieces_and_any_ends_of_lines_give_the_same_events(cuts: list[int], end: str, mark: str) -> None:
    body = (mark + EVENTS.replace("\n", end)).encode()
    places = [0, *sorted(cuts), len(body)]
    text = EventText(100)
    whole = b"".join(text.feed(body[start:stop]) for start, stop in pairwise(places))
    assert whole.decode() == EVENTS.removesuffix("data: not whole")
    assert [(event.id, event.data, event.retry) for event in read_events(whole) if event.data] == [
        ("1", "é\nb", None),
        ("1", "漢", 5),
    ]


def test_only_cr_and_lf_end_a_line() -> None:
    """JSON does not escape U+2028 and U+0085; titles and comments can hold them."""
    assert [event.data for event in read_events("data: a\u2028b\x85c\x0bd\n\n".encode())] == ["a\u2028b\x85c\x0bd"]


def test_an_event_is_given_at_its_last_line_end_even_if_that_may_be_half_of_one() -> None:
    text = EventText(100)
    assert text.feed(b"data: 1\r\r") == b"data: 1\n\n"
    assert text.feed(b"\ndata: 2\r\n\r") == b"data: 2\n\n"


@pytest.mark.parametrize("pieces", [[b"data: " + b"x" * 20], [b"data: 1\n\ndata: " + b"x" * 20 + b"\n\n"], [b"x"] * 20])
def test_an_event_has_a_largest_size(pieces: list[bytes]) -> None:
    text = EventText(15)
    with pytest.raises(ReplyTooLarge):
        for piece in pieces:
            text.feed(piece)


def test_many_small_events_have_none() -> None:
    assert len(EventText(15).feed(b"data: 1\n\n" * 100)) == 900


def test_bytes_that_are_no_text_are_an_error() -> None:
    with pytest.raises(UnreadableEvent, match="UTF-8") as caught:
        EventText(100).feed(b"data: \xff\n\n")
    assert "\ufffd" in caught.value.excerpt
