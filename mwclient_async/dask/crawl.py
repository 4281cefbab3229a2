"""A crawl, as a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from attrs import Attribute, evolve, field, frozen, validators

from mwclient_async.dask.errors import SinkMismatch
from mwclient_async.dask.plans import IdRanges, Inputs, Plan, TimeWindows, TitleRanges
from mwclient_async.dask.progress import CrawlProgress
from mwclient_async.dask.queries import Pages, Rows
from mwclient_async.dask.results import CrawlResult
from mwclient_async.dask.sinks import Callback, JsonLines, Parquet
from mwclient_async.dask.store import MANIFEST, Store, shown_url
from mwclient_async.dask.wikis import Wiki

if TYPE_CHECKING:
    from distributed import Client

    from mwclient_async.dask.run import CrawlRun

_FORMAT = 1

OnProgress = Callable[[CrawlProgress], object]


def _wikis(value: Wiki | Iterable[Wiki]) -> tuple[Wiki, ...]:
    wikis = (value,) if isinstance(value, Wiki | str) else tuple(value)
    for one in wikis:
        if not isinstance(one, Wiki):
            raise TypeError(f"{one!r:.100} is of type {type(one).__name__}: write Wiki(api_url=..., user_agent=...)")
    return wikis


def _is_one_of(*classes: type) -> Callable[[object, Attribute[Any], object], None]:
    def check(_crawl: object, attribute: Attribute[Any], value: object) -> None:
        if not isinstance(value, classes):
            names = ", ".join(one.__name__ for one in classes)
            raise TypeError(f"{attribute.name} is of type {type(value).__name__}: give one of {names}")

    return check


@frozen(kw_only=True)
class Crawl:
    """A crawl of whole wikis: what to fetch, how it is divided, and where the rows go.

    - ``wikis`` is one Wiki, or several.
    - ``query`` is ``Pages(...)`` or ``Rows(...)``.
    - ``plan`` is TitleRanges, IdRanges, TimeWindows or Inputs.
    - ``sink`` is JsonLines, Parquet or Callback. It also has the positions: a crawl that was interrupted continues from
      its sink, on another cluster, too.
    - ``straggler_after`` is how many seconds a shard may run while workers are free, before its rest is divided.
    - ``attempts`` is how often a shard is tried if the wiki cannot be reached, or if its workers die again and again.

    Raises:
        CrawlError: the plan does not fit the query.

    See https://www.mediawiki.org/wiki/API:Etiquette.
    """

    wikis: tuple[Wiki, ...] = field(converter=_wikis, validator=validators.min_len(1))
    query: Pages | Rows = field(validator=_is_one_of(Pages, Rows))
    plan: Plan = field(validator=_is_one_of(TitleRanges, IdRanges, TimeWindows, Inputs))
    sink: JsonLines | Parquet | Callback = field(validator=_is_one_of(JsonLines, Parquet, Callback))
    straggler_after: float = field(default=60.0, validator=validators.ge(0))
    attempts: int = field(default=3, validator=validators.ge(1))

    def __attrs_post_init__(self) -> None:
        self.plan.check(self.query)
        if isinstance(self.plan, Inputs):
            self.plan.check_wikis(len(self.wikis))

    @wikis.validator
    def _have_names_of_their_own(self, _attribute: object, value: tuple[Wiki, ...]) -> None:
        if len({wiki.name.casefold() for wiki in value}) < len(value):  # some file systems ignore the case
            raise ValueError("two wikis have the same name: give each one a name=")

    def start(self, client: Client | str | None = None, *, workers: int | None = None) -> CrawlRun:
        """Start the crawl, or continue it, as an async context manager: ``async with crawl.start() as run``.

        Returns a CrawlRun. It runs in the background: ``run.progress`` says how far it is, ``await run.result()`` waits
        for its end. Leaving the block ends it; the same crawl continues later.

        Arguments:
            client: a client of a Dask cluster, or the address of its scheduler. Without it, a cluster of this machine
                is started, and closed at the end.
            workers: the number of processes of that cluster; by default as many as there are processors, but not more
                than requests may be in flight.

        Raises:
            SinkMismatch: the sink has parts of another crawl.
            CrawlError: the plan does not fit the wiki, or the cluster did not start.
            MediaWikiError: a request for the plan failed.

        See https://distributed.dask.org/.
        """
        from mwclient_async.dask.run import CrawlRun

        return CrawlRun(self, client, workers=workers)

    async def run(
        self, client: Client | str | None = None, *, workers: int | None = None, on_progress: OnProgress | None = None
    ) -> CrawlResult:
        """Run the crawl to its end, or continue it. A crawl that is complete sends no request.

        Returns a CrawlResult.

        Arguments:
            client: as for :meth:`start`.
            workers: as for :meth:`start`.
            on_progress: called about once a second with a CrawlProgress.

        Raises:
            CrawlFailed: a shard failed. What was committed stays.
            SinkMismatch: the sink has parts of another crawl.
            CrawlError: the plan does not fit the wiki, or the cluster did not start.
            MediaWikiError: a request for the plan failed.

        See https://distributed.dask.org/.
        """
        async with self.start(client, workers=workers) as run:
            return await run.result(on_progress=on_progress)

    def wiki(self, name: str) -> Wiki:
        """The wiki of this name."""
        return next(wiki for wiki in self.wikis if wiki.name == name)

    def claim(self, store: Store) -> bool:
        """Write into the sink which crawl it is for. Returns whether there was none before.

        Raises:
            SinkMismatch: it is for another one.
        """
        ours = self._identity()
        content = json.dumps(ours, indent=1).encode()
        is_new = store.get(MANIFEST) is None
        if is_new and (foreign := [*store.names("data"), *store.names("commits")]):
            raise SinkMismatch(f"there is no crawl at the address of the sink, but {foreign[0]}: give another address")
        found = store.put_once(
            MANIFEST, content, is_whole=lambda found: found == content or not content.startswith(found)
        )
        if differing := _differing(ours, found):
            theirs = _read(found)
            name, verb = differing[0], "are" if differing[0].endswith("s") else "is"
            empty = "" if store.names("commits") else ": nothing was committed yet"
            raise SinkMismatch(
                f"{shown_url(self.sink.location.url)} has another crawl: its {name} {verb} "
                f"{json.dumps(theirs.get(name))}, and not {json.dumps(ours[name])}. Give another address, or remove "
                f"its objects{empty}"
            )
        return is_new

    def _identity(self) -> dict[str, Any]:
        schema = getattr(self.sink, "schema", None)
        return {
            "format": _FORMAT,
            "wikis": {wiki.name: wiki.api_url for wiki in self.wikis},
            "query": dict(self.query.identity()),
            "plan": repr(self.plan),
            "inputs": self.plan.digest(*(wiki.api_url for wiki in self.wikis))
            if isinstance(self.plan, Inputs)
            else None,
            "sink": self.sink.kind
            if schema is None
            else f"{self.sink.kind} {dict(zip(schema.names, map(str, schema.types), strict=True))}",
        }

    def for_workers(self) -> Crawl:
        """The crawl without its inputs, which workers read from the sink: they may be many, or an iterator."""
        return evolve(self, plan=Inputs(titles=())) if isinstance(self.plan, Inputs) else self


def _read(manifest: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(manifest)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _differing(ours: Mapping[str, Any], manifest: bytes) -> list[str]:
    """What differs between two crawls. Inputs are compared if both crawls know theirs before they read them."""
    theirs = _read(manifest)
    differing = [name for name, value in ours.items() if theirs.get(name) != value]
    return [name for name in differing if name != "inputs" or (ours[name] and theirs.get(name))]
