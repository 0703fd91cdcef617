"""What an address must look like before it is stored, called or put into a page."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

LONGEST_URL = 2048

_NOT_IN_A_URL = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
_AUTHORITY = re.compile(r"([\w.-]+|\[[0-9a-f:.]+\])(:[0-9]*)?", re.ASCII | re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def web_origin(url: object) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an absolute http(s) address; None if it is anything else.

    User information, backslashes, blanks, control characters and anything beside the brackets of an IPv6 address are
    refused: parsers read them in different ways.
    """
    return _read_origin(url) if isinstance(url, str) and len(url) <= LONGEST_URL else None


@lru_cache(maxsize=500)
def _read_origin(url: str) -> tuple[str, str, int] | None:
    """Return the origin; a launch asks a dozen times, mostly for the same addresses."""
    if _NOT_IN_A_URL.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not _AUTHORITY.fullmatch(parts.netloc):
        return None
    return parts.scheme, str(parts.hostname), _DEFAULT_PORTS[parts.scheme] if port is None else port


def is_in_domain(url: object, domain: str) -> bool:
    """Say whether `url` is an https address on the host `domain` or on one below it."""
    origin = web_origin(url)
    return origin is not None and origin[0] == "https" and f".{origin[1]}".endswith(f".{domain.lower()}")


def is_below(url: object, base_url: str) -> bool:
    """Say whether `url` is an address below `base_url`, with no dot segment that leaves it (CONFORMANCE C22)."""
    origin = web_origin(url)
    if origin is None or origin != web_origin(base_url):
        return False
    path = urlsplit(str(url)).path
    for _ in range(2):  # proxies decode once more than we do
        path = unquote(path)
    if any(part in {".", ".."} for part in re.split(r"[/\\]", path)):
        return False
    base_path = urlsplit(base_url).path.rstrip("/")
    return path == base_path or path.startswith(base_path + "/")
