<?php
# What Extension:OAuth does for bots that use OAuth 2 or OAuth 1.0a, for a wiki that does not have it. LocalSettings.php requires
# this file after it has set $wgTokenDesk to the directory where clients and tokens are kept.

$wgAutoloadClasses['Tests\OAuthWiki\AccessTokenHandler'] = __DIR__ . '/AccessTokenHandler.php';
$wgAutoloadClasses['Tests\OAuthWiki\BearerSessionProvider'] = __DIR__ . '/BearerSessionProvider.php';
$wgAutoloadClasses['Tests\OAuthWiki\SignatureSessionProvider'] = __DIR__ . '/SignatureSessionProvider.php';
$wgAutoloadClasses['Tests\OAuthWiki\TokenDesk'] = __DIR__ . '/TokenDesk.php';
$wgMessagesDirs['OAuthWiki'] = __DIR__ . '/i18n';
$wgRestAPIAdditionalRouteFiles[] = __DIR__ . '/routes.json';
foreach ( [ 'BearerSessionProvider', 'SignatureSessionProvider' ] as $provider ) {
	$wgSessionProviders["Tests\\OAuthWiki\\$provider"] = [
		'class' => "Tests\\OAuthWiki\\$provider",
		'args' => [ $wgTokenDesk ],
	];
}
