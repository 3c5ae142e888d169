"""What a single setting may be, and how a person writes it.

Owns the rules for one value, each with an error that says what would be right. Knows no setting by name.
A value from the file or the environment arrives as the word that was written there, and the setting decides
what it means: so `title: NO` is the title "NO", `port: 012` is refused, and none of YAML's own guesses (octal
numbers, 1:30 as 90, dates) can happen.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Annotated, ClassVar, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from hub.errors import InvalidInput
from hub.message import TOPIC, Level

T = TypeVar("T")

# No leading zero: who reads 012 as ten and who as twelve depends on the version of YAML.
_NUMBER: Final = re.compile(r"[+-]?(?!0[0-9_])[0-9._]+(?:[eE][+-]?[0-9]+)?")
_QUANTITY: Final = re.compile(r"([0-9._]+) ?([A-Za-z]*)")
WRITTEN_UNITS: Final = {"kib": "KiB", "mib": "MiB", "gib": "GiB"}
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_ORIGIN: Final = re.compile(r"([a-z][a-z0-9+.-]*)://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_DEFAULT_PORT: Final = {"http": "80", "https": "443"}


def setting_error(text: str) -> PydanticCustomError:
    """An error whose text needs no clean-up: it reads on from the setting's name."""
    return PydanticCustomError("setting", text)  # Without a context braces in the text stay as they are.


def shown(value: object) -> str:
    """What somebody wrote, fit for one line of a log: short, and with control characters escaped."""
    if isinstance(value, dict):
        return "a section"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return repr(value if len(value) <= 60 else value[:59] + "…")
    return str(value)[:60]


def to_yaml_value(key: str, value: object) -> object:
    """The value as a person writes it in the file: 15 for 15.0, "64MiB" for a count of bytes."""
    if isinstance(value, BaseModel):
        return {name: to_yaml_value(name, item) for name, item in value}
    if isinstance(value, tuple):
        return [to_yaml_value(key, item) for item in value]
    if key.endswith("keep_for") and isinstance(value, int | float):
        return _with_unit(value, Duration.UNITS)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and key.endswith("_bytes"):
        return _with_unit(value, Size.UNITS)
    return str(value) if isinstance(value, str) else value  # str: YAML cannot write a StrEnum.


@dataclass(frozen=True, slots=True)
class Between:
    """A number from low to high, both included; a whole one where the setting is an int."""

    low: float
    high: float

    def __get_pydantic_core_schema__(self, source: type, _: GetCoreSchemaHandler) -> CoreSchema:
        whole = source is int
        kind = "a whole number" if whole else "a number"
        rule = f"must be {kind} between {to_yaml_value('', self.low)} and {to_yaml_value('', self.high)}"

        def check(value: object) -> float:
            number = _number(value)
            if number is None or not self.low <= number <= self.high or (whole and not number.is_integer()):
                zeros = isinstance(value, str) and re.fullmatch("0[0-9]+", value)
                raise setting_error(f"{rule}, not {shown(value)}" + (": leave out the leading zero" if zeros else ""))
            return int(number) if whole else number

        return core_schema.no_info_plain_validator_function(check)


@dataclass(frozen=True)
class Quantity:
    """A number from low to high, which may be written with a unit."""

    KIND: ClassVar[str]
    EXAMPLES: ClassVar[str]
    UNITS: ClassVar[dict[str, int]]
    WHOLE: ClassVar[bool]

    low: float
    high: float

    def __get_pydantic_core_schema__(self, _: type, __: GetCoreSchemaHandler) -> CoreSchema:
        rule = f"must be {self.KIND} between {_with_unit(self.low, self.UNITS)} and {_with_unit(self.high, self.UNITS)}"

        def check(value: object) -> float:
            parts = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
            unit = self.UNITS.get(parts[2].lower()) if parts else 1
            number = _number(parts[1] if parts else value)
            if number is None or unit is None or not self.low <= number * unit <= self.high:
                raise setting_error(f"{rule}, such as {self.EXAMPLES}, not {shown(value)}")
            return int(number * unit) if self.WHOLE else number * unit

        return core_schema.no_info_plain_validator_function(check)


class Size(Quantity):
    """A count of bytes: 1048576, or with a unit, 1MiB."""

    KIND = "a size"
    EXAMPLES = "1048576, 512KiB or 1MiB"
    UNITS: ClassVar[dict[str, int]] = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30}
    WHOLE = True


