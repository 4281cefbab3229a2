"""Who ``mwa`` is on a wiki: from the environment, a stored login, the keyring, or a prompt; never from an argument."""

from __future__ import annotations

import getpass
import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from attrs import evolve, frozen

from mwclient_async import (
    Auth,
    BotPassword,
    ClientLogin,
    LoginQuestion,
    LoginState,
    OAuth2Token,
    StateFile,
)
from mwclient_async.cli.exits import UsageError
from mwclient_async.cli.interrupts import interruptible
from mwclient_async.cli.wikis import Wiki, directory

_SERVICE = "mwclient_async"


@frozen(kw_only=True)
class Login:
    """What a Site is opened with. ``keyring`` says that the password of ``account`` is in the keyring."""

    auth: Auth | None = None
    state: LoginState | None = None
    account: str = ""
    keyring: bool = False


def of(wiki: Wiki) -> Login:
    """The login for a command: that of the environment, else the stored one, else none.

    Raises:
        UsageError: MWA_USER is set without MWA_PASSWORD, or the stored login cannot be read.
    """
    stored = _read(wiki)
    auth = _from_environment(wiki)
    if isinstance(auth, OAuth2Token):
        return Login(auth=auth)
    if auth is not None:
        return evolve(stored if stored.account == account_of(auth) else Login(account=account_of(auth)), auth=auth)
    if stored.keyring and (password := _keyring_password(wiki, stored.account)):
        return evolve(stored, auth=_auth(stored.account, password))
    return stored


def ask(wiki: Wiki, *, user: str | None) -> Auth:
    """The credentials for ``mwa login``: from the environment, the keyring, or a prompt.

    Raises:
        UsageError: there is no terminal to ask at.
    """
    if (auth := _from_environment(wiki)) is not None and not isinstance(auth, OAuth2Token):
        return auth
    name = user or os.environ.get("MWA_USER") or wiki.account or _prompt("Account, or Account@application: ")
    password = _keyring_password(wiki, name) or _prompt(f"Password of {name}: ", secret=True)
    return _auth(name, password)


def store(wiki: Wiki, login: Login, state: LoginState) -> Path:
    """Store a login for later commands, in a file that only its owner can read. Returns its path."""
    path = _path(wiki)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = {"account": login.account, "keyring": login.keyring, "state": state.to_text()}
    StateFile(path).write(json.dumps(content) + "\n")
    return path


def forget(wiki: Wiki) -> bool:
    """Remove the stored login, and its password from the keyring. Returns whether there was one."""
    stored, path = _read(wiki), _path(wiki)
    if stored.keyring:
        import keyring

        keyring.delete_password(_key(wiki), stored.account)
    existed = path.exists()
    path.unlink(missing_ok=True)
    return existed


def keep_password(wiki: Wiki, auth: Auth) -> None:
    """Store the password in the keyring.

    Raises:
        UsageError: the package keyring is not installed, or it finds no keyring on this machine.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        raise UsageError(
            "the keyring needs a package. Install it with: pip install 'mwclient_async[keyring]'"
        ) from None
    assert isinstance(auth, BotPassword | ClientLogin)
    try:
        keyring.set_password(_key(wiki), account_of(auth), auth.password)
    except KeyringError:
        raise UsageError("this machine has no keyring that can be used: leave --keyring out") from None


def _from_environment(wiki: Wiki) -> Auth | None:
    environment = os.environ
    if token := environment.get("MWA_OAUTH2_TOKEN"):
        return OAuth2Token(token=token)
    if password := environment.get("MWA_PASSWORD"):
        if not (name := environment.get("MWA_USER") or wiki.account):
            raise UsageError("MWA_PASSWORD is set, but no account: set MWA_USER, too, as 'Account@application'")
        return _auth(name, password)
    return None


def _auth(name: str, password: str) -> BotPassword | ClientLogin:
    if "@" in name:
        return BotPassword(name=name, password=password)
    return ClientLogin(username=name, password=password, answer=_answer)


def account_of(auth: Auth) -> str:
    """The name that the credentials log in with."""
    return auth.name if isinstance(auth, BotPassword) else auth.username if isinstance(auth, ClientLogin) else ""


async def _answer(question: LoginQuestion) -> Mapping[str, str]:
    """Ask what the wiki asks, such as the code of a second factor."""
    if question.redirect:
        raise UsageError(f"the wiki wants a login in a browser, at {question.redirect}: use a bot password")
    sys.stderr.write(f"{question.message}\n")
    answers = {}
    for field in question.fields:
        if not field.optional and field.type not in {"hidden", "button"}:
            answers[field.name] = _prompt(f"{field.label or field.name}: ", secret=field.sensitive)
    return answers


def _prompt(prompt: str, *, secret: bool = False) -> str:
    if not sys.stdin.isatty():
        raise UsageError("no terminal to ask for the account and password: set MWA_USER and MWA_PASSWORD")
    with interruptible(), suppress(EOFError):
        if text := getpass.getpass(prompt) if secret else _line(prompt):
            return text
    raise UsageError("nothing was entered: run the command again")


def _line(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _keyring_password(wiki: Wiki, name: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        return None
    try:
        return keyring.get_password(_key(wiki), name)
    except KeyringError:
        return None


def _key(wiki: Wiki) -> str:
    return f"{_SERVICE} {wiki.api_url}"


def _path(wiki: Wiki) -> Path:
    name = re.sub(r"\W+", "_", wiki.api_url.partition("://")[2])
    return directory("STATE", ".local/state") / "logins" / f"{name}.json"


def _read(wiki: Wiki) -> Login:
    path = _path(wiki)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        state = LoginState.parse(content["state"])
        return Login(state=state, account=str(content["account"]), keyring=bool(content["keyring"]))
    except FileNotFoundError:
        return Login()
    except (ValueError, LookupError, TypeError):
        raise UsageError(f"{path} is damaged: run 'mwa login' again, or remove it") from None
