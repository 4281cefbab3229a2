"""``python -m mwclient_async.testing serve``: runs a wiki for experiments until Ctrl-C."""

import signal

import anyio

from mwclient_async.testing.console import say
from mwclient_async.testing.wiki import LocalWiki


async def serve(*, version: str | None, port: int | None) -> None:
    """Run a wiki until the process is interrupted or asked to end."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with LocalWiki(version=version, port=port) as wiki:
            say(
                f"MediaWiki {wiki.version} at {wiki.url}/\n"
                f"  Action API  {wiki.api_url}\n"
                f"  REST API    {wiki.rest_url}\n"
                f"  to log in   auth=ClientLogin(username={wiki.admin_name!r}, password={wiki.admin_password!r})\n"
                f"  all its files are in {wiki.directory}\n"
                "Ctrl-C stops the wiki and removes it."
            )
            async for _ in signals:
                break
