"""The recipe of `docs/observability.md` with the real SDK: a span per call, children, bytes, and no secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from mwclient_async import BotPassword, HttpRequest, HttpResponse, RetryPolicy, Site
from mwclient_async.testing.scripted import ScriptedClock, json_response, sent
from tests.conftest import USER_AGENT
from tests.support.programs import programs

pytestmark = pytest.mark.recipes
ACTIONS = ["compare", "parse", "query"]
SECRETS = ["a-password", "a-login-token", "a-csrf-token", "a-cookie"]


class Wiki:
    """Fails once for each read, and answers the second time, when all of ``together`` are in flight."""

    def __init__(self, *, together: int) -> None:
        self.together = together
        self.seen: Counter[str] = Counter()
        self.in_flight = 0
        self.full = anyio.Event()

    async def send(self, request: HttpRequest) -> HttpResponse:
        params = sent(request)
        action = params["action"]
        if params.get("meta") == "tokens":
            tokens = {f"{kind}token": f"a-{kind}-token" for kind in ("csrf", "login")}
            return json_response({"query": {"tokens": tokens}}, headers=[("set-cookie", "session=a-cookie")])
        if action == "login":
            return json_response({"login": {"result": "Success", "lgusername": "Bot"}})
        self.seen[action] += 1
        if self.seen[action] == 1 and action != "edit":
            return json_response({}, status=503)
        self.in_flight += 1
        if self.in_flight == self.together:
            self.full.set()
        await self.full.wait()
        return json_response({action: {"result": "Success"}})

    async def aclose(self) -> None:
        pass


@pytest.fixture
def exported() -> Iterator[tuple[Any, Any, Any]]:
    """The recipe's callback, its tracer, and what it exports."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    (program,) = (program for program in programs() if program.name == "observability.md-0")
    names: dict[str, Any] = {}
    exec(program.text.partition("async def main")[0], names)
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")
    yield names["Spans"](tracer), tracer, exporter
    provider.shutdown()


def site(wiki: Wiki, on_event: Any, **options: Any) -> Site:
    return Site(
        "https://wiki.example/api.php",
        user_agent=USER_AGENT,
        transport=wiki,
        clock=ScriptedClock(draw=0.5),
        retry=RetryPolicy(attempts=2),
        on_event=on_event,
        **options,
    )


async def test_three_calls_in_flight_are_three_spans_with_their_own_children(exported: tuple[Any, Any, Any]) -> None:
    spans_of, tracer, exporter = exported
    async with site(Wiki(together=3), spans_of) as opened:
        with tracer.start_as_current_span("mine"):
            async with anyio.create_task_group() as tasks:
                for action in ACTIONS:
                    tasks.start_soon(opened.call, action)
    spans = exporter.get_finished_spans()
    (mine,) = (span for span in spans if span.name == "mine")
    calls = {
        span.context.span_id: span for span in spans if span.parent and span.parent.span_id == mine.context.span_id
    }
    assert sorted(span.name for span in calls.values()) == [f"action={action}" for action in ACTIONS]
    requests = [span for span in spans if span.name in {"GET", "POST"}]
    assert Counter(span.parent.span_id for span in requests) == dict.fromkeys(calls, 2)
    for call_id, call in calls.items():
        first, second = (span for span in requests if span.parent.span_id == call_id)
        assert [event.name for event in call.events] == ["Retrying"]
        assert call.events[0].attributes["cause"] == "HttpError"
        assert call.events[0].attributes["label"] == call.name
        assert [span.attributes["http.response.status_code"] for span in (first, second)] == [503, 200]
        assert [span.attributes["http.request.resend_count"] for span in (first, second)] == [0, 1]
        assert [span.status.is_ok for span in (first, second, call)] == [False, True, True]
        assert second.attributes["http.response.body.size"] == len(f'{{"{call.name[7:]}": {{"result": "Success"}}}}')


async def test_a_login_and_a_token_are_spans_without_secrets(exported: tuple[Any, Any, Any]) -> None:
    spans_of, _, exporter = exported
    auth = BotPassword(name="Bot@tests", password="a-password")
    async with site(Wiki(together=1), spans_of, auth=auth) as opened:
        await opened.call("parse")
        await opened.call("edit", title="A", text="B")
    spans = exporter.get_finished_spans()
    by_name = {span.name: span for span in spans}
    assert by_name["action=query"].parent.span_id == by_name["action=edit"].context.span_id
    assert {"action=login", "action=parse"} <= {*by_name}
    assert any(span.attributes.get("http.request.body.size") for span in spans)
    shown = "".join(span.to_json() for span in spans)
    assert not [secret for secret in SECRETS if secret in shown]
    assert not spans_of._calls
