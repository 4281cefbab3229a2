"""Conversations driven by hand: a script answers, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mwclient_async._http.flow import NO_RESPONSE, Ask, Flow, Report
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async.errors import ApiErrorItem, MediaWikiError, class_for

T = TypeVar("T")

Answer = Mapping[str, Any] | MediaWikiError


class Script:
    """Answers calls in order: a mapping is a reply's body, an error is thrown into the conversation.

    ``reply`` answers every question. A call without an answer fails the test, and so does an answer that nothing
    asked for.
    """

    def __init__(self, *answers: Answer, reply: Mapping[str, str] | None = None) -> None:
        self._answers = list(answers)
        self._reply = reply
        self.questions: list[Any] = []
        self.calls: list[ApiRequest] = []
        self.events: list[Any] = []

    def run(self, conversation: Flow[T]) -> T:
        result = converse(conversation, self._next, self.events, self._asked)
        assert not self._answers, f"never asked for: {self._answers}"
        return result

    def _next(self, call: ApiRequest) -> Answer:
        self.calls.append(call)
        assert self._answers, f"no answer was planned for {call}"
        return self._answers.pop(0)

    def _asked(self, question: Any) -> Mapping[str, str]:
        self.questions.append(question)
        assert self._reply is not None, f"nobody answers {question}"
        return self._reply


def converse(
    conversation: Flow[T],
    answer: Callable[[ApiRequest], Answer],
    events: list[Any] | None = None,
    asked: Callable[[Any], Any] | None = None,
) -> T:
    """The result of a conversation with whoever ``answer`` speaks for."""
    try:
        step = next(conversation)
        while True:
            reply = NO_RESPONSE
            if isinstance(step, ApiRequest):
                said = answer(step)
                if isinstance(said, MediaWikiError):
                    step = conversation.throw(said)
                    continue
                reply = ApiResponse(body=said)
            elif isinstance(step, Ask):
                assert asked is not None
                reply = ApiResponse(body=asked(step.question))
            elif isinstance(step, Report) and events is not None:
                events.append(step.event)
            step = conversation.send(reply)
    except StopIteration as end:
        return end.value


def refusal(code: str, **data: Any) -> MediaWikiError:
    """The error of that code, as an answer with it raises it."""
    return class_for(code)((ApiErrorItem(code=code, text=f"The text of {code}.", data=data),))
