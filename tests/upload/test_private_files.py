"""Files of a private wiki, which img_auth.php gives to those who may read them."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
import pytest

from mwclient_async import ClientLogin, ProtocolError, Site
from mwclient_async._upload.download_requests import first_byte
from mwclient_async.testing import LocalWiki, WikiFactory
from tests.conftest import USER_AGENT, once
from tests.support.uploads import Pictures

PRIVATE = """
$wgGroupPermissions['*']['read'] = false;
$wgUploadPath = "$wgScriptPath/img_auth.php";
"""


@pytest.fixture(scope="module")
def private(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    return once("private", mediawiki_version, lambda: mediawiki_factory(version=mediawiki_version, settings=PRIVATE))


async def test_img_auth_refuses_a_bot_password_and_the_error_points_to_client_login(
    private: LocalWiki, picture: Pictures, name: str, tmp_path: Path
) -> None:
    """MediaWiki's BotPasswordSessionProvider has no sessions outside of its APIs."""
    file, there = picture(), tmp_path / "downloaded.png"
    auth = await private.create_bot_password(private.admin_name)
    async with Site(private.api_url, user_agent=USER_AGENT, auth=auth) as bot:
        await bot.upload(file, filename=name)
        with pytest.raises(ProtocolError, match=r"HTTP 403 for a file\. img_auth\.php.*ClientLogin only"):
            await bot.file(name).download(there)
    login = ClientLogin(username=private.admin_name, password=private.admin_password)
    async with Site(private.api_url, user_agent=USER_AGENT, auth=login) as site:
        await site.file(name).download(there)
    assert await anyio.to_thread.run_sync(there.read_bytes) == file.read_bytes()


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (401, {"www-authenticate": 'basic realm="files"'}, r"HTTP 401 for a file\. .*HTTP Basic.*HttpOptions"),
        (403, {}, r"HTTP 403 for a file\. .*a guard in front"),
        (406, {}, r"HTTP 406 for a file$"),
        (304, {}, r"HTTP 304 for a file$"),
    ],
)
def test_a_refusal_by_a_file_server_gets_advice_that_fits(status: int, headers: dict[str, str], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        first_byte(status, headers, received=0, url="https://files.test/a/ab/A.png")


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (403, {}, r"img_auth\.php.*ClientLogin only"),
        (401, {}, r"img_auth\.php.*ClientLogin only"),
        (401, {"www-authenticate": 'Basic realm="files"'}, r"HTTP Basic.*HttpOptions"),
    ],
)
def test_a_refusal_of_img_auth_gets_its_own_advice(status: int, headers: dict[str, str], message: str) -> None:
    with pytest.raises(ProtocolError, match=message):
        first_byte(status, headers, received=0, url="https://wiki.test/w/img_auth.php/a/ab/A.png")
