"""Names of mentees are found as people write them, in three languages; other words are left alone."""

import time

import pytest

from service.forums.guard import find_names, reword

NAMES = [
    "Kalina Zmyślona",
    "Marek Kowalski",
    "Piotr Nowak",
    "Marta Żółć",
    "Monika",
    "Paweł",
    "אלמוג דמיוני",
    "נועה",
    "Jo",
    "Olga",
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Kalina was late, and kalina’s bag too", ["Kalina", "kalina’s"]),
        ("Spotkanie z Kaliną, o Kalinie, dla Kaliny, Kalino!", ["Kaliną", "Kalinie", "Kaliny", "Kalino"]),
        (
            "Nie ma Marka; Markowi, z Markiem, Kowalskiego, o Kowalskim",
            ["Marka", "Markowi", "Markiem", "Kowalskiego", "Kowalskim"],
        ),
        ("Piotra, Piotrowi, Piotrze, Nowakiem", ["Piotra", "Piotrowi", "Piotrze", "Nowakiem"]),
        ("Marcie, Monice, Oldze, Pawła", ["Marcie", "Monice", "Oldze", "Pawła"]),
        ("ZOLC i zolci", ["ZOLC", "zolci"]),
        ("פגשתי את אלמוג, ולנועה אמרתי שאלמוג בא", ["אלמוג", "ולנועה", "שאלמוג"]),
        ("נֹעָה / נועה׳", ["נועה"]),
        ("Jo and the others: now, mark, market, marketing, kalendarz, monitor, olej, pan, noc", []),
        ("האלמוגים בים", []),
        ("", []),
        ("12 345 @ # 👩🏽‍🏫", []),
    ],
)
def test_names_are_found(text: str, found: list[str]) -> None:
    assert find_names(text, NAMES) == found


def test_without_names_nothing_is_found() -> None:
    assert find_names("Anna i Piotr", ["", " ", "7F3K", "Al"]) == []


def test_a_whole_name_becomes_one_mentee() -> None:
    text = "I met Kalina Zmyślona. Kalina smiled."
    found = find_names(text, NAMES)
    assert reword(text, found, "a mentee") == "I met a mentee. a mentee smiled."
    assert reword(text, [], "a mentee") == text


def test_a_long_text_is_looked_through_at_once() -> None:
    names = [f"Imie{chr(97 + n % 26)}{chr(97 + n // 26 % 26)} Nazwisko{chr(97 + n % 26)}" for n in range(2000)]
    began = time.process_time()
    assert find_names("Zwykły tekst bez imion. " * 800, names) == []
    assert time.process_time() - began < 1
