"""The tree of errors: the drawing shows every class, every code has one class, and every error can be copied."""

from __future__ import annotations

import copy
import copyreg
import inspect
import pickle
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from mwclient_async import errors
from mwclient_async._http.messages import HttpResponse
from mwclient_async._http.responses import parse_response
from mwclient_async._values.checkpoint import Checkpoint
from mwclient_async._values.cursor import Cursor
from mwclient_async._values.error_codes import CODES as CODES_OF_CLASSES, PREFIXES, class_names
from mwclient_async._values.warnings import ApiWarning, UploadWarning
from mwclient_async.errors import (
    AbuseFilter,
    ApiError,
    ApiErrorItem,
    AssertFailed,
    AuthorizationRefused,
    BadContinue,
    BadRequest,
    BadToken,
    Blocked,
    CaptchaRequired,
    ChunkRefused,
    CursorMismatch,
    EditConflict,
    EventsMissed,
    FileRefused,
    HttpError,
    InternalError,
    InvalidParameter,
    InvalidTitle,
    LoginFailed,
    LoginThrottled,
    MaxlagExceeded,
    MediaWikiError,
    MissingParameter,
    NotLoggedIn,
    NotRequested,
    OutcomeUnknown,
    PageExists,
    PageMissing,
    PermissionDenied,
    Protected,
    RateLimited,
    ReadOnly,
    Refused,
    ReplyLost,
    ResultTooLarge,
    SizeMismatch,
    SpamBlacklisted,
    StashError,
    TitleBlacklisted,
    TooManyValues,
    TransportError,
    Unavailable,
    UnreadableEvent,
    UnrecognizedParameters,
    Unsupported,
    UploadError,
    UploadPending,
    UploadWarnings,
    UrlRefused,
    class_for,
)
from mwclient_async.testing import LocalWiki

CLASSES = {
    cls.__name__: cls
    for cls in vars(errors).values()
    if inspect.isclass(cls) and issubclass(cls, MediaWikiError) and cls.__module__ == errors.__name__
}
API_CLASSES = [cls for cls in CLASSES.values() if issubclass(cls, ApiError)]


# The drawing ---------------------------------------------------------------------------------------------------------


def drawn() -> Iterator[tuple[str, str]]:
    """(child, parent) for each class of the drawing in the module's docstring."""
    tree = inspect.getdoc(errors).partition("::\n")[2].partition("\nCodes are")[0]  # type: ignore[union-attr]  # it has one
    lines = [line for line in tree.splitlines() if line.strip()]
    path = [lines[0].split()[0]]
    for line in lines[1:]:
        branch = re.fullmatch(r"    (?P<deep>(?:[| ] {3})*)[|`]-- (?P<names>\w+(?:, \w+)*)(?: {2,}\S.*)?", line)
        assert branch is not None, f"not a branch of the tree: {line!r}"
        depth = len(branch["deep"]) // 4 + 1
        del path[depth:]
        names = branch["names"].split(", ")
        yield from ((name, path[-1]) for name in names)
        path.append(names[-1])


def test_the_drawing_shows_every_class_below_its_parent() -> None:
    classes = {name: cls.__bases__[0].__name__ for name, cls in CLASSES.items() if cls is not MediaWikiError}
    assert dict(drawn()) == classes


