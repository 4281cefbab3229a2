"""A page of a query."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import field, fields, frozen

from mwclient_async import models
from mwclient_async._values.value import Value, to_json
from mwclient_async.errors import NotRequested, ResultTooLarge

T = TypeVar("T")

TOO_LARGE = "toolarge"
"""The key of a page's mapping that names the modules whose rows are too large, and the ids of such revisions."""


OF_HANDLE = frozenset(
    {
        *("append", "backlinks", "create", "delete", "edit", "get", "history", "html", "languages", "log", "media"),
        *("members", "move", "new_section", "patrol", "prepend", "protect", "protection", "purge", "rollback", "save"),
        *("text", "undelete", "undo", "unwatch", "watch"),
    }
)
"""The methods of a PageHandle that a Page does not have under another meaning."""


def _advice(name: str) -> str:
    if name in OF_HANDLE:
        return f"a Page is what a query has read, and has no {name!r}: site.page(page).{name}(...) is the handle's"
    return f"a Page has no {name!r}: page.extension() reads what extensions add, and page.raw is all that the wiki sent"


def _unchanged(value: Any, _: Any) -> Any:
    return value


def _no_reader(prop: str, _: Mapping[str, Any]) -> Any:
    raise NotRequested(f"this page was not made by a query, so prop={prop} cannot be read")


