"""Counts tries by outcome and duration in the database, so that any process can tell the numbers of all."""

from collections.abc import Sequence
from itertools import groupby

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.db import add_or_get
from service.grades.models import SendTally
from service.grades.outbox import Report
from service.grades.rules import limit_kept


def count_tries(session: Session, platform_id: int, reports: Sequence[Report]) -> None:
    """Add tries to the numbers of an LMS. The caller holds its row (`pausing.lock_sending`), so that none waits."""

    def group_of(report: Report) -> tuple[str, int]:
        return report.verdict.state, limit_kept(report.seconds)

    for (outcome, within), group in groupby(sorted(reports, key=group_of), key=group_of):
        seconds = [report.seconds for report in group]
        keys = {"platform_id": platform_id, "outcome": outcome, "within": within}
        more = {"tries": SendTally.tries + len(seconds), "seconds": SendTally.seconds + sum(seconds)}
        changed = session.execute(update(SendTally).filter_by(**keys).values(more))
        if not changed.rowcount:  # type: ignore[attr-defined]
            add_or_get(session, SendTally, keys, {"tries": len(seconds), "seconds": sum(seconds)})
