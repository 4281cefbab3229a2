"""Requests and responses, at two levels.

An :class:`ApiRequest` and its :class:`ApiResponse` are in terms of MediaWiki: parameters and a decoded body. An
:class:`HttpRequest` and its :class:`HttpResponse` are in terms of HTTP: a URL, headers, bytes. ``request_builder.py``
turns an ApiRequest into an HttpRequest. ``responses.py`` turns an HttpResponse into an ApiResponse, or raises the right
error. A transport handles HTTP only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Protocol

from attrs import field, frozen

from mwclient_async._values.warnings import ApiWarning

ReadAt = Callable[[int, int], Awaitable[bytes]]
"""``await read(offset, length)`` returns ``length`` bytes from position ``offset``, and fewer only at the end."""


@frozen(kw_only=True)
class FilePart:
    """A range of a file, sent as one field of a multipart body. It is read again for each attempt to send it.

    - ``name``: the name of the field.
    - ``offset``: the position of the first byte in the file.
    - ``length``: the number of bytes.
    """

    name: str
    offset: int
    length: int


@frozen(kw_only=True)
class ApiRequest:
    """One request to MediaWiki.

    Its destination:

    - ``path``: empty for the Action API; for the REST API, a path that begins with a slash.
    - ``address``: the URL of a server other than the wiki's own. It gets no cookies, tokens or headers of the wiki.

    Its content:

    - ``params``: the parameters, in the URL or in the body.
    - ``prefix``: what the library put before the names of the caller's parameters; messages leave it out.
    - ``json``: the JSON body of a REST write.
    - ``method``: the HTTP method of a REST write with a JSON body.
    - ``headers``: further headers of a REST request.
    - ``post``: send it as POST even if it would fit into a URL.
    - ``token``: the type of the token to add, such as ``csrf``.
    - ``token_names``: the names of the parameters with the token: one, but for a query with several such modules.
    - ``part``: the range of a file that it uploads.

    Its meaning:

    - ``write``: it may change the wiki, so after a lost reply it is not simply sent again.
    - ``repeatable``: sending this write twice does no harm (the first of several chunks), so it may be sent again.
    - ``creating``: it creates a page, which must not exist yet.
    - ``login``: it is part of a login, so it does not assert that the account is logged in.
    - ``partial``: it leaves out some modules of a query but keeps their parameters.
    - ``continues``: the sender reads ``continue``, so that nothing of a truncated response is lost.
    - ``asks_account``: this query also asks which account the wiki takes this client for. The session adds the
      parameters, and takes the account out of the response.
    - ``documents``: the content types, other than JSON, that the response may have. The function of each returns
      whether a response is the wiki's own document, and not an error page of a proxy.
    """

    params: Mapping[str, str] = field(factory=dict, repr=False)  # a login has its password in them
    prefix: str = ""
    path: str = ""
    address: str = field(default="", repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    method: str = ""
    creating: bool = False
    headers: Mapping[str, str] = field(factory=dict)
    documents: Mapping[str, Callable[[HttpResponse], bool]] = field(factory=dict)
    post: bool = False
    token: str | None = None
    token_names: tuple[str, ...] = ("token",)
    write: bool = False
    repeatable: bool = False
    login: bool = False
    partial: bool = False
    continues: bool = False
    asks_account: bool = False
    part: FilePart | None = None

    @property
    def is_conditional(self) -> bool:
        """Whether the response may be 304, "not modified"."""
        return "if-none-match" in self.headers or "if-modified-since" in self.headers

    @property
    def label(self) -> str:
        """The name of this request in messages and logs. It never contains a secret."""
        return self.path or f"action={self.params.get('action', '?')}"

    @property
    def rate_limit_action(self) -> str:
        """The action whose rate limit applies: the action parameter, or ``edit`` for a write by REST."""
        return self.params.get("action", "") or ("edit" if self.write else "rest")


@frozen(kw_only=True)
class ApiResponse:
    """A decoded response without an error in it.

    - ``body``: a mapping; a list, if the REST API sends one; or bytes, for a document of another type than JSON.
    - ``warnings``: the warnings beside the result.
    - ``request_id``: the id under which the wiki logs the request.
    - ``status``: the HTTP status. It is 200, but for the REST API also 201 (created) and 304 (not modified).
    - ``size``: the length of the decompressed body in bytes.
    - ``headers``: names and values; the names are in lower case.
    """

    body: Any = field(repr=False)  # it may contain tokens
    warnings: tuple[ApiWarning, ...] = ()
    request_id: str = ""
    status: int = 200
    size: int = field(default=0, eq=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), eq=False, repr=False)

    def header(self, name: str) -> str:
        """The first header with this name (in lower case), or an empty string."""
        return _first(self.headers, name)

    @property
    def is_truncated(self) -> bool:
        """Whether the wiki left out something that is larger than its ``$wgAPIMaxResultSize``."""
        return any(warning.code == "truncatedresult" for warning in self.warnings)


def _first(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


@frozen(kw_only=True)
class MultipartBody:
    """A multipart request body that contains a range of a file.

    - ``head``: the bytes before the range.
    - ``part``: the range of the file.
    - ``tail``: the bytes after the range.
    - ``read``: ``await read(offset, length)`` returns bytes of the file.

    A transport sends ``head``, then the range as it reads it, then ``tail``.
    """

    head: bytes = field(repr=False)
    part: FilePart
    tail: bytes = field(repr=False)  # it contains the token
    read: ReadAt = field(repr=False)

    @property
    def length(self) -> int:
        """The length of the whole body in bytes."""
        return len(self.head) + self.part.length + len(self.tail)


@frozen(kw_only=True)
class HttpRequest:
    """The HTTP request that a transport sends.

    - ``method``: the HTTP method.
    - ``url``: the absolute URL, with the query.
    - ``headers``: names and values, cookies and tokens included.
    - ``body``: bytes, or a MultipartBody that the transport reads as it sends it.
    - ``waits_for_commit``: wait for the response for ``HttpOptions.commit_timeout`` instead of ``read_timeout``. It is
      set for writes, because a write whose response was not awaited has an unknown outcome.
    - ``on_sent``: if given, the transport calls it when the whole request is on the wire.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: bytes | MultipartBody = field(default=b"", repr=False)
    waits_for_commit: bool = False
    on_sent: Callable[[], None] | None = field(default=None, repr=False)


@frozen(kw_only=True)
class HttpResponse:
    """The HTTP response that a transport returns.

    - ``status``: the HTTP status.
    - ``headers``: names and values; the names are in lower case, and a name may come more than once.
    - ``body``: the whole body, decompressed.
    - ``url``: the URL of the request.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)

    def header(self, name: str) -> str:
        """The first header with this name (in lower case), or an empty string."""
        return _first(self.headers, name)


class StreamedResponse(Protocol):
    """A response whose body is still arriving, for bodies that are too large to keep in memory."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names and values; the names are in lower case."""
        ...

    def pieces(self) -> AsyncIterator[bytes]:
        """The body, in pieces as they arrive. Raises ReplyLost if the body is cut."""
        ...
