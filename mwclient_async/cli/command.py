"""How a command is declared: a coroutine function of a Job, with an example that its help shows."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from mwclient_async.cli.exits import UsageError
from mwclient_async.cli.job import Job
from mwclient_async.cli.output import prepare_stdout
from mwclient_async.cli.running import run

EXAMPLES: dict[str, str] = {}
"""The example of each command."""

Limit = Annotated[int | None, typer.Option(min=0, help="The largest number of rows in all.")]
BatchSize = Annotated[int | None, typer.Option(min=1, help="The largest number of rows in one request.")]
Resume = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        dir_okay=False,
        help="If the command is interrupted, it leaves this file. With the file, it continues exactly there.",
    ),
]
Parameters = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME=VALUE", help="Parameters of the wiki. Repeat a name for several values."),
]
_Wiki = Annotated[
    str | None,
    typer.Option("--wiki", "-w", envvar="MWA_WIKI", help="A name in wikis.toml, or the address of api.php."),
]
_Agent = Annotated[
    str | None,
    typer.Option("--user-agent", envvar="MWA_USER_AGENT", help="Who asks, and how to reach you: 'MyBot/1.0 (me@...)'."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON Lines on a terminal, too.")]
_Debug = Annotated[bool, typer.Option("--debug", help="Show where an error came from.")]

_COMMON = (("wiki", _Wiki, None), ("user_agent", _Agent, None), ("json", _Json, False), ("debug", _Debug, False))


def command(
    app: typer.Typer, name: str, *, example: str
) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., None]]:
    """Register a coroutine function as a command; to its parameters, the options of all commands are added."""

    def register(work: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        @wraps(work)
        def run_command(**arguments: Any) -> None:
            wiki, user_agent, force_json, debug = (arguments.pop(option) for option, _, _ in _COMMON)
            job = Job(wiki_name=wiki, user_agent=user_agent, force_json=force_json)
            prepare_stdout()
            run(lambda: work(job, **arguments), debug=debug)

        _, *own = inspect.signature(work, eval_str=True).parameters.values()
        common = (
            inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for option, kind, default in _COMMON
        )
        parameters = [*own, *common]
        vars(run_command)["__signature__"] = inspect.Signature(parameters)  # typer reads it
        run_command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        del vars(run_command)["__wrapped__"]  # else its own parameters would be read
        EXAMPLES[name] = example
        app.command(name, epilog=f"\b\nExample:\n  {example}")(run_command)
        return run_command

    return register


def named(parameters: Iterable[str] | None, *, options: Iterable[str] = ()) -> dict[str, Any]:
    """The parameters that were written as NAME=VALUE. ``options`` are names that an option of the command has.

    Their values are texts. Options of the library, such as numbers, are options of the command.

    Raises:
        UsageError: one is not written like that, or is an option.
    """
    found: dict[str, Any] = {}
    for parameter in parameters or ():
        name, equals, value = parameter.partition("=")
        if not equals or not name.isidentifier():
            raise UsageError(f"{parameter!r} is not a parameter: write NAME=VALUE, such as namespace=0")
        if name in options:
            raise UsageError(f"{parameter!r}: write --{name.replace('_', '-')} {value}")
        if name == "params":
            raise UsageError(f"{parameter!r}: write each parameter as NAME=VALUE")
        before = found.get(name, [])
        several = [*([before] if isinstance(before, str) else before), value]
        found[name] = several if len(several) > 1 else value
    return found
