"""The program ``mwa`` with all of its commands."""

from mwclient_async.cli import crawling, reading, writing
from mwclient_async.cli.app import app
from mwclient_async.cli.command import EXAMPLES

__all__ = ["EXAMPLES", "app", "crawling", "reading", "writing"]
