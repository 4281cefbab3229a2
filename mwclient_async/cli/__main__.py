"""Start ``mwa``, or say which packages are missing."""

import sys
from importlib.util import find_spec

_NO_EXTRA = "mwa needs the packages typer and rich. Install them with: pip install 'mwclient_async[cli]'"
_UNABLE = 2


def main() -> int:
    """Run the command that the arguments name. Returns the exit status; see ``exits.py``."""
    if find_spec("typer") is None or find_spec("rich") is None:
        sys.stderr.write(f"{_NO_EXTRA}\n")
        return _UNABLE
    from mwclient_async.cli.commands import app

    app(prog_name="mwa")
    return 0


if __name__ == "__main__":
    sys.exit(main())
