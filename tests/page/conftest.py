"""The same accounts as in ``tests/edit``."""

from tests.edit.conftest import admin_auth, admin_site, blocked_auth, user_auth, user_site

__all__ = ["admin_auth", "admin_site", "blocked_auth", "user_auth", "user_site"]
