"""Plans: how a crawl is divided into shards. What a plan has to know of the wiki takes few requests."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

from attrs import field, frozen, validators

from mwclient_async import Site, Title, TitleLike
from mwclient_async.dask.errors import CrawlError
from mwclient_async.dask.queries import Pages, Rows
from mwclient_async.dask.shards import Shard, database_key, id_ranges, time_windows, title_shards
from mwclient_async.dask.store import Store
from mwclient_async.dask.streams import TIME_MODULES, TITLE_MODULES, TitleModule, check_free

_PER_SHARD = 8  # titles of the sample for each shard: its size is then right within a third
_SMALLEST_SAMPLE = 500  # what one request brings
_BINARY_ORDER = frozenset({"mysql", "sqlite"})
_COUNT = validators.ge(1)
_INPUTS = {"titles": "texts, or rows with a title", "pageids": "whole numbers", "revids": "whole numbers"}


@frozen(kw_only=True)
class TitleRanges:
    """Ranges of titles: for allpages and its like (allcategories, allimages, allredirects), as generator or list.

    The borders are titles of the wiki. They come from a random sample of its titles (``list=random``), so that the
    shards have about the same size, whatever the alphabet. The sample takes one request for each 60 shards, or for each
    600 with the rights of a bot. One more request asks for the kind of database.

    - ``shards`` is the number of shards of each wiki.
    - ``namespaces`` are numbers, or ``"all"``. By default it is the one that the query names, or that the module has.

    See https://www.mediawiki.org/wiki/API:Allpages.
    """

    shards: int = field(default=16, validator=_COUNT)
    namespaces: tuple[int, ...] | Literal["all"] | None = field(default=None)

    @namespaces.validator
    def _are_numbers(self, _attribute: object, value: object) -> None:
        if value in (None, "all"):
            return
        if not (isinstance(value, list | tuple) and value and all(isinstance(one, int) and one >= 0 for one in value)):
            raise ValueError(f"namespaces={value!r}: give numbers, such as (0, 4), or 'all'")

    def check(self, query: Pages | Rows) -> None:
        """Raise CrawlError if the query cannot be divided like this."""
        module = _module(query, TITLE_MODULES, "TitleRanges")
        check_free(query, module.prefix, "ascending")
        asked = query.value("namespace", module.prefix)
        if self.namespaces is not None and asked is not None:
            raise CrawlError(f"namespace={asked!r} has no place in the query if the plan names the namespaces")
        if isinstance(self.namespaces, tuple | list) and module.only is not None:
            raise CrawlError(f"{query.module} is a list of namespace {module.only} only: leave namespaces out")
        _namespace_of(query, module)

    async def plan(self, site: Site, query: Pages | Rows, wiki: str) -> list[Shard]:
        """Look at the wiki. Returns its shards."""
        module = _module(query, TITLE_MODULES, "TitleRanges")
        found = (await site.call("query", meta="siteinfo", siprop=["general", "namespaces"]))["query"]
        if (database := found["general"]["dbtype"]) not in _BINARY_ORDER:
            raise CrawlError(
                f"{wiki} has a database ({database}) that may sort titles by the rules of a language, so that ranges "
                "could overlap: use IdRanges"
            )
        every = tuple(number for number in map(int, found["namespaces"]) if number >= 0)
        namespaces = _namespaces(self.namespaces, every, query, module)
        by_namespace: dict[int, list[str]] = {number: [] for number in namespaces}
        wanted = max(_SMALLEST_SAMPLE, _PER_SHARD * self.shards)
        async for row in site.list("random", limit=wanted, namespace=list(namespaces), filterredir="all"):
            by_namespace[row.ns].append(database_key(row.title, row.ns))
        return list(self._divide(by_namespace, wiki))

    def _divide(self, by_namespace: Mapping[int, list[str]], wiki: str) -> Iterator[Shard]:
        whole = sum(map(len, by_namespace.values())) or 1
        numbers = itertools.count()
        for namespace, sample in by_namespace.items():
            count = max(1, round(self.shards * len(sample) / whole))
            for part in title_shards(sample, count):
                key = f"{wiki}-{next(numbers):06}"
                yield Shard(key=key, wiki=wiki, kind="titles", namespace=namespace, **part)


def _module(query: Pages | Rows, known: Mapping[str, Any], plan: str) -> Any:
    """What is known of the module of the query."""
    module = query.module
    if module not in known:
        raise CrawlError(f"{plan} is for {', '.join(known)}, and this is a query of {module or 'no list'}")
    assert module is not None
    return known[module]


def _check_names_no_pages(query: Pages | Rows, plan: str) -> None:
    if not isinstance(query, Pages) or query.module is not None:
        raise CrawlError(f"{plan} names the pages itself: the query is Pages(prop=...), without a generator")


def _namespaces(
    wanted: tuple[int, ...] | Literal["all"] | None, every: tuple[int, ...], query: Pages | Rows, module: TitleModule
) -> tuple[int, ...]:
    if module.only is not None:
        return (module.only,)
    if wanted is not None:
        return every if wanted == "all" else tuple(dict.fromkeys(wanted))
    return (_namespace_of(query, module),)


def _namespace_of(query: Pages | Rows, module: TitleModule) -> int:
    """The namespace that the query names, or the default of the module."""
    asked = query.value("namespace", module.prefix)
    try:
        return int(0 if asked is None else asked)
    except (TypeError, ValueError):
        raise CrawlError(f"namespace={asked!r}: give several to the plan, as TitleRanges(namespaces=(0, 4))") from None


@frozen(kw_only=True)
class IdRanges:
    """Ranges of page ids or of revision ids, for ``Pages`` without a generator. Ids that no page has give no row.

    - ``kind`` is ``"pageids"`` or ``"revids"``.
    - ``first`` and ``last`` are both inclusive. Without ``last``, it is found in two to four requests, for the newest
      revisions and the log of new pages; a page that is made later is not in the plan.
    - ``size`` is the number of ids of a shard.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    kind: Literal["pageids", "revids"] = field(default="pageids", validator=validators.in_(("pageids", "revids")))
    first: int = field(default=1, validator=_COUNT)
    last: int | None = field(default=None)
    size: int = field(default=50_000, validator=_COUNT)

    @last.validator
    def _is_not_below_the_first(self, _attribute: object, value: int | None) -> None:
        if value is not None and value < self.first:
            raise ValueError(f"last={value} is less than first={self.first}: there are no ids between them")

    def check(self, query: Pages | Rows) -> None:
        """Raise CrawlError if the query cannot be divided like this."""
        _check_names_no_pages(query, "IdRanges")

    async def plan(self, site: Site, query: Pages | Rows, wiki: str) -> list[Shard]:  # noqa: ARG002 - as the others
        """Look at the wiki, if ``last`` is not known. Returns its shards."""
        last = self.last if self.last is not None else await _last_id(site, self.kind)
        return [
            Shard(key=f"{wiki}-{number:06}", wiki=wiki, kind=self.kind, start=str(low), stop=str(high))
            for number, (low, high) in enumerate(id_ranges(self.first, last, self.size))
        ]