def test_no_class_is_drawn_twice() -> None:
    names = [name for name, _ in drawn()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_has_a_docstring_of_its_own(name: str) -> None:
    docstring = vars(CLASSES[name]).get("__doc__")
    assert docstring
    assert docstring.strip().endswith((".", "``.", ")"))


# Codes ---------------------------------------------------------------------------------------------------------------


def test_the_table_names_classes_of_refusals_only() -> None:
    assert {*CODES_OF_CLASSES, *PREFIXES.values()} <= {cls.__name__ for cls in API_CLASSES}


def test_two_classes_that_claim_one_code_fail_at_import() -> None:
    with pytest.raises(TypeError, match="BadToken and NotLoggedIn both claim the error code 'badtoken'"):
        class_names({"NotLoggedIn": "notloggedin badtoken", "BadToken": "badtoken"})


def test_a_code_has_the_class_of_the_table() -> None:
    table = {code: name for name, codes in CODES_OF_CLASSES.items() for code in codes.split()}
    assert {code: class_for(code).__name__ for code in table} == table


CODES: Mapping[str, Mapping[type[ApiError], str]] = {
    "before anything is done": {
        AssertFailed: "assertuserfailed assertbotfailed assertanonfailed assertnameduserfailed",
        BadToken: "badtoken",
        MaxlagExceeded: "maxlag",
        ReadOnly: "readonly",
        RateLimited: "ratelimited",
        BadRequest: "mustbeposted mustpostparams invalidmethod",
        PermissionDenied: "permissiondenied readapidenied",
        NotLoggedIn: "mustbeloggedin notloggedin",
        AuthorizationRefused: "mwoauth-invalid-authorization mwoauth-invalid-authorization-invalid-user "
        "mwoauth-invalid-authorization-wrong-user mwoauth-invalid-authorization-not-approved "
        "mwoauth-invalid-authorization-not-approved-user mwoauth-invalid-authorization-wrong-wiki "
        "mwoauth-invalid-authorization-blocked-user",
    },
    "parameters": {
        MissingParameter: "missingparam nofilename",
        InvalidParameter: "badvalue badinteger badtimestamp outofrange",
        InvalidTitle: "badtitle invalidtitle invalidcategory bad_image_title pagecannotexist",
        TooManyValues: "toomanyvalues",
        BadRequest: "notmulti invalidparammix multisource",
        ChunkRefused: "badupload",
    },
    "queries": {BadContinue: "badcontinue", InternalError: "badconfig"},
    "logins": {
        LoginFailed: "wrongpassword sessionlost wrongtoken needtoken failed aborted",
        LoginThrottled: "login-throttled oathauth-throttled",
    },
    "edits": {
        EditConflict: "editconflict edit-already-exists edit-gone-missing pagedeleted",
        PageExists: "articleexists",
        PageMissing: "missingtitle nosuchpageid nosuchrevid nosuchsection",
        Protected: "protectedpage protectednamespace protectednamespace-interface cascadeprotected cantedit",
        Blocked: "blocked autoblocked",
        PermissionDenied: "permissiondenied cantcreate cantcreate-anon cantmove cantmove-anon cantmovefile cantimport "
        "movenotallowed cantsend mailnologin confirmemail confirmedittext",
        Refused: "contenttoobig badtags badmd5 hookaborted undofailure no-direct-editing contentmodel-mismatch "
        "emptypage blankpage immobile-source-namespace immobile-target-page nonfilenamespace filetypemismatch",
        TitleBlacklisted: "titleblacklist-forbidden titleblacklist-forbidden-move",
        SpamBlacklisted: "spamblacklist spamprotectionmatch",
        AbuseFilter: "abusefilter-warning abusefilter-disallowed abusefilter-warning-own",
        CaptchaRequired: "captcha",
        InvalidParameter: "invalidsection revwrongpage nosuchuser invaliduser invalidip noname nosuchusershort",
        InternalError: r"internal_api_error_DBQueryError internal_api_error_Wikimedia\Rdbms\DBTransactionStateError",
    },
    "chunks and the stash": {
        StashError: "stashfailed stashedfilenotfound uploadstash-file-not-found uploadstash-bad-path "
        "uploadstash-bad-path-bad-format uploadstash-wrong-owner uploadstash-zero-length uploadstash-exception",
        ChunkRefused: "invalid-chunk chunk-too-small",
        MissingParameter: "filekeyneeded",
        BadRequest: "filekeynotallowed cannot-async-upload-file",
        NotLoggedIn: "stashnotloggedin",
    },
    "files": {
        UploadError: "uploaddisabled publishfailed missingresult backend-fail-alreadyexists",
        FileRefused: "fileexists-forbidden fileexists-shared-forbidden fileexists-no-change file-too-large empty-file "
        "illegal-filename filename-tooshort filename-toolong filetype-missing windows-nonascii-filename "
        "filetype-banned filetype-mime-mismatch filetype-badmime verification-error uploadscripted",
        UrlRefused: "copyuploaddisabled copyuploadbaddomain upload-copy-upload-invalid-domain http-bad-status "
        "http-curl-error http-invalid-url",
    },
    "the REST API": {
        BadToken: "badtoken",
        PageExists: "rest-update-cannot-create-page",
        PageMissing: "rest-nonexistent-title rest-nonexistent-title-revision rest-nonexistent-revision",
        PermissionDenied: "rest-read-denied rest-write-denied",
        InvalidParameter: "parameter-validation-failed",
        Unsupported: "rest-no-match rest-unknown-module",
        BadRequest: "rest-unsupported-content-type rest-wrong-method",
    },
}


@pytest.mark.parametrize("group", CODES)
def test_every_code_that_a_caller_may_meet_has_a_class_to_catch(group: str) -> None:
    wanted = {code: cls for cls, codes in CODES[group].items() for code in codes.split()}
    assert {code: class_for(code) for code in wanted} == wanted
    assert ApiError not in wanted.values()  # a caller can react to each of these


@pytest.mark.parametrize("code", ["", "no-such-code", "BADTOKEN", "badtoken ", "rest-418"])
def test_a_code_that_is_not_in_the_table_is_an_api_error(code: str) -> None:
    assert class_for(code) is ApiError


@pytest.mark.parametrize(
    "code",
    [
        "internal_api_error",
        "internal_api_error_DBQueryError",
        "internal_api_error_Wikimedia\\Rdbms\\DBTransactionStateError",
    ],
)
def test_an_exception_inside_the_wiki_is_an_internal_error(code: str) -> None:
    assert class_for(code) is InternalError


# Messages ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", API_CLASSES, ids=lambda cls: cls.__name__)
def test_a_message_has_the_code_the_text_and_the_hint(cls: type[ApiError]) -> None:
    error = cls((ApiErrorItem(code="some-code", text="Some text."),))
    assert str(error) == "some-code: Some text." + (f" ({cls.hint})" if cls.hint else "")
    assert (error.code, error.text, error.data, error.cursor) == ("some-code", "Some text.", {}, None)


def test_a_message_has_all_errors() -> None:
    error = BadToken((ApiErrorItem(code="a", text="A."), ApiErrorItem(code="b")))
    assert str(error).startswith("a: A.; b (")


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        ({"offset": "4000"}, 4000),
        ({"offset": 4000}, 4000),
        ({"offset": "0"}, 0),
        ({"offset": ""}, None),
        ({"offset": "-1"}, None),
        ({"offset": -1}, None),
        ({"offset": "4e3"}, None),
        ({"offset": True}, None),
        ({"offset": None}, None),
        ({}, None),
    ],
)
def test_u1_the_offset_of_a_stash_error_is_a_whole_number_or_none(data: dict[str, object], offset: int | None) -> None:
    assert StashError((ApiErrorItem(code="stashfailed", data=data),)).offset == offset


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please wait 5 minutes before trying again.", 300),
        ("Please wait 1 second before trying again.", 1),
        ("Please wait 2 hours, 3 minutes and 4 seconds before trying again.", 7384),
        ("Please wait 1 day, 1 hour, 1 minute and 1 second before trying again.", 90061),
        ("Try again in 1,000 days.", 86_400_000),
        ("'Bot 9 days' could not log in: Please wait 45 seconds before trying again.", 45),
        ("Too many attempts! please wait a few minutes", 300),
        ("", 300),
    ],
)
def test_a_throttled_login_says_how_long_to_wait(text: str, seconds: float) -> None:
    assert LoginThrottled((ApiErrorItem(code="login-throttled", text=text),)).wait == seconds


