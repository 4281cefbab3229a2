"""OAuth 1.0a: the header that signs a request by RFC 5849, as Extension:OAuth checks it.

The signature covers the method, the URL, the parameters in its query, and those in the body of a form. It does not
cover a multipart body (files, chunks) and JSON. The wiki accepts a nonce once, and a timestamp for five minutes, so a
request is signed anew each time that it is sent.

This is the only file that imports oauthlib. It does not use oauthlib's ``Client``, which logs all parameters, tokens
included. See https://www.mediawiki.org/wiki/OAuth/Owner-only_consumers and https://www.rfc-editor.org/rfc/rfc5849.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote, urlsplit

from attrs import field, frozen
from oauthlib.oauth1.rfc5849.parameters import prepare_headers
from oauthlib.oauth1.rfc5849.signature import base_string_uri, sign_hmac_sha1_with_client

from mwclient_async._http.messages import HttpRequest
from mwclient_async._http.secret_text import SecretText
from mwclient_async.models.auth import OAuth1

_SENT_AS_IT_IS = "!#$%&'()*+,-./:;=?@[\\]^_|~"  # in a URL; other characters are sent percent-encoded
_FORM = "application/x-www-form-urlencoded"


@frozen
class _Secrets:
    """The two secrets, under the names that oauthlib has for them."""

    client_secret: str = field(repr=False)
    resource_owner_secret: str = field(repr=False)


def authorization(request: HttpRequest, auth: OAuth1, *, nonce: str, timestamp: int) -> SecretText:
    """The Authorization header of a request. ``timestamp`` is in seconds since 1970."""
    protocol = {
        "oauth_consumer_key": SecretText(auth.consumer_token),
        "oauth_token": SecretText(auth.access_token),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(timestamp),
        "oauth_nonce": nonce,
    }
    base, keys = signature_base(request, protocol.items()), _Secrets(auth.consumer_secret, auth.access_secret)
    signed = [*protocol.items(), ("oauth_signature", sign_hmac_sha1_with_client(base, keys))]
    headers: dict[str, str] = prepare_headers(signed)  # type: ignore[no-untyped-call]  # its stub has no types
    return SecretText(headers["Authorization"])


def signature_base(request: HttpRequest, protocol: Iterable[tuple[str, str]]) -> str:
    """The signature base string of RFC 5849, section 3.4.1. ``protocol`` are the parameters of the header."""
    url = quote(_with_ascii_host(request.url), safe=_SENT_AS_IT_IS)
    decoded = [*parse_qsl(urlsplit(url).query, keep_blank_values=True), *protocol]
    pairs = [*((_encoded(name), _encoded(value)) for name, value in decoded), *_encoded_form(request)]
    params = "&".join(f"{name}={value}" for name, value in sorted(pairs))
    encoded = params.replace("%", "%25").replace("=", "%3D").replace("&", "%26")  # nothing else is to be encoded
    return f"{request.method}&{_encoded(base_string_uri(url))}&{encoded}"


def _with_ascii_host(url: str) -> str:
    """The URL with the form of its host that is sent: ``xn--...`` for a name of other letters."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    host = parts.netloc.encode("idna").decode("ascii")
    return parts._replace(netloc=host).geturl()


def _encoded(text: str) -> str:
    return quote(text, safe="~")


def _encoded_form(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """The fields of a form, percent-encoded.

    They are in the body like that, but for the spaces. To decode and encode megabytes of text would take seconds.
    """
    if request.headers.get("content-type", "").startswith(_FORM) and isinstance(request.body, bytes) and request.body:
        for pair in request.body.decode("ascii").replace("+", "%20").split("&"):
            name, _, value = pair.partition("=")
            yield name, value
