"""Pages of a list, and the Link header in every form that platforms have been seen to write (CONFORMANCE T10)."""

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

LINE_ITEMS = "lineitems"
MEMBERS = "members"


def slice_of(params: dict[str, Any], page_size: int) -> tuple[int, int]:
    """Return (start, limit) that the query asks for; a limit of 0 is everything."""
    return _number(params.get("from"), 0), _number(params.get("limit"), page_size)


def _number(text: Any, default: int) -> int:
    return int(text) if str(text).isdigit() else default


def page_of(entries: Sequence[Any], start: int, limit: int) -> list[Any]:
    return list(entries[start : start + limit] if limit else entries[start:])


def link_header(form: str, links: dict[str, str]) -> str:
    """Write the links (relation -> address) in one of the forms of the switch `link_form`, except `moodle`."""
    following = links["next"]
    forms = {
        "standard": f'<{following}>; rel="next"',
        "unquoted": f"<{following}>; rel=next",
        "other_params_first": f'<{following}>; type="application/json"; title="a, b; c"; rel="next"',
        "several_links": ", ".join(f'<{address}>; rel="{relation}"' for relation, address in links.items()),
        "curly_quotes": f"<{following}>; rel=\u201cnext\u201d",
        "no_brackets": f"{following};rel=next",
        "escaped_ampersand": f'<{escape(following)}>; rel="next"',
    }
    return forms[form]


def moodle_link_header(service: str, links: dict[str, str], *, typographic: bool) -> str:
    """Write the links as Moodle does: standard for members; all of them, escaped, in curly quotes for line items."""
    if service == MEMBERS:
        return link_header("standard", links)
    opening, closing = ("\u201c", "\u201d") if typographic else ('"', '"')
    return ", ".join(f"<{escape(address)}>; rel={opening}{relation}{closing}" for relation, address in links.items())


def links_of(
    base: str, start: int, limit: int, count: int, *, leading: dict[str, str], trailing: dict[str, str]
) -> dict[str, str]:
    """Return the addresses of the pages around this one, in Moodle's order; nothing on the last page.

    `leading` and `trailing` are the query parameters to keep, before and after `limit` and `from`.
    """
    if not limit or start + limit >= count:
        return {}

    def address(first: int) -> str:
        return f"{base}?{urlencode(leading | {'limit': str(limit), 'from': str(first)} | trailing)}"

    links = {"first": address(0)}
    if start:
        links["prev"] = address(max(0, start - limit))
    return links | {"canonical": address(start), "next": address(start + limit), "last": address(count - 1)}
