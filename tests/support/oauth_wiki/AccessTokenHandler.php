<?php

namespace Tests\OAuthWiki;

use MediaWiki\Rest\Handler;
use MediaWiki\Rest\RequestInterface;
use MediaWiki\Rest\Response;
use MediaWiki\Rest\Validator\Validator;

/**
 * POST /oauth2/access_token: a client shows its id and secret, as fields of a form, and gets an access token.
 * Errors have the form of RFC 6749, section 5.2.
 */
class AccessTokenHandler extends Handler {
	private const FORM = 'application/x-www-form-urlencoded';

	public function execute(): Response {
		$desk = new TokenDesk( $GLOBALS['wgTokenDesk'] );
		$answer = $this->answer( $desk );
		$desk->log( [
			'status' => $answer->getStatusCode(),
			'grant_type' => $this->field( 'grant_type' ),
			'client_id' => $this->field( 'client_id' ),
			'authorized' => $this->getRequest()->hasHeader( 'Authorization' ),
		] );
		return $answer;
	}

	private function answer( TokenDesk $desk ): Response {
		$id = $this->field( 'client_id' );
		if ( $this->field( 'grant_type' ) === '' || $id === '' ) {
			return $this->json( 400, [
				'error' => 'invalid_request',
				'error_description' => 'The request has no grant_type or no client_id.',
			] );
		}
		if ( $this->field( 'grant_type' ) !== 'client_credentials' ) {
			return $this->json( 400, [
				'error' => 'unsupported_grant_type',
				'error_description' => 'This wiki gives tokens for client credentials only.',
			] );
		}
		$client = $desk->client( $id, $this->field( 'client_secret' ) );
		if ( !$client ) {
			return $this->json( 401, [
				'error' => 'invalid_client',
				'error_description' => 'Client authentication failed',
			] );
		}
		return $this->json( 200, [
			'token_type' => 'Bearer',
			'expires_in' => $client['lifetime'],
			'access_token' => $desk->issue( $id, $client ),
		] );
	}

	private function field( string $name ): string {
		$value = $this->getRequest()->getPostParams()[$name] ?? '';
		return is_string( $value ) ? $value : '';
	}

	private function json( int $status, array $body ): Response {
		$response = $this->getResponseFactory()->createJson( $body );
		$response->setStatus( $status );
		$response->setHeader( 'Cache-Control', 'no-store' );
		$response->setHeader( 'Pragma', 'no-cache' );
		return $response;
	}

	/** Since 1.42, where MediaWiki refuses other types by itself. */
	public function getSupportedRequestTypes(): array {
		return [ self::FORM ];
	}

	/** Since 1.42: the fields are read here, and RFC 6749 wants unknown ones to be ignored. */
	protected function detectExtraneousBodyFields( Validator $restValidator ) {
	}

	/** Whoever has no session yet must be able to ask, on a private wiki too. */
	public function needsReadAccess() {
		return false;
	}

	public function needsWriteAccess() {
		return false;
	}
}
