"""Which addresses softops lets itself be led to by what others write: repositories, images, answers of registries."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PRIVATE = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
"""The setting private_networks, unless said: this machine and the networks that sites give out themselves."""

_NEVER = tuple(ipaddress.ip_network(one) for one in (
    "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "fe80::/10", "ff00::/8",
    # Where clouds give programs of a machine its credentials, outside of the link-local addresses.
    "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:42::42/128", "fd00:ec2::254/128",
    "fd20:ce::254/128"))
_NAT64 = tuple(ipaddress.IPv6Network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Networks:
    """The networks beside the public internet that may be reached."""

    private: tuple[Network, ...]
    here: bool = True
    """Whether this machine itself may be meant."""

    def refusal(self, text: str) -> str | None:
        """Why the address may not be reached: the reason of the sentence, or None when it may."""
        address = _meant(text)
        if _inside(address, _NEVER):
            return "ADDRESS_FORBIDDEN"
        if address.is_loopback and not self.here:
            return "ADDRESS_HERE"
        return None if address.is_global or _inside(address, self.private) else "ADDRESS_PRIVATE"

    def elsewhere(self) -> Networks:
        """The same without this machine, for where somebody on another machine leads."""
        return replace(self, here=False)

    def __str__(self) -> str:
        """As the setting has them."""
        return ",".join(str(one) for one in self.private)


def parse_networks(text: str) -> Networks:
    """The networks in a list with commas; ValueError names the one that is none."""
    parts = [part.strip() for part in text.split(",")]
    return Networks(private=tuple(ipaddress.ip_network(part) for part in parts if part))


DEFAULT = parse_networks(PRIVATE)


def is_never_reached(host: str) -> bool:
    """Whether `host` is written as an address that nobody is sent to, on this machine or another."""
    try:
        return _inside(_meant(host), _NEVER)
    except ValueError:
        return False


def _meant(text: str) -> Address:
    """The address that is reached there."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        address = _embedded(address) or address
    if address.is_unspecified:
        # Linux connects to this machine.
        return ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return address


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a gateway, or this machine, makes of it; ::1 and :: carry none."""
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if int(address) > 1 and _inside(address, _NAT64):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _inside(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks if network.version == address.version)
