"""Who a site is to its wiki: its login with a number, the cookies and tokens of that session, the account."""

from __future__ import annotations

from collections.abc import Mapping

from mwclient_async._http.cookies import Cookies
from mwclient_async._http.messages import ApiRequest
from mwclient_async._http.request_builder import RequestCredentials
from mwclient_async._session.login import Account
from mwclient_async.models.auth import LoginState


class AuthState:
    """Changes only when a login, a logout or the wiki says so; ``number`` then goes up.

    A request that failed under an older number needs no login of its own: it is sent again.
    """

    def __init__(self, *, bot: bool = False) -> None:
        self._bot = bot
        self.login_generation = 0
        self.name = ""
        self.logged_in = False
        self.cookies = Cookies()
        self.tokens: dict[str, str] = {}
        self.account: Account | None = None
        self.expires: float | None = None
        self._bearer: str | None = None

    @property
    def uses_cookies(self) -> bool:
        """Whether it is a login with a session, which cookies name."""
        return self.logged_in and self._bearer is None

    @property
    def uses_oauth_token(self) -> bool:
        """Whether it has an OAuth token to show."""
        return self._bearer is not None

    def discard_session(self) -> None:
        """Be nobody: what belonged to the session is gone. The wiki's own cookies stay."""
        self.cookies.drop_session()
        self.drop_tokens()
        self._bearer = self.expires = None

    def drop_tokens(self) -> None:
        """Ask for tokens and account anew when they are next needed."""
        self.tokens = {}
        self.account = None

    def drop_token(self, kind: str, value: str | None) -> None:
        """Forget a token that was refused, and its siblings with it; a newer one stays."""
        if self.tokens.get(kind) == value:
            self.tokens = {}

    def set_login(self, name: str = "", *, bearer: str | None = None, expires: float | None = None) -> None:
        """Be logged in, with cookies or with an OAuth token, which is to be renewed at the moment ``expires``.

        The name is empty where the login did not tell it.
        """
        self.drop_tokens()
        self.name, self.logged_in = name, True
        self._bearer, self.expires = bearer, expires
        self.login_generation += 1

    def clear(self) -> None:
        """Be logged out."""
        self.discard_session()
        self.name, self.logged_in = "", False
        self.login_generation += 1

    def token_for(self, call: ApiRequest) -> str | None:
        """The kind of token that the call needs. The REST API wants none beside an OAuth token."""
        return None if call.path and self._bearer is not None else call.token

    def credentials_for(self, call: ApiRequest, token: str | None) -> RequestCredentials:
        """What a request shows of all this. A request that logs in asserts nothing."""
        headers = {} if self._bearer is None or call.address else {"authorization": f"Bearer {self._bearer}"}
        return RequestCredentials(headers=headers, assertions=self._assertions(), token=token)

    def login_state(self, wiki: str) -> LoginState:
        """Cookies and tokens, to be stored. The password is not among them."""
        return LoginState(
            wiki=wiki,
            account=self.name,
            logged_in=self.uses_cookies,
            cookies=self.cookies.to_values(),
            tokens=dict(self.tokens),
        )

    def restore(self, state: LoginState) -> None:
        """Be who the state says: without a request. A session that is lost meanwhile shows at the first one."""
        self.cookies.restore(state.cookies)
        if state.logged_in:
            self.set_login(state.account)
        self.tokens = dict(state.tokens)

    def _assertions(self) -> Mapping[str, str]:
        if not self.logged_in:
            return {}
        asserted = {"assert": "bot" if self._bot else "user"}
        return {**asserted, "assertuser": self.name} if self.name else asserted
