"""Clients behind trusted proxies."""

import pytest

from handlers.forwarded import client_address, is_trusted
from hub.config import Config
from tests.handlers.conftest import StartSite
from tests.handlers.site import Site
from tests.waiting import until

TRUSTED = ("10.0.0.0/8", "::1")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "10.0.0.1"),
        ({"X-Forwarded-For": "192.0.2.7"}, "192.0.2.7"),
        ({"X-Forwarded-For": "1.1.1.1, 192.0.2.7"}, "192.0.2.7"),  # The left one is the client's own claim.
        ({"X-Forwarded-For": "192.0.2.7, 10.2.2.2 , 10.3.3.3"}, "192.0.2.7"),
        ({"X-Forwarded-For": "10.9.9.9, 10.2.2.2"}, "10.9.9.9"),
        ({"X-Forwarded-For": "1.1.1.1, unknown, 10.2.2.2"}, "10.2.2.2"),
        ({"X-Forwarded-For": "x"}, "10.0.0.1"),
        ({"X-Forwarded-For": "192.0.2.7:4711"}, "192.0.2.7"),
        ({"X-Forwarded-For": "::ffff:192.0.2.7"}, "192.0.2.7"),
        ({"Forwarded": "for=192.0.2.7;proto=https"}, "192.0.2.7"),
        ({"Forwarded": 'for=1.1.1.1, by=x; For="[2001:db8::1]:80"'}, "2001:db8::1"),
        ({"Forwarded": "for=192.0.2.7, by=10.2.2.2"}, "10.0.0.1"),
        ({"Forwarded": "for=_hidden"}, "10.0.0.1"),
        ({"X-Forwarded-For": "fe80::1%eth0"}, "fe80::1"),
        ({"X-Forwarded-For": "fe80::1%\x1b[31m"}, "fe80::1"),
        ({"Forwarded": 'for="[fe80::1%25eth0]:80"'}, "fe80::1"),
        ({"Forwarded": "for=192.0.2.7", "X-Forwarded-For": "192.0.2.7"}, "192.0.2.7"),
        ({"Forwarded": "for=192.0.2.7", "X-Forwarded-For": "192.0.2.8"}, "10.0.0.1"),  # One of them may be forged.
        ({"Forwarded": 'for=1.2.3.4;host="x,for=6.6.6.6;a="'}, "1.2.3.4"),
        ({"Forwarded": 'host="a;for=6.6.6.6;b";for=1.2.3.4'}, "1.2.3.4"),
        ({"Forwarded": 'for=1.2.3.4, for=6.6.6.6;host="'}, "10.0.0.1"),
    ],
)
def test_the_right_most_untrusted_hop_is_the_client(headers: dict[str, str], expected: str) -> None:
    assert client_address("10.0.0.1", headers, TRUSTED) == expected


def test_an_ipv4_address_is_trusted_also_on_an_ipv6_socket() -> None:
    assert is_trusted("::ffff:10.0.0.1", TRUSTED)
    assert not is_trusted("::ffff:192.0.2.7", TRUSTED)
    assert not is_trusted("", TRUSTED)


def behind(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


@pytest.mark.gen_test
async def test_a_forwarded_address_is_believed_from_a_trusted_proxy_only(both_ways: Site) -> None:
    stream = await both_ways.open_stream(headers=behind("192.0.2.7"))
    assert (await both_ways.get("/connections")).json["connections"][0]["address"] == "127.0.0.1"
    await stream.close()
    both_ways.wall.apply(Config.model_validate({"server": {"trusted_proxies": ["127.0.0.0/8"]}}))
    await until(lambda: both_ways.wall.registry.count == 0)
    await both_ways.open_stream(headers=behind("192.0.2.7"))
    assert (await both_ways.get("/connections")).json["connections"][0]["address"] == "192.0.2.7"


@pytest.mark.gen_test
@pytest.mark.parametrize("fast", [True, False])
async def test_the_limit_of_an_address_counts_clients_not_their_proxy(start_site: StartSite, fast: bool) -> None:
    server = {"trusted_proxies": ["127.0.0.1"], "max_connections_per_address": 2}
    site = await start_site({"fast": fast}, server=server)
    head = {"Expect": "100-continue"}  # Keeps the request open, with its slot.
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.8"):
        reader, writer = await site.connect()
        writer.write(site.head("POST", "/topics/a", 1, head | behind(address)))
        await reader.readuntil(b"\r\n\r\n")
    answer = await site.request("POST", "/topics/a", "x", behind("192.0.2.7"))
    assert (answer.status, answer.error["code"]) == (429, "too_many_connections")
    assert answer.error["message"] == "192.0.2.7 already has 2 connections besides streams"
    assert (await site.request("POST", "/topics/a", "x", behind("192.0.2.9"))).status == 201
    for _ in range(2):
        await site.open_stream(headers=behind("192.0.2.7"))
    assert (await site.get("/events", behind("192.0.2.7"))).status == 429
    await site.close()
    await until(lambda: site.acceptor.open == 0 and not site.wall.limits.addresses)
