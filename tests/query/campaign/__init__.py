"""A campaign of random queries: each is compared with an oracle that asks every page and every property once."""
