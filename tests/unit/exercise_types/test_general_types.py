"""What the further general types make of certain answers, and what they tell authors."""

from typing import Any

import pytest

from service.errors import InvalidInputError
from service.exercise_types import Mark, exercise_types
from service.exercise_types.texts import count_words, find_phrases, is_one_of, written

TYPES = exercise_types()


def structure_of(name: str, data: dict[str, Any], points: float = 1.0) -> dict[str, Any]:
    return {"points": points, **TYPES[name].structure_shape().load(data)}


def marked(name: str, structure: dict[str, Any], raw: dict[str, Any]) -> Mark:
    return TYPES[name].mark(structure, TYPES[name].read_answer(structure, raw))


def told(name: str, data: dict[str, Any]) -> list[str]:
    faults = TYPES[name].structure_faults(TYPES[name].structure_shape().load(data))
    return [f"{' > '.join(map(str, fault.path))} {fault.sentence}" for fault in faults]


def told_of_shape(name: str, data: dict[str, Any]) -> str:
    return str(TYPES[name].structure_shape().validate(data))


def told_of_words(name: str, structure: dict[str, Any], words: dict[str, Any]) -> list[str]:
    faults = TYPES[name].words_faults(structure, words)
    return [f"{' > '.join(map(str, fault.path))} {fault.sentence}" for fault in faults]


@pytest.mark.parametrize(
    ("ticked", "points"),
    [("ab", 4), ("a", 2), ("b", 2), ("abx", 2), ("abxy", 0), ("ax", 0), ("x", 0), ("axy", 0)],
)
def test_of_several_answers_a_wrong_one_takes_its_share_away(ticked: str, points: float) -> None:
    structure = structure_of("several-answers", {"options": ["a", "b", "x", "y"], "answers": ["a", "b"]}, 4.0)
    assert marked("several-answers", structure, {f"tick.{key}": "yes" for key in ticked}).points == points


def test_several_answers_tell_of_each_option() -> None:
    structure = structure_of("several-answers", {"options": ["a", "b", "x"], "answers": ["a", "b"]})
    mark = marked("several-answers", structure, {"tick.a": "yes", "tick.x": "yes"})
    assert [(part.key, part.is_right, part.given, part.expected) for part in mark.parts] == [
        ("a", True, "ticked", "ticked"),
        ("b", False, "left", "ticked"),
        ("x", False, "ticked", "left"),
    ]


def test_several_answers_need_a_wrong_option_and_known_ones() -> None:
    all_right = {"options": ["a", "b", "c"], "answers": ["a", "b", "c"]}
    assert told("several-answers", all_right) == ["answers holds all options: at least one must be wrong."]
    unknown = {"options": ["a", "b", "c"], "answers": ["a", "z"]}
    assert told("several-answers", unknown) == ["answers > 1 is `z`, which is none of the options a, b, c."]


def test_true_and_false_are_the_only_groups() -> None:
    structure = structure_of("true-false", {"statements": {"a": "true", "b": "false"}}, 2.0)
    assert marked("true-false", structure, {"group.a": "true", "group.b": "true"}).points == 1
    assert "must be true or false." in told_of_shape("true-false", {"statements": {"a": "yes", "b": "no"}})
    with pytest.raises(InvalidInputError):
        TYPES["true-false"].read_answer(structure, {"group.a": "true", "group.b": "perhaps"})


def test_matches_are_not_listed_in_the_order_of_the_items() -> None:
    keys = [f"match-{number}" for number in range(10)]
    structure = structure_of("matching", {"pairs": {f"item-{n}": key for n, key in enumerate(keys)}, "extra": ["more"]})
    assert sorted(structure["groups"]) == sorted([*keys, "more"])
    assert structure["groups"] != [*keys, "more"]
    for pair in (["a", "b"], ["b", "a"]):
        assert structure_of("matching", {"pairs": dict(zip("xy", pair, strict=True))})["groups"] != pair


GAPS = {
    "gaps": {
        "first": {"options": ["listens", "talks"], "answer": "listens"},
        "place": {"accepted": {"en": ["a safe place", "don't tell"], "he": ["מקום בטוח"], "pl": ["żółw"]}},
    }
}


@pytest.mark.parametrize(
    ("written", "is_right"),
    [
        ("A SAFE place!", True),
        ("„dont tell”", True),
        ("מָקוֹם בָּטוּחַ", True),
        ("zolw", True),
        ("a very safe place", False),
        ("a safe place to be", False),
        ("?", False),
    ],
)
def test_what_is_written_into_a_gap_counts_in_any_spelling_that_a_search_would_find(written, is_right) -> None:
    structure = structure_of("fill-the-gap", GAPS, 2.0)
    mark = marked("fill-the-gap", structure, {"gap.first": "listens", "gap.place": written})
    assert [part.is_right for part in mark.parts] == [True, is_right]
    assert mark.points == 1 + is_right


def test_a_gap_is_chosen_or_written() -> None:
    for gap in ({}, {"options": ["a", "b"]}, {"options": ["a", "b"], "answer": "a", "accepted": {"en": ["a"]}}):
        assert "either `options` and `answer`, or `accepted`" in told_of_shape("fill-the-gap", {"gaps": {"x": gap}})
    wrong = {"gaps": {"x": {"options": ["a", "b"], "answer": "c"}}}
    assert told("fill-the-gap", wrong) == ["gaps > x > answer is `c`, which is none of the options a, b."]


