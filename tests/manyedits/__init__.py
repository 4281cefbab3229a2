"""The same edit of many pages."""
