"""One small hierarchy of errors that a person can act on.

Every error has a stable ``code`` (the one that ``--json`` prints), and a message that says what happened and what
the person can do. The message is kept as a template and its parameters, so that the window can translate it.
"""

from __future__ import annotations

import errno
from pathlib import Path


class RekindleError(Exception):
    """Base of all errors that are shown to a person.

    Attributes:
        code: stable identifier, part of the command line's contract.
        template: the message with ``{name}`` fields, in English; the key of its translation.
        params: values of the fields.
    """

    code = "internal"

    def __init__(self, template: str, **params: object) -> None:
        super().__init__(template, params)
        self.template = template
        self.params = params

    @property
    def message(self) -> str:
        return self.template.format(**self.params)

    def __str__(self) -> str:
        return self.message


class UnreadablePhotoError(RekindleError):
    code = "unreadable"


class UnsupportedFormatError(RekindleError):
    code = "unsupported"


class TooLargeError(RekindleError):
    code = "too-large"


class OutsideError(RekindleError):
    """A part of a photo was asked for that it does not have."""

    code = "outside"


class NotFoundError(RekindleError):
    code = "not-found"


class NoPermissionError(RekindleError):
    code = "no-permission"


class NoSpaceError(RekindleError):
    code = "no-space"


class OutOfMemoryError(RekindleError):
    code = "out-of-memory"


class ModelMissingError(RekindleError):
    code = "model-missing"


class ModelDamagedError(RekindleError):
    code = "model-damaged"


class ModelRefusedError(RekindleError):
    """A file that was to become a model is none."""

    code = "model-refused"


class DownloadFailedError(RekindleError):
    code = "download-failed"


class EngineFailedError(RekindleError):
    code = "engine-failed"


class CancelledError(RekindleError):
    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled.")


class InternalError(RekindleError):
    code = "internal"


class UsageError(RekindleError):
    """The call itself was wrong: an unknown model, options that contradict each other. Exit status 2."""

    code = "usage"


def of_code(code: str, template: str, params: dict[str, object]) -> RekindleError:
    """An error as it was recorded; one of a code that no longer exists becomes an internal one."""
    kinds = {kind.code: kind for kind in RekindleError.__subclasses__() if kind is not CancelledError}
    return CancelledError() if code == CancelledError.code else kinds.get(code, InternalError)(template, **params)


def unexpected(error: BaseException) -> InternalError:
    """The error nobody foresaw, in words; its traceback belongs in the log."""
    return InternalError(
        "Something went wrong that Rekindle did not expect ({kind}: {detail}). The log has the details.",
        kind=type(error).__name__,
        detail=str(error) or "no further detail",
    )


def while_reading(error: OSError, path: Path) -> RekindleError:
    """An operating-system error met while ``path`` was read, as a typed error."""
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NotFoundError(
            "“{name}” was not found: it was moved or deleted, or its disk is not connected. Try again when it is back.",
            name=path.name,
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return NoPermissionError(
            "Rekindle is not allowed to read “{name}”. Check the permissions of the file and its folder.",
            name=path.name,
        )
    return UnreadablePhotoError(
        "“{name}” could not be read ({reason}). Check whether its disk is connected and in order, then try again.",
        name=path.name,
        reason=error.strerror or str(error),
    )


def while_writing(error: OSError, path: Path) -> RekindleError:
    """An operating-system error met while ``path`` was written, as a typed error."""
    folder = str(path.parent)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return NoSpaceError(
            "There is not enough free space in “{folder}” for “{name}”. Free some space or choose another folder.",
            folder=folder,
            name=path.name,
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return NoPermissionError(
            "Rekindle is not allowed to save “{name}” in “{folder}”. Choose another folder.",
            folder=folder,
            name=path.name,
        )
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EEXIST):
        return NotFoundError(
            "“{name}” cannot be saved in “{folder}”: that folder is gone, or is not a folder. Choose another one.",
            folder=folder,
            name=path.name,
        )
    return InternalError(
        "“{name}” could not be saved in “{folder}” ({reason}). Check whether its disk is connected and in order, then "
        "try again.",
        name=path.name,
        folder=folder,
        reason=error.strerror or str(error),
    )
