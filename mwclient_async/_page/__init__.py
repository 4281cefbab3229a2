"""The handle of a page."""
