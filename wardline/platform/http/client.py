"""Who asks: the address of the client, told by a proxy only where that proxy is trusted.

Anybody can send `X-Forwarded-For`. It counts only on a connection that comes from a proxy of this deployment, and of
what it names only the part that our own proxies wrote: read from the right, the first address that is none of ours.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

Network = IPv4Network | IPv6Network
KNOWN_MAX = 1_000

_trusted: tuple[Network, ...] = ()


def configure(trusted: Sequence[Network]) -> None:
    """Set whose word is taken for who asks; with none, nobody's."""
    global _trusted
    _trusted = tuple(trusted)
    _is_trusted.cache_clear()


def client_of(scope: Any, headers: Mapping[str, str]) -> str:
    """The client's address: the connection's own, or what a trusted proxy says. Empty on a unix socket."""
    address = (scope.get("client") or ("", 0))[0]
    if not _trusted or not _is_trusted(address):
        return address
    for named in reversed([part.strip() for part in headers.get("x-forwarded-for", "").split(",")]):
        if not _is_address(named):
            return address
        address = named
        if not _is_trusted(named):
            break
    return address


@lru_cache(maxsize=KNOWN_MAX)
def _is_trusted(address: str) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in _trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