class PageStatus(Enum):
    """Whether a title or id is a page of the wiki, and if not, why.

    ``INTERWIKI`` is a title of another wiki, ``CIRCULAR`` a redirect that leads back to itself, ``BADREVID`` an id
    that no revision has (or a deleted one). ``SPECIAL`` are titles in the namespaces Special and Media: the wiki does
    not say whether they exist, and they have no properties.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    OK = "ok"
    MISSING = "missing"
    INVALID = "invalid"
    SPECIAL = "special"
    INTERWIKI = "interwiki"
    CIRCULAR = "circular"
    BADREVID = "badrevid"


@frozen(kw_only=True, repr=False)
class Page(Value):
    """One page with the properties that its query asked for, complete.

    Each property of the manual's https://www.mediawiki.org/wiki/API:Properties is an attribute of that name. A property
    that was asked for and that the page does not have is ``()`` or None. A property is converted when it is first read.

    ``ns`` is the number of the namespace. ``pageid`` is None if the page does not exist. ``asked`` is the title or id
    that was passed to ``site.pages``. ``invalidreason`` says why a title is not valid. ``raw`` is the merged mapping as
    the wiki sent it, with what has no attribute here; ``extension`` converts what extensions add.

    If a row of the page is larger than any response of this wiki may be, ``raw["toolarge"]`` names its module.

    Raises:
        NotRequested: an attribute is read that the query did not ask for.
        ResultTooLarge: an attribute is read, and one of its rows is too large for the wiki's responses.
        ProtocolError: an attribute is read, and what the wiki sent for it does not fit.

    See https://www.mediawiki.org/wiki/API:Query.
    """

    title: str
    ns: int | None = None
    pageid: int | None = None
    asked: str | int | None = None
    status: PageStatus = PageStatus.OK
    invalidreason: str | None = None
    raw: Mapping[str, Any] = field(factory=dict, repr=False, hash=False)
    _asked_for: frozenset[str] = field(default=frozenset(), repr=False, alias="props")
    _reader: Callable[[str, Mapping[str, Any]], Any] = field(default=_no_reader, repr=False, eq=False, alias="reader")
    _read: dict[str, Any] = field(factory=dict, repr=False, eq=False, init=False)
    _structure: Callable[[Any, Any], Any] = field(default=_unchanged, repr=False, eq=False, alias="structure")

    def __str__(self) -> str:
        return self.title

    @property
    def exists(self) -> bool:
        """Whether the wiki has this page."""
        return self.status is PageStatus.OK

    # What the page is

    @property
    def info(self) -> models.props_info.PageInfo:
        """``prop=info``: length, times, protection, addresses."""
        return self._requested_prop("info")

    @property
    def pageprops(self) -> Mapping[str, str]:
        """``prop=pageprops``: the properties that the parser stored for the page, by name."""
        return self._requested_prop("pageprops")

    @property
    def categories(self) -> tuple[models.props.PageCategory, ...]:
        """``prop=categories``, in the wiki's order."""
        return self._requested_prop("categories")

    @property
    def categoryinfo(self) -> models.props.CategoryInfo | None:
        """``prop=categoryinfo``; None if the page is not a category, or has no members."""
        return self._requested_prop("categoryinfo")

    # Its revisions

    @property
    def revisions(self) -> tuple[models.props_revisions.Revision, ...]:
        """``prop=revisions``: the latest revision, or several, newest first, with ``rvlimit``, ``rvstart`` and such.

        See https://www.mediawiki.org/wiki/API:Revisions.
        """
        return self._requested_prop("revisions")

    @property
    def deletedrevisions(self) -> tuple[models.props_revisions.Revision, ...]:
        """``prop=deletedrevisions``, newest first. A page that does not exist can have some."""
        return self._requested_prop("deletedrevisions")

    @property
    def contributors(self) -> models.props.Contributors:
        """``prop=contributors``: the accounts that edited the page, and the number of other users who did."""
        return self._requested_prop("contributors")

    # Links from it

    @property
    def links(self) -> tuple[models.props.PageLink, ...]:
        """``prop=links``: the pages that this one links to."""
        return self._requested_prop("links")

    @property
    def templates(self) -> tuple[models.props.PageLink, ...]:
        """``prop=templates``: the pages that this one transcludes."""
        return self._requested_prop("templates")

    @property
    def images(self) -> tuple[models.props.PageLink, ...]:
        """``prop=images``: the files that this page shows."""
        return self._requested_prop("images")

    @property
    def langlinks(self) -> tuple[models.props.LangLink, ...]:
        """``prop=langlinks``: the same page in other languages."""
        return self._requested_prop("langlinks")

    @property
    def iwlinks(self) -> tuple[models.props.InterwikiLink, ...]:
        """``prop=iwlinks``: links to other wikis."""
        return self._requested_prop("iwlinks")

    @property
    def extlinks(self) -> tuple[models.props.ExtLink, ...]:
        """``prop=extlinks``: links to other web pages."""
        return self._requested_prop("extlinks")

    # Links to it

    @property
    def linkshere(self) -> tuple[models.props.LinkingPage, ...]:
        """``prop=linkshere``: the pages that link to this one."""
        return self._requested_prop("linkshere")

    @property
    def redirects(self) -> tuple[models.props.LinkingPage, ...]:
        """``prop=redirects``: the redirects to this page."""
        return self._requested_prop("redirects")

    @property
    def transcludedin(self) -> tuple[models.props.LinkingPage, ...]:
        """``prop=transcludedin``: the pages that transclude this one."""
        return self._requested_prop("transcludedin")

    @property
    def fileusage(self) -> tuple[models.props.LinkingPage, ...]:
        """``prop=fileusage``: the pages that show this file."""
        return self._requested_prop("fileusage")

    # The file

    @property
    def imageinfo(self) -> tuple[models.props_files.ImageInfo, ...]:
        """``prop=imageinfo``: the file's current version, or as many as ``iilimit`` asks for, newest first."""
        return self._requested_prop("imageinfo")

    @property
    def imagerepository(self) -> str | None:
        """The file's repository, with ``prop=imageinfo``: ``local``, another one's name, or None without a file."""
        self._requested_prop("imageinfo")
        return self.raw.get("imagerepository") or None

    @property
    def badfile(self) -> bool | None:
        """Whether the wiki forbids showing the file inline, with ``prop=imageinfo`` and ``iiprop=badfile``."""
        self._requested_prop("imageinfo")
        return self.raw.get("badfile")

    @property
    def duplicatefiles(self) -> tuple[models.props_files.DuplicateFile, ...]:
        """``prop=duplicatefiles``: files with the same contents."""
        return self._requested_prop("duplicatefiles")

    # The rest

    def to_dict(self) -> dict[str, Any]:
        """The page and all properties that the query asked for, in types of JSON.

        Returns a new dict: ``title``, ``ns``, ``pageid``, ``asked``, ``status``, ``invalidreason``, and each property
        by its name. If the query asked for properties that have no attribute, those of extensions, ``extensions`` is a
        dict of what the wiki sent for them. The rest of ``raw`` is left out.

        Raises:
            ResultTooLarge: one of the rows is too large for the wiki's responses.
            ProtocolError: what the wiki sent for a property does not fit.

        See https://www.mediawiki.org/wiki/API:Query.
        """
        facts = ("title", "ns", "pageid", "asked", "status", "invalidreason")
        values = {name: getattr(self, name) for name in facts}
        props = self._asked_for & _attributes()
        if "imageinfo" in props:
            props |= {"imagerepository", "badfile"}
        values |= {prop: getattr(self, prop) for prop in sorted(props)}
        if self._asked_for - props:
            self._check_size(*self.raw.get(TOO_LARGE, ()))
            values["extensions"] = {key: value for key, value in self.raw.items() if key not in _keys_with_a_name()}
        return to_json(values)

    def extension(self, key: str, kind: type[T], /) -> T:
        """A property that has no attribute here, converted: ``page.extension("coordinates", tuple[Place, ...])``.

        Arguments:
            key: a key of ``raw``.
            kind: an attrs class whose fields are named like the wiki's keys, a tuple or mapping of one, or a plain type
                such as ``str`` or ``int``. Keys that the class does not have are ignored.

        Raises:
            NotRequested: the wiki sent no such key: it was not asked for, or this page does not have it.
            ResultTooLarge: it is too large for the wiki's responses.
            ProtocolError: the value does not fit ``kind``.

        See https://www.mediawiki.org/wiki/API:Properties.
        """
        if key not in self.raw:
            self._check_size(*self.raw.get(TOO_LARGE, ()))  # the name of a module may not be that of its key
            raise NotRequested(
                f"the wiki sent no {key!r} for {self.title!r}: ask for the prop that has it, or test "
                f"{key!r} in page.raw, because a page may have none"
            )
        return self._structure(self.raw[key], kind)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(_advice(name))

    def _requested_prop(self, prop: str) -> Any:
        if prop not in self._read:
            if prop not in self._asked_for:
                raise NotRequested(f"the query of {self.title!r} did not ask for this property: add prop={prop}")
            if TOO_LARGE in self.raw:
                self._check_size(prop)
            self._read[prop] = self._reader(prop, self.raw)
        return self._read[prop]

    def _check_size(self, *props: str) -> None:
        too_large = self.raw.get(TOO_LARGE, {})
        for prop in props:
            if prop in too_large:
                raise ResultTooLarge(title=self.title, module=prop)


@cache
def _attributes() -> frozenset[str]:
    """The names of the properties of a Page."""
    return frozenset(name for name, member in vars(Page).items() if isinstance(member, property))


@cache
def _keys_with_a_name() -> frozenset[str]:
    """The keys of ``raw`` that an attribute of a Page tells."""
    info = {field.alias or field.name for field in fields(models.props_info.PageInfo)}
    facts = {"title", "ns", "pageid", "asked", "status", "missing", "known", "special", "invalid", "invalidreason"}
    return _attributes() | info | facts | {"anoncontributors", "index", TOO_LARGE}
