"""The wikis of a crawl, and how a worker logs in to them.

What a crawl holds travels to the workers and can be read in the scheduler. So it holds no credentials: it holds
functions that return them, and that are called on the worker.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import urlsplit

from attrs import Factory, field, frozen

from mwclient_async import BotPassword, Limits, RetryPolicy, Site, SiteOptions
from mwclient_async.dask.errors import CrawlError

_LONGEST_NAME = 100  # bytes: the names of files begin with it, and have at most 255


@frozen
class EnvironmentLogin:
    """A login with a bot password that the worker reads from its environment.

    ``name`` and ``password`` are the names of the variables. See https://www.mediawiki.org/wiki/Manual:Bot_passwords.
    """

    name: str = "MWA_BOT_NAME"
    password: str = "MWA_BOT_PASSWORD"  # noqa: S105 - the name of a variable

    def __call__(self) -> SiteOptions:
        """The options with which a Site logs in.

        Raises:
            CrawlError: the environment of the worker does not have the variables.
        """
        missing = [variable for variable in (self.name, self.password) if not os.environ.get(variable)]
        if missing:
            raise CrawlError(f"the worker's environment has no {' and no '.join(missing)}: set it where workers start")
        return {"auth": BotPassword(name=os.environ[self.name], password=os.environ[self.password])}


@frozen(kw_only=True)
class Wiki:
    """One wiki of a crawl.

    - ``api_url`` and ``user_agent`` are those of a Site.
    - ``options`` is called on each worker and returns further options of its Site, such as ``auth``. It is pickled by
      its name, if it is a function of a module. ``EnvironmentLogin()`` reads a bot password from the environment.
    - ``limits``, ``retry`` and ``maxlag`` are those of a Site. ``limits.concurrency`` counts for all workers together.
    - ``farm`` is any name for the wikis that count requests together. Those with the same one share their limits, and
      the pauses that one of them asks for, in all crawls of a cluster (DaskLimits).
    - ``name`` is the name of the wiki in the sink; it is the host of ``api_url`` by default.

    See https://www.mediawiki.org/wiki/API:Etiquette.
    """

    api_url: str = field()
    user_agent: str
    options: Callable[[], SiteOptions] | None = field(default=None, repr=False)  # a partial shows its arguments
    limits: Limits = field(factory=Limits)
    retry: RetryPolicy = field(factory=RetryPolicy)
    maxlag: int | None = 5
    farm: str = "farm"
    name: str = field(default=Factory(lambda wiki: _host(wiki.api_url), takes_self=True))

    @api_url.validator
    def _is_that_of_a_site(self, _attribute: object, value: str) -> None:
        Site(value, user_agent=self.user_agent)  # it says what is wrong with them, before they are stored

    @options.validator
    def _is_callable(self, _attribute: object, value: object) -> None:
        if value is not None and not callable(value):
            raise TypeError(
                f"options is of type {type(value).__name__}: give a function that returns the options on the worker, "
                "so that no password is in the crawl"
            )

    @name.validator
    def _is_a_directory(self, _attribute: object, value: str) -> None:
        if not value or set(value) & set("/\\:=") or value.startswith(".") or not value.isprintable():
            raise ValueError(f"name={value!r} cannot be the name of a directory: leave out / \\ : and =")
        if len(value.encode()) > _LONGEST_NAME:
            raise ValueError(
                f"name={value!r:.60} is too long for the names of files: give one of {_LONGEST_NAME} bytes"
            )


def _host(api_url: str) -> str:
    return urlsplit(api_url).netloc.replace(":", "-")
