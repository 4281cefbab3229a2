"""The REST API of a wiki, and the Core REST API of Wikimedia."""
