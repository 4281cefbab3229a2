"""Random queries: a seed becomes a query that both the library and the oracle can send."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from mwclient_async._query.lost_rows import loses_rows
from mwclient_async._session.module_table import core_module
from tests.query.campaign.wiki import FILES

Params = dict[str, Any]

PREFIXES = {
    "allcategories": "ac", "allfileusages": "af", "allimages": "ai", "alllinks": "al", "allpages": "ap",
    "allredirects": "ar", "alltransclusions": "at", "backlinks": "bl", "categories": "cl", "categorymembers": "cm",
    "embeddedin": "ei", "exturlusage": "eu", "fileusage": "fu", "images": "im", "imageusage": "iu",
    "iwbacklinks": "iwbl", "langbacklinks": "lbl", "links": "pl", "linkshere": "lh", "pageswithprop": "pwp",
    "prefixsearch": "ps", "recentchanges": "rc", "redirects": "rd", "search": "sr", "templates": "tl",
    "transcludedin": "ti", "contributors": "pc", "duplicatefiles": "df", "extlinks": "el", "iwlinks": "iw",
    "langlinks": "ll",
}  # fmt: skip

PROP_GENERATORS = ("categories", "fileusage", "images", "links", "linkshere", "redirects", "templates", "transcludedin")
LIST_GENERATORS = tuple(
    name
    for name in PREFIXES
    if name not in {*PROP_GENERATORS, "contributors", "duplicatefiles", "extlinks", "iwlinks", "langlinks"}
)
PROPS = (
    "categories", "categoryinfo", "contributors", "duplicatefiles", "extlinks", "fileusage", "imageinfo", "images",
    "info", "iwlinks", "langlinks", "links", "linkshere", "pageprops", "redirects", "revisions", "templates",
    "transcludedin",
)  # fmt: skip
_FILE_PROPS = frozenset({"duplicatefiles", "fileusage", "imageinfo"})
_LIMITED = frozenset(PROPS) & frozenset(PREFIXES)
_NO_REDIRECTS = frozenset({"allimages", "allpages"})  # the wiki refuses these together with redirects
_OF_FILES = frozenset({"allfileusages", "allimages", "fileusage", "images"})


@frozen(kw_only=True)
class WikiContents:
    """What a wiki of that version contains."""

    version: str
    titles: Sequence[str]
    pageids: Sequence[int]
    revids: Sequence[int]


@frozen(kw_only=True)
class Question:
    """One query. Parameters of modules have their prefixes, those of the generator without the ``g``."""

    seed: int
    generator: str | None
    generator_params: Params
    source: Params
    props: Mapping[str, Params]
    limits: Params
    redirects: bool
    lists: Mapping[str, Params]
    metas: Sequence[str]
    limit: int | None
    batch_size: int | None
    read_ahead: int
    distinct: bool
    stop_after: int | None = field(default=None)
    resumed_size: int | None = field(default=None)

    @property
    def query(self) -> Params:
        """The keywords of ``site.query``, without limit and batch_size."""
        generator_params = {f"g{name}": value for name, value in self.generator_params.items()}
        module_params = {
            name: value for params in (*self.props.values(), *self.lists.values()) for name, value in params.items()
        }
        return {
            **({"generator": self.generator} if self.generator else {}),
            **generator_params,
            **self.source,
            **({"prop": list(self.props)} if self.props else {}),
            **({"list": list(self.lists)} if self.lists else {}),
            **({"meta": list(self.metas)} if self.metas else {}),
            **module_params,
            **self.limits,
            **({"redirects": True} if self.redirects else {}),
        }


def is_lossy_generator(generator: str, version: str) -> bool:
    """Whether this version loses rows of the generator with ``unique`` or ``dir=descending``: RowsLost is raised.

    ``tests/query/test_lost_rows.py`` tests these parameters.
    """
    module = core_module(f"query+{generator}")
    major, minor = map(int, version.split(".")[:2])
    return module is not None and loses_rows(module, (major, minor))


def make_question(seed: int, contents: WikiContents) -> Question:
    """The query of that seed."""
    rng = random.Random(seed)
    source, generator, generator_params = _pages(rng, seed, contents)
    if generator in PREFIXES and is_lossy_generator(generator, contents.version):
        generator_params = {n: value for n, value in generator_params.items() if not n.endswith(("unique", "dir"))}
    props = _props(rng, source, generator)
    tiny = rng.random() < 0.35
    limits = _limits(rng, props, generator, tiny=tiny)
    limit = rng.choice((1, 4, 9)) if tiny else rng.choice((None, None, None, 1, 5, 17, 60))
    batch_size = rng.choice((2, 3)) if tiny else rng.choice((None, None, 3, 8, 25, 90))
    reading = _reading(rng, limit, tiny=tiny, resumable=bool(generator or not source))
    return Question(
        seed=seed,
        generator=generator,
        generator_params=generator_params,
        source=source,
        props=props,
        limits=limits,
        redirects=generator not in _NO_REDIRECTS and "revids" not in source and rng.random() < 0.35,
        batch_size=batch_size,
        read_ahead=rng.choice((0, 1)),
        **reading,
    )


def _props(rng: random.Random, source: Params, generator: str | None) -> dict[str, Params]:
    files = generator in _OF_FILES
    chosen = {
        name: _prop(rng, name) for name in PROPS if rng.random() < (0.7 if files and name in _FILE_PROPS else 0.2)
    }
    if "revids" in source or not chosen:
        chosen["revisions" if "revids" in source else "info"] = {"rvprop": "ids|size"} if "revids" in source else {}
    return chosen


def _limits(rng: random.Random, props: Mapping[str, Params], generator: str | None, *, tiny: bool) -> Params:
    sizes = (1, 2, 3) if tiny else (5, 7, 11, 30, 200, "max")
    limits = {f"{PREFIXES[name]}limit": rng.choice(sizes) for name in props if name in _LIMITED and rng.random() < 0.7}
    if generator and rng.random() < 0.4:
        limits[f"g{PREFIXES[generator]}limit"] = rng.choice((2, 3, 6, 20, 50, "max"))
    return limits


def _reading(rng: random.Random, limit: int | None, *, tiny: bool, resumable: bool) -> dict[str, Any]:
    """How the query is read: with lists beside it, as a distinct stream, interrupted and resumed, or plainly."""
    plain: dict[str, Any] = {"limit": limit, "lists": {}, "metas": [], "distinct": False}
    kind = rng.random()
    if not resumable:
        return plain
    if kind < 0.25 and not tiny:
        metas: list[list[str]] = [[], ["siteinfo"], ["siteinfo", "userinfo"]]
        return {**plain, "limit": None, "lists": _lists(rng), "metas": rng.choice(metas)}
    if kind < 0.35 and not tiny:
        return {**plain, "limit": None, "distinct": True}
    if kind >= 0.75:
        return plain
    stop_after, resumed_size = rng.choice((0, 1, 2, 3, 5, 8, 20)), rng.choice((None, 1, 2, 4, 30))
    if tiny or resumed_size in {1, 2}:
        stop_after = min(stop_after, 5)
    return {**plain, "limit": None, "stop_after": stop_after, "resumed_size": resumed_size}


def _pages(rng: random.Random, seed: int, contents: WikiContents) -> tuple[Params, str | None, Params]:
    kinds = (*LIST_GENERATORS, *PROP_GENERATORS, "titles", "pageids", "revids")
    kind = kinds[seed % len(kinds)]  # each in turn, so that a short campaign has all kinds
    some = rng.sample(contents.titles, rng.choice((1, 4, 12, 50)))
    if kind == "titles":
        return {"titles": [*some[:48], *rng.sample(["No page", "Talk:No page", "R00"], 2)]}, None, {}
    if kind == "pageids":
        return {"pageids": [*rng.sample(contents.pageids, rng.choice((1, 9, 45))), 999_999]}, None, {}
    if kind == "revids":
        return {"revids": rng.sample(contents.revids, rng.choice((1, 9, 45)))}, None, {}
    if kind in PROP_GENERATORS:
        if kind == "fileusage":
            some = [f"File:Campaign {number}.png" for number in range(FILES)]
        return {"titles": some}, kind, _prop_generator_params(rng, kind)
    return {}, kind, _LIST_GENERATOR_PARAMS[kind](rng)


def _prop_generator_params(rng: random.Random, kind: str) -> Params:
    prefix = PREFIXES[kind]
    params: Params = {}
    if kind in {"links", "templates", "linkshere", "transcludedin", "redirects"} and rng.random() < 0.3:
        params[f"{prefix}namespace"] = rng.choice(("0", "0|1", "10|14"))
    if kind in {"categories", "images", "links", "templates"} and rng.random() < 0.4:
        params[f"{prefix}dir"] = rng.choice(("ascending", "descending"))
    return params


def _direction(rng: random.Random, prefix: str) -> Params:
    return {f"{prefix}dir": rng.choice(("ascending", "descending"))} if rng.random() < 0.5 else {}


def _unique(rng: random.Random, prefix: str, namespaces: Sequence[int]) -> Params:
    unique = {f"{prefix}unique": 1} if rng.random() < 0.6 else {}
    spaces = {} if not namespaces else {f"{prefix}namespace": rng.choice(namespaces)}
    return {**unique, **spaces, **_direction(rng, prefix)}


def _page(rng: random.Random) -> str:
    return rng.choice(("Page 25", "Page 30", "Page 36", "Nowhere", "Missing 3", "C++", "A/B?c&d=e", "Page 33", "R22"))


def _members(rng: random.Random) -> Params:
    params: Params = {"cmtitle": rng.choice([f"Category:C{n}" for n in range(14)] + ["Category:Types"])}
    if rng.random() < 0.7:
        params["cmsort"] = rng.choice(("sortkey", "timestamp"))
        params["cmdir"] = rng.choice(("asc", "desc"))
    if rng.random() < 0.2:
        params["cmtype"] = rng.choice(("page", "subcat", "page|subcat"))
    return params


def _changes(rng: random.Random) -> Params:
    params: Params = {"rcdir": rng.choice(("newer", "older"))}
    if rng.random() < 0.5:
        params["rctype"] = rng.choice(("new", "edit", "edit|new", "log|new"))
    if rng.random() < 0.8:
        params["rcnamespace"] = rng.choice(("1", "4", "1|14", "4|6", "10|14"))
    return params


def _allpages(rng: random.Random) -> Params:
    params: Params = {"apnamespace": rng.choice((0, 0, 0, 1, 4, 10, 14)), **_direction(rng, "ap")}
    if rng.random() < 0.3:
        params["apfilterredir"] = rng.choice(("nonredirects", "redirects"))
    if rng.random() < 0.2:
        params["apprefix"] = rng.choice(("Page", "R", "T"))
    return params


_LIST_GENERATOR_PARAMS: Mapping[str, Callable[[random.Random], Params]] = {
    "allcategories": lambda rng: {**_direction(rng, "ac"), **({"acprefix": "C"} if rng.random() < 0.3 else {})},
    "allfileusages": lambda rng: _unique(rng, "af", ()),
    "allimages": lambda rng: _direction(rng, "ai"),
    "alllinks": lambda rng: _unique(rng, "al", (0, 0, 1, 10, 14)),
    "allpages": _allpages,
    "allredirects": lambda rng: _unique(rng, "ar", (0, 0, 1)),
    "alltransclusions": lambda rng: _unique(rng, "at", (10,)),
    "backlinks": lambda rng: {"bltitle": _page(rng), **_direction(rng, "bl")},
    "categorymembers": _members,
    "embeddedin": lambda rng: {"eititle": f"Template:T{rng.randrange(8)}", **_direction(rng, "ei")},
    "exturlusage": lambda rng: {"euquery": rng.choice(("example.org/3", "*.org")), "euprotocol": "https"},
    "imageusage": lambda rng: {"iutitle": f"File:Campaign {rng.randrange(FILES + 2)}.png", **_direction(rng, "iu")},
    "iwbacklinks": lambda rng: {"iwblprefix": "meta", **_direction(rng, "iwbl")},
    "langbacklinks": lambda rng: {"lbllang": rng.choice(("fr", "de", "ru")), **_direction(rng, "lbl")},
    "pageswithprop": lambda rng: {"pwppropname": "hiddencat", **_direction(rng, "pwp")},
    "prefixsearch": lambda rng: {"pssearch": rng.choice(("P", "R", "Page", "Ma", "t", "b"))},
    "recentchanges": _changes,
    "search": lambda rng: {"srwhat": "text", "srsearch": rng.choice(("orbit", "comet moon", "ring", "version dust"))},
}


def _prop(rng: random.Random, name: str) -> Params:
    prefix = PREFIXES.get(name, "")
    choices: Mapping[str, Sequence[Params]] = {
        "categories": [{}, {"clprop": "sortkey|hidden|timestamp"}, {"clshow": "!hidden"}, {"cldir": "descending"}],
        "links": [{}, {"plnamespace": "0"}, {"plnamespace": "0|1|14", "pldir": "descending"}],
        "templates": [{}, {"tldir": "descending"}],
        "images": [{}, {"imdir": "descending"}],
        "info": [{}, {"inprop": "url|displaytitle"}],
        "imageinfo": [{}, {"iiprop": "sha1|size|mime|user"}],
        "revisions": [{"rvprop": "ids|size"}, {"rvprop": "ids|content|comment|user|flags", "rvslots": "main"}],
        "extlinks": [{}, {"elquery": "example.org/3", "elprotocol": "https"}],
        "langlinks": [{}, {"lldir": "descending"}, {"lllang": "fr"}],
        "iwlinks": [{}, {"iwprop": "url"}],
        "linkshere": [{}, {"lhshow": "!redirect"}, {"lhprop": "pageid|title"}],
        "transcludedin": [{}, {"tinamespace": "0"}],
        "redirects": [{}, {"rdprop": "pageid|title|fragment"}],
    }
    return dict(rng.choice(choices.get(name, [{}]))) if prefix or name in choices else {}


def _lists(rng: random.Random) -> dict[str, Params]:
    possible: dict[str, Params] = {
        "allcategories": {"aclimit": rng.choice((1, 3, "max")), "acprop": "size"},
        "alllinks": {"allimit": rng.choice((11, 40, "max")), "alprop": "ids|title", "alnamespace": 1},
        "allredirects": {"arlimit": rng.choice((2, 7, "max")), "arprop": "ids|title|fragment"},
        "recentchanges": {"rclimit": rng.choice((30, "max")), "rcprop": "ids|title|timestamp", "rcdir": "newer"},
    }
    return {name: possible[name] for name in sorted(rng.sample(sorted(possible), rng.choice((1, 1, 2))))}
