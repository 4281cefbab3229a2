"""Queries, lists and pages as streams."""
