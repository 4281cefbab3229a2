"""``python -m mwclient_async``: the command line ``mwa``."""

import sys

from mwclient_async.cli.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
