"""The client's address behind trusted proxies: `server.trusted_proxies`, X-Forwarded-For and Forwarded (RFC 7239)."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

FORWARDING_HEADERS: Final = ("X-Forwarded-For", "Forwarded")
# Forwarded: elements (hops) with parameters. A quoted string may contain their separators.
_QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
_ELEMENT: Final = re.compile(rf'(?:[^,"]|{_QUOTED})+')
_PARAMETER: Final = re.compile(rf'(?:[^;"]|{_QUOTED})+')
_BALANCED: Final = re.compile(rf'(?:[^"]|{_QUOTED})*')
# A hop's address: [IPv6] with or without a port, or IPv4 with a port.
_WITH_PORT: Final = re.compile(r"\[([^\]]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


@lru_cache(4096)
def is_trusted(address: str, networks: tuple[str, ...]) -> bool:
    """Return True if `address` is in one of these networks. An IPv4-mapped IPv6 address counts as IPv4."""
    try:
        parsed = _unmapped(ip_address(address))
    except ValueError:
        return False
    return any(parsed in network for network in _parsed(networks))


def client_address(peer: str, headers: Mapping[str, str], networks: tuple[str, ...]) -> str:
    """Return the address of the client that sent this request through the trusted proxy `peer`.

    It is the right-most hop outside the trusted networks: hops to its left are the client's own claims. A hop that is
    not an address ("unknown") ends the search at the proxy in front of it. Without a hop it is `peer`, also if the two
    headers differ: a proxy that sets one may pass on a forged other one.
    """
    found = {_right_most(peer, hops, networks) for hops in _hops(headers)}
    return found.pop() if len(found) == 1 else peer


def _right_most(peer: str, hops: list[str], networks: tuple[str, ...]) -> str:
    found = peer
    for hop in reversed(hops):
        address = _address(hop)
        if address is None:
            break
        found = address
        if not is_trusted(address, networks):
            break
    return found


def _hops(headers: Mapping[str, str]) -> list[list[str]]:
    """Return the hops of each forwarding header as they were written, the client's first."""
    found = []
    if listed := headers.get("X-Forwarded-For"):
        found.append(listed.split(","))
    if forwarded := headers.get("Forwarded"):
        is_valid = _BALANCED.fullmatch(forwarded) is not None
        found.append([_for(element) for element in _ELEMENT.findall(forwarded)] if is_valid else [""])
    return found


def _for(element: str) -> str:
    for parameter in _PARAMETER.findall(element):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "for":
            return str(value.strip().strip('"'))
    return ""


def _address(hop: str) -> str | None:
    hop = hop.strip()
    if match := _WITH_PORT.fullmatch(hop):
        hop = match[1] or match[2]
    # A scope (fe80::1%eth0) names an interface of another machine, and could be any text.
    try:
        return str(_unmapped(ip_address(hop.partition("%")[0])))
    except ValueError:
        return None


def _unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(4)
def _parsed(networks: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, networks))
