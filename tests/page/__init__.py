"""The handle of a page: what it reads, edits by function, sections, undos, and its manners."""
