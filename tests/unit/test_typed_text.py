"""What people type, as it is kept."""

import sys
import unicodedata

import pytest

from service.typed_text import clean_line, clean_text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  a\r\nb\rc  ", "a\nb\nc"),
        ("a\0b\x07c", "abc"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("👩🏽\u200d🏫", "👩🏽\u200d🏫"),
        ("a\u2028b\xa0c", "a b c"),
        ("\ud800", ""),
        (" \n\t\n ", ""),
    ],
)
def test_what_is_typed_is_kept_without_what_hides_or_turns(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept


def test_a_line_is_one() -> None:
    assert clean_line(" Two\n lines\t\u202e ") == "Two lines"


def test_nothing_is_left_that_postgresql_refuses_or_that_turns_a_line() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    left = [c for c in clean_text(f"x{every}x") if unicodedata.category(c) in {"Cc", "Cs"} or c.isspace()]
    assert set(left) == {"\n", "\t", " "}
    assert not {unicodedata.bidirectional(c) for c in clean_text(every)} & {
        *("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"),
    }


@pytest.mark.parametrize("typed", ["a\u202e \r\n\u2060 ", "\ufeff\x00\x00 a", "\n\u200b\n"])
def test_what_is_clean_stays_as_it_is(typed: str) -> None:
    assert clean_text(clean_text(typed)) == clean_text(typed)
