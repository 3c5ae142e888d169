"""The rules for a single setting: each check decides what a text means, so `title: NO` is the title "NO"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from hub.errors import InvalidInput
from hub.message import TOPIC, Level

T = TypeVar("T")

HIDDEN: Final = "***"

# No leading zero: YAML 1.1 reads 012 as ten, YAML 1.2 as twelve.
_NUMBER: Final = re.compile(r"([+-]?(?!0[0-9_])[0-9._]+(?:[eE][+-]?[0-9]+)?)(?: ?([A-Za-z]+))?")
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_ORIGIN: Final = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_CONTROL: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")
_DEFAULT_PORT: Final = {"http": "80", "https": "443"}


def setting_error(rule: str, *, example: str = "", hint: str = "") -> PydanticCustomError:
    """Return an error of a setting. `{}` in `rule` is the place of `example`. Only the example may quote the value."""
    return PydanticCustomError("setting", "{rule}", {"rule": rule, "example": example, "hint": hint})


def quote(value: object) -> str:
    """Return a value for one line of text: at most 62 characters, without control characters."""
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str) and not ((parts := _NUMBER.fullmatch(value)) and parts[2] is None):
        return repr(value if len(value) <= 60 else value[:59] + "…")
    return str(value)[:60]


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high` inclusive; whole for an int. It may have one of `units`."""

    low: float
    high: float
    kind: str = "a number"
    examples: str = ""
    units: dict[str, int] = field(default_factory=dict)  # Spelling to factor, the largest last.

    def __get_pydantic_core_schema__(self, source: type, _: GetCoreSchemaHandler) -> CoreSchema:
        whole = source is int
        kind = "a whole number" if whole and not self.units else self.kind
        rule = f"must be {kind} between {self.write(self.low)} and {self.write(self.high)}{self.examples}"
        factors = {"": 1} | {name.lower(): factor for name, factor in self.units.items()}

        def check(value: object) -> float:
            number = _number(value, factors)
            fraction = whole and not self.units and number is not None and not number.is_integer()
            if number is None or fraction or not self.low <= number <= self.high:
                zeros = isinstance(value, str) and re.fullmatch("0[0-9]+", value)
                raise setting_error(rule, hint=": leave out the leading zero" if zeros else "")
            return int(number) if whole else number

        written = core_schema.plain_serializer_function_ser_schema(self.write)
        return core_schema.no_info_plain_validator_function(check, serialization=written)

    def write(self, value: float) -> str | int | float:
        """Return the value in its largest unit: "64MiB", 15 for 15.0, 1.5."""
        for unit, factor in reversed(self.units.items()):
            if factor > 1 and value and value % factor == 0:
                return f"{int(value // factor)}{unit}"
        return int(value) if float(value).is_integer() else value


def size(low: int, high: int) -> Between:
    """A count of bytes: 1048576, or 1MiB."""
    units = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
    return Between(low, high, "a size", ", such as 1048576, 512KiB or 1MiB", units)


def duration(low: float, high: float) -> Between:
    """Seconds: 900, or 15m."""
    return Between(low, high, "a time", ", such as 90s, 15m, 12h or 7d", {"s": 1, "m": 60, "h": 3600, "d": 86_400})


def _number(value: object, factors: Mapping[str, int]) -> float | None:
    # None for anything but ASCII digits with a known unit: for words, true and 0x10.
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    parts = _NUMBER.fullmatch(str(value))
    factor = factors.get((parts[2] or "").lower()) if parts else None
    try:
        return float(parts[1]) * factor if parts and factor else None
    except ValueError:  # 1__0 or 1.2.3
        return None


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A text that prints as ***. `value` is the only way to read it."""

    value: str

    def __repr__(self) -> str:
        return HIDDEN

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, __: GetCoreSchemaHandler) -> CoreSchema:
        def check(value: object) -> Secret:
            if isinstance(value, Secret):
                return value
            if not isinstance(value, str) or not value:
                raise PydanticCustomError("secret", "must be text")
            if value == HIDDEN:
                raise PydanticCustomError("secret", "must be the secret itself: *** is only printed in its place")
            return cls(value)

        return core_schema.no_info_plain_validator_function(
            check, serialization=core_schema.plain_serializer_function_ser_schema(repr)
        )


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise setting_error("must be one line without control characters")
    return text


def _topic(text: str) -> str:
    if not TOPIC.fullmatch(text):
        raise setting_error("must be 1 to 64 of A-Z a-z 0-9 . _ -")
    return text


def _level(value: object) -> Level:
    try:
        return Level.parse(value if isinstance(value, str) else "")
    except InvalidInput:
        raise setting_error(f"must be one of {', '.join(Level)}") from None


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _listen_address(text: str) -> str:
    # 127.0.0.256 and 10.0.1 have the form of a host name, but cannot be bound.
    name = text.lower()
    if is_address(text) or (_HOST.fullmatch(name) and not re.fullmatch("[0-9.]+", name)):
        return text
    raise setting_error(
        "must be an address or a host name without a port, such as 127.0.0.1, '::1', localhost,"
        " or 0.0.0.0 for every network"
    )


def _host(text: str) -> str:
    host = text.lower()
    if not _HOST.fullmatch(host):
        raise setting_error("must be a host name alone, such as wall.example.com")
    return host


def _network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise setting_error("must be an address or a network, such as 127.0.0.1, 10.0.0.0/8 or 'fd00::/8'") from None
    if network.version == 6 and network.prefixlen >= 96 and (mapped := network.network_address.ipv4_mapped):
        return _network(f"{mapped}/{network.prefixlen - 96}" if "/" in text else str(mapped))
    address, _, length = text.partition("/")
    if length and ip_address(address) != network.network_address:
        raise setting_error("must be a network without host bits, such as {}", example=f"{network} or {address}")
    return str(network) if length else address


def _origin(text: str) -> str:
    if text in ("*", "null"):
        return text
    if origin := _as_sent(text):
        return origin
    scheme, _, rest = text.partition("://") if "://" in text else ("https", "", text)
    host = re.split(r"[/?#\s]", rest)[0]
    example = _as_sent(f"{scheme}://{host}") or "https://wall.example.com"
    raise setting_error('must be an origin, such as {} without a path, "*" or "null"', example=example)


def _as_sent(origin: str) -> str | None:
    # As browsers send it: in lower case, without the default port (RFC 6454, "Serializing Origins").
    parts = _ORIGIN.fullmatch(origin.lower())
    if not parts or (parts[3] and not 0 < int(parts[3]) < 65536):
        return None
    scheme, name, port = parts.groups()
    return f"{scheme}://{name}" + (f":{int(port)}" if port and port != _DEFAULT_PORT.get(scheme) else "")


def _items(value: object) -> object:
    if value is None:  # A list with all items commented out.
        return ()
    if isinstance(value, list | tuple):
        return value
    raise PydanticCustomError("list_type", "must be a list, such as [a, b]")


Items = Annotated[tuple[T, ...], BeforeValidator(_items)]
ONE_LINE: Final = AfterValidator(_one_line)  # Behind the limits of a length.
Topic = Annotated[str, AfterValidator(_topic)]
AnyLevel = Annotated[Level, BeforeValidator(_level)]
ListenAddress = Annotated[str, AfterValidator(_listen_address)]
Host = Annotated[str, AfterValidator(_host)]
Network = Annotated[str, AfterValidator(_network)]
Origin = Annotated[str, AfterValidator(_origin)]
