"""``site.page(title)``: one page, to read, edit and manage."""
