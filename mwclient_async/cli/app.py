"""The program ``mwa`` and its options; its commands are in ``reading.py``, ``writing.py`` and ``crawling.py``."""

from __future__ import annotations

from importlib import metadata
from typing import Annotated

import typer

app: typer.Typer = typer.Typer(
    name="mwa",
    help="Read, edit, upload to and follow a MediaWiki. Docs: docs/command-line.md of mwclient_async.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:  # noqa: FBT001 - typer calls it
    if asked:
        typer.echo(f"mwa {metadata.version('mwclient_async')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
