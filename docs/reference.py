"""A Sphinx extension: it writes a page for each public name from its docstring.

The pages are not kept: they are written into docs/reference/ before Sphinx looks for its sources. Each one has the
docstring and the members, then the places of the name, which docs/name_usage.py finds. A name that leads to no example
is a warning.
"""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any, is_typeddict
from zlib import crc32

from command_pages import command_pages
from docutils import nodes
from name_usage import (
    DOCS,
    HOMES,
    NAME_OF_WORD,
    NAMES,
    PACKAGE,
    Usage,
    alias_source,
    is_alias,
    usage,
    value_of,
)
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger

TARGET = DOCS / "reference"
GROUPS = {  # heading -> the beginnings of the modules whose names it has; the first that fits counts
    "The site": ("_site", "_session.", "models.options", "models.shared_limits"),
    "Logins": ("models.auth", "models.accounts"),
    "Queries": (
        "_query.",
        "models.categories",
        "_events.",
        "models.stream_events",
        "_values.cursor",
        "_values.value",
        "models.batch",
        "models.page",
        "models.requested",
    ),
    "Properties of pages": ("models.props",),
    "Rows of lists": ("models.lists",),
    "The wiki": ("models.info",),
    "Pages and edits": ("_page.", "_edit.", "models.edit"),
    "Uploads and downloads": ("_upload.", "models.upload", "_values.checkpoint"),
    "The REST API": ("_rest.", "models.rest", "models.diff"),
    "Other actions": ("_actions", "models.actions"),
    "Events, progress and warnings": ("models.events", "models.progress", "_values.warnings"),
    "Errors": ("errors",),
    "Transports": ("_http.",),
    "Crawls": ("dask.",),
    "Scripts without asyncio": ("sync",),
    "Tests with a real wiki": ("testing.",),
    "Others": ("",),
}