def test_an_unknown_outcome_carries_what_is_known_and_needs_none_of_it() -> None:
    known = OutcomeUnknown("lost", title="Earth", base=17, since="2026-11-21T08:00:00Z")
    assert (known.title, known.base, known.since, str(known)) == ("Earth", 17, "2026-11-21T08:00:00Z", "lost")
    unknown = OutcomeUnknown("lost")
    assert (unknown.title, unknown.base, unknown.since) == (None, None, None)


def test_upload_warnings_say_what_is_wrong_and_how_to_continue() -> None:
    warnings = (UploadWarning(kind="exists", value="W.png"), UploadWarning(kind="empty-file", value=True))
    error = UploadWarnings(warnings, filekey="K", filename="A.png")
    assert "'A.png' was not published (exists: W.png, empty-file)" in str(error)
    assert "StashedFile(error.filekey)" in str(error)


def test_unrecognized_parameters_say_which_and_what_to_check() -> None:
    warning = ApiWarning(code="unrecognizedparams", text="Unrecognized parameter: gaplimt.", module="main")
    error = UnrecognizedParameters(warning)
    assert str(error) == "Unrecognized parameter: gaplimt. Check the spelling and the prefix of the parameters."
    assert error.warning is warning


@pytest.mark.parametrize(
    ("cls", "base"),
    [
        (MaxlagExceeded, Unavailable),
        (LoginThrottled, LoginFailed),
        (CaptchaRequired, Refused),
        (OutcomeUnknown, TransportError),
        (UrlRefused, UploadError),
        (CursorMismatch, ValueError),
        (NotRequested, LookupError),
    ],
)
def test_an_error_can_be_caught_as_its_base_class(cls: type[Exception], base: type[Exception]) -> None:
    assert issubclass(cls, base)
    assert issubclass(cls, MediaWikiError)


