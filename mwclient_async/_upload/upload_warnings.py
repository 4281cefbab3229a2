"""The warnings of a wiki about a file that is to be published.

The kinds are those of https://www.mediawiki.org/wiki/API:Upload. If a job of MediaWiki 1.43 warns, it uses its internal
form: names and timestamps of files are in mappings, and some kinds have other names. These are converted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mwclient_async._values.warnings import UploadWarning

_RENAMED = {"no-change": "nochange", "duplicate-version": "duplicateversions"}


def parse_upload_warnings(result: Mapping[str, Any]) -> tuple[UploadWarning, ...]:
    """All warnings in the result of an upload, in the form of the manual. Unknown kinds are kept as they are."""
    warnings = result.get("warnings")
    if not isinstance(warnings, Mapping):
        return ()
    return tuple(_parse_warning(str(kind), value) for kind, value in warnings.items())


def _parse_warning(kind: str, value: Any) -> UploadWarning:
    if kind == "exists" and isinstance(value, Mapping):
        file = value.get("normalizedFile") or value.get("file")
        return UploadWarning(kind=str(value.get("warning", kind)), value=_file_name(file))
    if kind in _RENAMED:
        return UploadWarning(kind=_RENAMED[kind], value=_convert_each(value, _file_timestamp))
    if kind == "duplicate":
        return UploadWarning(kind=kind, value=_convert_each(value, _file_name))
    return UploadWarning(kind=kind, value=value)


def _convert_each(value: Any, convert: Callable[[Any], Any]) -> Any:
    return [convert(item) for item in value] if isinstance(value, list) else convert(value)


def _file_name(file: Any) -> Any:
    return file.get("fileName") if isinstance(file, Mapping) else file


def _file_timestamp(file: Any) -> Any:
    """The timestamp of a file in the form of the manual; ``20261121081112`` is the internal form."""
    digits = str(file.get("timestamp", "")) if isinstance(file, Mapping) else ""
    if len(digits) != len("YYYYMMDDhhmmss") or not digits.isdecimal():
        return file
    date, time = [digits[:4], digits[4:6], digits[6:8]], [digits[8:10], digits[10:12], digits[12:]]
    return {"timestamp": f"{'-'.join(date)}T{':'.join(time)}Z"}
