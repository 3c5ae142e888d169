"""The errors that a client may read: what went wrong, and how to correct it.

    EyewallError
    ├── InvalidInput        the input cannot be a message, a filter or a request
    │   ├── TooLarge        … because it exceeds a limit; the limit is named
    │   └── UnknownType     … because its content type is not supported
    ├── NotFound            no such page, topic or connection
    ├── Conflict            contradicts an earlier request
    ├── LogFailed           the log cannot be read now
    ├── OutcomeUnknown      the append timed out: it may or may not be stored
    └── Overloaded          the request is valid, but there is no room now
        ├── TooManyConnections  … for this address
        └── NotStored           … in the log; nothing of the append is stored
            └── LogFull             … because the disk is full

LogError (log/file.py) is for the operator at start-up. Knows nothing of HTTP: one table in
handlers/base.py maps each error to a status.
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


class NotStored(Overloaded):
    """Nothing of this append is in the log. May be retried."""


class LogFull(NotStored):
    """The log's disk is full."""


class LogFailed(EyewallError):
    """The log cannot be read now. Recovers by itself when the cause is gone."""


class OutcomeUnknown(EyewallError):
    """The append did not finish in time. Must not be retried without the same Idempotency-Key."""


class Conflict(EyewallError):
    """An Idempotency-Key that was used for something else."""
