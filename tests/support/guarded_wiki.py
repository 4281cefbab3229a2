"""Wikis on which logins, sessions, tokens or edits can fail: their settings, and how a test makes them fail.

A *guarded* wiki has every kind of login: passwords, with a second factor for some accounts; bot passwords; OAuth 2
tokens (``tests.support.oauth_wiki``); temporary accounts. It throttles logins. A test can make it forget all sessions,
or refuse all tokens. A *filtered* wiki answers an edit with a warning, a refusal or a captcha, if its text has the mark
for that, and has a list of forbidden titles.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from base64 import b32encode
from contextlib import closing
from pathlib import Path

from mwclient_async.testing import LocalWiki, WikiFactory
from tests.support import oauth_wiki
from tests.support.totp import Authenticator

ATTEMPTS = 3
"""How many wrong passwords a guarded wiki allows. After that, it refuses all logins of the user for five minutes.

Bot passwords and account passwords are counted separately, but a wrong bot password is also tried as an account
password. Only 32 characters of 0 to 9 and a to w are tried as a bot password.
"""

FORGETFUL = """
# Sessions are in a cache whose name is in a file. A new name means an empty cache, as after a restart.
$wgObjectCaches['sessions'] = $wgObjectCaches['apcu'] + [
	'keyspace' => 'sessions' . @file_get_contents( __DIR__ . '/sessions.txt' ),
];
$wgSessionCacheType = 'sessions';
"""
"""A wiki with these settings can be made to forget all sessions (``lose_sessions``)."""

GUARDED = f"""
{oauth_wiki.SETTINGS}
wfLoadExtension( 'OATHAuth' );
$wgPasswordAttemptThrottle = [ [ 'count' => {ATTEMPTS}, 'seconds' => 300 ] ];

{FORGETFUL}
# The secret of a session's tokens depends on a file, too. It is the same in every request, so that concurrent requests
# do not invalidate each other's tokens. Login tokens have another secret and stay valid.
$wgExtensionFunctions[] = static function () {{
	$word = @file_get_contents( __DIR__ . '/tokens.txt' );
	if ( !$word || PHP_SAPI === 'cli' || defined( 'MW_NO_SESSION' ) ) {{
		return;
	}}
	$session = MediaWiki\\Session\\SessionManager::getGlobalSession();
	$all = $session->get( 'wsTokenSecrets', [] );
	$secret = hash_hmac( 'md5', $session->getId() . ( $_SERVER['HTTP_AUTHORIZATION'] ?? '' ), $word );
	if ( ( $all['default'] ?? '' ) !== $secret ) {{
		$session->set( 'wsTokenSecrets', [ 'default' => $secret ] + $all );
	}}
}};