async def _last_id(site: Site, kind: str) -> int:
    """The highest id. Imported revisions have new ids and old times, so that ids above the newest are looked at.

    Those who edit old pages and delete new ones can leave many free ids below that of the newest page. So the log says
    which pages were made last.
    """
    name = kind.removesuffix("s")
    newest = [row async for row in site.list("allrevisions", limit=500, dir="older", prop="ids").mappings()]
    found = [row[name] if name in row else revision[name] for row in newest for revision in row["revisions"]]
    if kind == "pageids":
        made = site.list("logevents", limit=500, dir="older", type="create", prop=["ids", "type"]).mappings()
        found += [row.get("logpage", 0) async for row in made]
    last = max(found, default=0)
    while True:
        step = range(last + 1, last + 51)
        inputs: dict[str, Any] = {kind: step}
        used = [number for number, page in zip(step, await site.pages(**inputs).collect(), strict=True) if page.exists]
        if not used:
            return last
        last = max(used)


@frozen(kw_only=True)
class TimeWindows:
    """Windows of time, for the rows of recentchanges, logevents, usercontribs and allrevisions.

    A window begins at a whole second and ends before the next one: no row is in two of them.

    - ``start`` is the first time. Without it, one request asks for the oldest row.
    - ``end`` is where the last window ends; it is exclusive. Without it, it is the time of the wiki's clock when the
      crawl starts. A wiki shows a row up to some seconds after its time, and a row that comes after its window was
      read is missing: give an ``end`` that has passed.
    - ``shards`` is the number of windows.

    See https://www.mediawiki.org/wiki/API:RecentChanges.
    """

    start: datetime | None = None
    end: datetime | None = None
    shards: int = field(default=16, validator=_COUNT)

    def check(self, query: Pages | Rows) -> None:
        """Raise CrawlError if the query cannot be divided like this."""
        if not isinstance(query, Rows):
            raise CrawlError("TimeWindows is for Rows: as a generator, the list gives the same page in many windows")
        check_free(query, _module(query, TIME_MODULES, "TimeWindows"), "newer")
        for time in filter(None, (self.start, self.end)):
            _whole_second(time)
        if self.start is not None and self.end is not None:
            _check_order(self.start, self.end)

    async def plan(self, site: Site, query: Pages | Rows, wiki: str) -> list[Shard]:
        """Ask the wiki for the time, and for the oldest row, as far as they are not given. Returns its shards."""
        assert isinstance(query, Rows)
        start, end = self.start, self.end
        if start is None:
            start, body = await _oldest(site, query)
            end = end or _now(body)
            if start is None or _whole_second(start) >= _whole_second(end):
                return []
        elif end is None:
            end = _now(await site.call("query", curtimestamp=True))
        _check_order(start, end)
        windows = time_windows(_whole_second(start), _whole_second(end) - timedelta(seconds=1), self.shards)
        return [
            Shard(key=f"{wiki}-{number:06}", wiki=wiki, kind="times", start=_text(low), stop=_text(high))
            for number, (low, high) in enumerate(windows)
        ]


