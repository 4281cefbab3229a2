"""The errors of the tour itself."""


class TourError(Exception):
    """The tour cannot continue; the message says what to do."""