# Copies --------------------------------------------------------------------------------------------------------------

ITEM = ApiErrorItem(code="some-code", text="Some text.", data=MappingProxyType({"offset": 7, "nested": {"a": [1]}}))
WARNING = ApiWarning(code="unrecognizedparams", text="No.", data=MappingProxyType({"a": 1}))
CURSOR = Cursor(wiki="https://example.org/w/api.php", fingerprint=MappingProxyType({"a": "b"}))
MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
ARGUMENTS: Mapping[type[MediaWikiError], tuple[tuple[Any, ...], Mapping[str, Any]]] = {
    ApiError: (((ITEM, ITEM),), {"warnings": (WARNING,), "status": 503, "retry_after": 2.5, "request_id": "R"}),
    HttpError: (("message",), {"status": 429, "retry_after": 7.0}),
    OutcomeUnknown: (("message",), {"title": "Earth", "base": 17, "since": "2026-11-21T08:00:00Z"}),
    UnrecognizedParameters: ((WARNING, "Did you mean gaplimit?"), {}),
    UploadWarnings: (((UploadWarning(kind="exists", value=["A"]),),), {"filekey": "K", "filename": "A.png"}),
    UploadPending: ((), {"filekey": "K", "stage": "assembling", "waited": 60.0}),
    ResultTooLarge: ((), {"title": "Earth", "module": "revisions", "position": "rvcontinue=7|9"}),
    SizeMismatch: ((), {"size": 5, "found": 3, "content_type": "image/png"}),
    UnreadableEvent: (("message",), {"excerpt": "{", "beyond": CURSOR}),
    EventsMissed: (("message",), {"since": MOMENT, "until": MOMENT, "beyond": CURSOR}),
    MediaWikiError: (("message",), {}),
}
CHECKPOINT = Checkpoint(wiki=CURSOR.wiki, filename="A.png", size=2, filekey="K", offset=1, sha1="0" * 40)


def example(cls: type[MediaWikiError]) -> MediaWikiError:
    """An error of this class with everything that an error can have."""
    positional, keywords = next(ARGUMENTS[base] for base in cls.__mro__ if base in ARGUMENTS)
    error = cls(*positional, **keywords)
    error.cursor, error.filekey, error.checkpoint = CURSOR, "K", CHECKPOINT
    error.add_note("a note")
    error.__cause__ = ReplyLost("cut")
    return error


