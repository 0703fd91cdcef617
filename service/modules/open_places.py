"""Places of a text that its author has yet to write, as `mentorready modules new` leaves them."""

from collections.abc import Iterator

OPEN = "TO WRITE:"


def list_open_places(text: str) -> Iterator[tuple[int, str]]:
    """Give a line and a sentence for each place that is still open."""
    for number, line in enumerate(text.splitlines(), 1):
        if OPEN in line:
            yield number, f"Still to be written: {_wish(line)}"


def _wish(line: str) -> str:
    """Return what is asked for, as far as the mark says so."""
    wish = line.partition(OPEN)[2].partition(OPEN)[0]
    for end in ("{#", '"'):
        wish = wish.partition(end)[0]
    return f"{wish.strip() or 'see there'}."
