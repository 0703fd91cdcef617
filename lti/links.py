"""The next page of a paged answer, however the LMS writes it (CONFORMANCE T10)."""

import html
import re
from urllib.parse import urljoin

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r"""(?:^|;)\s*rel\s*=\s*(["'“”][^"'“”;]*|[^\s;,]*)""", re.IGNORECASE)


def find_next_url(header: str | None, requested_url: str) -> str | None:
    """Return the absolute address of the page that `Link` calls next, with its upper and lower case kept.

    Understands quoted and unquoted relations, other parameters first, several links, Moodle's typographic quotes
    (also as the Latin-1 reading of their UTF-8 bytes), `&amp;` inside, and an address without angle brackets.
    """
    if not header:
        return None
    text = _as_utf8(header)
    for url, parameters in _LINK.findall(text) or _links_without_brackets(text):
        if url.strip() and _is_next(parameters):
            return _join(requested_url, html.unescape(url.strip()))
    return None


def _join(requested_url: str, url: str) -> str:
    try:
        return urljoin(requested_url, url)
    except ValueError:  # no address at all: asking for it will say so, where None would cut the list short unseen
        return url


def _links_without_brackets(text: str) -> list[tuple[str, str]]:
    links = (part.partition(";") for part in re.split(r",\s+", text))
    return [(url, parameters) for url, _, parameters in links]


def _is_next(parameters: str) -> bool:
    relation = _RELATION.search(parameters)
    return relation is not None and "next" in relation[1].strip("\"'“”").lower().split()


def _as_utf8(header: str) -> str:
    """Undo the Latin-1 reading that HTTP libraries give to header bytes, where it can be undone."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return header
