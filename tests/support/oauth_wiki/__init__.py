"""A wiki that takes OAuth 2 tokens, as one with Extension:OAuth does."""

from tests.support.oauth_wiki.token_desk import SETTINGS, Client, TokenDesk, TokenRequest

__all__ = ["SETTINGS", "Client", "TokenDesk", "TokenRequest"]
