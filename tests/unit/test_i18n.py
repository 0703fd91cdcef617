"""Languages, search and sort keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.i18n import choose_language, direction, find_folded, fold, normalise_language, sort_key


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("en_us", "en"),
        ("he", "he"),
        ("he_kids", "he"),
        ("he_IL.UTF-8", "he"),
        ("iw", "he"),
        ("iw-IL", "he"),
        ("pl-PL", "pl"),
        (" PL ", "pl"),
        ("pl_PL.UTF-8", "pl"),
        ("", ""),
        ("de", ""),
        ("hebrew", ""),
        ("plt", ""),
        ("\x00", ""),
    ],
)
def test_normalises_what_lmss_send(tag: str, language: str) -> None:
    assert normalise_language(tag) == language


@pytest.mark.parametrize(
    ("chosen", "launch", "accept", "language"),
    [
        ("pl", "he", "en", "pl"),
        ("", "he_kids", "pl", "he"),
        ("", "", "de-DE,de;q=0.9,pl;q=0.4,he;q=0.8", "he"),
        ("", "", "pl;q=0,en", "en"),
        ("", "", "pl;q=nonsense,he", "he"),
        ("xx", "ru", "fr, *;q=0.1", "en"),
        ("", "", "", "en"),
    ],
)
def test_the_choice_wins_over_the_launch_over_the_browser(chosen: str, launch: str, accept: str, language: str) -> None:
    assert choose_language(chosen, launch, accept) == language


def test_only_hebrew_runs_right_to_left() -> None:
    assert [direction(language) for language in ("en", "he", "pl")] == ["ltr", "rtl", "ltr"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("zolkiewska", "Żółkiewska"),
        ("Lodz", "ŁÓDŹ"),
        ("kowalska nowak", "Kowalska-Nowak"),
        ("oconnor", "O’Connor"),
        ("שלום", "שָׁלוֹם"),
        ("כהנ", "כהן"),
        ("סמנכל", 'סמנכ"ל'),
        ("סמנכל", "סמנכ״ל"),
        ("מנטיס", "מנטי'ס"),
        ("מנטורית", "מנטור/ית"),
        ("אנשים", "א.נשים"),
        ("בית ספר", "בית־ספר"),
        ("anna", "\u200fAnna\u200e"),
        ("strasse", "Straße"),
    ],
)
def test_search_finds_what_was_meant(typed: str, stored: str) -> None:
    assert fold(typed) == fold(stored)


def test_search_keeps_different_words_apart() -> None:
    assert len({fold(word) for word in ("kat", "kot", "כלב", "חלב", "1-2", "12")}) == 6


def put_in_order(names: list[str], language: str) -> list[str]:
    """Sort names that come in the other way round, so that an order that was there already proves nothing."""
    mixed = list(reversed(names))
    return sorted(mixed, key=lambda name: sort_key(name, language))


POLISH = ["10", "a", "ab", "az", "ą", "ąb", "b", "c", "ć", "e", "ę", "l", "lz", "ł", "ła", "m", "n", "ń", "o", "ó"]
POLISH += ["s", "ś", "z", "zz", "ź", "ż", "ża", "כהן"]


def test_polish_letters_follow_their_plain_ones() -> None:
    assert put_in_order(POLISH, "pl") == POLISH


def test_a_polish_letter_matters_more_than_what_comes_after() -> None:
    names = ["Lis", "Lubicz", "Łabędź", "Łuczak", "Mazur", "Ślusarczyk", "Zając", "Źrebak", "Żak"]
    assert put_in_order(names, "pl") == names


def test_hebrew_comes_first_in_hebrew_with_final_letters_in_their_place() -> None:
    names = ["7 שלבים", "אבי", "דן כהן", "דנה", "כהן", "כהנא", "מים", "מימון", "Anna", "Łucja", "Zofia"]
    assert put_in_order(names, "he") == names


def test_niqqud_and_quotes_do_not_move_a_word() -> None:
    assert sort_key("שָׁלוֹם", "he")[0] == sort_key("שלום", "he")[0]
    assert sort_key("צה״ל", "he")[0] == sort_key("צהל", "he")[0]


def test_in_english_accents_do_not_separate_names_and_a_space_ends_one() -> None:
    names = ["De Luca", "Deak", "Łuczak", "Lupin", "Óscar", "Otis", "דנה"]
    assert put_in_order(names, "en") == names


def test_equal_words_keep_one_order_whatever_they_came_in() -> None:
    words = ["anna", "Anna", "ANNA"]
    assert put_in_order(words, "pl") == put_in_order(words[::-1], "pl")


@given(before=st.text("aZŻó ךשָ״-—'ßﬁ\n\u0301", max_size=12), after=st.text("łĄ ם_.־b", max_size=12))
def test_what_is_folded_is_found_where_it_was_typed(before: str, after: str) -> None:
    text = f"{before} Kąt{after}"
    assert find_folded(text, [fold("kąt")]) == len(before) + 1
    assert find_folded(text, [fold(text)]) >= 0
    assert find_folded(text, ["kątx", "q"]) == -1
