"""Recognition of hosts and URLs of this machine."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback_host(host: str) -> bool:
    """Return True if the name or address is that of the loopback interface; no name is looked up.

    `localhost` and every name below it are loopback (RFC 6761, section 6.3). An IPv6 address has no brackets.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_on_this_machine(url: str) -> bool:
    """Return True if the host of the URL is the loopback interface; False for a text that is not a URL."""
    try:
        return is_loopback_host((urlsplit(url).hostname or "").lower())
    except ValueError:
        return False