def test_the_text_has_each_gap_once() -> None:
    structure = structure_of("fill-the-gap", GAPS)
    gaps = {"first": {"feedback": "x", "options": {"listens": "l", "talks": "t"}}, "place": {"feedback": "x"}}
    assert told_of_words("fill-the-gap", structure, {"text": "[first] and [place]", "gaps": gaps}) == []
    faults = told_of_words("fill-the-gap", structure, {"text": "[first] [first] [other]", "gaps": gaps})
    assert {fault.split("`")[1] for fault in faults} == {"[first]", "[place]", "[other]"}
    del gaps["first"]["options"]["talks"]
    gaps["place"]["options"] = {"x": "y"}
    assert told_of_words("fill-the-gap", structure, {"text": "[first] [place]", "gaps": gaps}) == [
        "gaps > first > options > talks has no words in this language.",
        "gaps > place > options > x has words, but module.yaml does not have this key.",
    ]


def test_a_text_with_gaps_is_cut_at_them() -> None:
    words = TYPES["fill-the-gap"].words_shape().load({"text": "One [a] two.\n\n[b].", "gaps": {}})
    assert words["paragraphs"] == [[{"text": "One "}, {"gap": "a"}, {"text": " two."}], [{"gap": "b"}, {"text": "."}]]


IDEAS = {"trust": {"en": ["trust*"], "he": ["*אמון*"]}, "harm": {"en": ["does harm"], "he": ["נזק"]}}


def test_each_idea_that_is_found_earns_its_share() -> None:
    structure = structure_of("short-text", {"ideas": IDEAS}, 2.0)
    assert marked("short-text", structure, {"text": "Because it does harm, and trustworthy people ..."}).points == 2
    assert marked("short-text", structure, {"text": "בגלל האמון"}).points == 1
    assert marked("short-text", structure, {"text": "doesn't harm"}).points == 0
    assert not marked("short-text", structure, {"text": "trust me"}).needs_review


def test_what_is_claimed_counts_for_now_where_the_author_allows_it() -> None:
    allowed = structure_of("short-text", {"ideas": IDEAS, "self_check": "yes"}, 2.0)
    text = "People say more when they need not fear it."
    mark = marked("short-text", allowed, {"text": text, "claim.trust": "yes"})
    assert (mark.points, mark.needs_review) == (1, True)
    assert marked("short-text", allowed, {"text": "trust me", "claim.trust": "yes"}).needs_review is False
    assert marked("short-text", allowed, {"text": "no idea at all", "claim.trust": "yes"}).points == 0
    with pytest.raises(InvalidInputError):
        marked("short-text", structure_of("short-text", {"ideas": IDEAS}), {"text": text, "claim.trust": "yes"})


def test_a_long_text_needs_its_words_and_is_never_refused_for_having_fewer() -> None:
    structure = structure_of("long-text", {"words": 3, "rubric": ["a"], "needs_review": "yes"}, 2.0)
    short = marked("long-text", structure, {"text": "two – words"})
    assert (short.points, short.parts[0].given, short.parts[0].expected, short.needs_review) == (0, 2, 3, False)
    long = marked("long-text", structure, {"text": "now three words", "met.a": "yes"})
    assert (long.points, long.needs_review) == (2, True)


def test_a_scale_goes_from_four_to_ten_and_needs_three_values() -> None:
    structure = structure_of("scale", {"items": ["a"]})
    assert structure["values"] == ["4", "5", "6", "7", "8", "9", "10"]
    assert marked("scale", structure, {"value.a": "10"}).points == 1
    with pytest.raises(InvalidInputError):
        marked("scale", structure, {"value.a": "3"})
    assert told("scale", {"items": ["a"], "from": 9, "to": 10}) == ["to must be at least two more than `from`."]


def test_text_is_kept_plain() -> None:
    assert written("text", "  a\r\nb\rc\x00\x1b \u202ed\u200f\n ") == "a\nb\nc d"
    assert written("text", "e\u0301") == "é"
    with pytest.raises(InvalidInputError) as caught:
        written("text", "x" * 11, 10)
    assert caught.value.details["fields"] == {"text": "answer.too_long"}


def test_words_are_counted_in_every_script() -> None:
    assert count_words("Dwa słowa – i שתי מילים, o'clock …") == 6
    assert count_words(" \n… – ") == 0


@pytest.mark.parametrize(
    ("phrase", "text", "is_found"),
    [
        ("you should", "You  SHOULD, I think", True),
        ("you should", "you really should", False),
        ("powinn*", "Powinnaś iść", True),
        ("powinn", "Powinnaś iść", False),
        ("*נזק*", "הנזקים", True),
        ("*נזק", "הנזקים", False),
        ("zażółć", "zazolc", True),
        ("why don't you", "Why don’t you?", True),
    ],
)
def test_phrases_are_found_as_words(phrase: str, text: str, is_found: bool) -> None:
    assert (find_phrases({"en": [phrase]}, text) == [phrase]) == is_found


def test_phrases_at_the_start_and_alone() -> None:
    assert find_phrases({"en": ["do you"]}, "And do you?", at_start=True) == []
    assert find_phrases({"en": ["do you"]}, "“Do you?", at_start=True) == ["do you"]
    assert not is_one_of({"en": ["do you"]}, "do you know")


@pytest.mark.parametrize("phrase", ["", "  ", "*", "a*b", "? !", "x" * 61])
def test_a_phrase_that_cannot_be_looked_for_is_told(phrase: str) -> None:
    assert told_of_shape("short-text", {"ideas": {"a": {"en": [phrase]}}}) != "{}"
