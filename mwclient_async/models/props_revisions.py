"""Revisions of a page, and their texts.

The manual's page is https://www.mediawiki.org/wiki/API:Revisions. ``props.py`` says how fields are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from attrs import field, frozen

from mwclient_async._values.value import Value
from mwclient_async.errors import NotRequested
from mwclient_async.models.requested import Requested

_NO_TEXT = "the wiki sent no text of this revision: add rvprop=content (a page that the account may not read has none)"


@frozen(kw_only=True, repr=False)
class Slot(Value):
    """One slot of a revision.

    ``size`` is in bytes, ``sha1`` in hex.

    See https://www.mediawiki.org/wiki/Multi-Content_Revisions.
    """

    contentmodel: str = ""
    contentformat: str = ""
    _content: str | None = field(default=None, alias="content", repr=False)
    size: int | None = None
    sha1: str | None = None
    missing: bool = False
    nosuchsection: bool = False
    badcontentformat: bool = False
    texthidden: bool = False
    textmissing: bool = False
    sha1hidden: bool = False

    @property
    def content(self) -> str | None:
        """The text; None if an administrator hid it, or if the wiki does not have it; the flags say which.

        Raises:
            NotRequested: the wiki sent no text.
        """
        without_text = self.texthidden or self.textmissing or self.missing or self.nosuchsection
        if self._content is None and not (without_text or self.badcontentformat):
            raise NotRequested(_NO_TEXT)
        return self._content


@frozen(kw_only=True, repr=False)
class Revision(Value):
    """``prop=revisions`` and ``prop=deletedrevisions``: one revision, with the fields that ``rvprop`` names.

    ``size`` is in bytes, ``sha1`` in hex, both of all slots together. ``user``, ``comment`` and ``content`` are None if
    an administrator hid them; the ``...hidden`` flags say so. ``anon`` says that ``user`` is an IP address, ``temp``
    that it is a temporary account.

    See https://www.mediawiki.org/wiki/API:Revisions.
    """

    revid: ClassVar[Requested[int]] = Requested("rvprop=ids")
    timestamp: ClassVar[Requested[datetime]] = Requested("rvprop=timestamp")
    minor: ClassVar[Requested[bool]] = Requested("rvprop=flags")

    _revid: int | None = None
    parentid: int | None = None
    _timestamp: datetime | None = None
    user: str | None = None
    userid: int | None = None
    anon: bool = False
    temp: bool = False
    _minor: bool | None = None
    comment: str | None = None
    parsedcomment: str | None = None
    size: int | None = None
    sha1: str | None = None
    contentmodel: str | None = None
    contentformat: str | None = None
    tags: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    slots: Mapping[str, Slot] = field(default={}, hash=False)
    slotsmissing: bool = False
    userhidden: bool = False
    commenthidden: bool = False
    sha1hidden: bool = False
    texthidden: bool = False
    textmissing: bool = False
    badcontentformat: bool = False
    suppressed: bool = False
    _text: str | None = field(default=None, alias="text", repr=False)

    @property
    def content(self) -> str | None:
        """The text of the main slot; None if an administrator hid it, or if the wiki does not have it.

        Raises:
            NotRequested: the wiki sent no text: the query did not ask for ``rvprop=content``, or ``rvslots`` names
                other slots only.
        """
        if (main := self.slots.get("main")) is not None:
            return main.content
        without_text = self.texthidden or self.textmissing or self.slotsmissing or self.badcontentformat
        if self._text is None and not without_text:
            raise NotRequested(_NO_TEXT)
        return self._text

    def to_dict(self) -> dict[str, Any]:
        """The fields in types of JSON; ``content`` is the text of the main slot, or None if the wiki sent none.

        See https://www.mediawiki.org/wiki/API:Revisions.
        """
        fields = super().to_dict()
        text = fields.pop("text")
        return fields | {"content": fields["slots"].get("main", {}).get("content", text)}
