"""The command line of the tour: its arguments, its error messages and its exit status."""

import argparse
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwclient_async.tour.screen import Screen

_NO_RICH = (
    "The tour needs the package rich, which is not installed. Install it with: pip install 'mwclient_async[tour]'"
)
_NO_USER_AGENT = (
    "--api needs --user-agent, which identifies the client to the wiki. Wikimedia's User-Agent policy "
    "(https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy) asks for a name and a way to reach you; wikis "
    "refuse or slow down clients that give none. For example: --user-agent 'MyTour/1.0 (you@example.org)'"
)

_FAILED, _UNABLE, _INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tour that the arguments ask for.

    Returns the exit status: 0 for success, 1 for an error or a failed check, 2 for wrong arguments or a missing
    program, 130 for Ctrl-C.
    """
    options = _options(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a character that the terminal cannot show becomes a question mark
    try:
        return _run(options)
    except KeyboardInterrupt:
        sys.stderr.write("\nThe tour was interrupted. It removed its wiki and its files.\n")
        return _INTERRUPTED


def _run(options: argparse.Namespace) -> int:
    try:
        from mwclient_async.tour.screen import Screen
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "rich":
            raise
        return _report_error(_NO_RICH, _UNABLE)
    import anyio

    from mwclient_async.errors import MediaWikiError
    from mwclient_async.testing import MissingWiki, WikiError
    from mwclient_async.tour.errors import TourError

    screen = Screen()
    try:
        anyio.run(_tour, options, screen)
    except (MediaWikiError, WikiError, TourError, ValueError, OSError) as error:
        wrong_arguments = isinstance(error, ValueError) and not isinstance(error, MediaWikiError)
        return _report_error(str(error), _UNABLE if wrong_arguments or isinstance(error, MissingWiki) else _FAILED)
    if screen.failed:
        return _report_error(
            f"{len(screen.failed)} of {screen.checks} checks failed: {'; '.join(screen.failed)}", _FAILED
        )
    return 0


async def _tour(options: argparse.Namespace, screen: "Screen") -> None:
    from mwclient_async.tour import parts

    if options.api is None:
        await parts.show_local_wiki(screen)
    else:
        await parts.show_other_wiki(
            screen, api_url=options.api, user_agent=options.user_agent, category=options.category, page=options.page
        )


def _report_error(text: str, status: int) -> int:
    sys.stderr.write(f"{text}\n")
    return status


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mwclient_async.tour",
        description="Show mwclient_async at work, on a throwaway MediaWiki that the tour starts on this machine, or on "
        "any other wiki, where the tour reads a few pages and writes nothing.",
    )
    other = parser.add_argument_group("on another wiki")
    other.add_argument(
        "--api", metavar="URL", help="the address of api.php, as the wiki's page Special:Version shows it"
    )
    other.add_argument(
        "--user-agent", metavar="TEXT", help="the client's name and a way to reach you; required with --api"
    )
    other.add_argument(
        "--category", metavar="TITLE", help="read the pages of this category (default: the wiki's first pages)"
    )
    other.add_argument("--page", metavar="TITLE", help="read the history of this page (default: the main page)")
    options = parser.parse_args(argv)
    if options.api is None and (options.user_agent or options.category or options.page):
        parser.error("--user-agent, --category and --page describe another wiki: also give its address with --api")
    if options.api is not None and not options.user_agent:
        parser.error(_NO_USER_AGENT)
    return options


if __name__ == "__main__":
    sys.exit(main())
