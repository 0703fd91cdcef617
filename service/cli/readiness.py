"""Commands for the gate: what it let through, evaluated again."""

import click
from sqlalchemy import select

from service.cli.database import open_sessions
from service.db import transaction
from service.pairing.models import Relation, RelationMember
from service.readiness.conditions import ConditionResult
from service.readiness.operations import replay as evaluate_again


@click.group()
def readiness() -> None:
    """The gate: what it let through, evaluated again."""


@readiness.command("replay")
@click.option("--relation", "relation_id", default="", metavar="PUBLIC_ID", help="Only this relation.")
def replay(relation_id: str) -> None:
    """Evaluate again what each pair was let through on, and compare. Ends with 1 if something differs.

    Names nobody: a line is the public id of the relation, the role, and the version of the policy.
    """
    differing = 0
    with open_sessions() as sessions, transaction(sessions, reads_only=True) as session:
        rows = select(RelationMember, Relation.public_id).join(Relation).order_by(RelationMember.id)
        if relation_id:
            rows = rows.where(Relation.public_id == relation_id)
        for row, public_id in session.execute(rows, execution_options={"yield_per": 100}):
            words = _compare(row)
            differing += words.startswith("DIFFERS")
            click.echo(f"{public_id}  {row.role}  policy {row.policy_version}  {words}")
    if differing:
        raise click.ClickException(f"{differing} differ.")


def _compare(row: RelationMember) -> str:
    if row.snapshot is None:
        return "made before snapshots were kept; the result stands in the relation"
    then = [ConditionResult.from_data(data) for data in row.results]
    now = evaluate_again(row.snapshot)
    if now == then:
        return f"the same: {len(now)} conditions"
    names = ", ".join(one.condition.name for one, other in zip(then, now, strict=False) if one != other)
    return f"DIFFERS: {names}"
