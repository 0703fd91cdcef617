"""What lists have in common: headers that sort, and pages."""

from collections.abc import Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")
Header = dict[str, str]
"""A header as the macro `table` takes it."""
Filter = tuple[str, int | None, str, bool]
"""A choice as the macro `filters` takes it: words, how many there are, address, whether it is the present one."""


def sorting_header(label: str, column: str, present: str, address: Callable[[str], str]) -> Header:
    """Return a header that sorts by its column, and once it does, turns the order round.

    `present` is the order that the page shows, `column` or `-column` for the reverse; `address` gives the page
    in another order.
    """
    if present.removeprefix("-") != column:
        return {"label": label, "href": address(column)}
    is_reverse = present.startswith("-")
    following = column if is_reverse else f"-{column}"
    return {"label": label, "href": address(following), "sort": "descending" if is_reverse else "ascending"}


def one_page(rows: Sequence[Row], wanted: int, size: int) -> tuple[Sequence[Row], int, int]:
    """Return the rows of a page, its number from 1, and how many pages there are. No such page: the nearest."""
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, wanted), pages)
    return rows[(page - 1) * size : page * size], page, pages