def _check_order(start: datetime, end: datetime) -> None:
    if _whole_second(start) >= _whole_second(end):
        raise CrawlError(f"the windows of time begin at {start} and end at {end}, which is not later")


async def _oldest(site: Site, query: Rows) -> tuple[datetime | None, Mapping[str, Any]]:
    """The time of the oldest row, and a response with the time by the wiki's clock."""
    module, params = query.module, {**query.params, "dir": "newer"}
    if module == "usercontribs" and not _is_of_one_user(query):  # they are listed by user first
        module, params = "allrevisions", {"dir": "newer"}
    params["prop"] = ["timestamp", "ids"] if module != "logevents" else ["timestamp", "ids", "type"]
    prefix = TIME_MODULES[module]
    named = {f"{prefix}{name.removesuffix('_')}": value for name, value in params.items() if name != "batch_size"}
    batch = None
    async for batch in site.query(list=module, curtimestamp=True, **{**named, f"{prefix}limit": 1}).batches():
        for row in batch.lists[module]:
            time = row["timestamp"] if "timestamp" in row else row["revisions"][0]["timestamp"]
            return datetime.fromisoformat(time), batch.body
    return None, {} if batch is None else batch.body


def _now(body: Mapping[str, Any]) -> datetime:
    """The time of a response by the wiki's clock: that of the program may be wrong."""
    try:
        return datetime.fromisoformat(str(body.get("curtimestamp")))
    except ValueError:
        raise CrawlError("the wiki does not say what time it is: give TimeWindows an end") from None


def _is_of_one_user(query: Rows) -> bool:
    users = query.value("user", "") or query.value("userids", "") or ()
    if isinstance(users, str):
        return not any(separator in users for separator in "|\x1f")
    return isinstance(users, int) or (isinstance(users, list | tuple) and len(users) == 1)


