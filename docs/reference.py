"""A Sphinx extension: it writes a page for each public name from its docstring.

The pages are not kept: they are written into docs/reference/ before Sphinx looks for its sources. Each one has the
docstring and the members, then the places of the name: the pages of these docs whose programs use it, and the public
methods and fields whose types name it. So each name leads to an example.
"""

from __future__ import annotations

import inspect
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, is_typeddict

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.pycode import ModuleAnalyzer

import mwclient_async
from mwclient_async._query.list_rows import LIST_ROW_CLASSES
from mwclient_async._query.row_converters import PROP_ROW_CLASSES

DOCS = Path(__file__).parent
TARGET = DOCS / "reference"
PACKAGE = "mwclient_async"
NAMES: list[str] = vars(mwclient_async)["__all__"]
HOMES: Mapping[str, str] = vars(mwclient_async)["_HOME_OF"]
"""The module that defines each name, below the package."""

GROUPS = {  # heading -> the beginnings of the modules whose names it has; the first that fits counts
    "The site": ("_site", "_session.", "models.options"),
    "Logins": ("models.auth", "models.accounts"),
    "Queries": ("_query.", "_values.cursor", "_values.value", "models.batch", "models.page"),
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
    "Others": ("",),
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("builder-inited", _write_pages)
    app.connect("autodoc-process-signature", _without_constructor)
    app.connect("missing-reference", _public_target)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_pages(_app: Sphinx) -> None:
    uses = _uses()
    mentions = _mentions()
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir()
    for name in NAMES:
        (TARGET / f"{name}.rst").write_text(_page(name, uses[name], mentions[name]), encoding="utf-8")
    for group in _groups():
        (TARGET / f"{_slug(group)}.rst").write_text(_group_page(group), encoding="utf-8")
    (TARGET / "index.rst").write_text(_index(), encoding="utf-8")


def _index() -> str:
    pages = "".join(f"   {_slug(group)}\n" for group in _groups())
    words = "Import every name from ``mwclient_async``. Each has a page of its own.\n\n"
    return _heading("API reference", "=") + words + f".. toctree::\n   :maxdepth: 1\n\n{pages}\n"


def _group_page(group: str) -> str:
    names = [name for name in NAMES if _group(name) == group]
    return _heading(group, "=") + "".join(f":doc:`{name}`\n   {_summary(name)}\n\n" for name in names)


def _groups() -> list[str]:
    """Those that have a name."""
    used = {_group(name) for name in NAMES}
    return [group for group in GROUPS if group in used]


def _slug(group: str) -> str:
    return "group-" + re.sub(r"\W+", "-", group.lower())


def _summary(name: str) -> str:
    """The first sentence of its docstring."""
    value = getattr(mwclient_async, name)
    is_own = (inspect.isclass(value) and not _is_alias(name, value)) or inspect.isfunction(value)
    docstring = inspect.getdoc(value) if is_own else _alias(name)[1]
    return " ".join((docstring or "").split("\n\n")[0].split()).replace("::", ".")


def _group(name: str) -> str:
    home = HOMES[name]
    return next(group for group, beginnings in GROUPS.items() if home.startswith(beginnings))


def _page(name: str, uses: list[str], mentions: list[str]) -> str:
    group = _group(name)
    text = ":orphan:\n\n" + _heading(name, "=") + f"In :doc:`{_slug(group)}`.\n\n" + _body(name)
    if origins := _origins(name):
        text += _heading("Calls that return it", "-") + "".join(f"* ``{call}``\n" for call in origins) + "\n"
    if mentions:
        text += _heading("Programs that use it", "-") + "".join(f"* :doc:`/{page}`\n" for page in mentions) + "\n"
    if uses:
        text += _heading("Methods and fields that name it", "-") + "".join(f"* {use}\n" for use in uses) + "\n"
    return text


def _body(name: str) -> str:
    value = getattr(mwclient_async, name)
    target = f"{PACKAGE}.{name}"
    if inspect.isclass(value) and not _is_alias(name, value):
        options = [f"inherited-members: {', '.join(_foreign_bases(value))}"]
        if any(base.__name__ in NAMES for base in value.__bases__):
            options.append("show-inheritance:")
        return f".. autoclass:: {target}\n" + "".join(f"   :{option}\n" for option in options) + "\n"
    if inspect.isfunction(value):
        return f".. autofunction:: {target}\n\n"
    expression, docstring = _alias(name)
    words = "\n".join(f"   {line}".rstrip() for line in docstring.splitlines())
    return f".. py:type:: {target}\n   :canonical: {expression}\n\n{words}\n\n"


def _foreign_bases(value: type) -> list[str]:
    """The bases that are Python's: their members are not ours to describe."""
    return [base.__name__ for base in value.__mro__ if not base.__module__.startswith(PACKAGE)]


def _without_constructor(_app: Sphinx, what: str, name: str, value: object, *rest: object) -> tuple[str, None] | None:
    """Only the library makes a stream, a handle or a run: what its constructor takes is not public."""
    home = HOMES.get(name.rpartition(".")[2], "")
    is_made_by_users = home.startswith(("models.", "errors", "_http.", "_values.", "_site", "_rest.core_rest"))
    return ("", None) if what == "class" and home and not (is_made_by_users or is_typeddict(value)) else None


def _is_alias(name: str, value: type) -> bool:
    return value.__name__ != name


def _alias(name: str) -> tuple[str, str]:
    """The expression of a type alias, and the docstring below it."""
    module = f"{PACKAGE}.{HOMES[name]}"
    analyzer = ModuleAnalyzer.for_module(module)
    docstring = analyzer.find_attr_docs().get(("", name), [""])
    match = re.search(rf"^{name}(?:: TypeAlias)? = (.*?)\n(?=\S)", analyzer.code, re.DOTALL | re.MULTILINE)
    expression = " ".join(match[1].split()) if match else ""
    return expression, "\n".join(docstring)


def _origins(name: str) -> list[str]:
    """The lists and props of queries whose rows are of this class."""
    value = getattr(mwclient_async, name)
    lists = [f'site.list("{module}")' for module, row in LIST_ROW_CLASSES.items() if row is value]
    props = [f'site.query(prop=["{prop}"])' for prop, row in PROP_ROW_CLASSES.items() if row() is value]
    return lists + props


def _mentions() -> Mapping[str, list[str]]:
    """Name -> the pages whose programs use it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(DOCS.rglob("*.md")):
        words = set(re.findall(r"\w+", "".join(re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), re.DOTALL))))
        for name in words & set(NAMES):
            found[name].append(path.relative_to(DOCS).with_suffix("").as_posix())
    return found


def _uses() -> Mapping[str, list[str]]:
    """Name -> the public methods and fields whose types name it, as links."""
    found: dict[str, list[str]] = defaultdict(list)
    for owner in NAMES:
        value = getattr(mwclient_async, owner)
        if not inspect.isclass(value) or _is_alias(owner, value):
            continue
        for member, role, words in _members(value):
            for name in words & set(NAMES) - {owner}:
                found[name].append(f":py:{role}:`{PACKAGE}.{owner}.{member}`")
    return found


def _members(owner: type) -> Iterator[tuple[str, str, set[str]]]:
    """The public members of a class: name, role of a link to it, the words of its types."""
    for base in owner.__mro__:
        if not base.__module__.startswith(PACKAGE):
            continue
        for name, annotation in vars(base).get("__annotations__", {}).items():
            if not name.startswith("_"):
                yield name, "attr", _words(annotation)
        for name, member in vars(base).items():
            function = getattr(member, "fget", None) or getattr(member, "__func__", member)
            if inspect.isfunction(function) and not name.startswith("_"):
                role = "attr" if isinstance(member, property) else "meth"
                yield name, role, {word for hint in function.__annotations__.values() for word in _words(hint)}


def _words(annotation: object) -> set[str]:
    return set(re.findall(r"\w+", annotation if isinstance(annotation, str) else str(annotation)))


def _heading(text: str, underline: str) -> str:
    return f"{text}\n{underline * len(text)}\n\n"


def _public_target(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """Annotations name the module that defines a class; its page is that of the public name."""
    name = str(node.get("reftarget", "")).rpartition(".")[2]
    if node.get("refdomain") != "py" or name not in NAMES:
        return None
    return env.domains.python_domain.resolve_xref(
        env, node["refdoc"], app.builder, "obj", f"{PACKAGE}.{name}", node, content
    )
