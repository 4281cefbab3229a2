"""The command line of the tour: arguments, and what becomes of errors."""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async.tour.screen import Screen

_NO_RICH = "The tour is drawn with rich, which is not installed. Install it with: pip install 'mwclient_async[tour]'"
_WHO_ARE_YOU = (
    "--api needs --user-agent, which tells the wiki who is asking. Wikimedia's User-Agent policy "
    "(https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy) wants a name and a way to reach you, and wikis "
    "refuse or slow down those who give none: for example --user-agent 'MyTour/1.0 (you@example.org)'"
)

_FAILED, _UNABLE, _INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Give the tour that the arguments ask for.

    Returns the exit status: 0, 1 for an error or a check that did not hold, 2 for wrong arguments or a missing
    program, 130 for Ctrl-C.
    """
    options = _options(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # whatever the terminal cannot show becomes a question mark
    try:
        return _give(options)
    except KeyboardInterrupt:
        sys.stderr.write("\nThe tour was interrupted; nothing is left of it.\n")
        return _INTERRUPTED


def _give(options: argparse.Namespace) -> int:
    try:
        from mwclient_async.tour.screen import Screen
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "rich":
            raise
        return _complain(_NO_RICH, _UNABLE)
    import anyio

    from mwclient_async.errors import MediaWikiError
    from mwclient_async.testing import MissingWiki, WikiError
    from mwclient_async.tour.errors import TourError

    screen = Screen()
    try:
        anyio.run(_tour, options, screen)
    except (MediaWikiError, WikiError, TourError, ValueError, OSError) as error:
        wrong_arguments = isinstance(error, ValueError) and not isinstance(error, MediaWikiError)
        return _complain(str(error), _UNABLE if wrong_arguments or isinstance(error, MissingWiki) else _FAILED)
    if screen.failed:
        return _complain(f"{len(screen.failed)} of {screen.checks} checks failed: {'; '.join(screen.failed)}", _FAILED)
    return 0


async def _tour(options: argparse.Namespace, screen: "Screen") -> None:
    from mwclient_async.tour import routes

    if options.api is None:
        await routes.local(screen)
    else:
        await routes.foreign(
            screen, api_url=options.api, user_agent=options.user_agent, category=options.category, page=options.page
        )


def _complain(text: str, status: int) -> int:
    sys.stderr.write(f"{text}\n")
    return status


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mwclient_async.tour",
        description="Watch mwclient_async at work: on a throwaway MediaWiki that it starts on this machine, or on any "
        "other wiki, where it only reads a little.",
    )
    other = parser.add_argument_group("on another wiki")
    other.add_argument("--api", metavar="URL", help="the address of its api.php, as its page Special:Version names it")
    other.add_argument("--user-agent", metavar="TEXT", help="who is asking, with a way to reach you; needed with --api")
    other.add_argument("--category", metavar="TITLE", help="read this category's pages (default: the wiki's first)")
    other.add_argument("--page", metavar="TITLE", help="walk this page's history (default: the main page's)")
    options = parser.parse_args(argv)
    if options.api is None and (options.user_agent or options.category or options.page):
        parser.error("--user-agent, --category and --page are of another wiki: give its address with --api")
    if options.api is not None and not options.user_agent:
        parser.error(_WHO_ARE_YOU)
    return options


if __name__ == "__main__":
    sys.exit(main())
