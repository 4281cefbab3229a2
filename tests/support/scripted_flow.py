"""Runs a flow without a session: a script answers its requests and records them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from attrs import define

from mwclient_async._http.flow import NO_RESPONSE, Ask, Flow, FlowStep, NewSession, Report, ResetRetries, TryAgain
from mwclient_async._http.messages import ApiRequest, ApiResponse
from mwclient_async.errors import ApiErrorItem, MediaWikiError, class_for

T = TypeVar("T")

Answer = Mapping[str, Any] | MediaWikiError

ATTEMPTS = 3  # tries that the retry policy of a scripted flow allows


class Script:
    """Answers requests in order: a mapping is the body of a response, an error is thrown into the flow.

    ``reply`` answers every question. A request without an answer fails the test, and so does an answer without a
    request. ``attempts`` is the number of tries that the retry policy allows.
    """

    def __init__(self, *answers: Answer, reply: Mapping[str, str] | None = None, attempts: int = ATTEMPTS) -> None:
        self._answers = list(answers)
        self._reply = reply
        self._attempts = attempts
        self.questions: list[Any] = []
        self.requests: list[ApiRequest] = []
        self.events: list[Any] = []

    def run(self, flow: Flow[T]) -> T:
        result = run_with_answers(flow, self._next, self.events, self._answer_question, attempts=self._attempts)
        assert not self._answers, f"the flow did not use these answers: {self._answers}"
        return result

    def _next(self, request: ApiRequest) -> Answer:
        self.requests.append(request)
        assert self._answers, f"the script has no answer for {request}"
        return self._answers.pop(0)

    def _answer_question(self, question: Any) -> Mapping[str, str]:
        self.questions.append(question)
        assert self._reply is not None, f"the script has no answer for the question {question}"
        return self._reply


def run_with_answers(
    flow: Flow[T],
    answer: Callable[[ApiRequest], Answer],
    events: list[Any] | None = None,
    answer_question: Callable[[Any], Any] | None = None,
    *,
    attempts: int = ATTEMPTS,
) -> T:
    """Run a flow, with ``answer`` for each request; return its result."""
    return _ScriptedRun(answer, [] if events is None else events, answer_question, attempts).run(flow)


@define
class _ScriptedRun:
    answer: Callable[[ApiRequest], Answer]
    events: list[Any]
    answer_question: Callable[[Any], Any] | None
    attempts: int

    tries: int = 1  # of the operation in progress, as the runner counts them

    def run(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                if not isinstance(step, ApiRequest):
                    step = flow.send(self._take(step))
                    continue
                answered = self.answer(step)
                if isinstance(answered, MediaWikiError):
                    step = flow.throw(answered)
                else:
                    step = flow.send(ApiResponse(body=answered))
        except StopIteration as end:
            return end.value

    def _take(self, step: FlowStep) -> ApiResponse:
        if isinstance(step, TryAgain):
            self.events.append(step)
            self.tries += 1
            return ApiResponse(body=self.tries <= self.attempts)
        if isinstance(step, Ask):
            assert self.answer_question is not None
            return ApiResponse(body=self.answer_question(step.question))
        if isinstance(step, NewSession):
            self.events.append(step)
            return ApiResponse(body=True)
        if isinstance(step, ResetRetries):
            self.tries = 1
        if isinstance(step, Report):
            self.events.append(step.event)
        return NO_RESPONSE


def refusal(code: str, **data: Any) -> MediaWikiError:
    """The error of that code, as a response with it raises it."""
    return class_for(code)((ApiErrorItem(code=code, text=f"The text of {code}.", data=data),))
