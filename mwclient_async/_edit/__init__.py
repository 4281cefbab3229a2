"""Edits that are saved once, even if replies are lost."""
