"""The errors of a throwaway wiki.

WikiError
    MissingWiki         this machine has no MediaWiki or no PHP
    StartupError        the wiki did not start; the message holds what PHP printed
    MaintenanceError    a maintenance script failed; the message holds what it printed
"""

INSTALL_COMMAND = "python -m mwclient_async.testing install"


class WikiError(Exception):
    """Base of the errors of LocalWiki and of the installer."""


class MissingWiki(WikiError):
    """This machine has no MediaWiki or no PHP: run ``python -m mwclient_async.testing install``."""


class StartupError(WikiError):
    """The wiki's database could not be installed, or its web server did not answer."""


class MaintenanceError(WikiError):
    """A maintenance script ended with the exit status ``status``; ``output`` is all that it printed."""

    def __init__(self, script: str, *, status: int, output: str) -> None:
        super().__init__(f"maintenance script {script} ended with status {status}:\n{output.strip()}")
        self.script = script
        self.status = status
        self.output = output
