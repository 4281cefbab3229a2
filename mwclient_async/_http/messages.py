"""What goes out and what comes back, at two levels.

An :class:`ApiRequest` and its :class:`ApiResponse` speak MediaWiki: parameters and a decoded body. An
:class:`HttpRequest` and its :class:`HttpResponse` speak HTTP: a URL, headers, bytes. ``request_builder.py`` turns an
ApiRequest into an HttpRequest. ``responses.py`` turns an HttpResponse into an ApiResponse, or raises the right error. A
transport sees HTTP only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from attrs import field, frozen

from mwclient_async._values.warnings import ApiWarning

T = TypeVar("T")

ReadAt = Callable[[int, int], Awaitable[bytes]]
"""``await read(offset, length)``: that many bytes from that position, fewer only at the end."""


@frozen(kw_only=True)
class FilePart:
    """A stretch of a file, sent as one multipart field. The shell reads it, afresh for every attempt."""

    name: str
    offset: int
    length: int


@frozen(kw_only=True)
class ApiRequest:
    """One request, as a conversation means it.

    ``path`` is empty for the Action API and begins with a slash for the REST API; ``json`` is the body of a write
    there, ``method`` how it is sent, ``creating`` says that it must not be there yet; ``headers`` are further ones.
    ``documents`` are the content types of an answer that is no JSON, each with how to tell the wiki's own from a page
    of somebody else. ``address`` is another server than the wiki's own, which is told nothing of who we are. ``token``
    names the kind of token to add, ``token_name`` the parameter that it is. ``write`` says that the wiki may change, so
    that a lost reply does not mean "send it again"; ``repeatable`` takes that back where the wiki itself refuses to do
    it twice (a chunk with its offset).
    ``login`` marks the requests that make a session, which assert nothing about it, ``partial`` those that leave out
    modules of a query and keep their parameters.
    """

    params: Mapping[str, str] = field(factory=dict, repr=False)  # a login has its password in them
    path: str = ""
    address: str = field(default="", repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    method: str = ""
    creating: bool = False
    headers: Mapping[str, str] = field(factory=dict)
    documents: Mapping[str, Callable[[HttpResponse], bool]] = field(factory=dict)
    post: bool = False
    token: str | None = None
    token_name: str = "token"  # noqa: S105 - a parameter's name
    write: bool = False
    repeatable: bool = False
    login: bool = False
    partial: bool = False
    part: FilePart | None = None

    @property
    def is_conditional(self) -> bool:
        """Whether it may be answered with "nothing has changed"."""
        return "if-none-match" in self.headers or "if-modified-since" in self.headers

    @property
    def label(self) -> str:
        """How this call is named in messages and logs: never a value that could be secret."""
        return self.path or f"action={self.params.get('action', '?')}"

    @property
    def rate_limit_action(self) -> str:
        """What the wiki counts this as, where it limits how often: its action, and ``edit`` for a write by REST."""
        return self.params.get("action", "") or ("edit" if self.write else "rest")


@frozen(kw_only=True)
class ApiResponse:
    """A decoded answer without an error in it.

    ``body`` is a mapping, a list where the REST API sends one, or the bytes of a document that the call asked for.
    ``status`` is 200 but for the REST API, which also has 201 and, for what has not changed, 304. Header names are in
    lower case.
    """

    body: Any = field(repr=False)  # it may be an answer with tokens
    warnings: tuple[ApiWarning, ...] = ()
    request_id: str = ""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=(), eq=False, repr=False)

    def header(self, name: str) -> str:
        """The first header of that (lower case) name, or an empty string."""
        return _first(self.headers, name)


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


@frozen(kw_only=True)
class MultipartBody:
    """A body around a stretch of a file: framing, the stretch as ``read`` gives it, framing."""

    head: bytes = field(repr=False)
    part: FilePart
    tail: bytes = field(repr=False)  # the token is in it
    read: ReadAt = field(repr=False)

    @property
    def length(self) -> int:
        """The number of bytes of the whole body."""
        return len(self.head) + self.part.length + len(self.tail)


@frozen(kw_only=True)
class HttpRequest:
    """What a transport sends. ``on_sent``, if there is one, is called when the whole request is on the wire.

    ``patient`` says that its answer is worth a long wait: giving up on a write leaves a doubt.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes | MultipartBody = field(default=b"", repr=False)
    waits_for_commit: bool = False
    on_sent: Callable[[], None] | None = field(default=None, repr=False)


@frozen(kw_only=True)
class HttpResponse:
    """What a transport brings back: the whole body, decompressed. Header names are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)

    def header(self, name: str) -> str:
        """The first header of that (lower case) name, or an empty string."""
        return _first(self.headers, name)


class StreamedResponse(Protocol):
    """An answer that is still coming in, for bodies that are not to be held as a whole."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body, in the pieces that come. Raises ReplyLost where it is cut."""
        ...
