"""What can go wrong, in the words of whoever caused it.

    EyewallError
    ├── InvalidInput        what was handed in cannot be a message, a filter or a request
    │   ├── TooLarge        … because it is over a limit; the limit is named
    │   └── UnknownType     … because its content type is none of ours
    ├── NotFound            no such thing here
    ├── Conflict            it contradicts what was said before
    ├── LogFull             the disk is
    └── Overloaded          nothing is wrong with the request, but there is no room now
        ├── TooManyConnections  … for this address
        └── LogFailed           the log cannot be written or read

LogError (log/file.py) is for whoever starts the server. Knows nothing of HTTP: one table in
handlers/base.py gives each its status.
"""


class EyewallError(Exception):
    """An error that its cause may read: what went wrong, and how to mend it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details: dict[str, object] = {}  # More for a program to read, beside the error.


class InvalidInput(EyewallError):
    """`field` says where; the message says what is wrong there, the hint what it may be."""

    def __init__(self, field: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{field}: {problem}", hint=hint)
        self.field = field


class TooLarge(InvalidInput):
    """Over a limit of the config; the hint names its key."""


class UnknownType(InvalidInput):
    """A content type or encoding that nobody here reads."""


class NotFound(EyewallError):
    """No such page, topic or connection."""


class Overloaded(EyewallError):
    """Try again in `retry_seconds`."""

    def __init__(self, message: str, *, hint: str = "", retry_seconds: int = 5) -> None:
        super().__init__(message, hint=hint)
        self.retry_seconds = retry_seconds


class TooManyConnections(Overloaded):
    """One address has all that one may have."""


class LogFailed(Overloaded):
    """The log cannot be written or read now; it heals by itself when its cause is gone."""


class LogFull(EyewallError):
    """The log's disk is full: nothing was stored."""


class Conflict(EyewallError):
    """An Idempotency-Key that was used for something else."""
