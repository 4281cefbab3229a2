"""The values that errors and models both hold."""
