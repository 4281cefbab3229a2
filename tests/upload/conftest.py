"""Fixtures of the tests of uploads: the account, the wiki, the files."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from mwclient_async import Site
from mwclient_async.testing import LocalWiki, WikiFactory, instance
from mwclient_async.testing.settings import php_options
from tests.conftest import once
from tests.support.image_files import png
from tests.support.uploads import Account, Pictures, account

NARROW = """
$wgMaxUploadSize = 60 * 1024;
$wgUploadSizeWarning = 20 * 1024;
$wgStrictFileExtensions = false;

# Settings that one request chooses by a header.
$found = $_SERVER['HTTP_X_FOUND'] ?? '';
$wgEnableUploads = $found !== 'no uploads';
$wgAllowCopyUploads = $found !== 'no addresses';
$wgCopyUploadsDomains = $found === 'other domains' ? [ '*.example.org' ] : [];
$wgEnableAsyncUploads = $found !== 'no jobs';
$wgGroupPermissions['user']['reupload'] = $found !== 'no replacing';
$wgGroupPermissions['bot']['upload_by_url'] = true;
if ( $found === 'a limit' ) {
	$wgRateLimits = [ 'upload' => [ 'user' => [ 1, 3600 ] ] ];
}
if ( $found === 'a hook' ) {
	$wgHooks['UploadVerifyFile'][] = static function ( $upload, $mime, &$error ) {
		$error = [ 'uploadvirus', 'a made-up one' ];
	};
}
if ( $found === 'another hook' ) {
	$wgHooks['UploadVerifyUpload'][] = static function ( $upload, $user, $props, $comment, $text, &$error ) {
		$error = 'hookaborted';
		return false;
	};
}
"""


@pytest.fixture(scope="session")
def uploader(wiki: LocalWiki, mediawiki_version: str) -> Account:
    """An account that may upload, also from a URL, overwrite, delete and protect."""
    return once("uploader", mediawiki_version, lambda: account(wiki, "Uploader", "bot", "sysop"))


@pytest.fixture(scope="session")
def newcomer(wiki: LocalWiki, mediawiki_version: str) -> Account:
    """An account that may upload, and not much else."""
    return once("newcomer", mediawiki_version, lambda: account(wiki, "Newcomer"))


@pytest.fixture(scope="session")
def narrow(mediawiki_factory: WikiFactory, mediawiki_version: str) -> LocalWiki:
    """A wiki whose PHP takes bodies of 16 KB, with files of 4 KB in them.

    The wiki itself takes files of 60 KB, and warns of 20 KB and of extensions that it does not know.
    """
    with pytest.MonkeyPatch.context() as patch:
        limits = ["-d", "upload_max_filesize=4K", "-d", "post_max_size=16K"]
        patch.setattr(instance, "php_options", lambda *where, **how: [*php_options(*where, **how), *limits])
        return mediawiki_factory(version=mediawiki_version, settings=NARROW)


@pytest.fixture
async def narrowed(narrow: LocalWiki, mediawiki_version: str) -> AsyncIterator[Site]:
    """A site with an account that may upload to the narrow wiki."""
    uploader = await anyio.to_thread.run_sync(
        lambda: once("narrow uploader", mediawiki_version, lambda: account(narrow, "Uploader", "bot"))
    )
    async with uploader.site(narrow) as site:
        yield site


@pytest.fixture
async def bot(wiki: LocalWiki, uploader: Account) -> AsyncIterator[Site]:
    async with uploader.site(wiki) as site:
        yield site


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A file name that no other test and no other backend uses."""
    return "".join(char if char.isalnum() else "-" for char in request.node.name)[:200] + ".png"


@pytest.fixture
def picture(tmp_path: Path, request: pytest.FixtureRequest) -> Pictures:
    def make(size: int = 9_000, *, number: int = 0) -> Path:
        seed = zlib.crc32(f"{request.node.nodeid} {number}".encode())
        return png(tmp_path / f"{number}.png", size, seed=seed)

    return make