COPIES: Mapping[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle-{n}": partial(lambda n, e: pickle.loads(pickle.dumps(e, n)), n) for n in (2, pickle.HIGHEST_PROTOCOL)},
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_of_an_error_has_all_that_the_error_has(way: str) -> None:
    for cls in CLASSES.values():
        error = example(cls)
        made = COPIES[way](error)
        assert (type(made), str(made), made.args, vars(made)) == (cls, str(error), error.args, vars(error))
        assert (type(made.__cause__), str(made.__cause__)) == (ReplyLost, "cut")
        assert made.__traceback__ is None


@pytest.mark.parametrize("way", COPIES)
def test_a_note_on_a_copy_is_not_on_the_error(way: str) -> None:
    error = example(PageMissing)
    made = COPIES[way](error)
    made.add_note("another")
    made.cursor = None
    assert (error.__notes__, error.cursor) == (["a note"], CURSOR)


def test_the_cause_of_a_copy_may_be_what_cannot_be_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (ReplyLost, OSError):  # Dask, in other tests, lets every process pickle the causes of all errors
        monkeypatch.delitem(copyreg.dispatch_table, kind, raising=False)
    error = ReplyLost("cut")
    error.__cause__ = cause = OSError(open)
    cause.lock = threading.Lock()  # type: ignore[attr-defined]  # as the errors of HTTP libraries hold some
    assert copy.copy(error).__cause__ is cause
    assert pickle.loads(pickle.dumps(error)).__cause__ is None


# Both versions, one tree ----------------------------------------------------------------------------------------------


def _rest(wiki: LocalWiki, client: httpx.Client, title: str, body: Mapping[str, Any]) -> type[MediaWikiError] | None:
    """The class of the error of a PUT, or None for success."""
    response = client.put(f"{wiki.rest_url}/v1/page/{title}", json={"source": "x", "comment": "", **body})
    headers = tuple((name.lower(), value) for name, value in response.headers.items())
    try:
        parse_response(
            HttpResponse(status=response.status_code, headers=headers, body=response.content),
            rest=True,
            creating="latest" not in body,
        )
    except MediaWikiError as error:
        return type(error)
    return None


def _logged_in(wiki: LocalWiki, client: httpx.Client) -> Callable[..., Any]:
    def call(action: str, /, **params: Any) -> Any:
        in_url = {"action": action, "format": "json", "formatversion": "2"}
        return client.post(wiki.api_url, params=in_url, data=params).raise_for_status().json()

    token = call("query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
    call("login", lgname=wiki.admin_name, lgpassword=wiki.admin_password, lgtoken=token)
    return call


@pytest.mark.parametrize("version", ["1.39", "1.43"])
def test_what_the_rest_api_refuses_has_the_same_class_in_both_versions(
    mediawiki_factory: Callable[..., LocalWiki], version: str
) -> None:
    wiki = mediawiki_factory(version=version)
    with httpx.Client(timeout=60) as client, httpx.Client(timeout=60) as anonymous:
        call = _logged_in(wiki, client)
        token = {"token": call("query", meta="tokens")["query"]["tokens"]["csrftoken"]}
        assert _rest(wiki, client, "Errors", token) is None
        page = client.get(f"{wiki.rest_url}/v1/page/Errors").json()["latest"]["id"]
        based = {**token, "latest": {"id": page}}
        assert _rest(wiki, client, "Errors", {**based, "source": "y"}) is None
        call("protect", title="Errors", protections="edit=sysop", **token)
        lock = wiki.directory / "images" / "lock_yBgMBwiR"  # a wiki with this file takes no writes
        found = {
            "exists": _rest(wiki, client, "Errors", token),
            "conflict": _rest(wiki, client, "Errors", {**based, "source": "z"}),
            "missing": _rest(wiki, client, "Errors_none", based),
            "title": _rest(wiki, client, "%3C%3E", token),
            "protected": _rest(wiki, anonymous, "Errors", {"token": "+\\", "latest": {"id": page}}),
        }
        lock.write_text("maintenance")
        try:
            found["readonly"] = _rest(wiki, client, "Errors_new", token)
        finally:
            lock.unlink()
        refused = _rest(wiki, client, "Errors", {**based, "token": "0123+\\"})
    assert found == {
        "exists": PageExists,
        "conflict": EditConflict,
        "missing": PageMissing,
        "title": InvalidTitle,
        "protected": Protected,
        "readonly": ReadOnly,
    }
    assert refused is (PermissionDenied if version == "1.39" else BadToken)  # the older one names no code
