"""Looks, after an attack on the grades, at what the LMS wrote down and what the tool did, person by person."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bench.lecture_hall import Hall
from service.grades.models import Score, ScoreState, ScoreTry


@dataclass
class Findings:
    """What came of an attack. `wrongs` are sentences; there should be none."""

    arrived: int = 0
    taken: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    cut_off: int = 0
    """Tries that ended with the life of their worker."""
    wrongs: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return the findings as lines to print."""
        return [
            f"posts that arrived: {self.arrived}, taken: {self.taken}, tries cut off by a kill: {self.cut_off}",
            f"faults: {sum(self.faults.values())} ({', '.join(f'{k}: {n}' for k, n in sorted(self.faults.items()))})",
            f"states at the end: {dict(self.states)}",
            f"wrong: {len(self.wrongs)}",
            *self.wrongs[:20],
        ]


def find(hall: Hall, values: Mapping[int, list[float]]) -> Findings:
    """Compare gradebook, tool and journal. `values` are those queued for each person, first to last, rising."""
    findings = Findings()
    entries = [json.loads(line) for line in hall.journal.read_text().splitlines()]
    findings.faults.update(entry["kind"] for entry in entries if entry["what"] == "fault")
    arrived = [entry for entry in entries if entry["what"] == "arrived"]
    taken = [entry for entry in entries if entry["what"] == "taken"]
    findings.arrived, findings.taken = len(arrived), len(taken)
    findings.wrongs += _differences(hall, values, findings)
    findings.wrongs += _disorder(arrived, "sent")
    findings.wrongs += _disorder(taken, "taken")
    findings.wrongs += _doubles(taken)
    findings.wrongs += _lower_than_confirmed(hall, findings)
    return findings


def _differences(hall: Hall, values: Mapping[int, list[float]], findings: Findings) -> Iterator[str]:
    """The LMS shows for each person what the tool holds, and that is the last value queued."""
    shown = hall.shown()
    with hall.sessions() as session:
        rows = {row.person_id: row for row in session.scalars(select(Score))}
    for user, id_ in hall.people:
        row = rows[id_]
        findings.states[row.state.value] += 1
        if not (values[id_][-1] == row.score_given == shown.get(user)):
            yield f"{user}: queued {values[id_][-1]}, held {row.score_given}, shown {shown.get(user)} ({row.state})"
        if row.next_try_at is not None:
            yield f"{user}: is still to be tried ({row.state})"


def _disorder(entries: list[dict[str, Any]], word: str) -> Iterator[str]:
    """Values and timestamps rise together: no older value comes after a newer one, none twice with another date."""
    last: dict[str, tuple[str, float]] = {}
    for entry in entries:
        user, present = entry["user"], (entry["at"], entry["value"])
        before = last.get(user, ("", -1.0))
        if present[0] < before[0] or present[1] < before[1]:
            yield f"{user}: {present} was {word} after {before}"
        if present[0] == before[0] and present[1] != before[1]:
            yield f"{user}: {present} was {word} with the date of {before}"
        last[user] = present


def _doubles(taken: list[dict[str, Any]]) -> Iterator[str]:
    """No value was taken twice: what had arrived was not sent anew with another date."""
    for (user, value), count in Counter((entry["user"], entry["value"]) for entry in taken).items():
        if count > 1:
            yield f"{user}: {value} was taken {count} times"


def _lower_than_confirmed(hall: Hall, findings: Findings) -> Iterator[str]:
    """No try offers less than an earlier one of the same person had confirmed."""
    confirmed: dict[int, float] = {}
    with hall.sessions() as session:
        for each in session.scalars(select(ScoreTry).order_by(ScoreTry.id)):
            findings.cut_off += each.outcome is ScoreState.SENDING
            if each.score_given < confirmed.get(each.score_id, 0.0):
                yield f"score {each.score_id}: {each.score_given} after {confirmed[each.score_id]} was confirmed"
            if each.outcome is ScoreState.CONFIRMED:
                confirmed[each.score_id] = each.score_given
