"""The values that errors and models share."""
