"""The LocalSettings.php of a throwaway wiki: fast, with uploads enabled, and independent of the clock.

It loads the installer's own file first, because that file has the settings that differ between versions.
"""

from pathlib import Path

FILE_EXTENSIONS = (
    "bin", "bmp", "csv", "djvu", "flac", "gif", "jpeg", "jpg", "json", "mid", "mp3", "mp4", "oga", "ogg", "ogv",
    "opus", "pdf", "png", "stl", "svg", "tif", "tiff", "txt", "wav", "webm", "webp", "xcf", "xml", "zip",
)  # fmt: skip

_SETTINGS = r"""<?php
require __DIR__ . '/installed/LocalSettings.php';
$wgServer = '@URL@';

# SQLite allows one writer at a time. Requests that write take the lock at their start and wait for it; requests
# that only read take no lock. Nothing needs to survive a power failure.
$wgDBservers = [ [
	'type' => 'sqlite',
	'dbname' => $wgDBname,
	'tablePrefix' => '',
	'dbDirectory' => $wgSQLiteDataDir,
	'variables' => [ 'synchronous' => 'OFF' ],
	'flags' => DBO_DEFAULT,
	'load' => 1,
	'trxMode' => in_array( $_SERVER['REQUEST_METHOD'] ?? 'POST', [ 'GET', 'HEAD' ] ) ? 'DEFERRED' : 'IMMEDIATE',
] ];
$wgObjectCaches[CACHE_DB]['server']['variables']['synchronous'] = 'OFF';
$wgLocalisationCacheConf['storeServer']['variables']['synchronous'] = 'OFF';
$wgJobTypeConf['default']['server']['variables']['synchronous'] = 'OFF';

$wgMainCacheType = CACHE_ACCEL;
$wgCacheDirectory = __DIR__ . '/cache';
$wgTmpDirectory = __DIR__ . '/tmp';
$wgMaxShellMemory = 0;
$wgDebugLogGroups['exception'] = __DIR__ . '/php.log';
$wgDebugLogGroups['error'] = __DIR__ . '/php.log';
$wgShowExceptionDetails = true;

# No request runs jobs: a process does, or a test. No rate limit depends on the clock. Password hashes are cheap.
$wgJobRunRate = 0;
$wgJobTypesExcludedFromDefaultQueue = [];
$wgRateLimits = [];
$wgPasswordAttemptThrottle = [];
$wgAccountCreationThrottle = [];
$wgPasswordConfig['pbkdf2']['cost'] = '1';
$wgRCMaxAge = 100 * 365 * 86400;

$wgEnableUploads = true;
$wgUploadDirectory = __DIR__ . '/images';
$wgFileExtensions = [ @EXTENSIONS@ ];
$wgMinUploadChunkSize = 1024;
$wgEnableAsyncUploads = true;
$wgAllowCopyUploads = true;
$wgGroupPermissions['sysop']['upload_by_url'] = true;
"""


def local_settings(*, url: str, extra: str) -> str:
    """Return the PHP source of LocalSettings.php for a wiki at ``url``; ``extra`` comes last and overrides it."""
    extensions = ", ".join(f"'{extension}'" for extension in FILE_EXTENSIONS)
    return _SETTINGS.replace("@URL@", url).replace("@EXTENSIONS@", extensions) + f"\n{extra}\n"


def php_options(directory: Path, *, compiled: Path | None, script: bool = False) -> list[str]:
    """Return PHP's own settings, as arguments of its command line.

    ``compiled`` is where PHP keeps MediaWiki's compiled files for all wikis of this user; None keeps them in memory
    only. A maintenance ``script`` reads them from there; a server reads them once.
    """
    temporary = str(directory / "tmp")
    options = {
        "memory_limit": "512M",
        "upload_max_filesize": "64M",
        "post_max_size": "70M",
        "max_file_uploads": "50",
        "display_errors": "0",
        "log_errors": "1",
        "sys_temp_dir": temporary,
        "upload_tmp_dir": temporary,
        "sendmail_path": f"sh -c 'cat >> {directory}/mail.txt' --",  # mail is not sent; tests can read it here
        "apc.shm_size": "128M",  # sessions are in APCu, which discards everything when it is full
        "opcache.max_accelerated_files": "20000",
    }
    if compiled is not None:
        options |= {"opcache.file_cache": str(compiled), "opcache.blacklist_filename": str(_own_files(directory))}
        options |= {"opcache.enable_cli": "1", "opcache.file_cache_only": "1"} if script else {}
    return [part for name, value in options.items() for part in ("-d", f"{name}={value}")]


def _own_files(directory: Path) -> Path:
    """Write the list of what PHP does not keep compiled: the files of this wiki, which no other wiki has."""
    file = directory / "not-compiled.txt"
    file.write_text(f"{directory}/*\n", encoding="utf-8")
    return file
