"""What the wiki has: pages whose titles begin so, and modules of its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen(kw_only=True)
class OpenSearchHit:
    """A page whose title begins with what was searched for. See https://www.mediawiki.org/wiki/API:Opensearch."""

    title: str
    description: str = ""
    url: str = ""


@frozen(kw_only=True)
class ParameterInfo:
    """A parameter of a module, named without the module's prefix.

    ``type`` is the wiki's word for it (``"string"``, ``"integer"``, ``"timestamp"``), ``"enum"`` where ``values`` are
    all that it takes. A ``multi`` one takes several, ``limit`` of them for this account. See
    https://www.mediawiki.org/wiki/API:Parameter_information.
    """

    name: str
    type: str = ""
    values: tuple[str, ...] = ()
    default: Any = None
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
    submodules: Mapping[str, str] = {}
    description: Any = None


@frozen(kw_only=True)
class ModuleInfo:
    """A module of the API. ``path`` names it, ``prefix`` is what its parameters begin with.

    ``source`` is where it comes from: MediaWiki or an extension. ``dynamicparameters`` says that it takes more than
    ``parameters``. See https://www.mediawiki.org/wiki/API:Parameter_information.
    """

    name: str
    path: str
    group: str | None = None
    prefix: str = ""
    source: str | None = None
    description: Any = None
    generator: bool = False
    readrights: bool = False
    writerights: bool = False
    mustbeposted: bool = False
    deprecated: bool = False
    internal: bool = False
    dynamicparameters: Any = None
    helpurls: tuple[str, ...] = ()
    parameters: tuple[ParameterInfo, ...] = ()
    raw: Mapping[str, Any] = {}
