"""A branching talk: at each turn one chooses what to say, and the way through it is the answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError, fields, post_load, validates_schema

from service.exercise_types.answers import chosen_key, invalid_answer, partial_points
from service.exercise_types.base import Answer, ExerciseType, Finding, Mark, PartMark, Structure, nested_key_faults
from service.exercise_types.shapes import Key, Keyed, Shape, Share, Text

MOST_TURNS = 6
MOST_WAYS = 40
"""Without scripts a page shows every way through the talk."""


class ReplyWords(Shape):
    text = Text()
    feedback = Text()


class NodeWords(Shape):
    says = Text()
    replies = fields.Dict(keys=Key(), values=fields.Nested(ReplyWords), load_default=dict)


class ConversationWords(Shape):
    nodes = Keyed(fields.Nested(NodeWords))


class NodeStructure(Shape):
    replies = Keyed(Key(), 2, 4)
    end = Share()

    def __init__(self, **options: Any) -> None:
        super().__init__(partial=True, **options)

    @validates_schema
    def _is_turn_or_end(self, data: Mapping[str, Any], **_: object) -> None:
        if len(data) != 1:
            raise ValidationError("needs either `replies` or `end`.")


class ConversationStructure(Shape):
    start = Key()
    nodes = Keyed(fields.Nested(NodeStructure()), 3, 40)

    @post_load
    def _put_order_into_lists(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        nodes = {
            key: {"replies": [list(reply) for reply in node["replies"].items()]} if "replies" in node else node
            for key, node in data["nodes"].items()
        }
        return {"start": data["start"], "nodes": nodes}


class Conversation(ExerciseType):
    """Structure: start, nodes ({node: {replies: [[reply, next node]]} or {end: share}}). Answer: {"path": [replies]}.

    The mark is what the end is worth that was reached. A reply is right if it gives away none of what could be reached.
    """

    name = "conversation"
    structure_shape = ConversationStructure
    words_shape = ConversationWords

    def structure_faults(self, structure: Structure) -> Iterator[Finding]:
        broken = list(_broken_links(structure))
        yield from broken or _faulty_ways(structure)

    def worded_keys(self, structure: Structure) -> Mapping[str, Sequence[str]]:
        return {"nodes": list(structure["nodes"])}

    def words_faults(self, structure: Structure, words: Mapping[str, Any]) -> Iterator[Finding]:
        yield from super().words_faults(structure, words)
        for key, node in structure["nodes"].items():
            replies = [reply for reply, _ in node.get("replies", [])]
            yield from nested_key_faults(words, ("nodes", key, "replies"), replies)

    def read_answer(self, structure: Structure, raw: Mapping[str, Any]) -> Answer:
        """Read the form fields `turn`, `turn.<first reply>`, `turn.<first>.<second>` and so on, or `path`.

        What was chosen on other ways through the talk is left aside: a browser sends that too.
        """
        path = raw.get("path")
        if path is not None and not (isinstance(path, list) and all(isinstance(reply, str) for reply in path)):
            raise invalid_answer("answer.wrong_shape", "path must be a list of replies.", "path")
        given = raw if path is None else _turns(path)
        taken: list[str] = []
        node = structure["nodes"][structure["start"]]
        while "replies" in node:
            replies = dict(node["replies"])
            field = ".".join(["turn", *taken])
            taken.append(chosen_key(field, given.get(field), list(replies)))
            node = structure["nodes"][replies[taken[-1]]]
        return {"path": taken}

    def form_fields(self, structure: Structure, answer: Answer) -> dict[str, str]:
        return _turns(answer["path"])

    def mark(self, structure: Structure, answer: Answer) -> Mark:
        nodes, key = structure["nodes"], structure["start"]
        parts = []
        for reply in answer["path"]:
            replies = dict(nodes[key]["replies"])
            best = max(replies, key=lambda other: _best(nodes, replies[other]))
            is_right = _best(nodes, replies[reply]) == _best(nodes, key)
            parts.append(PartMark(key, is_right, reply, reply if is_right else best))
            key = replies[reply]
        return Mark(partial_points(structure, nodes[key]["end"], 1), float(structure["points"]), tuple(parts))

    def model_answer(self, structure: Structure) -> Answer:
        nodes, key = structure["nodes"], structure["start"]
        path: list[str] = []
        while "replies" in nodes[key]:
            reply, key = max(nodes[key]["replies"], key=lambda step: _best(nodes, step[1]))
            path.append(reply)
        return {"path": path}

    def display_order(self, structure: Structure, seed: str) -> list[str]:
        return [reply for reply, _ in structure["nodes"][structure["start"]].get("replies", [])]


def _turns(path: Sequence[str]) -> dict[str, str]:
    """Return the form fields that say the replies of `path`."""
    return {".".join(["turn", *path[:place]]): reply for place, reply in enumerate(path)}


def _best(nodes: Mapping[str, Any], key: str) -> float:
    """Return what the best end is worth that can be reached from a node."""
    node = nodes[key]
    return float(node["end"]) if "end" in node else max(_best(nodes, target) for _, target in node["replies"])


def _broken_links(structure: Structure) -> Iterator[Finding]:
    nodes = structure["nodes"]
    if structure["start"] not in nodes:
        yield Finding(("start",), f"is `{structure['start']}`, which is none of the nodes.")
    elif "end" in nodes[structure["start"]]:
        yield Finding(("start",), "is an end: there would be nothing to say.")
    for key, node in nodes.items():
        for reply, target in node.get("replies", []):
            if target not in nodes:
                yield Finding(("nodes", key, "replies", reply), f"leads to `{target}`, which is none of the nodes.")


def _faulty_ways(structure: Structure) -> Iterator[Finding]:
    nodes = structure["nodes"]
    ways = list(_ways(nodes, structure["start"], ()))
    for way in ways:
        if way[-1] in way[:-1]:
            yield Finding(("nodes", way[-1]), "is reached a second time in the same talk: a talk goes forward only.")
    if max(map(len, ways)) > MOST_TURNS + 1 or len(ways) > MOST_WAYS:
        rule = f"must have at most {MOST_TURNS} turns in a talk and {MOST_WAYS} ways through it."
        yield Finding(("nodes",), rule)
    for key in nodes.keys() - {key for way in ways for key in way}:
        yield Finding(("nodes", key), "is never reached.")
    if not any(nodes[way[-1]].get("end") == 1 for way in ways):
        yield Finding(("nodes",), "needs an end of 1, or nobody could have full marks.")


def _ways(nodes: Mapping[str, Any], key: str, before: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give the ways from a node to an end, as nodes. One that goes in a circle, or on and on, is given up."""
    way = (*before, key)
    if key in before or len(way) > MOST_TURNS + 1 or "end" in nodes[key]:
        yield way
        return
    for _, target in nodes[key]["replies"]:
        yield from _ways(nodes, target, way)
