"""A title, read by the rules of its wiki."""

from __future__ import annotations

from typing import Any

from attrs import evolve, field, frozen

from mwclient_async._query.title_rules import MAIN, TitleParts, TitleRules, invalid_title
from mwclient_async._values.value import Value
from mwclient_async.models.info import Namespace


@frozen(kw_only=True, repr=False)
class Title(Value):
    """A title as its wiki reads it: ``await site.title("talk:foo_bar#History")`` is ``Talk:Foo bar#History``.

    ``ns`` is the number of the namespace, ``text`` the title without it, with spaces. ``interwiki`` is the prefix of
    another wiki, in lower case, or ``""``. ``fragment`` is the section behind the ``#``, or ``""``.

    Two titles are equal if they are those of one page: all spellings of it, on the same wiki, with any fragment. Where
    the library takes a title, it takes a Title, too. ``str(title)`` is the whole title, with its fragment.

    The wiki may write the namespace of a user in the form of their gender, and a special page under its other names:
    ``title`` always has the namespace's first name, and special pages keep the name that was given.

    See https://www.mediawiki.org/wiki/Manual:Page_title.
    """

    wiki: str = field(repr=False)
    ns: int
    text: str
    interwiki: str = ""
    fragment: str = field(default="", eq=False)
    _rules: TitleRules = field(repr=False, eq=False, alias="rules")

    def __str__(self) -> str:
        return f"{self.title}#{self.fragment}" if self.fragment else self.title

    def __repr__(self) -> str:
        return f"Title({str(self)!r})"

    def to_dict(self) -> dict[str, Any]:
        """The title and its parts: ``title``, ``ns``, ``text``, ``interwiki`` and ``fragment``.

        See https://www.mediawiki.org/wiki/Manual:Page_title.
        """
        return {name: getattr(self, name) for name in ("title", "ns", "text", "interwiki", "fragment")}

    # With and without prefix

    @property
    def title(self) -> str:
        """The title with its interwiki prefix and namespace, without the fragment."""
        prefixes = [prefix for prefix in (self.interwiki.replace("_", " "), self._prefix) if prefix]
        return ":".join([*prefixes, self.text])

    @property
    def international(self) -> str:
        """The whole title with the canonical name of its namespace, which all wikis know: ``Talk:Erde``.

        A namespace that only some wikis have can be without one; then it has its name.
        """
        namespace = self._rules.namespaces.get(self.ns)
        name = (namespace.canonical or namespace.name) if namespace is not None and self.ns != MAIN else ""
        prefixes = [prefix for prefix in (self.interwiki, name) if prefix]
        return ":".join([*prefixes, self.text]) + (f"#{self.fragment}" if self.fragment else "")

    @property
    def dbkey(self) -> str:
        """The text with underscores, as dumps and databases have it (``page_title``)."""
        return self.text.replace(" ", "_")

    @property
    def namespace(self) -> Namespace:
        """The namespace: its names, whether it has subpages, and so on.

        Raises:
            KeyError: the wiki does not have it (any more).
        """
        return self._rules.namespaces[self.ns]

    @property
    def _prefix(self) -> str:
        namespace = self._rules.namespaces.get(self.ns)
        if namespace is None or self.ns == MAIN:
            return ""
        return (self.interwiki and namespace.canonical) or namespace.name

    # Talk and subject

    @property
    def is_talk(self) -> bool:
        """Whether this is a talk page."""
        return self.ns > MAIN and self.ns % 2 == 1

    @property
    def has_talk(self) -> bool:
        """Whether there can be a talk page: not of special pages, of other wikis, and of sections without a page."""
        return not self.interwiki and bool(self.text) and self.ns >= MAIN and (self.ns | 1) in self._rules.namespaces

    @property
    def talk(self) -> Title:
        """The talk page; the title itself if it is one.

        Raises:
            InvalidTitle: there is none (``has_talk``).
        """
        if not self.has_talk:
            raise invalid_title(str(self), "title-invalid", "such a page has no talk page")
        return self._in_namespace(self.ns | 1)

    @property
    def subject(self) -> Title:
        """The page that this talk page is about; the title itself if it is not a talk page."""
        return self._in_namespace(self.ns - 1) if self.is_talk and not self.interwiki else self

    def _in_namespace(self, ns: int) -> Title:
        return self if ns == self.ns else evolve(self, ns=ns, fragment="")

    # Subpages

    @property
    def is_subpage(self) -> bool:
        """Whether this is a subpage: the namespace has subpages, and there is a slash behind the first character."""
        return self.base is not self

    @property
    def base(self) -> Title:
        """The page that this is a subpage of: ``A/B`` of ``A/B/C``. The title itself if it is none."""
        at = self.text.rfind("/") if self._has_subpages else -1
        return self._cut(at)

    @property
    def root(self) -> Title:
        """The page at the top: ``A`` of ``A/B/C``. The title itself if it is not a subpage."""
        slashes = min(len(self.text) - len(self.text.lstrip("/")), max(len(self.text) - 1, 0))
        at = self.text.find("/", slashes) if self._has_subpages else -1
        return self._cut(at)

    @property
    def subpage_text(self) -> str:
        """The last part of the name: ``C`` of ``A/B/C``. The whole ``text`` if it is not a subpage."""
        at = self.text.rfind("/") if self._has_subpages else -1
        return self.text[at + 1 :] if at > 0 else self.text

    def subpage(self, name: str) -> Title:
        """The subpage of this name: ``A/B`` of ``A``.

        Raises:
            InvalidTitle: there can be no such title, because it is too long, for example.

        See https://www.mediawiki.org/wiki/Help:Subpages.
        """
        return self._parsed(f"{self.text}/{name}")

    @property
    def _has_subpages(self) -> bool:
        namespace = self._rules.namespaces.get(self.ns)
        return namespace is not None and namespace.subpages

    def _cut(self, at: int) -> Title:
        return self._parsed(self.text[:at]) if at > 0 else self

    def _parsed(self, name: str) -> Title:
        """Another title of the same namespace."""
        namespace = self._rules.namespaces.get(self.ns)  # an alias may hide its local name, but not the canonical one
        prefix = (namespace.canonical or namespace.name) if namespace is not None else ""
        interwiki = f"{self.interwiki}:" if self.interwiki else ""
        known = self._rules.with_capitals({self.text[:1]: self.text[:1]} if self.text else {})
        return title_from(known.parse(f"{interwiki}{prefix}:{name}"), self._rules)


def title_from(parts: TitleParts, rules: TitleRules) -> Title:
    """The title that has these parts."""
    return Title(
        wiki=rules.wiki,
        ns=parts.namespace,
        text=parts.name,
        interwiki=parts.interwiki,
        fragment=parts.fragment,
        rules=rules,
    )
