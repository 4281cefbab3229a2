"""Edits that are done once."""