class Duration(Quantity):
    """Seconds: 900, or with a unit, 15m."""

    KIND = "a time"
    EXAMPLES = "90s, 15m, 12h or 7d"
    UNITS: ClassVar[dict[str, int]] = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
    WHOLE = False


def _number(value: object) -> float | None:
    """None for whatever is no number to a person: words, true, NaN in words, digits of other scripts."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):  # 1__0, 1.2.3, or an int beyond every float.
        return None


def _with_unit(value: float, units: dict[str, int]) -> str | int | float:
    """In the largest unit that leaves a whole number; a number alone where none does."""
    for unit, factor in reversed(units.items()):
        if factor > 1 and value and value % factor == 0:
            return f"{int(value // factor)}{WRITTEN_UNITS.get(unit, unit)}"
    return int(value) if float(value).is_integer() else value


def _topic(text: str) -> str:
    if not TOPIC.fullmatch(text):
        raise setting_error(f"must be 1 to 64 of A-Z a-z 0-9 . _ -, not {shown(text)}")
    return text


def _level(value: object) -> Level:
    try:
        return Level.parse(value if isinstance(value, str) else "")
    except InvalidInput:
        raise setting_error(f"must be one of {', '.join(Level)}, not {shown(value)}") from None


def is_address(text: str) -> bool:
    """Whether it is an address of IPv4 or IPv6, as it is written."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _listen_address(text: str) -> str:
    # 127.0.0.256 and 10.0.1 have the form of a host name and would only fail, oddly, when listening.
    name = text.lower()
    if is_address(text) or (_HOST.fullmatch(name) and not re.fullmatch("[0-9.]+", name)):
        return text
    raise setting_error(
        "must be an address or a host name without a port, such as 127.0.0.1, '::1', localhost,"
        f" or 0.0.0.0 for every network, not {shown(text)}"
    )


def _host(text: str) -> str:
    host = text.lower()
    if not _HOST.fullmatch(host):
        raise setting_error(f"must be a host name alone, such as wall.example.com, not {shown(text)}")
    return host


def _network(text: str) -> str:
    """Return a network as `ip_network` writes it, or a single address as it is."""
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise setting_error(
            f"must be an address or a network, such as 127.0.0.1, 10.0.0.0/8 or 'fd00::/8', not {shown(text)}"
        ) from None
    address, _, length = text.partition("/")
    if length and ip_address(address) != network.network_address:
        raise setting_error(
            f"must be a network: {shown(text)} has bits behind its /{length}; use {network} or {address}"
        )
    return str(network) if length else address


def _origin(text: str) -> str:
    """As browsers send it, or it would never match."""
    if text in ("*", "null"):
        return text
    if origin := _as_sent(text):
        return origin
    scheme, _, rest = text.partition("://") if "://" in text else ("https", "", text)
    host = re.split(r"[/?#\s]", rest)[0]
    guess = _as_sent(f"{scheme}://{host}") or "https://wall.example.com"
    raise setting_error(f'must be an origin, such as {guess} without a path, "*" or "null", not {shown(text)}')


def _as_sent(origin: str) -> str | None:
    """In lower case, without the scheme's own port (RFC 6454, "Serializing Origins"). None: it is none."""
    parts = _ORIGIN.fullmatch(origin.lower())
    if not parts or (parts[3] and not 0 < int(parts[3]) < 65536):
        return None
    scheme, name, port = parts.groups()
    return f"{scheme}://{name}" + (f":{int(port)}" if port and port != _DEFAULT_PORT.get(scheme) else "")


def _items(value: object) -> object:
    """A list whose last item was commented out is an empty list, and arrives as None."""
    if value is None:
        return ()
    if isinstance(value, list | tuple):
        return value
    raise setting_error(f"must be a list, such as [a, b], not {shown(value)}")


Items = Annotated[tuple[T, ...], BeforeValidator(_items)]
Topic = Annotated[str, AfterValidator(_topic)]
AnyLevel = Annotated[Level, BeforeValidator(_level)]
ListenAddress = Annotated[str, AfterValidator(_listen_address)]
Host = Annotated[str, AfterValidator(_host)]
Network = Annotated[str, AfterValidator(_network)]
Origin = Annotated[str, AfterValidator(_origin)]
