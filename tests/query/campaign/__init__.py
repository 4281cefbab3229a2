"""A campaign of random queries. Each is compared with an oracle that requests each page and property alone."""
