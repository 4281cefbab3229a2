"""A wiki's ``action=query`` in memory: it cuts a result into batches and fragments, by the server's own rules.

The generator runs anew for every request, and lists pages by title. Each reply of a batch repeats all its pages as
stubs, sorted by page id with absent ones first; a module sends its rows from where it stands and a ``continue`` of its
own, which vanishes when it has finished; the generator's ``continue`` stays that of the current batch until the batch
is complete. A key that is sent when its module has finished long ago makes the module skip rows of the next batch, as
on the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

Page = Mapping[str, Any]

PREFIXES = {"categories": "cl", "links": "pl", "info": "in"}
_STUB = ("pageid", "ns", "title", "missing")
_SCALARS = ("length", "touched")


@frozen(kw_only=True)
class Farm:
    """``pages`` are whole. ``cuts`` are how many rows a reply brings, by turns. ``meanwhile`` runs before a request."""

    pages: list[Page]
    cuts: Sequence[int] = (1,)
    meanwhile: Callable[[int, list[Page]], None] = lambda _number, _pages: None
    calls: list[Mapping[str, str]] = field(factory=list)

    def answer(self, params: Mapping[str, str]) -> dict[str, Any]:
        """The body for these parameters."""
        self.meanwhile(len(self.calls), self.pages)
        self.calls.append(dict(params))
        batch, following = self._fed(params)
        if not batch:
            return {"batchcomplete": True}
        fed, _, finished = params.get("continue", "||").partition("||")
        ids = _ids(batch)
        stubs = {page["title"]: {name: page[name] for name in _STUB if name in page} for page in batch}
        going, done = self._fill(sorted(batch, key=lambda page: ids[page["title"]]), ids, stubs, params, finished)
        pages = sorted(stubs.values(), key=lambda stub: ids[stub["title"]])
        body: dict[str, Any] = {"query": {"pageids": [str(ids[page["title"]]) for page in batch], "pages": pages}}
        if going:
            kept = {"gapcontinue": params["gapcontinue"]} if "gapcontinue" in params else {}
            return {**body, "continue": {**going, **kept, "continue": f"{fed}||{'|'.join(done)}"}}
        if following is not None:
            body["continue"] = {"gapcontinue": following, "continue": "gapcontinue||"}
        return {**body, "batchcomplete": True}

    def _fed(self, params: Mapping[str, str]) -> tuple[list[Page], str | None]:
        """The pages of a request, and the title where the generator goes on."""
        for name, key in (("pageids", "pageid"), ("titles", "title")):
            if name in params:
                asked = params[name].split("|")
                return [page for page in self.pages if str(page.get(key)) in asked], None
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
        props = params["prop"].split("|")
        going: dict[str, str] = {}
        done = [prop for prop in props if prop in finished.split("|")]
        for prop in props:
            if prop in done:
                continue
            name = f"{PREFIXES[prop]}continue"
            least = tuple(map(int, params[name].split("|"))) if name in params else (-99, 0)
            rows = [
                (place, page["title"], row)
                for page in batch
                for number, row in enumerate(_rows(page, prop))
                if (place := (ids[page["title"]], number)) >= least
            ]
            stop = self.cuts[sum(least) % len(self.cuts)]
            for _, title, row in rows[:stop]:
                _put(stubs[title], prop, row)
            if stop < len(rows):
                going[name] = "|".join(map(str, rows[stop][0]))
            else:
                done.append(prop)
        return going, done


def _ids(batch: Sequence[Page]) -> dict[str, int]:
    # Pages that do not exist are counted down as they are met.
    absent = [page["title"] for page in batch if "pageid" not in page]
    return {page["title"]: page["pageid"] if "pageid" in page else -1 - absent.index(page["title"]) for page in batch}


def _rows(page: Page, prop: str) -> list[Any]:
    return [(name, page[name]) for name in _SCALARS if name in page] if prop == "info" else page.get(prop, [])


def _put(stub: dict[str, Any], prop: str, row: Any) -> None:
    if prop == "info":
        stub[row[0]] = row[1]
    else:
        stub.setdefault(prop, []).append(row)
