"""A wiki that accepts OAuth 2 tokens, as a wiki with Extension:OAuth does."""

from tests.support.oauth_wiki.token_desk import SETTINGS, Client, TokenDesk, TokenRequest

__all__ = ["SETTINGS", "Client", "TokenDesk", "TokenRequest"]
