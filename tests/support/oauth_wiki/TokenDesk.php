<?php

namespace Tests\OAuthWiki;

use MediaWiki\MediaWikiServices;

/**
 * Clients and tokens: a directory with one small JSON file for each, which the tests write as well. A file is always
 * replaced as a whole, so no user needs a lock.
 */
class TokenDesk {
	private string $directory;

	public function __construct( string $directory ) {
		$this->directory = $directory;
	}

	/** What is known of an access token that is good now, or null. */
	public function token( string $token ): ?array {
		$known = $this->read( 'tokens', hash( 'sha256', $token ) );
		return $known && !$known['revoked'] && $known['expires'] > time() ? $known : null;
	}

	/** The client of that id, if that is its secret, or null. */
	public function client( string $id, string $secret ): ?array {
		$known = $this->read( 'clients', $id );
		return $known && hash_equals( $known['secret'], $secret ) ? $known : null;
	}

	/** The OAuth 1.0a consumer with that token, or null. */
	public function consumer( string $token ): ?array {
		return $this->read( 'consumers', $token );
	}

	/** Whether this nonce is new; from now on it is not. */
	public function takeNonce( string $nonce ): bool {
		return (bool)@fopen( "$this->directory/nonces/" . hash( 'sha256', $nonce ), 'x' );
	}

	/** Make a new access token for a client. */
	public function issue( string $id, array $client ): string {
		$now = time();
		$token = self::jwt( [
			'aud' => $id,
			'jti' => bin2hex( random_bytes( 40 ) ),
			'iat' => $now,
			'nbf' => $now,
			'exp' => $now + $client['lifetime'],
			'sub' => $client['user'],
			'iss' => MediaWikiServices::getInstance()->getMainConfig()->get( 'CanonicalServer' ),
			'scopes' => [ 'basic' ],
		] );
		$this->write( 'tokens', hash( 'sha256', $token ), [
			'client' => $id,
			'user' => $client['user'],
			'grants' => $client['grants'],
			'expires' => $now + $client['lifetime'],
			'revoked' => false,
		] );
		return $token;
	}

	/** Write down how a request for a token was answered. */
	public function log( array $entry ): void {
		file_put_contents( "$this->directory/requests.jsonl", json_encode( $entry ) . "\n", FILE_APPEND | LOCK_EX );
	}

	private function read( string $kind, string $name ): ?array {
		$file = "$this->directory/$kind/$name.json";
		return ctype_xdigit( $name ) && is_file( $file ) ? json_decode( file_get_contents( $file ), true ) : null;
	}

	private function write( string $kind, string $name, array $data ): void {
		$new = "$this->directory/" . bin2hex( random_bytes( 8 ) ) . '.new';
		file_put_contents( $new, json_encode( $data ) );
		rename( $new, "$this->directory/$kind/$name.json" );
	}

	/** No user checks the signature: what counts is whether the desk knows the token. */
	private static function jwt( array $claims ): string {
		$parts = [ json_encode( [ 'typ' => 'JWT', 'alg' => 'RS256' ] ), json_encode( $claims ), random_bytes( 256 ) ];
		return implode( '.', array_map(
			static fn ( $part ) => rtrim( strtr( base64_encode( $part ), '+/', '-_' ), '=' ), $parts
		) );
	}
}