def _whole_second(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError(f"{time!r} has no time zone: give an aware datetime")
    return time.astimezone(UTC).replace(microsecond=0)


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


@frozen(kw_only=True)
class Inputs:
    """Titles or ids from any iterable, or from a file with one title in each line, for ``Pages`` without a generator.

    They are read once, when the crawl starts, and written to the sink in parts: a crawl that is resumed does not need
    them again. Nothing is requested for the plan. Every one gives a row; ``status`` says if there is no such page.

    - One of ``titles``, ``pageids`` and ``revids`` is an iterable, or a function that returns one; ``file`` is a path.
    - ``per_shard`` is the number of titles or ids of a shard.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    local: ClassVar[bool] = True

    titles: Iterable[TitleLike] | Callable[[], Iterable[TitleLike]] | None = field(default=None, repr=False, eq=False)
    pageids: Iterable[int] | Callable[[], Iterable[int]] | None = field(default=None, repr=False, eq=False)
    revids: Iterable[int] | Callable[[], Iterable[int]] | None = field(default=None, repr=False, eq=False)
    file: str | Path | None = None
    per_shard: int = field(default=5000, validator=_COUNT)
    _read: list[bool] = field(factory=list, init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        given = [name for name in ("titles", "pageids", "revids", "file") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give one of titles, pageids, revids and file, not {' and '.join(given) or 'none'}")
        if isinstance(self._source, str | bytes):
            raise TypeError(f"{given[0]} is of type {type(self._source).__name__}: give a list, or file= with a path")

    def __repr__(self) -> str:
        return f"Inputs(kind={self.kind!r}, per_shard={self.per_shard})"

    @property
    def kind(self) -> str:
        """What the inputs are."""
        return "pageids" if self.pageids is not None else "revids" if self.revids is not None else "titles"

    def check_wikis(self, number: int) -> None:
        """Raise CrawlError if these inputs can be read once only and there are several wikis."""
        if number > 1 and isinstance(self._source, Iterator):
            raise CrawlError(
                "the inputs are an iterator, which can be read for one wiki only: give a list or a function"
            )

    def digest(self, *api_urls: str) -> str | None:
        """What tells these inputs from others; None if they can be read once only, or may have changed since.

        Raises CrawlError for a Title that is not of the wikis at these addresses.
        """
        if not (isinstance(self._source, list | tuple | range) or (self.file is not None and Path(self.file).exists())):
            return None
        whole = hashlib.sha256()
        for value in self._values():
            whole.update(f"{_checked_input(self.kind, value, api_urls)!r}\n".encode("utf-8", "surrogatepass"))
        return whole.hexdigest()

    def check(self, query: Pages | Rows) -> None:
        """Raise CrawlError if the query cannot be divided like this."""
        _check_names_no_pages(query, "Inputs")

    def write(self, store: Store, wiki: str, *api_urls: str) -> Iterator[Shard]:
        """Write the inputs of this wiki to the sink, part after part. Yields their shards. Raises as ``digest``."""
        if isinstance(self._source, Iterator) and self._read:
            raise CrawlError("the inputs are an iterator that was read before: give a new one, a list or a function")
        self._read.append(True)
        values = (_checked_input(self.kind, value, api_urls) for value in self._values())
        for number in itertools.count():
            part = list(itertools.islice(values, self.per_shard))
            if not part:
                return
            source = f"inputs/{wiki}-{number:06}.json"
            store.put(source, _json(part))
            yield Shard(
                key=f"{wiki}-{number:06}",
                wiki=wiki,
                kind="inputs",
                start="0",
                stop=str(len(part) - 1),
                source=source,
                input_kind=self.kind,
            )

    def _values(self) -> Iterable[Any]:
        if self.file is not None:
            return _lines(Path(self.file))
        source: Any = self._source
        return source() if callable(source) else source

    @property
    def _source(self) -> object:
        given = (self.titles, self.pageids, self.revids)
        return next((source for source in given if source is not None), None)


def _checked_input(kind: str, value: Any, api_urls: Iterable[str]) -> str | int:
    """A title, or that of a Page or row, or an id. Raises CrawlError for anything else."""
    checked: Any = value
    if kind != "titles":
        checked = value if isinstance(value, int) and not isinstance(value, bool) else None
    elif not isinstance(value, str):
        _check_wiki(value, api_urls)
        titled = value.get("title") if isinstance(value, Mapping) else getattr(value, "title", None)
        checked = titled if isinstance(titled, str) and titled else None
    if checked is None:
        raise CrawlError(f"{value!r:.100} is of type {type(value).__name__}: {kind} are {_INPUTS[kind]}")
    found: str | int = checked
    return found


def _check_wiki(value: object, api_urls: Iterable[str]) -> None:
    """Raise CrawlError for a Title of another wiki: there it can be in a namespace that is none here."""
    if isinstance(value, Title) and any(value.wiki != url.rstrip("/") for url in api_urls):
        raise CrawlError(f"{str(value)!r} is a Title of {value.wiki}: give titles of the wiki that is crawled")


def _json(part: list[str | int]) -> bytes:
    try:
        return json.dumps(part, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CrawlError(f"{error.object[error.start - 30 : error.end]!r} has half of a surrogate pair") from None


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig") as file:  # some editors begin a file with U+FEFF
        for line in file:
            if title := line.strip():
                yield title


Plan: TypeAlias = TitleRanges | IdRanges | TimeWindows | Inputs
