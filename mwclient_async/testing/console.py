"""The messages of this package's commands at the terminal."""


def say(text: str) -> None:
    """Print a line without buffering, so that it comes before what it announces."""
    print(text, flush=True)  # noqa: T201
