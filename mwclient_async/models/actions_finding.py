"""What a search finds: pages by the beginning of their titles, and modules of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from mwclient_async._values.value import Value


@frozen(kw_only=True, repr=False)
class OpenSearchHit(Value):
    """A page whose title begins with the text that was searched for.

    See https://www.mediawiki.org/wiki/API:Opensearch.
    """

    title: str
    description: str = ""
    url: str = ""


@frozen(kw_only=True, repr=False)
class ParameterInfo(Value):
    """A parameter of a module, named without the module's prefix.

    ``type`` is the wiki's word (``"string"``, ``"integer"``, ``"timestamp"``), ``"enum"`` if it takes only ``values``.
    A ``multi`` parameter takes several values, ``limit`` of them for this account.

    See https://www.mediawiki.org/wiki/API:Parameter_information.
    """

    name: str
    type: str = ""
    values: tuple[str, ...] = ()
    default: Any = field(default=None, hash=False)
    required: bool = False
    multi: bool = False
    deprecated: bool = False
    sensitive: bool = False
    limit: int | None = None
    lowlimit: int | None = None
    highlimit: int | None = None
    min: int | None = None
    max: int | None = None
    highmax: int | None = None
    allspecifier: str | None = None
    tokentype: str | None = None
    submodules: Mapping[str, str] = field(default={}, hash=False)
    description: Any = field(default=None, hash=False)


@frozen(kw_only=True, repr=False)
class ModuleInfo(Value):
    """A module of the API. ``path`` names it, ``prefix`` is the beginning of its parameters' names.

    ``source`` is the software that it belongs to: MediaWiki or an extension. ``dynamicparameters`` says that it takes
    more than ``parameters``. ``raw`` is the module as the wiki sent it.

    See https://www.mediawiki.org/wiki/API:Parameter_information.
    """

    name: str
    path: str
    group: str | None = None
    prefix: str = ""
    source: str | None = None
    description: Any = field(default=None, hash=False)
    generator: bool = False
    readrights: bool = False
    writerights: bool = False
    mustbeposted: bool = False
    deprecated: bool = False
    internal: bool = False
    dynamicparameters: Any = field(default=None, hash=False)
    helpurls: tuple[str, ...] = ()
    parameters: tuple[ParameterInfo, ...] = ()
    raw: Mapping[str, Any] = field(default={}, hash=False, repr=False)
