"""Someone whose account has left the course, and who may have another one now: what was done there, and who it was."""

from collections.abc import Mapping

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from service import journey
from service.board.naming import code_of
from service.board.rules import Wish
from service.completion.operations import list_complete
from service.db import utc_now
from service.people.accounts import get_former
from service.people.known import Member
from service.people.models import STAFF_ROLES
from service.people.operations import get_member
from service.people.rules import shown_name
from service.web.access import catalogue, me, open_to
from service.web.board import name_of, people_for, rows_of
from service.web.formats import isolated
from service.web.gate_acts import fault_words

LONGEST_REASON = 2000
MOST_FOUND = 20
"""How many people a search offers."""

blueprint = Blueprint("accounts", __name__, url_prefix="/course/<course_id>/people/former")


@blueprint.get("/<former_id>")
@open_to(*STAFF_ROLES)
def show(former_id: str) -> str:
    """Show someone who has left the course, what they have completed, and who on the list they may be now.

    Query: `q`, words that the name or code of the present account has; the name of the former one if it is not given.
    """
    return _page(get_former(g.db, me().course_id, former_id))


@blueprint.post("/<former_id>")
@open_to(*STAFF_ROLES)
def carry_over(former_id: str) -> Response | tuple[str, int]:
    """Let what was completed there count for a present member. Query: as `show`; form: `member`, `reason`."""
    former = get_former(g.db, me().course_id, former_id)
    chosen, reason = request.form.get("member", ""), request.form.get("reason", "")
    if not chosen:
        return _page(former, {"member": gettext("Choose the account that the person has now.")}), 422
    if not reason.strip() or len(reason) > LONGEST_REASON:
        return _page(former, {"reason": fault_words("reason.too_long" if reason.strip() else "reason.missing")}), 422
    member = get_member(g.db, me().course_id, chosen)
    count = journey.carry_over(g.db, catalogue(), me(), former, member, reason.replace("\0", " "), at=utc_now())
    if count:
        flash(ngettext("%(num)d module counts here now.", "%(num)d modules count here now.", count))
    else:
        flash(gettext("Everything that was complete there counts here already."))
    address = url_for("recognitions.show_training", course_id=me().course.public_id, member_id=member.public_id)
    return redirect(address, 303)


def _page(former: Member, errors: Mapping[str, str] | None = None) -> str:
    name = shown_name(former.person.name)
    words = request.args.get("q", name).replace("\0", " ")
    board, people = people_for(Wish(q=words)) if words.strip() else (None, None)
    rows = rows_of(board, people[:MOST_FOUND]) if board and people else []
    titles = {module.key: module.words[g.lang].title for module in catalogue().modules}
    done = list_complete(g.db, former.person_id, at=utc_now())
    return render_template(
        "former.html",
        former=former,
        modules=[(titles.get(one.module_key, one.module_key), one.completed_at) for one in done],
        words=words,
        found=[(row.public_id, isolated(f"{name_of(row)} ({code_of(row.text)})")) for row in rows],
        more=max(len(people) - len(rows), 0) if people else 0,
        errors=errors or {},
        faults=[(f"field-{field}", text) for field, text in (errors or {}).items()],
    )
