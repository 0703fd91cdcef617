"""Draws an exercise of each type that was made for mentoring, with an answer to it."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.unit.exercise_types.drawing import (
    GENERAL,
    KEYS,
    Case,
    Draw,
    assigned,
    keys,
    loaded,
    phrases,
    some_text,
    texts,
)


@st.composite
def duty_sorts(draw: Draw) -> Case:
    groups, reasons, items = draw(keys(2, 5)), draw(keys(2, 8)), draw(keys(2, 12))
    kind, structure = loaded("duty-sorter", duties(draw, "group", groups, reasons, items), draw)
    return kind, structure, {"groups": draw(assigned(items, groups)), "reasons": draw(assigned(items, reasons))}


def duties(draw: Draw, name: str, groups: list[str], reasons: list[str], items: list[str]) -> dict[str, Any]:
    pairs = st.fixed_dictionaries({name: st.sampled_from(groups), "reason": st.sampled_from(reasons)})
    return {"groups": groups, "reasons": reasons, "items": {item: draw(pairs) for item in items}}


@st.composite
def process_plans(draw: Draw) -> Case:
    mentors, reasons, mentees = draw(keys(2, 5)), draw(keys(2, 8)), draw(keys(2, 6))
    stages = draw(st.lists(st.sampled_from([f"stage-{n}" for n in range(9)]), min_size=3, max_size=9, unique=True))
    drawn = duties(draw, "mentor", mentors, reasons, mentees)
    data = {"stages": stages, "mentors": mentors, "reasons": reasons, "mentees": drawn["items"]}
    answer = {"groups": draw(assigned(mentees, mentors)), "reasons": draw(assigned(mentees, reasons))}
    return *loaded("process-planner", data, draw), {"order": draw(st.permutations(stages)), **answer}


def wordings(name: str, parts: Sequence[str]) -> Callable[[], st.SearchStrategy[Case]]:
    @st.composite
    def draw_case(draw: Draw) -> Case:
        structure, choices = {}, {}
        for part in parts:
            options = draw(keys(2, 5))
            structure[part] = {"options": options, "answer": draw(st.sampled_from(options))}
            choices[part] = draw(st.sampled_from(options))
        own = draw(st.fixed_dictionaries(dict.fromkeys(parts, texts)))
        return *loaded(name, {"parts": structure, "avoid": draw(phrases)}, draw), {"choices": choices, "texts": own}

    return draw_case


@st.composite
def rewritten_advice(draw: Draw) -> Case:
    items = draw(keys(1, 4))
    data = {"items": items, "open_words": {"en": ["what", "how"], "he": ["*מה"]}}
    data |= {"closed_starts": {"en": ["do you"], "he": ["האם"]}, "advice": {"en": ["you should", "why don't you"]}}
    return *loaded("advice-to-question", data, draw), {"texts": {item: draw(some_text) for item in items}}


def worksheets(name: str, question_keys: Sequence[str] = ()) -> Callable[[], st.SearchStrategy[Case]]:
    @st.composite
    def draw_case(draw: Draw) -> Case:
        questions: dict[str, Any] = {}
        choices: dict[str, list[str]] = {}
        own: dict[str, dict[str, str]] = {}
        for key in question_keys or draw(keys(1, 4)):
            options = draw(st.just([]) | keys(2, 5))
            least = draw(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 5), max_size=3))
            if not options and not any(least.values()):
                least["item-a"] = 1
            choose = draw(st.sampled_from(["one", "several"]))
            questions[key] = {"options": options, "choose": choose, "texts": least} if options else {"texts": least}
            chosen = draw(st.sets(st.sampled_from(options), max_size=1 if choose == "one" else 5)) if options else set()
            choices[key] = [option for option in options if option in chosen]
            own[key] = {text: draw(texts) for text in least}
        if not any(choices.values()) and not any(text for given in own.values() for text in given.values()):
            first = next(iter(questions))
            if questions[first].get("options"):
                choices[first] = questions[first]["options"][:1]
            else:
                own[first][next(iter(own[first]))] = "x"
        return *loaded(name, {"questions": questions}, draw), {"choices": choices, "texts": own}

    return draw_case


@st.composite
def alternatives_tables(draw: Draw) -> Case:
    alternatives, columns = draw(keys(2, 5)), draw(keys(1, 4))
    data = {"alternatives": alternatives, "columns": {column: draw(st.integers(0, 5)) for column in columns}}
    own = {key: {name: draw(texts) for name in ["name", *columns]} for key in alternatives}
    own["decision"] = {"why": draw(some_text)}
    choices: dict[str, list[str]] = {key: [] for key in alternatives}
    choices["decision"] = draw(st.lists(st.sampled_from(alternatives), max_size=1))
    return *loaded("alternatives-table", data, draw), {"choices": choices, "texts": own}


@st.composite
def codes(draw: Draw) -> Case:
    clauses, own = draw(keys(2, 10)), draw(st.integers(0, 5))
    decided = draw(st.lists(st.sampled_from(clauses), min_size=1, unique=True))
    decisions = {key: draw(st.sampled_from(["keep", "change", "leave"])) for key in decided}
    changed = {key: draw(texts) for key, decision in decisions.items() if decision == "change"}
    answer = {"decisions": decisions, "texts": changed, "own": draw(st.lists(some_text, max_size=own))}
    return *loaded("code-of-ethics", {"clauses": clauses, "own": own}, draw), answer


@st.composite
def cases(draw: Draw) -> Case:
    shares = st.integers(0, 100).map(lambda n: n / 100)
    options = {
        key: {
            "weight": draw(shares),
            "reasons": draw(st.dictionaries(st.sampled_from(KEYS), shares, min_size=1, max_size=4)),
        }
        for key in draw(keys(2, 6))
    }
    best, second, *_ = options
    options[best] |= {"weight": 1, "reasons": {**options[best]["reasons"], "item-a": 1}}
    options[second]["weight"] = draw(st.sampled_from([0.5, 1]))
    chosen = draw(st.sampled_from([f"{key}.{reason}" for key in options for reason in options[key]["reasons"]]))
    return *loaded("case", {"options": options}, draw), {"choice": chosen}


@st.composite
def conversations(draw: Draw) -> Case:
    """Draw a talk of layers: each reply leads to a node of the next one, and the last ones are ends."""
    worse = draw(st.lists(st.sampled_from([0, 0.25, 0.5]), min_size=1, max_size=2))
    ends = {f"end-{number}": {"end": share} for number, share in enumerate([1, *worse])}
    layers = [["start"], *(draw(st.sampled_from([["a"], ["b", "c"]])) for _ in range(draw(st.integers(0, 1))))]
    nodes: dict[str, Any] = {}
    for layer, following in zip(layers, [*layers[1:], list(ends)], strict=True):
        for node in layer:
            count = draw(st.integers(max(2, len(following)), 3))
            nodes[node] = {"replies": {f"say-{n}": following[n % len(following)] for n in range(count)}}
    path, key = [], "start"
    while key in nodes:
        path.append(draw(st.sampled_from(list(nodes[key]["replies"]))))
        key = nodes[key]["replies"][path[-1]]
    return *loaded("conversation", {"start": "start", "nodes": nodes | ends}, draw), {"path": path}


DRAWN: dict[str, Callable[[], st.SearchStrategy[Case]]] = GENERAL | {
    "advice-to-question": rewritten_advice,
    "alternatives-table": alternatives_tables,
    "case": cases,
    "code-of-ethics": codes,
    "conversation": conversations,
    "duty-sorter": duty_sorts,
    "expectation-sheet": worksheets("expectation-sheet", ("what", "how", "who", "when", "where", "how-much")),
    "experiential-cycle": worksheets("experiential-cycle", ("do", "reflect", "conclude", "apply")),
    "goals-worksheet": worksheets("goals-worksheet", ("short-term", "long-term", "missing", "guidance")),
    "message-builder": wordings("message-builder", ("subject", "opening", "purpose", "ask", "ease")),
    "process-planner": process_plans,
    "sbi-builder": wordings("sbi-builder", ("situation", "behaviour", "impact")),
    "worksheet": worksheets("worksheet"),
}
"""For each type, what draws a case of it."""

WITHOUT_OTHER_ANSWER = {
    "duty-sorter",
    "matching",
    "one-answer",
    "order",
    "process-planner",
    "several-answers",
    "sort",
    "true-false",
}
"""Types in which only the model answer earns full marks."""
