"""A wiki with lists that must be POSTed, as ``list=checkuser`` must.

- ``checks`` and ``audits`` also need a token. They have seven rows, and can be generators of the pages "Row 1" to
  "Row 7".
- ``visits`` needs no token.
- ``merges`` needs a token of another kind.
"""

from __future__ import annotations

from pathlib import Path

SETTINGS = f"require '{Path(__file__).with_name('lists.php')}';"
"""The settings of such a wiki."""
