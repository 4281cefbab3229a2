"""``python -m mwclient_async.testing``: the commands ``install`` and ``serve``."""

import argparse
import functools
import sys

from mwclient_async.testing.errors import WikiError


def main() -> int:
    """Run the command that the arguments name.

    Returns the exit status: 0 for success, 1 for an error of the wiki, 130 for Ctrl-C.
    """
    arguments = _parser().parse_args()
    try:
        if arguments.command == "install":
            _install(arguments.version)
        else:
            _serve(arguments.version, port=arguments.port)
    except WikiError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _install(version: str | None) -> None:
    from mwclient_async.testing.install import SUITES, install

    install(tuple(SUITES) if version == "all" else (version,))


def _serve(version: str | None, *, port: int | None) -> None:
    import anyio

    from mwclient_async.testing.serve import serve

    anyio.run(functools.partial(serve, version=version, port=port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mwclient_async.testing", description="Run a real MediaWiki for tests."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser(
        "install",
        help="install MediaWiki and PHP, if they are missing",
        description="Install MediaWiki and PHP, if they are missing, and say what is installed.",
    )
    install.add_argument("--version", choices=["1.39", "1.43", "all"], help="default: the one for this system's PHP")
    serve = commands.add_parser(
        "serve",
        help="run a throwaway wiki until Ctrl-C",
        description="Run a throwaway wiki until Ctrl-C, and print its addresses and the administrator's password.",
    )
    serve.add_argument("--version", help="such as 1.39 (default: the first one found)")
    serve.add_argument("--port", type=int, help="default: any free port")
    return parser


if __name__ == "__main__":
    sys.exit(main())
