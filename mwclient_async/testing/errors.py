"""What can go wrong around a throwaway wiki.

WikiError
    MissingWiki         no MediaWiki, or no PHP, on this machine
    StartupError        the wiki did not start; carries what PHP printed
    MaintenanceError    a maintenance script failed; carries what it printed
"""

INSTALL_COMMAND = "python -m mwclient_async.testing install"


class WikiError(Exception):
    """Base of everything that the test bed raises about the wiki itself."""


class MissingWiki(WikiError):
    """MediaWiki or PHP is not on this machine: run ``python -m mwclient_async.testing install``."""


class StartupError(WikiError):
    """The wiki's database could not be installed, or its web server did not answer."""


class MaintenanceError(WikiError):
    """A maintenance script ended with an error; ``output`` is all that it printed."""

    def __init__(self, script: str, *, status: int, output: str) -> None:
        super().__init__(f"maintenance script {script} ended with status {status}:\n{output.strip()}")
        self.script = script
        self.status = status
        self.output = output
