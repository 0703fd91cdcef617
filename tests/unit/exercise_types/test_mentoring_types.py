"""What the types made for mentoring make of certain answers, and what they tell authors."""

from typing import Any

import pytest

from service.errors import InvalidInputError
from service.exercise_types import exercise_types
from tests.unit.exercise_types.test_general_types import marked, structure_of, told, told_of_shape, told_of_words

TYPES = exercise_types()

DUTIES = {
    "groups": ["yes", "no"],
    "reasons": ["grows", "decides"],
    "items": {"a": {"group": "yes", "reason": "grows"}, "b": {"group": "no", "reason": "decides"}},
}


@pytest.mark.parametrize(
    ("group", "reason", "share"),
    [("yes", "grows", 1), ("yes", "decides", 0.5), ("no", "grows", 0), ("no", "decides", 0)],
)
def test_a_reason_counts_only_with_the_right_group(group: str, reason: str, share: float) -> None:
    structure = structure_of("duty-sorter", DUTIES, 2.0)
    right = {"group.b": "no", "reason.b": "decides"}
    mark = marked("duty-sorter", structure, {"group.a": group, "reason.a": reason, **right})
    assert mark.points == 1 + share
    assert (mark.parts[0].is_right, mark.parts[0].share) == (share == 1, share if share < 1 else 0)


def test_all_that_is_missing_is_told_at_once() -> None:
    with pytest.raises(InvalidInputError) as caught:
        marked("duty-sorter", structure_of("duty-sorter", DUTIES), {"group.a": "yes", "reason.b": "grows"})
    assert set(caught.value.details["fields"]) == {"group.b", "reason.a"}
    unknown = {**DUTIES, "items": {"a": {"group": "x", "reason": "y"}, "b": DUTIES["items"]["b"]}}
    assert len(told("duty-sorter", unknown)) == 2


PLAN = {
    "stages": ["select", "train", "match"],
    "mentors": ["yoav", "ruth"],
    "reasons": ["field", "skill"],
    "mentees": {"dana": {"mentor": "yoav", "reason": "field"}, "lea": {"mentor": "ruth", "reason": "skill"}},
}


def test_stages_and_mentees_have_the_same_share() -> None:
    structure = structure_of("process-planner", PLAN, 5.0)
    fields = TYPES["process-planner"].form_fields(structure, TYPES["process-planner"].model_answer(structure))
    assert marked("process-planner", structure, fields).points == 5
    swapped = {"position.train": "3", "position.match": "2"}
    assert marked("process-planner", structure, fields | swapped).points == 4
    assert marked("process-planner", structure, fields | swapped | {"reason.lea": "field"}).points == 3.5
    assert told("process-planner", {**PLAN, "mentees": {**PLAN["mentees"], "train": PLAN["mentees"]["dana"]}}) == [
        "mentees > train is the key of a stage too: give one of them another."
    ]


SBI = {
    "parts": {
        "situation": {"options": ["good", "poor"], "answer": "good"},
        "behaviour": {"options": ["good", "poor"], "answer": "good"},
        "impact": {"options": ["good", "poor"], "answer": "good"},
    },
    "avoid": {"en": ["always", "lazy"], "he": ["תמיד"]},
}
CHOSEN = {"choice.situation": "good", "choice.behaviour": "poor", "choice.impact": "good"}


def test_a_choice_is_marked_and_own_words_are_looked_at() -> None:
    structure = structure_of("sbi-builder", SBI, 3.0)
    own = {"text.situation": "You are always late", "text.impact": "I waited."}
    mark = marked("sbi-builder", structure, CHOSEN | own)
    assert mark.points == 2 == marked("sbi-builder", structure, CHOSEN).points
    assert [(part.key, part.is_right, part.given) for part in mark.parts[3:]] == [
        ("own.situation", False, "always"),
        ("own.impact", True, ""),
    ]


def test_feedback_has_its_three_parts_and_no_other() -> None:
    parts = {**SBI["parts"], "wish": SBI["parts"]["impact"]}
    del parts["behaviour"]
    assert told("sbi-builder", {"parts": parts}) == [
        "parts > behaviour is missing.",
        "parts > wish is none of the parts situation, behaviour, impact.",
    ]
    words = {"parts": {part: {"good": {}, "bad": {}} for part in SBI["parts"]}}
    assert len(told_of_words("sbi-builder", structure_of("sbi-builder", SBI), words)) == 6


