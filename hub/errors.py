"""The errors that a client may read: what is wrong, and a hint how to correct it.

handlers/base.py maps each to an HTTP status. LogError (log/file.py) is for the operator at the start.
"""


class EyewallError(Exception):
    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details: dict[str, object] = {}  # More fields of the answer, for programs.


class InvalidInput(EyewallError):
    """The input cannot be a message, a filter or a request. `field` names its part."""

    def __init__(self, field: str, problem: str, *, hint: str = "") -> None:
        super().__init__(f"{field}: {problem}", hint=hint)
        self.field = field


class UnknownParameter(InvalidInput):
    """A query parameter that this address does not have."""


class TooLarge(InvalidInput):
    """Over a limit of the config; the hint names its key."""


class UnknownType(InvalidInput):
    """An unsupported content type or encoding."""


class CrossOrigin(EyewallError):
    """A page of another site may not cause this work."""


class NotFound(EyewallError):
    """No such page, topic or connection."""


class Overloaded(EyewallError):
    """The request is valid, but there is no room now. Retry in `retry_seconds`."""

    def __init__(self, message: str, *, hint: str = "", retry_seconds: int = 5) -> None:
        super().__init__(message, hint=hint)
        self.retry_seconds = retry_seconds


class TooManyConnections(Overloaded):
    """One address has the connections that it may have."""


class NotStored(Overloaded):
    """Nothing of this append is in the log. May be retried."""


class LogFull(NotStored):
    """The log's disk is full."""


class LogFailed(EyewallError):
    """The log cannot be read now. Recovers when the cause is gone."""


class OutcomeUnknown(EyewallError):
    """The append did not finish in time. Must not be retried without the same Idempotency-Key."""


class Conflict(EyewallError):
    """An Idempotency-Key that was used for another request."""
