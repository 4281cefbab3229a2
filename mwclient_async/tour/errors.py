"""What can go wrong with the tour itself."""


class TourError(Exception):
    """The tour cannot go on; the message says what to do."""
