"""What to do about a response that is not MediaWiki's: advice that fits its status and its address."""

from __future__ import annotations

from urllib.parse import urlsplit

from mwclient_async._http.messages import HttpResponse

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_LARGE = 401, 403, 404, 413
_SERVERS_OWN_LOGIN = (
    "The web server asks for a user name and a password of its own (HTTP {scheme}), which are not those of the wiki: "
    "give them with HttpOptions(headers=(('Authorization', ...),))."
)
_GUARD = (
    "Not the wiki but a guard in front of it refuses the request: a firewall, a CDN, or a rule against this network or "
    "User-Agent. Ask those who run the server."
)
_IMG_AUTH = (
    "img_auth.php gives the files of a private wiki to an account that may read it, and takes the login of ClientLogin "
    "only, not that of a bot password."
)


def advice(response: HttpResponse, *, rest: bool) -> str:
    """The advice for a response that should be one of api.php, or of rest.php."""
    script = "rest.php" if rest else "api.php"
    location = response.header("location")
    if location:
        return f"It redirects to {location.partition('?')[0]!r}: use that address."
    if response.status == _TOO_LARGE:
        return "The server refuses a body of this size: choose a smaller chunk_size."
    if response.status == _NOT_FOUND:
        return "Nothing is at this address: the wiki's page Special:Version names its api.php and rest.php."
    if refused := _refusal(response):
        return refused
    if script in urlsplit(response.url).path:
        return (
            "Something answered in the place of the wiki, such as the login page of a network, a guard in front of the "
            f"wiki, or a PHP that failed; or this is not the wiki's {script}, which its page Special:Version names."
        )
    return f"Is this the address of {'a' if rest else 'an'} {script}? The wiki's page Special:Version names it."


def file_advice(response: HttpResponse) -> str:
    """The advice for a response that should be a file; empty if there is none."""
    is_refusal = response.status in {_UNAUTHORIZED, _FORBIDDEN}
    if is_refusal and "/img_auth.php" in urlsplit(response.url).path and not response.header("www-authenticate"):
        return _IMG_AUTH
    return _refusal(response) if is_refusal else ""


def _refusal(response: HttpResponse) -> str:
    """The advice for a refusal by the web server; empty if this is none."""
    scheme = response.header("www-authenticate").partition(" ")[0].strip(",").title()
    if response.status == _UNAUTHORIZED and scheme in {"Basic", "Digest"}:
        return _SERVERS_OWN_LOGIN.format(scheme=scheme)
    return _GUARD if _CLIENT_ERROR <= response.status < _SERVER_ERROR else ""
