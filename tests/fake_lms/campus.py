"""What a test may do with the pretend LMS without a browser: make launches, add people, grade, copy a course."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from tests.fake_lms import gradebook, keys
from tests.fake_lms.claims import load_scene
from tests.fake_lms.course_copy import copy_course
from tests.fake_lms.launches import login_fields, start_launch, start_selection
from tests.fake_lms.lms import Lms, Registration
from tests.fake_lms.message import RESOURCE_LINK, MessageLaunch
from tests.fake_lms.models import LEARNER, Activity, Course, Enrolment, Grade, GradeItem, Person, Tool
from tests.fake_lms.platform import PlatformConf
from tests.fake_lms.seed import DEPLOYMENT_ID, add_activity


@dataclass(frozen=True)
class Cell:
    """A cell of the gradebook as a teacher sees it."""

    person: str
    item: str
    score: float | None
    maximum: float
    comment: str
    graded_at: datetime | None
    is_overridden: bool
    is_locked: bool


class Campus(Lms):
    """The LMS with everything that a test may do to it. People, courses and activities go by name or as objects."""

    @property
    def registration(self) -> Registration:
        """What the demo's tool has to know of this LMS."""
        return self.registration_of(self.tool())

    def tool(self, tool_id: int = int(DEPLOYMENT_ID)) -> Tool:
        with self.store.session() as session:
            return session.get_one(Tool, tool_id)

    def person(self, person: str | Person) -> Person:
        """Return the person by username. Raise LookupError if there is none."""
        return self._by_name(Person, Person.username, person)

    def people(self) -> list[Person]:
        with self.store.session() as session:
            return list(session.scalars(select(Person).order_by(Person.id)))

    def course(self, course: str | Course) -> Course:
        """Return the course by key ("mentoring", "module1", "empty"). Raise LookupError if there is none."""
        return self._by_name(Course, Course.key, course)

    def activity(self, activity: str | Activity) -> Activity:
        """Return the activity by key ("mentoring/roles"). Raise LookupError if there is none."""
        return self._by_name(Activity, Activity.key, activity)

    def activities(self, course: str | Course) -> list[Activity]:
        with self.store.session() as session:
            wanted = select(Activity).filter_by(course_id=self.course(course).id)
            return list(session.scalars(wanted.order_by(Activity.id)))

    def _by_name(self, table: Any, column: Any, wanted: Any) -> Any:
        with self.store.session() as session:
            condition = column == wanted if isinstance(wanted, str) else table.id == wanted.id
            found = session.scalars(select(table).where(condition)).first()
        if found is None:
            raise LookupError(f"no {table.__tablename__} {wanted!r}")
        return found

    def add_person(
        self,
        username: str,
        *,
        given_name: str = "",
        family_name: str = "Invented",
        locale: str = "en",
        course: str | Course = "mentoring",
        role: str = LEARNER,
        withholds_details: bool = False,
    ) -> Person:
        """Add a person and enrol them in a course."""
        with self.store.session() as session:
            person = Person(
                username=username,
                given_name=given_name or username,
                family_name=family_name,
                email=f"{username}@demo-university.example",
                locale=locale,
                withholds_details=withholds_details,
            )
            session.add(person)
            session.flush()
            self.enrol(person, course, role)
        return person

    def enrol(
        self, person: str | Person, course: str | Course, role: str = LEARNER, *, suspended: bool = False
    ) -> None:
        """Enrol a person, or change role and state of an enrolment. Roles: models.COURSE_ROLES."""
        with self.store.session() as session:
            key = {"course_id": self.course(course).id, "person_id": self.person(person).id}
            session.merge(Enrolment(**key, role=role, is_suspended=suspended))

    def unenrol(self, person: str | Person, course: str | Course) -> None:
        with self.store.session() as session:
            session.delete(session.get_one(Enrolment, (self.course(course).id, self.person(person).id)))

    def add_tool(self, client_id: str, base_url: str, *, scopes: list[str], shares_names: bool = True) -> Tool:
        """Register another tool, whose pages are where the demo tool's are."""
        launch_url = f"{base_url}/lti/launch"
        tool = Tool(
            name=client_id,
            client_id=client_id,
            login_url=f"{base_url}/lti/login",
            launch_url=launch_url,
            jwks_url=f"{base_url}/lti/jwks",
            redirect_uris=[launch_url],
            scopes=scopes,
            shares_names=shares_names,
        )
        with self.store.session() as session:
            session.add(tool)
        return tool

    def add_activity(
        self,
        course: str | Course,
        title: str,
        custom: dict[str, str],
        *,
        key: str | None = None,
        tool: Tool | None = None,
        maximum: float | None = None,
    ) -> Activity:
        """Add an activity, with its own column in the gradebook where a maximum is given."""
        with self.store.session() as session:
            return add_activity(
                session, self.course(course), tool or self.tool(), key, title, title, custom, maximum=maximum
            )

    def launch_form(
        self,
        person: str | Person,
        activity: str | Activity,
        *,
        message_type: str = RESOURCE_LINK,
        container: str = "",
        for_user: str | Person | None = None,
    ) -> dict[str, str]:
        """Begin a launch and return the six fields that the browser would post to the tool's login address.

        No browser session is bound to it, so the authentication request needs no cookie of the LMS.
        Raise LaunchRefusedError for someone whom the LMS does not let in.
        """
        with self.store.session() as session:
            launch = start_launch(
                session,
                self,
                self.person(person),
                self.activity(activity),
                message_type=message_type,
                container=container,
                for_user=self.person(for_user).id if for_user else None,
            )
            return login_fields(session, self, launch)

    def deep_linking_form(self, person: str | Person, course: str | Course) -> dict[str, str]:
        """Begin a content selection and return the six fields for the tool's login address."""
        with self.store.session() as session:
            launch = start_selection(session, self.person(person), self.course(course), self.tool())
            return login_fields(session, self, launch)

    def claims_for(self, person: str | Person, activity: str | Activity, *, nonce: str = "") -> dict[str, Any]:
        """Return the claims of an id_token issued now, for a test to change before sign_id_token."""
        with self.store.session() as session:
            launch = start_launch(session, self, self.person(person), self.activity(activity))
            session.flush()
            scene = load_scene(session, launch)
        return MessageLaunch(self, scene).message(nonce)

    def sign_id_token(self, claims: dict[str, Any]) -> str:
        """Sign exactly these claims with the LMS's key, whatever they say."""
        conf = PlatformConf(lms=self, tool=self.tool())
        token: str = conf.get_registration().platform_encode_and_sign(claims)
        return token

    def rotate_keys(self) -> str:
        """Put a new signing key in use and return its `kid`."""
        with self.store.session() as session:
            return keys.rotate_keys(session).kid

    def items(self, course: str | Course) -> list[GradeItem]:
        """List the columns of a course's gradebook."""
        with self.store.session() as session:
            wanted = select(GradeItem).filter_by(course_id=self.course(course).id)
            return list(session.scalars(wanted.order_by(GradeItem.id)))

    def item_of(self, activity: str | Activity) -> GradeItem:
        """Return an activity's own column. Raise LookupError if it has none."""
        found = self.activity(activity)
        with self.store.session() as session:
            item = session.scalars(select(GradeItem).filter_by(activity_id=found.id)).first()
        if item is None:
            raise LookupError(f"{found.title} has no column")
        return item

    def grade(self, person: str | Person, item: GradeItem) -> Grade | None:
        with self.store.session() as session:
            return gradebook.find_grade(session, item, self.person(person).id)

    def gradebook(self, course: str | Course) -> list[Cell]:
        """List all cells that hold something, by column and person."""
        with self.store.session() as session:
            found = session.execute(
                select(Grade, GradeItem, Person)
                .join(GradeItem, GradeItem.id == Grade.item_id)
                .join(Person, Person.id == Grade.person_id)
                .where(GradeItem.course_id == self.course(course).id)
                .order_by(GradeItem.id, Person.id)
            ).all()
        return [_cell(grade, item, person) for grade, item, person in found]

    def override_grade(
        self, person: str | Person, item: GradeItem, value: float, comment: str = "", *, at: float | None = None
    ) -> None:
        """Grade by hand, as a teacher, now or at another time (seconds since 1970)."""
        with self.store.session() as session:
            moment = int(self.now() if at is None else at)
            gradebook.set_teacher_grade(session, item, self.person(person).id, value, comment, moment)

    def clear_override(self, person: str | Person, item: GradeItem) -> None:
        with self.store.session() as session:
            gradebook.clear_override(session, item, self.person(person).id)

    def lock_item(self, item: GradeItem, *, locked: bool = True) -> None:
        """Lock or unlock a whole column: scores for it get 500."""
        with self.store.session() as session:
            session.get_one(GradeItem, item.id).is_locked = locked

    def lock_grade(self, person: str | Person, item: GradeItem, *, locked: bool = True) -> None:
        """Lock or unlock one person's cell."""
        with self.store.session() as session:
            gradebook.cell_of(session, item, self.person(person).id).is_locked = locked

    def hide_item(self, item: GradeItem, *, hidden: bool = True) -> None:
        """Hide or show a column; to the tool that makes no difference."""
        with self.store.session() as session:
            session.get_one(GradeItem, item.id).is_hidden = hidden

    def copy_course(self, course: str | Course, key: str, title: str) -> Course:
        """Copy a course as Moodle does: new links and columns with the same content, no grades; the same people."""
        with self.store.session() as session:
            return copy_course(session, self.course(course), key, title)


def _cell(grade: Grade, item: GradeItem, person: Person) -> Cell:
    return Cell(
        person=person.username,
        item=item.label,
        score=grade.final,
        maximum=item.maximum,
        comment=grade.comment or "",
        graded_at=datetime.fromtimestamp(grade.graded_at, UTC) if grade.graded_at is not None else None,
        is_overridden=grade.is_overridden,
        is_locked=grade.is_locked or item.is_locked,
    )
