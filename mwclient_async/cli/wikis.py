"""The wikis that ``mwa`` knows by name: a TOML file."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from mwclient_async.cli.exits import UsageError

_EXAMPLE = (
    'default = "enwiki"\n'
    'user_agent = "DemoBot/1.0 (https://example.org/demobot; demobot@example.org)"\n'
    "[enwiki]\n"
    'api_url = "https://en.wikipedia.org/w/api.php"\n'
    'account = "DemoBot@uploads"\n'
)
_KEYS = {"api_url", "user_agent", "account"}


def directory(kind: str, usual: str) -> Path:
    """The directory of this program below an XDG base directory."""
    base = os.environ.get(f"XDG_{kind}_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / usual) / "mwclient_async"


def profiles_path() -> Path:
    """The path of the TOML file: ``~/.config/mwclient_async/wikis.toml``."""
    return directory("CONFIG", ".config") / "wikis.toml"


@frozen(kw_only=True)
class Wiki:
    """A wiki: the address of its api.php, the User-Agent for it, and the name to log in with, if there is one."""

    api_url: str
    user_agent: str = ""
    account: str = ""


def choose(wiki: str | None, *, user_agent: str | None) -> Wiki:
    """The wiki that the options name: the name of a profile, an address, or the profile that is the default.

    Raises:
        UsageError: no wiki is named, no profile has the name, or there is no User-Agent. The message says what to do.
    """
    path = profiles_path()
    profiles = _read(path)
    name = wiki or profiles.get("default")
    if not name:
        raise UsageError(
            f"which wiki? Write --wiki https://en.wikipedia.org/w/api.php, or set MWA_WIKI, or name a default in {path}"
        )
    chosen = _named(name, profiles, path)
    agent = user_agent or chosen.user_agent or profiles.get("user_agent", "")
    if not agent:
        raise UsageError(
            "who is asking? Wikis want to know a program's name and how to reach you: write --user-agent 'DemoBot/1.0 "
            f"(demobot@example.org)' with your own, or set MWA_USER_AGENT, or write user_agent = '...' into {path}"
        )
    return evolve(chosen, user_agent=agent)


def _named(name: str, profiles: dict[str, Any], path: Path) -> Wiki:
    if "://" in name:
        known = [found for found in profiles.values() if isinstance(found, dict) and found.get("api_url") == name]
        return _wiki(known[0], path, name) if known else Wiki(api_url=name)
    profile = profiles.get(name)
    if not isinstance(profile, dict):
        names = ", ".join(sorted(key for key, value in profiles.items() if isinstance(value, dict))) or "none"
        raise UsageError(f"{path} has no wiki {name!r} (it has: {names}): write its name as there, or an https address")
    return _wiki(profile, path, name)


def _wiki(profile: dict[str, Any], path: Path, name: str) -> Wiki:
    wrong = sorted(set(profile) - _KEYS) or [key for key, value in profile.items() if not isinstance(value, str)]
    if wrong or "api_url" not in profile:
        found = f"what is {wrong[0]}?" if wrong else "there is no api_url."
        raise UsageError(f"{path}, [{name}]: {found} A wiki has api_url, user_agent and account, which are texts")
    return Wiki(**profile)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UsageError(f"{path} cannot be read: {error}. For example: {_EXAMPLE!r}") from None
