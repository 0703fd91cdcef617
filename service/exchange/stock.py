"""Short words for what a question of another system leaves unsaid and an exercise must say, in each language."""

from dataclasses import dataclass

_STOCK = {
    "en": {
        "right": "That is right.",
        "wrong": "That is not right.",
        "true": "True",
        "false": "False",
        "place": "This is number {}.",
        "accepted": "Among what fits: {}.",
        "rubric": "I answer what was asked",
        "no_model": "There is more than one good answer. Whoever reads it will say what they think of it.",
        "fill_in": "Fill in the gaps.",
        "heading": "Questions",
        "intro": "Here are questions to answer.",
        "goal": "After this module you can answer questions about: {}.",
    },
    "he": {
        "right": "נכון.",
        "wrong": "לא נכון.",
        "true": "נכון",
        "false": "לא נכון",
        "place": "זה מספר {}.",
        "accepted": "בין התשובות המתאימות: {}.",
        "rubric": "הכתוב עונה על מה שנשאל",
        "no_model": "יש יותר מתשובה טובה אחת. אחרי הקריאה תינתן תגובה.",
        "fill_in": "יש להשלים את החסר.",
        "heading": "שאלות",
        "intro": "כאן שאלות למענה.",
        "goal": "בסיום היחידה אפשר לענות על שאלות בנושא: {}.",
    },
    "pl": {
        "right": "To dobra odpowiedź.",
        "wrong": "To nie jest dobra odpowiedź.",
        "true": "Prawda",
        "false": "Fałsz",
        "place": "To numer {}.",
        "accepted": "Pasuje między innymi: {}.",
        "rubric": "Tekst odpowiada na zadane pytanie",
        "no_model": "Dobrych odpowiedzi jest więcej niż jedna. Osoba, która ją przeczyta, napisze, co o niej myśli.",
        "fill_in": "Uzupełnij luki.",
        "heading": "Pytania",
        "intro": "Tutaj są pytania do odpowiedzi.",
        "goal": "Po tym module można odpowiedzieć na pytania na temat: {}.",
    },
}


@dataclass(frozen=True)
class Stock:
    """The words in one language; in English for a language that has none."""

    language: str

    def verdict(self, is_right: bool) -> str:
        """Return what is said of an option that the question does not explain."""
        return self._words("right" if is_right else "wrong")

    def true_or_false(self, key: str) -> str:
        """Return the name of `true` or `false`."""
        return self._words(key)

    def place(self, number: int) -> str:
        """Return what is said of an item's place in an order."""
        return self._words("place").format(number)

    def accepted(self, answer: str) -> str:
        """Return what is said of a gap that the question does not explain."""
        return self._words("accepted").format(answer.replace("*", "…"))

    @property
    def rubric(self) -> str:
        """The one line of a rubric that is missing."""
        return self._words("rubric")

    @property
    def no_model(self) -> str:
        """What stands for a worked answer that there is none."""
        return self._words("no_model")

    @property
    def fill_in(self) -> str:
        """The task where the text itself has the gaps."""
        return self._words("fill_in")

    @property
    def heading(self) -> str:
        """The heading above the questions of a new module."""
        return self._words("heading")

    @property
    def intro(self) -> str:
        """The sentence below it."""
        return self._words("intro")

    def goal(self, title: str) -> str:
        """Return the goal of a new module."""
        return self._words("goal").format(title)

    def _words(self, name: str) -> str:
        return _STOCK.get(self.language, _STOCK["en"])[name]
