"""The error codes of MediaWiki: the class that each becomes, by name.

The Action API, the REST API (codes that begin with ``rest-``), the results of ``action=login`` and the OAuth extension
each have codes of their own. Extensions add codes, so the table is never complete: an unknown code becomes ApiError
itself. The manual's page is https://www.mediawiki.org/wiki/API:Errors_and_warnings.

An error may be told by the name of its message instead: by the REST API, and by ``failed-save`` of Wikibase. The table
of names and codes follows MediaWiki's own, ``$messageMap`` in ``includes/api/ApiMessageTrait.php``.
"""

from __future__ import annotations

from collections.abc import Mapping

CODES: Mapping[str, str] = {  # class name -> its codes
    "MaxlagExceeded": "maxlag",
    "ReadOnly": "readonly",
    "RateLimited": (
        "ratelimited actionthrottled rest-rate-limit-exceeded parsoid-stash-rate-limit-error request-limit-reached "
        "temp-user-unable-to-acquire tempuseracquirefailed acct_creation_throttle_hit"  # no temporary account now
    ),
    "LoginFailed": (
        "wrongpassword wrongpluginpass sessionlost authmanager-authn-no-primary botpasswords-bad-appid "
        "botpasswords-disabled botpasswords-invalid-name botpasswords-locked botpasswords-needs-reset "
        "botpasswords-no-central-id botpasswords-no-provider botpasswords-not-exist botpasswords-restriction-failed "
        "oathauth-login-failed "
        "aborted failed needtoken wrongtoken "  # results of action=login, which gives no code with them
        "invalid_client invalid_grant unauthorized_client"  # OAuth's own, for a consumer that is refused a token
    ),
    "LoginThrottled": "login-throttled oathauth-throttled",
    "AssertFailed": "assertuserfailed assertbotfailed assertanonfailed assertnameduserfailed",
    "BadToken": "badtoken",
    "NotLoggedIn": "mustbeloggedin mustbeloggedin-generic notloggedin stashnotloggedin rest-permission-denied-anon",
    "AuthorizationRefused": "mwoauth-invalid-authorization mwoauth-oauth-exception",
    "PermissionDenied": (
        "permissiondenied readapidenied writeapidenied noapiwrite cantcreate cantcreate-anon cantchangecontentmodel "
        "cantimport cantimport-upload mergehistory-fail-permission cantmove cantmove-anon cantmovefile cantsend "
        "confirmemail noautopatrol "
        "badaccess mwoauth-api-module-disabled rest-read-denied rest-write-denied rest-permission-denied-revision "
        "rest-permission-denied-title rest-permission-error"
    ),
    "Blocked": "blocked autoblocked globalblocking-blocked systemblocked",
    "Protected": (
        "protectedpage protectedtitle protectednamespace protectednamespace-interface cascadeprotected cantedit "
        "customcssprotected customjsonprotected customjsprotected mycustomcssprotected mycustomjsonprotected "
        "mycustomjsprotected sitecssprotected sitejsonprotected sitejsprotected"
    ),
    "Refused": (
        "contenttoobig hookaborted badtags badmd5 undofailure "
        "no-direct-editing contentmodel-mismatch contentnotallowedhere invalid-content-data invalid-json-data "
        "emptypage filetypemismatch nonfilenamespace immobile-source-namespace immobile-source-namespace-iw "
        "immobile-source-page immobile-target-namespace immobile-target-namespace-iw immobile-target-page"
    ),
    "EditConflict": "editconflict edit-conflict edit-already-exists edit-gone-missing pagedeleted rest-edit-conflict",
    "BeyondLimit": "rest-media-too-many-links rest-pagehistorycount-too-many-revisions",
    "PageExists": "articleexists rest-update-cannot-create-page",
    "PageMissing": (
        "missingtitle changecontentmodel-missingtitle nosuchpageid nosuchrevid nosuchsection missingrev "
        "rest-nonexistent-title rest-nonexistent-revision rest-nonexistent-title-revision rest-compare-nonexistent"
    ),
    "AbuseFilter": "abusefilter-warning abusefilter-disallowed",
    "TitleBlacklisted": "titleblacklist-forbidden",
    "SpamBlacklisted": "spamblacklist spamdetected spamprotectionmatch spam-blacklisted-link",
    "CaptchaRequired": (
        "captcha captcha-disabledinapi captcha-edit captcha-edit-fail captcha-createaccount-fail captcha-sendemail-fail"
    ),
    "UploadError": (
        "uploaddisabled publishfailed missingresult "
        "directorycreateerror filecopyerror filedeleteerror filenotfound filereadonlyerror filerenameerror "
        "tmp-create-error tmp-write-error"
    ),
    "StashError": (
        "stashfailed stashedfilenotfound stashfilestorage stashinvalidfile stashpathinvalid stashwrongowner "
        "stashzerolength uploadstash-file-not-found uploadstash-bad-path uploadstash-bad-path-bad-format "
        "uploadstash-exception invalid-file-key uploadstash-wrong-owner uploadstash-zero-length"
    ),
    "ChunkRefused": "invalid-chunk chunk-too-small badupload",
    "FileRefused": (
        "filetype-banned filetype-banned-type filetype-missing verification-error empty-file file-too-large "
        "filename-tooshort filename-toolong illegal-filename fileexists-forbidden fileexists-shared-forbidden "
        "fileexists-no-change uploadscripted filetype-badmime filetype-mime-mismatch windows-nonascii-filename "
        "filetype-bad-ie-mime upload-scripted-dtd upload-scripted-pi-callback uploadinvalidxml "
        "uploadscriptednamespace uploadvirus"
    ),
    "UrlRefused": (
        "copyuploaddisabled copyuploadbaddomain copyuploadbadurl upload-copy-upload-invalid-domain http-bad-status "
        "http-curl-error http-invalid-url"
    ),
    "BadRequest": (
        "invalidparammix mustpostparams mustbeposted multisource notmulti invalidmethod badgenerator "
        "cannot-async-upload-file filekeynotallowed selfmove no-content-type rest-unsupported-content-type "
        "rest-wrong-method"
    ),
    "InvalidTitle": "invalidtitle badtitle rest-invalid-title invalidcategory bad_image_title pagecannotexist",
    "InvalidParameter": (
        "badvalue badinteger badtimestamp outofrange baduser badparams badformat invalidsection revwrongpage "
        "parameter-validation-failed invalidexpiry invalidip invalidrange invaliduser nosuchuser"
    ),
    "MissingParameter": "missingparam nofilename notitle nooldid filekeyneeded",
    "TooManyValues": "toomanyvalues",
    "BadContinue": "badcontinue",
    "UnknownAction": "unknown_action",
    "Unsupported": "rest-no-match rest-unknown-module rest-bad-prefix rest-compare-wikidiff2 rest-html-backend-error",
    "InternalError": "badconfig",
}

