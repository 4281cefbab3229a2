"""A test that is not marked ``wiki`` cannot start a wiki."""

import subprocess
import sys

import pytest

from mwclient_async.testing import LocalWiki


async def test_a_wiki_of_this_process_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match="give it the marker `wiki`"):
        async with LocalWiki():
            pass


def test_a_wiki_of_another_process_does_not_start() -> None:
    program = "import shutil, subprocess; raise SystemExit(subprocess.run([shutil.which('php'), '-v']).returncode)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "without the marker 'wiki'" in done.stderr
