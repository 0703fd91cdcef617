"""Every string of code and templates has its Hebrew and Polish words, and nothing else is kept."""

import re
import string
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from service.i18n import DEFAULT_LANGUAGE, LANGUAGES

SERVICE = Path(__file__).parents[3] / "service"
TRANSLATIONS = SERVICE / "web" / "translations"
TRANSLATED = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]
PLURAL_SAMPLES = {
    "he": [(1,), (2,), (0, 3, 5, 11, 12, 21, 22, 25, 101)],
    "pl": [(1,), (2, 3, 4, 22, 23, 102), (0, 5, 11, 12, 14, 21, 25, 101, 112)],
}
"""Which numbers take which form (UX H12, P1)."""
GENDERED_HEBREW = re.compile(r"[א-ת][/.][א-ת]")
GENDERED_POLISH = re.compile(r"\b\w+ł(eś|aś|by[śm])\b|/[ae]ś?\b")
LOOSE_LETTER = re.compile(r"(?<![^\s(„])[aiouwzAIOUWZ] ")

Key = tuple[str | None, str]


def key_of(message: Message) -> Key:
    """Return the context and the (singular) English words."""
    return message.context, message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> list[str]:
    """Return the words in all their forms, empty where one is missing."""
    return [message.string or ""] if isinstance(message.string, str) else [form or "" for form in message.string]


@pytest.fixture(scope="module")
def extracted() -> dict[Key, Message]:
    with (TRANSLATIONS / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)
    catalog = Catalog()
    keywords = {**DEFAULT_KEYWORDS, "lazy_gettext": None}
    found = extract_from_dir(SERVICE, methods, options, keywords)
    for _, _, message, _, context in found:
        catalog.add(message, None, context=context)
    return {key_of(message): message for message in catalog if message.id}


@pytest.fixture(scope="module", params=TRANSLATED)
def catalog(request: pytest.FixtureRequest) -> Catalog:
    with (TRANSLATIONS / request.param / "LC_MESSAGES" / "messages.po").open("rb") as words:
        return read_po(words, locale=request.param)


def test_the_source_has_strings(extracted: dict[Key, Message]) -> None:
    assert (None, "Skip to the content") in extracted
    assert ("state", "Done") in extracted
    assert (None, "MentorReady could not be opened") in extracted


def test_nothing_is_missing_or_unused(catalog: Catalog, extracted: dict[Key, Message]) -> None:
    kept = {key_of(message) for message in catalog if message.id}
    assert kept - extracted.keys() == set(), "no longer used"
    assert extracted.keys() - kept == set(), "not in the catalog"
    assert not catalog.obsolete


def test_nothing_is_empty_or_fuzzy(catalog: Catalog) -> None:
    assert not catalog.fuzzy
    assert [key_of(message) for message in catalog if message.id and not all(forms_of(message))] == []
    assert [key_of(message) for message in catalog if message.id and message.fuzzy] == []


def test_what_is_filled_in_is_filled_in_everywhere(catalog: Catalog) -> None:
    wrong = []
    for message in catalog:
        if not message.id:
            continue
        singular, plural = (message.id, message.id) if isinstance(message.id, str) else message.id
        wanted = placeholders(plural)
        # A singular or dual may say the number as a word: "one thing", "יומיים".
        may_lack = {"num"} if singular != plural else set()
        for form in forms_of(message):
            if not wanted - may_lack <= placeholders(form) <= wanted | placeholders(singular):
                wrong.append((message.id, form))
    assert wrong == []


def placeholders(words: str) -> set[str]:
    """Return the names in `%(name)s` and `{name}`."""
    braces = {name for _, name, _, _ in string.Formatter().parse(words) if name}
    return set(re.findall(r"%\((\w+)\)[sd]", words)) | braces


def test_plural_forms_are_those_of_cldr(catalog: Catalog) -> None:
    language = str(catalog.locale)
    form_of = c2py(catalog.plural_expr)
    for form, numbers in enumerate(PLURAL_SAMPLES[language]):
        assert {number: form_of(number) for number in numbers} == dict.fromkeys(numbers, form)
    assert catalog.num_plurals == len(PLURAL_SAMPLES[language])


def test_nobody_is_addressed_by_gender(catalog: Catalog) -> None:
    pattern = {"he": GENDERED_HEBREW, "pl": GENDERED_POLISH}[str(catalog.locale)]
    assert [form for message in catalog if message.id for form in forms_of(message) if pattern.search(form)] == []


def test_polish_binds_one_letter_words_to_the_next() -> None:
    with (TRANSLATIONS / "pl" / "LC_MESSAGES" / "messages.po").open("rb") as words:
        polish = read_po(words, locale="pl")
    assert [form for message in polish if message.id for form in forms_of(message) if LOOSE_LETTER.search(form)] == []
