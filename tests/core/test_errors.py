"""Every error has a stable code and words a person can act on."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from desktop.core import errors

PATH = Path("some folder") / "holiday.png"

CODES = {
    errors.UnreadablePhotoError: "unreadable",
    errors.UnsupportedFormatError: "unsupported",
    errors.TooLargeError: "too-large",
    errors.NotFoundError: "not-found",
    errors.NoPermissionError: "no-permission",
    errors.NoSpaceError: "no-space",
    errors.OutOfMemoryError: "out-of-memory",
    errors.ModelMissingError: "model-missing",
    errors.ModelDamagedError: "model-damaged",
    errors.ModelRefusedError: "model-refused",
    errors.DownloadFailedError: "download-failed",
    errors.EngineFailedError: "engine-failed",
    errors.OutsideError: "outside",
    errors.InternalError: "internal",
}


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=lambda value: getattr(value, "__name__", value))
def test_an_error_keeps_the_code_it_promised(kind, code):
    assert kind("x").code == code


def test_being_cancelled_needs_no_words_of_its_own():
    assert (errors.CancelledError().code, str(errors.CancelledError())) == ("cancelled", "Cancelled.")


def test_there_is_no_error_whose_code_is_not_promised():
    kinds = set(errors.RekindleError.__subclasses__())
    assert kinds - set(CODES) == {errors.CancelledError, errors.UsageError}


def test_a_message_is_its_template_filled_in():
    error = errors.TooLargeError("“{name}” is {size:,} pixels", name="a.png", size=12345)
    assert error.message == str(error) == "“a.png” is 12,345 pixels"
    assert error.template == "“{name}” is {size:,} pixels"
    assert error.params == {"name": "a.png", "size": 12345}


def test_braces_in_a_file_s_name_are_no_fields():
    assert errors.while_reading(OSError(errno.ENOENT, "x"), Path("{0}{name!r:>{w}}.png")).message.startswith(
        "“{0}{name!r:>{w}}.png” was not found"
    )


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOENT, errors.NotFoundError),
        (errno.ENOTDIR, errors.NotFoundError),
        (errno.EACCES, errors.NoPermissionError),
        (errno.EPERM, errors.NoPermissionError),
        (errno.EIO, errors.UnreadablePhotoError),
        (errno.ELOOP, errors.UnreadablePhotoError),
        (errno.ENAMETOOLONG, errors.UnreadablePhotoError),
    ],
)
def test_what_the_system_says_while_reading_becomes_a_typed_error(number, kind):
    error = errors.while_reading(OSError(number, "the reason"), PATH)
    assert type(error) is kind
    assert "holiday.png" in error.message


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, errors.NoSpaceError),
        (errno.EDQUOT, errors.NoSpaceError),
        (errno.EFBIG, errors.NoSpaceError),
        (errno.EACCES, errors.NoPermissionError),
        (errno.EPERM, errors.NoPermissionError),
        (errno.EROFS, errors.NoPermissionError),
        (errno.ENOENT, errors.NotFoundError),
        (errno.ENOTDIR, errors.NotFoundError),
        (errno.EEXIST, errors.NotFoundError),
        (errno.EIO, errors.InternalError),
    ],
)
def test_what_the_system_says_while_writing_becomes_a_typed_error(number, kind):
    error = errors.while_writing(OSError(number, "the reason"), PATH)
    assert type(error) is kind
    assert "some folder" in error.message


def test_an_unforeseen_failure_while_writing_gives_the_system_s_reason():
    assert "the reason" in errors.while_writing(OSError(errno.EIO, "the reason"), PATH).message


def test_an_error_of_the_system_without_a_number_still_has_words():
    assert "no idea" in errors.while_reading(OSError("no idea"), PATH).message
    assert "no idea" in errors.while_writing(OSError("no idea"), PATH).message


def test_the_unexpected_names_its_kind_and_detail():
    error = errors.unexpected(ZeroDivisionError("by nothing"))
    assert (error.code, "ZeroDivisionError: by nothing" in error.message) == ("internal", True)


def test_the_unexpected_without_a_detail_still_has_words():
    assert "KeyError: no further detail" in errors.unexpected(KeyError()).message
