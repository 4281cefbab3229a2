"""A wiki's ``action=query`` in memory: it divides a result into batches and fragments by the server's rules.

The generator runs anew for each request and lists pages by title. Each response of a batch repeats all its pages as
stubs, sorted by page id, pages that do not exist first. A module sends its rows from its own position, and a
``continue`` of its own, which vanishes when the module has finished. The generator's ``continue`` stays that of the
current batch until the batch is complete. If a key is sent when its module has already finished, the module skips rows
of the next batch, as it does on a real wiki.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

Page = Mapping[str, Any]

PREFIXES = {"categories": "cl", "links": "pl", "info": "in"}
_STUB_KEYS = ("pageid", "ns", "title", "missing")
_INFO_KEYS = ("length", "touched")


@frozen(kw_only=True)
class ModelQueryWiki:
    """``pages`` are complete. ``cuts`` are how many rows a response brings, in turn.

    ``before_request`` is called with the number of the request and the pages, which it may change.
    """

    pages: list[Page]
    cuts: Sequence[int] = (1,)
    before_request: Callable[[int, list[Page]], None] = lambda _number, _pages: None
    requests: list[Mapping[str, str]] = field(factory=list)

    def respond(self, params: Mapping[str, str]) -> dict[str, Any]:
        """The body of the response to these parameters."""
        self.before_request(len(self.requests), self.pages)
        self.requests.append(dict(params))
        batch, next_title = self._batch(params)
        if not batch:
            return {"batchcomplete": True}
        generator, _, finished = params.get("continue", "||").partition("||")
        ids = _ids(batch)
        stubs = {page["title"]: {name: page[name] for name in _STUB_KEYS if name in page} for page in batch}
        by_id = sorted(batch, key=lambda page: ids[page["title"]])
        continues, done = self._fill(by_id, ids, stubs, params, finished)
        pages = sorted(stubs.values(), key=lambda stub: ids[stub["title"]])
        body: dict[str, Any] = {"query": {"pageids": [str(ids[page["title"]]) for page in batch], "pages": pages}}
        if continues:
            kept = {"gapcontinue": params["gapcontinue"]} if "gapcontinue" in params else {}
            return {**body, "continue": {**continues, **kept, "continue": f"{generator}||{'|'.join(done)}"}}
        if next_title is not None:
            body["continue"] = {"gapcontinue": next_title, "continue": "gapcontinue||"}
        return {**body, "batchcomplete": True}

    def _batch(self, params: Mapping[str, str]) -> tuple[list[Page], str | None]:
        """The pages of a request, and the title at which the generator's next batch begins."""
        for name, key in (("pageids", "pageid"), ("titles", "title")):
            if name in params:
                inputs = params[name].split("|")
                return [page for page in self.pages if str(page.get(key)) in inputs], None
        listed = sorted(self.pages, key=lambda page: page["title"])
        listed = [page for page in listed if page["title"] >= params.get("gapcontinue", "")]
        limit = int(params["gaplimit"])
        return listed[:limit], listed[limit]["title"] if len(listed) > limit else None

    def _fill(
        self,
        batch: Sequence[Page],
        ids: Mapping[str, int],
        stubs: Mapping[str, dict[str, Any]],
        params: Mapping[str, str],
        finished: str,
    ) -> tuple[dict[str, str], list[str]]:
        """Put rows into the stubs. Returns the continue of unfinished modules, and the names of finished ones."""
        props = params["prop"].split("|")
        continues: dict[str, str] = {}
        done = [prop for prop in props if prop in finished.split("|")]
        for prop in props:
            if prop in done:
                continue
            name = f"{PREFIXES[prop]}continue"
            start = tuple(map(int, params[name].split("|"))) if name in params else (-99, 0)
            rows = [
                (position, page["title"], row)
                for page in batch
                for number, row in enumerate(_rows(page, prop))
                if (position := (ids[page["title"]], number)) >= start
            ]
            stop = self.cuts[sum(start) % len(self.cuts)]
            for _, title, row in rows[:stop]:
                _put(stubs[title], prop, row)
            if stop < len(rows):
                continues[name] = "|".join(map(str, rows[stop][0]))
            else:
                done.append(prop)
        return continues, done


def _ids(batch: Sequence[Page]) -> dict[str, int]:
    # Pages that do not exist get -1, -2 ... in the order of the batch.
    absent = [page["title"] for page in batch if "pageid" not in page]
    return {page["title"]: page["pageid"] if "pageid" in page else -1 - absent.index(page["title"]) for page in batch}


def _rows(page: Page, prop: str) -> list[Any]:
    return [(name, page[name]) for name in _INFO_KEYS if name in page] if prop == "info" else page.get(prop, [])


def _put(stub: dict[str, Any], prop: str, row: Any) -> None:
    if prop == "info":
        stub[row[0]] = row[1]
    else:
        stub.setdefault(prop, []).append(row)