ADVICE = {
    "items": ["a"],
    "open_words": {"en": ["what", "how"], "he": ["*מה"]},
    "closed_starts": {"en": ["do you"], "he": ["האם"]},
    "advice": {"en": ["you should", "why don't you"], "he": ["כדאי לך"]},
}


@pytest.mark.parametrize(
    ("text", "points", "broken"),
    [
        ("What would the bank want to know?", 4, set()),
        ("“And what would help you now?”", 4, set()),
        ("ומה היה עוזר לך עכשיו?", 4, set()),
        ("Do you know what they want?", 3, {"not-closed"}),
        ("How about this: you should go there?", 3, {"no-advice"}),
        ("What would the bank want", 3, {"mark"}),
        ("You should know what to do.", 2, {"no-advice", "mark"}),
        ("You should go to the bank!", 0, {"open", "no-advice", "mark"}),
        ("Is a bank of use here?", 0, {"open"}),
        ("What now?", 0, {"open"}),
    ],
)
def test_advice_becomes_a_question_by_four_rules(text: str, points: float, broken: set[str]) -> None:
    mark = marked("advice-to-question", structure_of("advice-to-question", ADVICE, 4.0), {"text.a": text})
    assert mark.points == points
    assert {part.key.removeprefix("a.") for part in mark.parts if not part.is_right} == broken


def test_rules_that_nobody_can_keep_are_told() -> None:
    spoilt = {**ADVICE, "advice": {"en": ["what"]}}
    assert "nobody could have full marks" in told("advice-to-question", spoilt)[0]
    assert [path for path, _ in TYPES["advice-to-question"].by_language(ADVICE)] == [
        ("open_words",),
        ("closed_starts",),
        ("advice",),
    ]


CASE: dict[str, Any] = {
    "options": {
        "refuse": {"weight": 1, "reasons": {"role": 1, "fear": 0.5}},
        "talk": {"weight": 0.8, "reasons": {"need": 1}},
        "lend": {"weight": 0, "reasons": {"kind": 1}},
    }
}


@pytest.mark.parametrize(
    ("choice", "points"), [("refuse.role", 2), ("refuse.fear", 1), ("talk.need", 1.6), ("lend.kind", 0)]
)
def test_a_case_is_marked_by_choice_and_reason(choice: str, points: float) -> None:
    mark = marked("case", structure_of("case", CASE, 2.0), {"choice": choice})
    assert mark.points == points
    assert mark.parts[0].expected == "refuse.role"


def test_a_case_has_more_than_one_good_answer_and_a_best_one() -> None:
    one = {"options": {"a": {"weight": 0.9, "reasons": {"x": 1}}, "b": {"weight": 0, "reasons": {"x": 1}}}}
    assert [fault.split(" ", 2)[1] for fault in told("case", one)] == ["needs", "needs"]
    asked = {"options": {**CASE["options"], "lend": {**CASE["options"]["lend"], "experts": 3}}}
    assert told("case", asked) == ["options needs `experts` for each option or for none, and some above 0."]


TALK: dict[str, Any] = {
    "start": "hello",
    "nodes": {
        "hello": {"replies": {"ask": "open", "tell": "closed"}},
        "closed": {"replies": {"sorry": "open", "go-on": "bad"}},
        "open": {"replies": {"listen": "good", "hurry": "bad"}},
        "good": {"end": 1},
        "bad": {"end": 0.25},
    },
}


