"""A flow: a protocol of several steps, as a generator without I/O.

A flow yields an :class:`ApiRequest` and is sent the :class:`ApiResponse`. It yields a :class:`Wait` to pause, a
:class:`Report` to tell its progress, and an :class:`Ask` to have a question answered. Errors of this package are thrown
*into* it, so that it can recover. It returns its result. ``run_flow.py`` runs every flow.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

from attrs import frozen

from mwclient_async._http.messages import ApiRequest, ApiResponse

T = TypeVar("T")


NO_RESPONSE = ApiResponse(body={})
"""What a flow is sent after a Wait or a Report. After an Ask, it is sent an ApiResponse whose body is the answer."""


@frozen
class Wait:
    """Pause for so many seconds."""

    seconds: float


@frozen
class Report:
    """Report progress; ``event`` is a value that the flow defines."""

    event: Any


@frozen
class Ask:
    """Have a question answered; ``question`` is a value that the flow defines."""

    question: Any


FlowStep = ApiRequest | Wait | Report | Ask


Flow = Generator[FlowStep, ApiResponse, T]
