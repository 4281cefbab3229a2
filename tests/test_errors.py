"""The tree of errors: what is drawn is what there is, and every code has one class."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import pytest

from mwclient_async import errors
from mwclient_async.errors import (
    ApiError,
    ApiErrorItem,
    BadToken,
    CursorMismatch,
    InternalError,
    LoginFailed,
    LoginThrottled,
    MaxlagExceeded,
    MediaWikiError,
    NotRequested,
    StashError,
    Unavailable,
    UnrecognizedParameters,
    UploadWarnings,
    class_for,
)
from mwclient_async.models.values import ApiWarning, UploadWarning

CLASSES = {
    cls.__name__: cls
    for cls in vars(errors).values()
    if inspect.isclass(cls) and issubclass(cls, MediaWikiError) and cls.__module__ == errors.__name__
}
API_CLASSES = [cls for cls in CLASSES.values() if issubclass(cls, ApiError)]


def own_codes(cls: type[ApiError]) -> frozenset[str]:
    return vars(cls).get("codes", frozenset())


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
def test_every_class_says_who_raises_it_or_what_to_do(name: str) -> None:
    said = vars(CLASSES[name]).get("__doc__")
    assert said
    assert said.strip().endswith((".", "``.", ")"))


# Codes ---------------------------------------------------------------------------------------------------------------


def test_no_two_classes_claim_a_code() -> None:
    claimed = [code for cls in API_CLASSES for code in own_codes(cls)]
    assert sorted(claimed) == sorted(set(claimed))


def test_two_classes_that_claim_one_code_fail_at_import() -> None:
    class Thief(ApiError):
        codes = frozenset({"badtoken"})

    try:
        with pytest.raises(TypeError, match=r"Thief and BadToken|BadToken and Thief"):
            errors._code_table()
    finally:
        Thief.codes = frozenset()


@pytest.mark.parametrize(
    ("code", "cls"), [pytest.param(code, cls, id=code) for cls in API_CLASSES for code in sorted(own_codes(cls))]
)
def test_a_code_has_the_class_that_claims_it(code: str, cls: type[ApiError]) -> None:
    assert class_for(code) is cls


@pytest.mark.parametrize("code", ["", "no-such-code", "BADTOKEN", "badtoken ", "rest-418"])
def test_a_code_that_none_claims_is_an_api_error(code: str) -> None:
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


def test_upload_warnings_say_what_and_how_to_go_on() -> None:
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
    ("cls", "kin"),
    [
        (MaxlagExceeded, Unavailable),
        (LoginThrottled, LoginFailed),
        (CursorMismatch, ValueError),
        (NotRequested, LookupError),
    ],
)
def test_an_error_can_be_caught_as_its_kin(cls: type[Exception], kin: type[Exception]) -> None:
    assert issubclass(cls, kin)
    assert issubclass(cls, MediaWikiError)
