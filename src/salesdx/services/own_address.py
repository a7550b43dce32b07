"""The address at which people reach a service: the only one that it takes and that stands in links."""

from __future__ import annotations

import re
from dataclasses import dataclass

from salesdx.ledger.errors import TrailError

ADDRESS = re.compile(r"(https?)://([a-z0-9.-]{1,253}|\[[0-9a-f:]{2,45}\])(?::([0-9]{1,5}))?/?")
LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")
"""What a machine calls itself, with a port."""
PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True)
class OwnAddress:
    """The scheme, `https`, and the host, `reviews.firm.example` or `reviews.firm.example:8443`."""

    scheme: str
    host: str

    @property
    def text(self) -> str:
        """As it stands in links: `https://reviews.firm.example`."""
        return f"{self.scheme}://{self.host}"

    @property
    def is_local(self) -> bool:
        """Whether a machine calls only itself so."""
        return is_loopback(self.host)

    def is_called(self, host: str) -> bool:
        """Whether the `Host` of a request, in small letters, means this address."""
        return host in (self.host, f"{self.host}:{PORTS[self.scheme]}")


def read_address(text: str) -> OwnAddress:
    """An address as an operator gives it. Raises TrailError."""
    found = ADDRESS.fullmatch(text.strip().lower())
    if found is None or int(found[3] or 1) not in range(1, 65_536):
        raise TrailError(f"`{text[:100]}` is no address of a service; one is https://reviews.firm.example, and no more")
    scheme, name, port = found.groups()
    return OwnAddress(scheme, name if port in (None, PORTS[scheme]) else f"{name}:{port}")


def is_loopback(host: str) -> bool:
    """Whether a host, with or without a port, is a name that a machine has for itself alone."""
    return LOOPBACK.fullmatch(host) is not None
