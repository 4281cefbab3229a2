"""What the server answers: the replies of a MediaWiki that has as many pages, revisions and categories as asked for.

The keys and their order are those of MediaWiki 1.43, also those of ``continue``, ``batchcomplete`` and formatversion 1.
See https://www.mediawiki.org/wiki/API:Query and https://www.mediawiki.org/wiki/API:Continue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import define, field, frozen

Params = Mapping[str, str]
Reply = dict[str, Any]

SMALL_NAMESPACE, SMALL_COUNT = 12, 100  # the pages that clients warm up with
ROWS = 500  # the largest number of rows in a reply, for an account without apihighlimits
REVISIONS_WITH_TEXT = 50
CATEGORIES = 3  # of each page that has some
CHUNK = 5 * 1024 * 1024  # bytes
TEXT = ("The quick brown fox jumps over the lazy dog. " * 46)[:2048]  # 2 KiB
SHA1 = hashlib.sha1(TEXT.encode(), usedforsecurity=False).hexdigest()
LATEST = datetime(2025, 6, 1, tzinfo=UTC)

USER = "Bench"
PASSWORD = "only-for-benchmarks"
RIGHTS = ["read", "edit", "createpage", "writeapi", "upload", "reupload", "reupload-own", "minoredit", "purge"]
ANONYMOUS = {"id": 0, "name": "127.0.0.1", "anon": True, "groups": ["*"]}
ACCOUNT = {"id": 2, "name": USER, "groups": ["*", "user", "autoconfirmed"]}
TOKENS = {f"{kind}token": "0123456789abcdef0123456789abcdef+\\" for kind in ("csrf", "login", "watch", "patrol")}


@frozen(kw_only=True)
class Corpus:
    """How much the wiki has: pages, categories of each page, revisions of a page, and rows of a property per reply."""

    pages: int = 500
    categories: int = 0  # of each page
    revisions: int = 1
    property_rows: int = ROWS

    @property
    def rights(self) -> list[str]:
        """The rights of the account, which decide how many rows a reply has."""
        return [*RIGHTS, "apihighlimits"] if self.property_rows > ROWS else RIGHTS

    def account(self, *, logged_in: bool) -> Reply:
        """What the wiki says about the account."""
        return {**(ACCOUNT if logged_in else ANONYMOUS), "rights": self.rights}


@define
class Saved:
    """What the clients have written: the edits, the edited titles, and the published files.

    ``sha1s`` are the hashes of the files that are uploaded, by their sizes in bytes, so that nothing is hashed here;
    ``images`` is the URL before their names.
    """

    sha1s: Mapping[str, str] = field(factory=dict)
    images: str = ""
    edits: int = 0
    titles: set[str] = field(factory=set)
    files: int = 0


# Pages ---------------------------------------------------------------------------------------------------------------


def title_of(index: int, namespace: int = 0) -> str:
    return f"Help:Page {index:07}" if namespace == SMALL_NAMESPACE else f"Page {index:07}"


def _page(title: str) -> Reply | None:
    """The page of that title, without properties; None if the wiki does not have it."""
    name, _, number = title.replace("_", " ").rpartition(" ")
    if name not in {"Page", "Help:Page"} or not number.isdigit():
        return None
    namespace = SMALL_NAMESPACE if name == "Help:Page" else 0
    return {
        "pageid": int(number) + 1 + 10_000_000 * namespace,
        "ns": namespace,
        "title": title_of(int(number), namespace),
    }


def _info(page: Reply) -> Reply:
    return {
        "contentmodel": "wikitext",
        "pagelanguage": "en",
        "pagelanguagehtmlcode": "en",
        "pagelanguagedir": "ltr",
        "touched": "2025-06-01T00:00:00Z",
        "lastrevid": 3 * page["pageid"],
        "length": len(TEXT),
    }


def _revision(number: int, props: set[str], *, slots: bool) -> Reply:
    """One revision. Number 0 is the oldest one."""
    row: Reply = {}
    if "ids" in props:
        row |= {"revid": number + 1, "parentid": number}
    if "flags" in props:
        row["minor"] = number % 4 == 0
    if "user" in props:
        row["user"] = f"User {number % 97}"
    if "timestamp" in props:
        row["timestamp"] = (LATEST - timedelta(days=900) + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if "size" in props:
        row["size"] = len(TEXT)
    if "sha1" in props:
        row["sha1"] = SHA1
    if "comment" in props:
        row["comment"] = f"/* History */ correct a number, [[Page {number}]]"
    if "tags" in props:
        row["tags"] = ["visualeditor"] if number % 5 == 0 else []
    if "roles" in props:
        row["roles"] = ["main"]
    content = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": TEXT}
    if "content" not in props:
        content = {"contentmodel": "wikitext"} if "contentmodel" in props else {}
    if content and slots:
        row["slots"] = {"main": content}
    else:
        row |= content
    return row


# Queries -------------------------------------------------------------------------------------------------------------


def _words(params: Params, name: str) -> list[str]:
    return [word for word in params.get(name, "").split("|") if word]


def _limit(params: Params, name: str, largest: int) -> int:
    asked = params.get(name, "10")
    return largest if asked == "max" else min(int(asked), largest)


def _listed(corpus: Corpus, params: Params, prefix: str) -> tuple[list[Reply], Reply]:
    """One batch of ``allpages`` as a list or a generator, and the ``continue`` after it."""
    namespace = int(params.get(f"{prefix}namespace", "0") or 0)
    count = SMALL_COUNT if namespace == SMALL_NAMESPACE else corpus.pages
    start = params.get(f"{prefix}continue") or params.get(f"{prefix}from") or ""
    first = int(start.rpartition("_")[2]) if "_" in start else 0
    after = min(first + _limit(params, f"{prefix}limit", ROWS), count)
    rows = [_page(title_of(index, namespace)) for index in range(first, after)]
    following = {f"{prefix}continue": f"Page_{after:07}"} if after < count else {}
    return [row for row in rows if row], following


def _list(corpus: Corpus, params: Params) -> Reply:
    rows, following = _listed(corpus, params, "ap")
    reply: Reply = {"batchcomplete": True}
    if following:
        reply["continue"] = {**following, "continue": "-||"}
    return {**reply, "query": {"allpages": rows}}


def _generated(corpus: Corpus, params: Params) -> Reply:
    """A batch of pages with their properties. Categories that do not fit come in further replies of the same batch."""
    pages, following = _listed(corpus, params, "gap")
    finished = params.get("continue", "").partition("||")[2].split("|")
    if "info" in _words(params, "prop") and "info" not in finished:
        for page in pages:
            page.update(_info(page))
    rest = _add_categories(corpus, params, pages) if "categories" in _words(params, "prop") else {}
    if rest:
        start = {"gapcontinue": params["gapcontinue"]} if "gapcontinue" in params else {}
        keys = "gapcontinue" if start else "-"
        return {"continue": {**rest, **start, "continue": f"{keys}||info"}, "query": {"pages": pages}}
    reply: Reply = {"batchcomplete": True}
    if following:
        reply["continue"] = {**following, "continue": "gapcontinue||"}
    return {**reply, "query": {"pages": pages}}


def _add_categories(corpus: Corpus, params: Params, pages: list[Reply]) -> Reply:
    """Add as many categories as a reply has. Returns the ``continue``, which is empty after the last one."""
    rows = [(page, number) for page in pages for number in range(corpus.categories)]
    places = [(page["pageid"], _key(number)) for page, number in rows]
    pageid, _, name = params.get("clcontinue", "").partition("|")
    start = (int(pageid or 0), name)  # as MediaWiki compares: a place of an earlier batch is before all rows
    first = next((at for at, place in enumerate(places) if place >= start), len(places))
    after = first + min(_limit(params, "cllimit", corpus.property_rows), corpus.property_rows)
    for page, number in rows[first:after]:
        page.setdefault("categories", []).append({"ns": 14, "title": f"Category:{_key(number).replace('_', ' ')}"})
    return {"clcontinue": "{}|{}".format(*places[after])} if after < len(places) else {}


def _key(number: int) -> str:
    return f"Articles_of_kind_{number}"


def _titled(corpus: Corpus, params: Params) -> Reply:
    """Pages by title, with ``info`` and their latest revision, or the history of one page."""
    props, rvprops = _words(params, "prop"), set(_words(params, "rvprop"))
    history = {"rvlimit", "rvcontinue"} & set(params) and "revisions" in props
    pages: list[Reply] = []
    for title in _words(params, "titles"):
        if (page := _page(title)) is None:
            pages.append({"ns": 6 if title.startswith("File:") else 0, "title": title, "missing": True})
            continue
        if "info" in props:
            page.update(_info(page))
            if "protection" in _words(params, "inprop"):
                page.update({"protection": [], "restrictiontypes": ["edit", "move"]})
        if "revisions" in props and not history:
            latest = _revision(page["pageid"], rvprops, slots="rvslots" in params)
            page["revisions"] = [latest | ({"revid": 3 * page["pageid"]} if "revid" in latest else {})]
        pages.append(page)
    if history:
        return _history(corpus, params, pages[0], rvprops)
    return {"batchcomplete": True, "query": {"pages": pages}}


def _history(corpus: Corpus, params: Params, page: Reply, props: set[str]) -> Reply:
    count = SMALL_COUNT if page["ns"] == SMALL_NAMESPACE else corpus.revisions
    start = params.get("rvcontinue", "")
    newest = int(start.partition("|")[2]) - 1 if start else count - 1
    largest = REVISIONS_WITH_TEXT if "content" in props else ROWS
    oldest = max(-1, newest - _limit(params, "rvlimit", largest))
    slots = "rvslots" in params
    page["revisions"] = [_revision(number, props, slots=slots) for number in range(newest, oldest, -1)]
    if oldest < 0:
        return {"batchcomplete": True, "query": {"pages": [page]}}
    at = _revision(oldest, {"timestamp"}, slots=False)["timestamp"]
    stamp = "".join(char for char in at if char.isdigit())
    return {"continue": {"rvcontinue": f"{stamp}|{oldest + 1}", "continue": "||"}, "query": {"pages": [page]}}


def query(corpus: Corpus, params: Params, *, account: Mapping[str, Any]) -> Reply | None:
    """The reply to a query, or None if only a real wiki can answer it."""
    meta = set(_words(params, "meta"))
    if not meta <= {"userinfo", "tokens"}:
        return None
    if params.get("list") == "allpages":
        reply = _list(corpus, params)
    elif params.get("generator") == "allpages":
        reply = _generated(corpus, params)
    elif "titles" in params:
        reply = _titled(corpus, params)
    elif meta and not set(params) & {"list", "generator", "pageids", "revids"}:
        reply = {"batchcomplete": True, "query": {}}
    else:
        return None
    return with_account(reply, meta, account)


def with_account(reply: Reply, meta: set[str], account: Mapping[str, Any]) -> Reply:
    """The same reply, with what the query asks about the account and its tokens."""
    if "userinfo" in meta:
        reply["query"]["userinfo"] = dict(account)
    if "tokens" in meta:
        reply["query"]["tokens"] = dict(TOKENS)
    return reply


# Writes --------------------------------------------------------------------------------------------------------------


def login(params: Params) -> Reply:
    """Every login succeeds."""
    if params["action"] == "clientlogin":
        return {"clientlogin": {"status": "PASS", "username": USER}}
    return {"login": {"result": "Success", "lguserid": ACCOUNT["id"], "lgusername": USER}}


def edit(saved: Saved, params: Params) -> Reply:
    """Every edit succeeds."""
    title = params["title"].replace("_", " ")
    saved.edits += 1
    saved.titles.add(title)
    page = _page(title)
    assert page is not None, title
    return {
        "edit": {
            "result": "Success",
            "pageid": page["pageid"],
            "title": page["title"],
            "contentmodel": "wikitext",
            "oldrevid": 3 * page["pageid"],
            "newrevid": 100_000_000 + saved.edits,
            "newtimestamp": LATEST.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    }


def upload(saved: Saved, params: Params) -> Reply:
    """A chunk is taken, and a stashed or whole file is published."""
    if "stash" not in params:
        saved.files += 1
        name, info = params["filename"].replace(" ", "_"), _file_info(saved, params["filekey"], "")
        return {"upload": {"result": "Success", "filename": name, "imageinfo": info}}
    size, end = int(params["filesize"]), int(params.get("offset", "0")) + CHUNK
    if end < size:
        return {"upload": {"result": "Continue", "offset": end, "filekey": f"{size}.bench.1.png"}}
    return {"upload": {"result": "Success", "filekey": f"{size}.bench.2.png"}}


def stashed(saved: Saved, params: Params) -> Reply:
    """What the wiki says about a file in the stash. Its filekey begins with its size."""
    return {"batchcomplete": True, "query": {"stashimageinfo": [_file_info(saved, params["siifilekey"], "")]}}


def file_page(saved: Saved, params: Params) -> Reply:
    """The page of a file to download: its name is its size in MiB."""
    title = params["titles"]
    name = title.removeprefix("File:")
    size = int(name.partition(".")[0]) * 1024 * 1024
    page = {"pageid": 9, "ns": 6, "title": title, "imagerepository": "local"}
    page |= {**_info(page), "imageinfo": [_file_info(saved, str(size), name)]}
    return {"batchcomplete": True, "query": {"pages": [page]}}


def _file_info(saved: Saved, filekey: str, name: str) -> Reply:
    size = filekey.partition(".")[0]
    return {
        "timestamp": LATEST.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "user": USER,
        "userid": ACCOUNT["id"],
        "size": int(size),
        "comment": "",
        "url": saved.images + name,
        "descriptionurl": f"{saved.images}File:{name}",
        "sha1": saved.sha1s[size],
        "mime": "image/png",
    }


# Formatversion 1 -----------------------------------------------------------------------------------------------------


def as_version_1(value: Any) -> Any:
    """The same reply as MediaWiki writes it in formatversion 1."""
    if isinstance(value, list):
        return [as_version_1(item) for item in value]
    if not isinstance(value, dict):
        return value
    new: Reply = {}
    for key, item in value.items():
        if key == "pages" and isinstance(item, list):
            new[key] = {str(page.get("pageid", -1 - at)): as_version_1(page) for at, page in enumerate(item)}
        elif item is True:
            new[key] = ""
        elif item is not False:
            new["*" if key == "content" else key] = as_version_1(item)
    return new
