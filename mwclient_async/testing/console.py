"""What the commands of this package tell the person at the terminal."""


def say(text: str) -> None:
    """Print a line at once, so that it stands before what it announces."""
    print(text, flush=True)  # noqa: T201
