"""What the values of a registration must look like."""

import re
from typing import Any

from lti.urls import web_origin
from service.errors import InvalidInputError

_LONGEST = {
    "issuer": 512,
    "client_id": 255,
    "deployment_id": 255,
    "auth_login_url": 1024,
    "token_url": 1024,
    "jwks_url": 1024,
}
_URLS = ("auth_login_url", "token_url", "jwks_url")
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)
LONGEST_SERVICE_HOSTS = 1024


def check_platform(
    *, name: str, may_use_private_addresses: bool, token_audience: str = "", service_hosts: str = "", **fields: Any
) -> None:
    """Raise InvalidInputError, with a code for each faulty field, unless the values can make a registration.

    Addresses must be https; http is for registrations that may use private addresses.
    """
    faults = {field: "malformed" for field, longest in _LONGEST.items() if not _is_line(fields[field], longest)}
    for field, value, longest in (("name", name, 255), ("token_audience", token_audience, 1024)):
        if value and not _is_line(value, longest):
            faults[field] = "malformed"
    if not _are_hosts(service_hosts):
        faults["service_hosts"] = "malformed"
    for field in _URLS:
        origin = web_origin(fields[field])
        if origin is None:
            faults[field] = "no_url"
        elif origin[0] != "https" and not may_use_private_addresses:
            faults[field] = "not_https"
    if faults:
        named = ", ".join(f"{field} ({fault})" for field, fault in sorted(faults.items()))
        raise InvalidInputError("platform.malformed", f"The registration cannot be used: {named}.", fields=faults)


def check_service_hosts(service_hosts: str) -> None:
    """Raise InvalidInputError unless these are names of hosts, separated by blanks, or nothing."""
    if not _are_hosts(service_hosts):
        raise InvalidInputError("platform.malformed", "Not the name of a host, or too many.", fields=["service_hosts"])


def _are_hosts(service_hosts: str) -> bool:
    return len(service_hosts) <= LONGEST_SERVICE_HOSTS and all(map(_HOST.fullmatch, service_hosts.split()))


def _is_line(value: str, longest: int) -> bool:
    return 0 < len(value) <= longest and value.isprintable() and value == value.strip()
