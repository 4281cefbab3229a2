"""``site.page(title)``: reading, edits by a function, sections, undos, and the EditDefaults."""
