"""Warnings of a wiki: beside a response, and before it publishes a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from mwclient_async._values.mappings import picklable
from mwclient_async._values.value import Value


@frozen(kw_only=True)
class ApiWarning(Value):
    """A warning that came with a response: the wiki did what it could, and says what it could not do.

    - ``code``: the stable name of the warning, such as ``"unrecognizedparams"``.
    - ``text``: the warning in English, for people.
    - ``module``: the path of the module that warned, such as ``"query+allpages"``.
    - ``data``: further values of the warning, as the wiki sent them.

    See https://www.mediawiki.org/wiki/API:Errors_and_warnings.
    """

    code: str
    text: str
    module: str = ""
    data: Mapping[str, Any] = field(factory=dict, converter=picklable, eq=False, repr=False)


@frozen(kw_only=True)
class UploadWarning(Value):
    """A reason why the wiki asks for a decision before it publishes a file.

    ``kind`` is the wiki's name for it, ``value`` the details, as they were sent. ``titles``, ``timestamps`` and
    ``numbers`` are what ``value`` contains:

    ============================================  =====================================================================
    ``exists``, ``page-exists``, ``was-deleted``  ``titles``: the file or page of that name, now or earlier
    ``exists-normalized``                         ``titles``: a file whose name differs in case, spaces or extension
    ``thumb``, ``thumb-name``, ``bad-prefix``     ``titles``: what the name looks like
    ``badfilename``                               ``titles``: the name that the wiki would use instead
    ``duplicate``, ``duplicate-archive``          ``titles``: files with the same contents, present or deleted
    ``nochange``, ``duplicateversions``           ``timestamps``: versions of this file with the same contents
    ``large-file``                                ``numbers``: the recommended size limit and the size sent, in bytes
    ``filetype-unwanted-type``                    ``titles``: the extension, and those that the wiki prefers
    ``empty-file``                                nothing more
    ============================================  =====================================================================

    Extensions of a wiki add further kinds. See https://www.mediawiki.org/wiki/API:Upload.
    """

    kind: str
    value: Any = field(default=None, hash=False)

    @property
    def titles(self) -> tuple[str, ...]:
        """The titles and names in ``value``, as the wiki writes them; empty if it names none."""
        if self.kind in _WITHOUT_TITLES:
            return ()
        return tuple(text for text in _leaves(self.value) if isinstance(text, str) and text)

    @property
    def timestamps(self) -> tuple[datetime, ...]:
        """The times in ``value``, newest first, in UTC."""
        texts = [text for text in _leaves(self.value) if isinstance(text, str) and _TIMESTAMP.fullmatch(text)]
        return tuple(datetime.fromisoformat(text) for text in texts)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers in ``value``."""
        values = list(_leaves(self.value))
        if self.kind == "large-file":  # for a stashed file, the wiki sends the size as text
            values = [int(value) if isinstance(value, str) and value.isdecimal() else value for value in values]
        return tuple(value for value in values if type(value) is int)


_WITHOUT_TITLES = frozenset({"nochange", "duplicateversions", "large-file", "empty-file"})
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _leaves(value: Any) -> Iterator[Any]:
    """The leaves of a warning's value, however deep it is nested."""
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        yield value
        return
    for item in value:
        yield from _leaves(item)