# Anonymous users edit with a temporary account, if this version of MediaWiki has them.
$wgAutoCreateTempUser['enabled'] = PHP_SAPI !== 'cli' && version_compare( MW_VERSION, '1.40', '>' );
$wgAutoCreateTempUser['genPattern'] = '~$1';
$wgAutoCreateTempUser['matchPattern'] = '~$1';
$wgTempAccountCreationThrottle = [];
$wgTempAccountNameAcquisitionThrottle = [];
"""

WARNED = "marked for a warning"
"""An edit that adds this text gets ``abusefilter-warning``. The same edit, sent again, is saved."""

REFUSED = "marked for refusal"
"""An edit that adds this text gets ``abusefilter-disallowed``, each time."""

QUESTIONED = "marked for a question"
"""An edit that adds this text needs the answer to a sum, except for sysops and bots."""

FORBIDDEN = "Forbidden title"
"""Pages whose titles begin with this cannot be created, except by sysops."""

FILTERED = f"""
wfLoadExtension( 'AbuseFilter' );
wfLoadExtension( 'TitleBlacklist' );
$wgTitleBlacklistSources = [ [ 'type' => 'file', 'src' => __DIR__ . '/titleblacklist.txt' ] ];
wfLoadExtension( 'ConfirmEdit' );
$wgCaptchaClass = 'MediaWiki\\Extension\\ConfirmEdit\\SimpleCaptcha\\SimpleCaptcha';
$wgCaptchaTriggers = array_fill_keys( [ 'addurl', 'createaccount', 'badlogin', 'badloginperuser' ], false );
$wgCaptchaRegexes = [ '/{QUESTIONED}/' ];
"""


def guarded_wiki(factory: WikiFactory, version: str) -> LocalWiki:
    """The guarded wiki of that version; the same wiki each time."""
    wiki = factory(version=version, settings=GUARDED)
    with closing(database_of(wiki)) as database, database:
        _create_tables(database, wiki, "OATHAuth/sql")
    return wiki


def filtered_wiki(factory: WikiFactory, version: str) -> LocalWiki:
    """The filtered wiki of that version; the same wiki each time."""
    wiki = factory(version=version, settings=FILTERED)
    with closing(database_of(wiki)) as database, database:
        if _create_tables(database, wiki, "AbuseFilter/db_patches"):
            (wiki.directory / "titleblacklist.txt").write_text(f"{FORBIDDEN}.*\n", encoding="utf-8")
            _add_filter(database, WARNED, consequence="warn", parameters="abusefilter-warning")
            _add_filter(database, REFUSED, consequence="disallow", parameters="")
    return wiki


def require_second_factor(wiki: LocalWiki, user: str) -> Authenticator:
    """Require a second factor for an account of a guarded wiki. Returns the authenticator that shows the codes."""
    secret = b32encode(secrets.token_bytes(20)).decode()
    key = {"secret": secret, "scratch_tokens": []}
    with closing(database_of(wiki)) as database, database:
        ((account,),) = database.execute("SELECT user_id FROM user WHERE user_name = ?", (user,))
        if _columns(database, "oathauth_users"):
            database.execute("INSERT INTO oathauth_users VALUES (?, 'totp', ?)", (account, json.dumps({"keys": [key]})))
        else:  # 1.43
            database.execute("INSERT OR IGNORE INTO oathauth_types (oat_name) VALUES ('totp')")
            database.execute(
                "INSERT INTO oathauth_devices (oad_user, oad_data, oad_type) "
                "SELECT ?, ?, oat_id FROM oathauth_types WHERE oat_name = 'totp'",
                (account, json.dumps(key)),
            )
    return Authenticator(secret)


def lose_sessions(wiki: LocalWiki) -> None:
    """Make a wiki forget all sessions, as if its cache was restarted. The clients' session cookies are void.

    A client that logged in with the account password and asked to be remembered is logged in again by another cookie,
    with other tokens. So is a client that sends an OAuth 2 token.
    """
    _replace(wiki.directory / "sessions.txt")


def refuse_tokens(wiki: LocalWiki) -> None:
    """Make a guarded wiki answer ``badtoken`` to all tokens that were fetched so far, except login tokens.

    Sessions stay logged in, and can fetch new tokens.
    """
    _replace(wiki.directory / "tokens.txt")


def solve_captcha(question: str) -> int:
    """Solve the captcha of a filtered wiki, a sum such as ``57\N{MINUS SIGN}8``."""
    plain = question.replace("\N{MINUS SIGN}", "-")
    sign = "-" if "-" in plain else "+"
    left, right = (int(number) for number in plain.split(sign))
    return left - right if sign == "-" else left + right


def _replace(file: Path) -> None:
    """Replace the file atomically."""
    new = file.with_suffix(f".{secrets.token_hex(4)}")
    new.write_text(secrets.token_hex(8), encoding="ascii")
    new.replace(file)


def database_of(wiki: LocalWiki) -> sqlite3.Connection:
    return sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _create_tables(database: sqlite3.Connection, wiki: LocalWiki, directory: str) -> bool:
    """Run the extension's schema, which is much faster than update.php. Returns False if that was done before."""
    extensions = wiki.directory / "www" / "extensions"
    schema = (extensions / directory / "sqlite" / "tables-generated.sql").read_text(encoding="utf-8")
    existing = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if any(f"CREATE TABLE /*_*/{name} " in schema for name in existing):
        return False
    database.executescript(schema)
    return True


def _add_filter(database: sqlite3.Connection, mark: str, *, consequence: str, parameters: str) -> None:
    """Write the rows that Special:AbuseFilter would write, in the columns that this version has."""
    values: dict[str, object] = {
        "af_pattern": f'new_wikitext contains "{mark}"',
        "af_timestamp": "20010101000000",
        "af_comments": "",
        "af_public_comments": mark,
        "af_actions": consequence,
        "af_actor": 1,
        "af_user": 1,  # 1.39 has this instead of af_actor
        "af_user_text": "Admin",
    }
    values = {name: values[name] for name in values.keys() & _columns(database, "abuse_filter")}
    marks = ", ".join("?" * len(values))
    inserted = database.execute(
        f"INSERT INTO abuse_filter ({', '.join(values)}) VALUES ({marks})", tuple(values.values())
    )
    database.execute("INSERT INTO abuse_filter_action VALUES (?, ?, ?)", (inserted.lastrowid, consequence, parameters))
