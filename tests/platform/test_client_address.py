"""Who asks is the connection's address, unless a proxy that we trust says otherwise."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from wardline.platform.http import client


@pytest.fixture
def proxies() -> Iterator[None]:
    client.configure([ip_network("10.1.0.0/16"), ip_network("::1")])
    yield
    client.configure([])


def asked(address: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return client.client_of({"client": (address, 4711)}, headers)


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert asked("10.1.0.9", "203.0.113.7") == "10.1.0.9"
    assert asked("127.0.0.1", "203.0.113.7") == "127.0.0.1"


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("address", "forwarded", "found"),
    [
        ("10.1.0.9", "203.0.113.7", "203.0.113.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),  # not our proxy
        ("10.1.0.9", None, "10.1.0.9"),
        ("10.1.0.9", "8.8.8.8, 203.0.113.7", "203.0.113.7"),  # what the client made up is left of what we wrote
        ("10.1.0.9", "8.8.8.8, 203.0.113.7, 10.1.0.3", "203.0.113.7"),  # two proxies of ours in a row
        ("10.1.0.9", "10.1.2.3", "10.1.2.3"),  # somebody inside, who has a proxy's kind of address
        ("10.1.0.9", "unknown", "10.1.0.9"),
        ("10.1.0.9", "<script>, 10.1.0.3", "10.1.0.3"),
    ],
)
def test_a_trusted_proxy_says_who_asks(address: str, forwarded: str | None, found: str) -> None:
    assert asked(address, forwarded) == found


@pytest.mark.usefixtures("proxies")
def test_a_unix_socket_has_no_address() -> None:
    assert client.client_of({"client": None}, {"x-forwarded-for": "203.0.113.7"}) == ""
