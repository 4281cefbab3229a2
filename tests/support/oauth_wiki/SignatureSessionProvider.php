<?php

namespace Tests\OAuthWiki;

use MediaWiki\Session\UserInfo;
use WebRequest;

/**
 * Who a request is from, told by its header `Authorization: OAuth ...` (RFC 5849), checked as Extension:OAuth does it:
 * the consumer, its access token, the timestamp, the nonce, the signature, the address, each refused with the same words.
 */
class SignatureSessionProvider extends BearerSessionProvider {
	private const FORM = 'application/x-www-form-urlencoded';
	private const TOLERANCE = 300;

	/** @inheritDoc */
	public function provideSessionInfo( WebRequest $request ) {
		$header = (string)$request->getHeader( 'Authorization' );
		if ( !str_starts_with( $header, 'OAuth ' ) || !( defined( 'MW_API' ) || defined( 'MW_REST_API' ) ) ) {
			return null;
		}
		preg_match_all( '/(oauth_\w+)="([^"]*)"/', $header, $found );
		$protocol = array_map( 'rawurldecode', array_combine( $found[1], $found[2] ) );
		$consumer = $this->desk->consumer( $protocol['oauth_consumer_key'] ?? '' );
		$reason = $this->reasonAgainst( $request, $protocol, $consumer );
		if ( $reason !== '' ) {
			return $this->refuse( $reason );
		}
		if ( $consumer['disabled'] ) {
			return $this->refuse( 'Tests', 'mwoauth-invalid-authorization-not-approved' );
		}
		return $this->accept( $protocol['oauth_token'], $consumer, UserInfo::newFromName( $consumer['user'], true ) );
	}

	private function reasonAgainst( WebRequest $request, array $protocol, ?array $consumer ): string {
		if ( !$consumer ) {
			return 'Invalid consumer';
		}
		if ( ( $protocol['oauth_token'] ?? '' ) !== $consumer['token'] ) {
			return 'No approved grant was found for that authorization token.';
		}
		$sent = (int)( $protocol['oauth_timestamp'] ?? 0 );
		$now = time() + $consumer['ahead'];
		if ( abs( $now - $sent ) > self::TOLERANCE ) {
			return "Expired timestamp, yours $sent, ours $now";
		}
		$nonce = $protocol['oauth_nonce'] ?? '';
		if ( $nonce === '' || !$this->desk->takeNonce( $nonce ) ) {
			return "Nonce already used: $nonce";
		}
		if ( ( $protocol['oauth_signature_method'] ?? '' ) !== 'HMAC-SHA1' ) {
			return 'Signature method not supported try one of the following: HMAC-SHA1';
		}
		$key = rawurlencode( $consumer['consumer_secret'] ) . '&' . rawurlencode( $consumer['access_secret'] );
		$signature = base64_encode( hash_hmac( 'sha1', $this->baseString( $request, $protocol ), $key, true ) );
		if ( !hash_equals( $signature, $protocol['oauth_signature'] ?? '' ) ) {
			return 'Invalid signature';
		}
		return $consumer['elsewhere'] ? 'The request came from an invalid IP address.' : '';
	}

	/** RFC 5849, section 3.4.1: the address is the one that the wiki has for itself, and the path is as it was sent. */
	private function baseString( WebRequest $request, array $protocol ): string {
		unset( $protocol['oauth_signature'] );
		$pairs = [];
		foreach ( $protocol as $name => $value ) {
			$pairs[] = [ rawurlencode( $name ), rawurlencode( $value ) ];
		}
		$forms = [ $_SERVER['QUERY_STRING'] ?? '' ];
		if ( $request->wasPosted() && str_starts_with( (string)$request->getHeader( 'Content-Type' ), self::FORM ) ) {
			$forms[] = $request->getRawPostString();
		}
		foreach ( array_filter( explode( '&', implode( '&', $forms ) ), 'strlen' ) as $pair ) {
			[ $name, $value ] = explode( '=', "$pair=" );
			$pairs[] = [ rawurlencode( urldecode( $name ) ), rawurlencode( urldecode( $value ) ) ];
		}
		sort( $pairs );
		$params = implode( '&', array_map( static fn ( $pair ) => "$pair[0]=$pair[1]", $pairs ) );
		$url = explode( '?', $request->getFullRequestURL() )[0];
		return implode( '&', array_map( 'rawurlencode', [ $_SERVER['REQUEST_METHOD'], $url, $params ] ) );
	}
}
