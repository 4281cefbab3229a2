"""The login of a site and what belongs to it: the cookies and tokens of its session, the account, OAuth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from attrs import evolve

from mwclient_async import _http, models
from mwclient_async._http.messages import ApiRequest, HttpRequest
from mwclient_async._http.request_builder import RequestCredentials
from mwclient_async._http.secret_text import SecretText
from mwclient_async._session.login import Account

Sign = Callable[[HttpRequest], SecretText]
"""A function that returns the Authorization header of a request: OAuth 1.0a signs each one."""


class AuthState:
    """The current login. ``login_generation`` goes up with each login and logout.

    If a request failed under an older generation, the login has been renewed since then: the request is sent again, and
    needs no further login. ``has_edited`` says that an edit was saved with the present cookies. ``expires`` is the
    moment on the clock at which the OAuth token must be renewed, or None.
    """

    def __init__(self, *, bot: bool = False) -> None:
        self._bot = bot
        self.login_generation = 0
        self.name = ""
        self.logged_in = False
        self.has_edited = False
        self.cookies = _http.cookies.Cookies()
        self.tokens: dict[str, str] = {}
        self.account: Account | None = None
        self.expires: float | None = None
        self._bearer: SecretText | None = None
        self._sign: Sign | None = None

    @property
    def uses_cookies(self) -> bool:
        """Whether the login is a session, which cookies identify."""
        return self.logged_in and not self.uses_oauth

    @property
    def uses_oauth(self) -> bool:
        """Whether requests carry an OAuth token or a signature."""
        return self._bearer is not None or self._sign is not None

    @contextmanager
    def kept_unless_replaced(self) -> Iterator[None]:
        """Log in within this context. If that fails, the session before is used again: the wiki has not ended it."""
        before = {**vars(self), "cookies": self.cookies.copy()}
        try:
            yield
        except BaseException:
            vars(self).update(before)
            raise

    def discard_session(self) -> None:
        """Discard session cookies, tokens and OAuth. Cookies that outlive a session stay."""
        self.cookies.discard_session()
        self.drop_tokens()
        self.has_edited = False
        self._bearer = self._sign = self.expires = None

    def drop_tokens(self) -> None:
        """Discard tokens and account, so that they are fetched again when they are needed."""
        self.tokens = {}
        self.account = None

    def drop_token(self, kind: str, value: str | None) -> None:
        """Discard a token that was refused, and all fetched together with it. A newer token stays."""
        if self.tokens.get(kind) == value:
            self.tokens = {}

    def set_login(
        self, name: str = "", *, bearer: str | None = None, expires: float | None = None, sign: Sign | None = None
    ) -> None:
        """Record a login: by session cookies, by an OAuth token (``bearer``), or by a signature (``sign``).

        ``name`` is empty if the login did not give it. ``expires`` is when the OAuth token must be renewed.
        """
        self.drop_tokens()
        self.name, self.logged_in = name, True
        self._bearer, self.expires = None if bearer is None else SecretText(bearer), expires
        self._sign = sign
        self.login_generation += 1

    def clear(self) -> None:
        """Record a logout. Responses that are still on their way bring their cookies to those of the old session."""
        self.cookies = self.cookies.copy()
        self.discard_session()
        self.name, self.logged_in = "", False
        self.login_generation += 1

    def token_for(self, request: ApiRequest) -> str | None:
        """The kind of token that the request needs. The REST API needs none beside OAuth."""
        return None if request.path and self.uses_oauth else request.token

    def credentials_for(self, request: ApiRequest, token: str | None) -> RequestCredentials:
        """The OAuth token, assertions and CSRF token that the request carries. Cookies come from ``cookies``."""
        headers = (
            {} if self._bearer is None or request.address else {"authorization": SecretText(f"Bearer {self._bearer}")}
        )
        return RequestCredentials(headers=headers, assertions=self._assertions(), token=token)

    def signed(self, request: HttpRequest) -> HttpRequest:
        """The request to the wiki's own server with a new signature, if the login is one that signs requests."""
        if self._sign is None:
            return request
        return evolve(request, headers={**request.headers, "authorization": self._sign(request)})

    def login_state(self, wiki: str) -> models.auth.LoginState:
        """Cookies and tokens as a value to store. The password is not among them."""
        return models.auth.LoginState(
            wiki=wiki,
            account=self.name,
            logged_in=self.uses_cookies,
            cookies=self.cookies.to_values(),
            tokens={kind: str(token) for kind, token in self.tokens.items()},
        )

    def restore(self, state: models.auth.LoginState) -> None:
        """Use a stored login, without a request. If its session is lost, the first request fails and shows that."""
        self.cookies.restore(state.cookies)
        if state.logged_in:
            self.set_login(state.account)
        self.tokens = {kind: SecretText(token) for kind, token in state.tokens.items()}

    def _assertions(self) -> Mapping[str, str]:
        if not self.logged_in:
            return {}
        assertions = {"assert": "bot" if self._bot else "user"}
        return {**assertions, "assertuser": self.name} if self.name else assertions