MADE_BY_USERS = (
    "_site",
    "_http.httpx_transport",
    "_http.aiohttp_transport",
    "_http.messages",
    "_rest.core_rest",
    "_values.cursor",
    "errors",
    "models.auth",
    "models.edit_defaults",
    "models.options",
    "models.upload",
    "dask.crawl",
    "dask.limits",
    "dask.plans",
    "dask.queries",
    "dask.sinks",
    "dask.wikis",
    "sync",
    "testing.",
)
"""The modules whose classes a program calls."""
_REQUESTED = re.compile(r"ClassVar\[Requested\[(.*)\]\]")
_COMMANDS = "Commands and fixtures"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", _write_pages)
    app.connect("autodoc-process-docstring", _plain_attribute, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", _without_constructor)
    app.connect("missing-reference", _public_target)
    app.connect("build-finished", _check_search)
    this_file = Path(__file__).read_bytes()  # if it changes, pages are read again although their sources are the same
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": crc32(this_file)}


def _write_pages(_app: Sphinx) -> None:
    usages = usage()
    pages = {name: _page(name, usages[name]) for name in NAMES}
    pages |= {_slug(group): _group_page(group) for group in _groups()}
    pages |= {page.file: _orphan(page.heading, _COMMANDS, page.body) for page in command_pages()}
    pages[_slug(_COMMANDS)] = _page_of_commands()
    pages["index"] = _index()
    _show_requested_as_fields()
    TARGET.mkdir(exist_ok=True)
    for path in TARGET.iterdir():
        if path.name.removesuffix(".rst") not in pages:
            path.unlink()
    for name, text in pages.items():
        path = TARGET / f"{name}.rst"
        if not path.exists() or path.read_text(encoding="utf-8") != text:  # Sphinx reads new ones only
            path.write_text(text, encoding="utf-8")


def _show_requested_as_fields() -> None:
    """``revid: int``, as it is read, in the place of ``revid: ClassVar[Requested[int]]``."""
    for value in map(value_of, NAMES):
        for field, annotation in vars(value).get("__annotations__", {}).items() if inspect.isclass(value) else ():
            if found := _REQUESTED.fullmatch(str(annotation)):
                value.__annotations__[field] = found[1]


def _index() -> str:
    pages = "".join(f"   {_slug(group)}\n" for group in [*_groups(), _COMMANDS])
    words = (
        "Import every name from ``mwclient_async``, but ``testing.LocalWiki`` from ``mwclient_async.testing``, "
        "and so on. "
        "Each has a page of its own.\n\n"
    )
    return _heading("API reference", "=") + words + f".. toctree::\n   :maxdepth: 1\n\n{pages}\n"


def _group_page(group: str) -> str:
    names = [name for name in NAMES if _group(name) == group]
    return _heading(group, "=") + "".join(f":doc:`{name}`\n   {_summary(name)}\n\n" for name in names)


def _page_of_commands() -> str:
    items = "".join(f":doc:`{page.file}`\n   {page.summary}\n\n" for page in command_pages())
    return _heading(_COMMANDS, "=") + items


def _groups() -> list[str]:
    """Those that have a name."""
    used = {_group(name) for name in NAMES}
    return [group for group in GROUPS if group in used]


def _slug(group: str) -> str:
    return "group-" + re.sub(r"\W+", "-", group.lower())


def _summary(name: str) -> str:
    """The first sentence of its docstring."""
    value = value_of(name)
    is_own = (inspect.isclass(value) and not is_alias(name, value)) or inspect.isfunction(value)
    docstring = inspect.getdoc(value) if is_own else alias_source(name)[1]
    return " ".join((docstring or "").split("\n\n")[0].split()).replace("::", ".")


def _group(name: str) -> str:
    home = HOMES[name]
    return next(group for group, beginnings in GROUPS.items() if home.startswith(beginnings))


def _page(name: str, places: Usage) -> str:
    text = _orphan(name, _group(name), _body(name))
    sections = {
        "Calls that return it": [f"``{call}``" for call in places.calls],
        "Pages with programs that use it": [f":doc:`/{page}`" for page in places.programs],
        "Pages that speak of it": [f":doc:`/{page}`" for page in places.texts if page not in places.programs],
        "Methods that raise it": [member.link for member in places.raised_by],
        "Methods and fields that name it": [member.link for member in places.members],
        "Names that come from it, or whose description names it": [f":doc:`{other}`" for other in places.docstrings],
    }
    if not any(sections.values()):
        getLogger(__name__).warning("%s: no program, page, method or field uses this name", name)
    return text + "".join(_heading(title, "-") + _items(lines) for title, lines in sections.items() if lines)


def _orphan(heading: str, group: str, body: str) -> str:
    """A page that is in no table of contents: its group names it."""
    return ":orphan:\n\n" + _heading(heading, "=") + f"In :doc:`{_slug(group)}`.\n\n" + body


def _items(lines: list[str]) -> str:
    return "".join(f"* {line}\n" for line in lines) + "\n"


def _body(name: str) -> str:
    value = value_of(name)
    target = f"{PACKAGE}.{name}"
    if inspect.isclass(value) and not is_alias(name, value):
        options = ["special-members: __call__", f"inherited-members: {', '.join(_foreign_bases(value))}"]
        if any(base.__name__ in NAMES for base in value.__bases__):
            options.append("show-inheritance:")
        return f".. autoclass:: {target}\n" + "".join(f"   :{option}\n" for option in options) + "\n"
    if inspect.isfunction(value):
        return f".. autofunction:: {target}\n\n"
    expression, docstring = alias_source(name)
    words = "\n".join(f"   {line}".rstrip() for line in docstring.splitlines())
    return f".. py:type:: {target}\n   :canonical: {expression}\n\n{words}\n\n"


def _foreign_bases(value: type) -> list[str]:
    """The bases that are Python's: their members are not ours to describe."""
    return [base.__name__ for base in value.__mro__ if not base.__module__.startswith(PACKAGE)]


def _plain_attribute(_app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Napoleon takes what is before a colon in the first line for a type; ours have their types in annotations."""
    if what in {"attribute", "property", "data"}:
        lines[:0] = ["..", ""]  # an empty comment is the first line then


def _without_constructor(
    _app: Sphinx, what: str, name: str, value: object, _options: object, signature: str | None, _returned: object
) -> tuple[str, None] | None:
    """Only the library makes a stream, a handle or what a wiki sent: what its constructor takes is not public."""
    home = HOMES.get(name.removeprefix(f"{PACKAGE}."), "")
    is_hidden = what == "class" and home and not home.startswith(MADE_BY_USERS) and not is_typeddict(value)
    return ("", None) if is_hidden and signature is not None else None


def _heading(text: str, underline: str) -> str:
    return f"{text}\n{underline * len(text)}\n\n"


def _public_target(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """Annotations name the module that defines a class; its page is that of the public name."""
    name = NAME_OF_WORD.get(str(node.get("reftarget", "")).rpartition(".")[2])
    if node.get("refdomain") != "py" or name is None:
        return None
    return env.domains.python_domain.resolve_xref(
        env, node["refdoc"], app.builder, "obj", f"{PACKAGE}.{name}", node, content
    )


def _check_search(app: Sphinx, error: Exception | None) -> None:
    """Warn of what the search of the pages does not find by its name."""
    if error is not None or app.builder.name != "html":
        return
    index = json.loads(
        (app.outdir / "searchindex.js").read_text(encoding="utf-8").partition("(")[2].rstrip().rstrip(")")
    )
    objects = {f"{owner}.{entry[-1]}" for owner, entries in index["objects"].items() for entry in entries}
    missing = [name for name in NAMES if f"{PACKAGE}.{name}" not in objects or name not in index["alltitles"]]
    missing += [page.heading for page in command_pages() if page.heading not in index["alltitles"]]
    for name in missing:
        getLogger(__name__).warning("%s: the search does not find it", name)
