"""Mappings as fields of frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def picklable(mapping: Mapping[str, Any] | None) -> Any:
    """A ``MappingProxyType`` as a dict, because Python cannot pickle or deep-copy a proxy; others as they are."""
    return dict(mapping) if isinstance(mapping, MappingProxyType) else mapping