MESSAGES: Mapping[str, str] = {  # names of messages whose code in the Action API is another word
    "actionthrottledtext": "ratelimited",
    "autoblockedtext": "autoblocked",
    "autoblockedtext-tempuser": "autoblocked",
    "badaccess-group0": "permissiondenied",
    "badaccess-groups": "permissiondenied",
    "badipaddress": "invalidip",
    "blankpage": "emptypage",
    "blockedtext": "blocked",
    "blockedtext-composite": "blocked",
    "blockedtext-partial": "blocked",
    "blockedtext-tempuser": "blocked",
    "cantmove-titleprotected": "protectedtitle",
    "confirmedittext": "confirmemail",
    "content-not-allowed-here": "contentnotallowedhere",
    "deleteprotected": "cantedit",
    "edit-conflict": "editconflict",
    "imagenocrossnamespace": "nonfilenamespace",
    "imagetypemismatch": "filetypemismatch",
    "ip_range_invalid": "invalidrange",
    "ipb_expiry_invalid": "invalidexpiry",
    "mailnologin": "cantsend",
    "markedaspatrollederror-noautopatrol": "noautopatrol",
    "movenologintext": "cantmove-anon",
    "movenotallowed": "cantmove",
    "movenotallowedfile": "cantmovefile",
    "namespaceprotected": "protectednamespace",
    "nocreate-loggedin": "cantcreate",
    "nocreatetext": "cantcreate-anon",
    "noname": "invaliduser",
    "nosuchusershort": "nosuchuser",
    "notanarticle": "missingtitle",
    "nouserspecified": "invaliduser",
    "protect-cantedit": "cantedit",
    "protectedinterface": "protectednamespace-interface",
    "protectedpagetext": "protectedpage",
    "readonlytext": "readonly",
    "rest-badtoken": "badtoken",
    "sessionfailure": "badtoken",
    "systemblockedtext": "blocked",
    "titleprotected": "protectedtitle",
    "undo-failure": "undofailure",
}

PREFIXES: Mapping[str, str] = {  # how codes begin -> class name, for the codes that the table above does not list
    "internal_api_error": "InternalError",  # the class of an exception of PHP follows
    "abusefilter-disallowed-": "AbuseFilter",  # a message of the filter's own follows
    "abusefilter-warning-": "AbuseFilter",
    "titleblacklist-forbidden-": "TitleBlacklisted",  # what was refused follows
    "backend-fail-": "UploadError",  # what the file store could not do follows
    "lockmanager-": "UploadError",
    "uploaded-": "FileRefused",  # what an SVG file must not contain follows
    "mwoauth-invalid-authorization": "AuthorizationRefused",  # the reason follows
}


def class_names(table: Mapping[str, str]) -> dict[str, str]:
    """The class name of each code. Raises TypeError if two classes claim one code."""
    found: dict[str, str] = {}
    for name, codes in table.items():
        for code in codes.split():
            if code in found:
                raise TypeError(f"{name} and {found[code]} both claim the error code {code!r}")
            found[code] = name
    return found


_CLASS_NAMES = class_names(CODES)


def action_api_code(name: str) -> str:
    """The code that the Action API has for the message with this name; a code stays as it is."""
    return MESSAGES.get(name, name.removeprefix("apierror-"))


def class_name_for(code: str) -> str:
    """The name of the class for an error code, or for the name of an error's message: ``"ApiError"`` if unknown."""
    by_prefix = next((name for prefix, name in PREFIXES.items() if code.startswith(prefix)), "ApiError")
    return _CLASS_NAMES.get(action_api_code(code), by_prefix)