def test_the_end_is_what_a_talk_is_worth_and_a_detour_costs_nothing() -> None:
    structure = structure_of("conversation", TALK, 4.0)
    fields = {"turn": "tell", "turn.tell": "sorry", "turn.tell.sorry": "listen", "turn.ask": "hurry"}
    mark = marked("conversation", structure, fields)
    assert (mark.points, [part.is_right for part in mark.parts]) == (4, [True, True, True])
    mark = marked("conversation", structure, {"turn": "tell", "turn.tell": "go-on"})
    assert (mark.points, [part.is_right for part in mark.parts]) == (1, [True, False])
    with pytest.raises(InvalidInputError) as caught:
        marked("conversation", structure, {"turn": "ask"})
    assert caught.value.details["fields"] == {"turn.ask": "answer.missing"}


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        ({"open": {"replies": {"a": "hello", "b": "good"}}}, "is reached a second time"),
        ({"open": {"replies": {"a": "nowhere", "b": "good"}}}, "leads to `nowhere`"),
        ({"lost": {"end": 0}}, "is never reached"),
        ({"good": {"end": 0.5}}, "needs an end of 1"),
        ({"hello": {"end": 1}}, "is an end: there would be nothing to say"),
    ],
)
def test_a_talk_that_does_not_work_is_told(nodes: dict[str, Any], sentence: str) -> None:
    assert any(sentence in fault for fault in told("conversation", {**TALK, "nodes": TALK["nodes"] | nodes}))


def test_a_talk_does_not_grow_without_end() -> None:
    nodes: dict[str, Any] = {f"n{depth}": {"replies": dict.fromkeys("abcd", f"n{depth + 1}")} for depth in range(30)}
    faults = told("conversation", {"start": "n0", "nodes": {**nodes, "n30": {"end": 1}}})
    assert any("at most 6 turns in a talk and 40 ways" in fault for fault in faults)
    both = {"start": "a", "nodes": {"a": {"replies": {"x": "b", "y": "b"}, "end": 1}, "b": {"end": 1}, "c": {"end": 0}}}
    assert "needs either `replies` or `end`." in told_of_shape("conversation", both)


SHEET = {
    "questions": {
        "mood": {"options": ["calm", "tense"], "choose": "one"},
        "wish": {"texts": {"first": 2, "more": 0}},
    },
    "needs_review": "yes",
}


def test_a_worksheet_counts_what_is_complete_and_keeps_the_rest() -> None:
    structure = structure_of("worksheet", SHEET, 2.0)
    half = marked("worksheet", structure, {"choice.mood": "calm", "text.wish.first": "one"})
    assert (half.points, half.needs_review) == (1, False)
    assert [(part.key, part.given, part.expected) for part in half.parts] == [("mood", 1, 1), ("wish", 1, 2)]
    whole = marked("worksheet", structure, {"choice.mood": "calm", "text.wish.first": "two words"})
    assert (whole.points, whole.needs_review) == (2, True)
    assert "needs `options`, or `texts`" in told("worksheet", {"questions": {"a": {"texts": {"x": 0}}}})[0]


def test_a_sheet_with_fixed_questions_has_these_and_no_other() -> None:
    question = {"texts": {"x": 1}}
    faults = told("experiential-cycle", {"questions": {"do": question, "reflect": question, "dream": question}})
    assert [fault.split(" ")[2] for fault in faults] == ["conclude", "apply", "dream"]


TABLE = {"alternatives": ["rent", "home"], "columns": {"pro": 2, "con": 1}}


def test_alternatives_and_the_decision_have_the_same_share() -> None:
    structure = structure_of("alternatives-table", TABLE, 3.0)
    first = {"text.rent.name": "A shop", "text.rent.pro": "people come", "text.rent.con": "dear"}
    assert marked("alternatives-table", structure, first).points == 1
    decision = {"choice.decision": "home", "text.decision.why": "It costs less to begin with"}
    assert marked("alternatives-table", structure, first | decision).points == 2
    spoilt = {"alternatives": ["decision", "home"], "columns": {"name": 1}}
    assert len(told("alternatives-table", spoilt)) == 2


def test_each_clause_that_was_considered_counts() -> None:
    structure = structure_of("code-of-ethics", {"clauses": ["a", "b", "c", "d"], "own": 2}, 4.0)
    fields = {"decision.a": "keep", "decision.b": "leave", "decision.c": "change", "text.c": " ", "text.a": "ignored"}
    own = {"own.1": "", "own.2": "We laugh."}
    answer = TYPES["code-of-ethics"].read_answer(structure, fields | own)
    assert answer == {
        "decisions": {"a": "keep", "b": "leave", "c": "change"},
        "texts": {"c": ""},
        "own": ["We laugh."],
    }
    assert TYPES["code-of-ethics"].mark(structure, answer).points == 2
    assert marked("code-of-ethics", structure, fields | {"text.c": "Better so."}).points == 3
