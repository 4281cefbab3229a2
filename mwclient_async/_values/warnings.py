"""What a wiki warns of, beside a response and before it publishes a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen


@frozen(kw_only=True)
class ApiWarning:
    """A warning that came beside a reply: the wiki did what it could, and says what it could not.

    ``code`` is the wiki's stable name for it (``"unrecognizedparams"``), ``text`` is for people, ``module`` is the path
    of the module that warned (``"query+allpages"``), ``data`` what it said beside that. See https://www.mediawiki.org/wiki/API:Errors_and_warnings.
    """

    code: str
    text: str
    module: str = ""
    data: Mapping[str, Any] = field(factory=dict, eq=False, repr=False)


@frozen(kw_only=True)
class UploadWarning:
    """Something that the wiki wants decided before it publishes a file.

    ``kind`` is the wiki's name for it, ``value`` what it says about it, as it was sent. ``titles``, ``timestamps`` and
    ``numbers`` are what is in that:

    ============================================  =====================================================================
    ``exists``, ``page-exists``, ``was-deleted``  ``titles``: the file or page of that name, now or once
    ``exists-normalized``                         ``titles``: a file whose name differs in case, spaces or extension
    ``thumb``, ``thumb-name``, ``bad-prefix``     ``titles``: what the name looks like
    ``badfilename``                               ``titles``: the name that the wiki would give it
    ``duplicate``, ``duplicate-archive``          ``titles``: files with the same contents, present or deleted
    ``nochange``, ``duplicateversions``           ``timestamps``: versions of this file with the same contents
    ``large-file``                                ``numbers``: bytes that the wiki recommends at most, and those sent
    ``filetype-unwanted-type``                    ``titles``: the extension, and those that the wiki prefers
    ``empty-file``                                nothing more
    ============================================  =====================================================================

    Extensions of a wiki add further kinds. See https://www.mediawiki.org/wiki/API:Upload.
    """

    kind: str
    value: Any = None

    @property
    def titles(self) -> tuple[str, ...]:
        """The names in it, as the wiki writes them; none where it keeps them to itself."""
        if self.kind in _WITHOUT_TITLES:
            return ()
        return tuple(text for text in _flat(self.value) if isinstance(text, str) and text)

    @property
    def timestamps(self) -> tuple[datetime, ...]:
        """The times in it, newest first."""
        texts = [text for text in _flat(self.value) if isinstance(text, str) and _INSTANT.fullmatch(text)]
        return tuple(datetime.fromisoformat(text) for text in texts)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers in it."""
        values = list(_flat(self.value))
        if self.kind == "large-file":  # of a stashed file, the wiki writes the size as text
            values = [int(value) if isinstance(value, str) and value.isdecimal() else value for value in values]
        return tuple(value for value in values if type(value) is int)


_WITHOUT_TITLES = frozenset({"nochange", "duplicateversions", "large-file", "empty-file"})


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _flat(value: Any) -> Iterator[Any]:
    """What is in a warning's value, however deep."""
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        yield value
        return
    for item in value:
        yield from _flat(item)
