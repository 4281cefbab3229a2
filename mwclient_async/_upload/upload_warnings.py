"""What a wiki warns of when a file is to be published.

The kinds are those of https://www.mediawiki.org/wiki/API:Upload. Where it is a job of MediaWiki 1.43 that warns, it
does so in the words of its inside: names and times of files are in mappings, and some kinds have other names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mwclient_async._values.warnings import UploadWarning

_RENAMED = {"no-change": "nochange", "duplicate-version": "duplicateversions"}


def warnings_of(result: Mapping[str, Any]) -> tuple[UploadWarning, ...]:
    """All warnings of an answer, in the words of the manual; kinds that are not known come as they are."""
    warnings = result.get("warnings")
    if not isinstance(warnings, Mapping):
        return ()
    return tuple(_warning(str(kind), value) for kind, value in warnings.items())


def _warning(kind: str, value: Any) -> UploadWarning:
    if kind == "exists" and isinstance(value, Mapping):
        file = value.get("normalizedFile") or value.get("file")
        return UploadWarning(kind=str(value.get("warning", kind)), value=_name_of(file))
    if kind in _RENAMED:
        return UploadWarning(kind=_RENAMED[kind], value=_each(value, _version_of))
    if kind == "duplicate":
        return UploadWarning(kind=kind, value=_each(value, _name_of))
    return UploadWarning(kind=kind, value=value)


def _each(value: Any, take: Any) -> Any:
    return [take(item) for item in value] if isinstance(value, list) else take(value)


def _name_of(file: Any) -> Any:
    return file.get("fileName") if isinstance(file, Mapping) else file


def _version_of(file: Any) -> Any:
    """The time of a file, as the manual has it: ``20261121081112`` is the same without its punctuation."""
    told = str(file.get("timestamp", "")) if isinstance(file, Mapping) else ""
    if len(told) != len("YYYYMMDDhhmmss") or not told.isdecimal():
        return file
    date, time = [told[:4], told[4:6], told[6:8]], [told[8:10], told[10:12], told[12:]]
    return {"timestamp": f"{'-'.join(date)}T{':'.join(time)}Z"}
