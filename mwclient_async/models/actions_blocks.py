"""The results of blocking and unblocking.

The manual's pages are https://www.mediawiki.org/wiki/API:Block and https://www.mediawiki.org/wiki/API:Unblock.
"""

from __future__ import annotations

from attrs import frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class BlockResult(Value):
    """A block that was set, as the wiki stored it.

    ``user`` is what is blocked: a name, an IP address or a range; ``userid`` is 0 if that is not an account. ``expiry``
    is an ISO 8601 time or ``"infinite"``, as text. The restrictions are those of a ``partial`` block.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done.

    See https://www.mediawiki.org/wiki/API:Block.
    """

    id: int
    user: str
    userid: int = 0
    expiry: str = ""
    reason: str = ""
    anononly: bool = False
    nocreate: bool = False
    autoblock: bool = False
    noemail: bool = False
    hidename: bool = False
    allowusertalk: bool = False
    watchuser: bool = False
    watchlistexpiry: str | None = None
    partial: bool = False
    pagerestrictions: tuple[str, ...] = ()
    namespacerestrictions: tuple[int, ...] = ()
    actionrestrictions: tuple[str, ...] = ()
    verified: bool = False


@frozen(kw_only=True, repr=False)
class UnblockResult(Value):
    """A block that was lifted. ``user`` is empty for an automatic one, whose address is secret.

    Only newer wikis (1.43) send ``watchuser`` and ``watchlistexpiry``.

    ``verified`` says that the response was lost, and that the wiki's log shows that it was done; ``id`` is then 0,
    because the log does not name the block.

    See https://www.mediawiki.org/wiki/API:Unblock.
    """

    id: int
    user: str = ""
    userid: int = 0
    reason: str = ""
    watchuser: bool = False
    watchlistexpiry: str | None = None
    verified: bool = False
