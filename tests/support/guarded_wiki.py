"""Wikis that are harder to get into, to stay in, or to write to: settings, and what a test does to them as they run.

A *guarded* wiki has every kind of entrance: passwords, with a second factor for some; bot passwords; OAuth 2 tokens
(``tests.support.oauth_wiki``); temporary accounts. It throttles logins, can be made to forget all sessions or refuse
all tokens. A *filtered* wiki warns of, refuses or questions an edit whose text has the mark for it.
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
"""How many wrong passwords a user of a guarded wiki has; then logins are refused for five minutes, right or wrong.

Bot passwords and the account's own are counted apart, but a wrong bot password is tried as an account's own, too. What
does not look like a bot password, 32 characters of 0 to 9 and a to w, is not tried as one.
"""

GUARDED = f"""
{oauth_wiki.SETTINGS}
wfLoadExtension( 'OATHAuth' );
$wgPasswordAttemptThrottle = [ [ 'count' => {ATTEMPTS}, 'seconds' => 300 ] ];

# Sessions live in a cache whose name is in a file: under another name there are none, as after a restart.
$wgObjectCaches['sessions'] = $wgObjectCaches['apcu'] + [
	'keyspace' => 'sessions' . @file_get_contents( __DIR__ . '/sessions.txt' ),
];
$wgSessionCacheType = 'sessions';

# The secret behind the tokens of a session depends on a file, too. It is the same in every request, so that requests
# at the same time cannot spoil each other's tokens. Tokens for logging in have another secret and stay good.
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

# Who is not logged in edits under a temporary account, where the wiki knows of such.
$wgAutoCreateTempUser['enabled'] = PHP_SAPI !== 'cli' && version_compare( MW_VERSION, '1.40', '>' );
$wgAutoCreateTempUser['genPattern'] = '~$1';
$wgAutoCreateTempUser['matchPattern'] = '~$1';
$wgTempAccountCreationThrottle = [];
$wgTempAccountNameAcquisitionThrottle = [];
"""

WARNED = "marked for a warning"
"""An edit that brings this is answered ``abusefilter-warning``; the same edit, sent again, is saved."""

REFUSED = "marked for refusal"
"""An edit that brings this is answered ``abusefilter-disallowed``, each time."""

QUESTIONED = "marked for a question"
"""Who brings this to a page must solve a sum, except sysops and bots."""

FILTERED = f"""
wfLoadExtension( 'AbuseFilter' );
wfLoadExtension( 'ConfirmEdit' );
$wgCaptchaClass = 'MediaWiki\\Extension\\ConfirmEdit\\SimpleCaptcha\\SimpleCaptcha';
$wgCaptchaTriggers = array_fill_keys( [ 'addurl', 'createaccount', 'badlogin', 'badloginperuser' ], false );
$wgCaptchaRegexes = [ '/{QUESTIONED}/' ];
"""


def guarded(factory: WikiFactory, version: str) -> LocalWiki:
    """The guarded wiki of that version; the same one each time."""
    wiki = factory(version=version, settings=GUARDED)
    with closing(_database(wiki)) as database, database:
        _create_tables(database, wiki, "OATHAuth/sql")
    return wiki


def filtered(factory: WikiFactory, version: str) -> LocalWiki:
    """The filtered wiki of that version; the same one each time."""
    wiki = factory(version=version, settings=FILTERED)
    with closing(_database(wiki)) as database, database:
        if _create_tables(database, wiki, "AbuseFilter/db_patches"):
            _add_filter(database, WARNED, consequence="warn", parameters="abusefilter-warning")
            _add_filter(database, REFUSED, consequence="disallow", parameters="")
    return wiki


def want_second_factor(wiki: LocalWiki, user: str) -> Authenticator:
    """Let an account of a guarded wiki log in only with a code, too, from now on; returns what shows the codes."""
    secret = b32encode(secrets.token_bytes(20)).decode()
    key = {"secret": secret, "scratch_tokens": []}
    with closing(_database(wiki)) as database, database:
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
    """Let a guarded wiki forget all sessions, as when its cache is restarted; clients keep cookies that mean nothing.

    Who logged in with the account's own password and asked to be remembered is logged in again by another cookie, with
    other tokens; so is who shows an OAuth 2 token.
    """
    _replace(wiki.directory / "sessions.txt")


def refuse_tokens(wiki: LocalWiki) -> None:
    """Let a guarded wiki answer ``badtoken`` to all tokens fetched so far, but those for logging in.

    Who is logged in stays so, and may fetch new ones.
    """
    _replace(wiki.directory / "tokens.txt")


def solve(question: str) -> int:
    """Solve the sum of a filtered wiki, such as ``57\N{MINUS SIGN}8``."""
    plain = question.replace("\N{MINUS SIGN}", "-")
    sign = "-" if "-" in plain else "+"
    left, right = (int(number) for number in plain.split(sign))
    return left - right if sign == "-" else left + right


def _replace(file: Path) -> None:
    """Never a moment without the file, or with half of it."""
    new = file.with_suffix(f".{secrets.token_hex(4)}")
    new.write_text(secrets.token_hex(8), encoding="ascii")
    new.replace(file)


def _database(wiki: LocalWiki) -> sqlite3.Connection:
    return sqlite3.connect(wiki.directory / "data" / "wiki.sqlite", timeout=60)


def _columns(database: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in database.execute(f"PRAGMA table_info({table})")}


def _create_tables(database: sqlite3.Connection, wiki: LocalWiki, place: str) -> bool:
    """Run the extension's own schema, a hundred times as fast as update.php; False if that was done before."""
    extensions = wiki.directory / "www" / "extensions"
    schema = (extensions / place / "sqlite" / "tables-generated.sql").read_text(encoding="utf-8")
    known = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if any(f"CREATE TABLE /*_*/{name} " in schema for name in known):
        return False
    database.executescript(schema)
    return True


def _add_filter(database: sqlite3.Connection, mark: str, *, consequence: str, parameters: str) -> None:
    """What Special:AbuseFilter would write, in the columns that this version has."""
    values: dict[str, object] = {
        "af_pattern": f'new_wikitext contains "{mark}"',
        "af_timestamp": "20010101000000",
        "af_comments": "",
        "af_public_comments": mark,
        "af_actions": consequence,
        "af_actor": 1,
        "af_user": 1,  # 1.39, in place of af_actor
        "af_user_text": "Admin",
    }
    values = {name: values[name] for name in values.keys() & _columns(database, "abuse_filter")}
    marks = ", ".join("?" * len(values))
    made = database.execute(f"INSERT INTO abuse_filter ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
    database.execute("INSERT INTO abuse_filter_action VALUES (?, ?, ?)", (made.lastrowid, consequence, parameters))
