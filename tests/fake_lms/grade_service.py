"""lti1p3platform's gradebook service over this LMS's store: line items, scores and results as Moodle has them."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import request
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests.fake_lms import gradebook
from tests.fake_lms.claims import line_item_url
from tests.fake_lms.lms import SERVICES_PATH, Lms
from tests.fake_lms.models import Activity, Course, Grade, GradeItem, Tool
from tests.fake_lms.paging import page_of, slice_of
from tests.fake_lms.platform import PlatformConf, PlatformRequest
from tests.fake_lms.service_answers import ServiceError, without_fraction

LONGEST_LABEL = 255
PAGING_PARAMS = ("limit", "from", "type_id")


class ScoreError(ServiceError):
    """A score refused: Moodle answers it in another way than other refusals."""


class GradeService(AssignmentsGradesService):
    """The gradebook of one course towards one tool, for one request."""

    def __init__(self, lms: Lms, session: Session, tool: Tool, course: Course, scopes: tuple[str, ...]) -> None:
        address = f"{lms.url}{SERVICES_PATH}/{course.id}/lineitems"
        super().__init__(PlatformRequest(request), PlatformConf(lms=lms, tool=tool), address)
        self._lms, self._session, self._tool, self._course = lms, session, tool, course
        self._scopes = list(scopes)
        self.total = 0
        """How many entries there are on all pages of the list just read."""

    @property
    def allowed_scopes(self) -> list[str]:
        """The scopes of this method. (The library's own list would let a token for scores delete line items.)"""
        return self._scopes

    def find_lineitems(self, **params: Any) -> dict[str, Any]:
        wanted = select(GradeItem).filter_by(course_id=self._course.id, tool_id=self._tool.id)
        for name in ("resource_id", "tag"):
            if params.get(name):
                wanted = wanted.filter_by(**{name: params[name]})
        if params.get("resource_link_id"):
            # An item that lost its resourceLinkId is still found by its activity.
            number = int(params["resource_link_id"]) if params["resource_link_id"].isdigit() else 0
            wanted = wanted.where((GradeItem.resource_link_id == number) | (GradeItem.activity_id == number))
        items = list(self._session.scalars(wanted.order_by(GradeItem.id)))
        return self._page([self._shown(item) for item in items], params)

    def find_lineitem(self, line_item_id: int) -> dict[str, Any]:
        return self._shown(self._item(line_item_id, may_be_foreign=True))

    def create_lineitem(self, creation_data: Any) -> dict[str, Any]:
        data = self._checked(creation_data)
        self._refuse_duplicate(data)
        item = GradeItem(course_id=self._course.id, tool_id=self._tool.id, activity_id=None)
        self._fill(item, data)
        self._session.add(item)
        self._session.flush()
        return data | {"id": self._url(item)}

    def update_lineitem(self, update_data: dict[str, Any]) -> dict[str, Any]:
        item = self._item(update_data["id"])
        data = self._checked({name: value for name, value in update_data.items() if name != "id"})
        self._fill(item, data)
        return data | {"id": self._url(item)}

    def delete_lineitem(self, line_item_id: int) -> None:
        item = self._item(line_item_id)
        self._session.execute(delete(Grade).where(Grade.item_id == item.id))
        self._session.delete(item)

    def update_score(self, line_item_id: int, score: Any) -> UpdateScoreStatus:
        item = self._item(line_item_id)
        body = request.get_data().decode("latin-1")
        try:
            gradebook.record_score(self._session, item, score, self._lms.switches)
        except gradebook.ScoreTooOldError as error:
            raise ScoreError(str(error), HTTPStatus.CONFLICT) from error
        except gradebook.GradeLockedError as error:
            raise ScoreError("Internal Server Error", HTTPStatus.INTERNAL_SERVER_ERROR) from error
        except gradebook.ScoreInvalidError as error:
            raise ScoreError(f"Incorrect score received{body}", HTTPStatus.BAD_REQUEST) from error
        return UpdateScoreStatus.SUCCESS

    def get_results(self, line_item_id: int, **params: Any) -> dict[str, Any]:
        item = self._item(line_item_id)
        grades = gradebook.grades_of(self._session, item, params.get("user_id") or "")
        return self._page([self._result(item, grade) for grade in grades], params)

    def _page(self, entries: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
        self.total = len(entries)
        start, limit = slice_of(params, self._lms.switches["page_size"])
        # The library's own paging counts pages and adds 1 to text; ours goes into the Link header alone.
        return {"content": page_of(entries, start, limit), "has_next": False, "next": None}

    def _item(self, item_id: int, *, may_be_foreign: bool = False) -> GradeItem:
        item = self._session.get(GradeItem, item_id)
        if item is None or item.course_id != self._course.id:
            raise ServiceError(f"Not Found: Grade item {item_id} doesn't exist", HTTPStatus.NOT_FOUND)
        if item.tool_id != self._tool.id and not may_be_foreign:
            raise ServiceError("Invalid LTI id supplied.", HTTPStatus.FORBIDDEN)
        return item

    def _checked(self, data: Any) -> dict[str, Any]:
        """Return the line item sent. Raise ServiceError for one that Moodle refuses, or chokes on (502)."""
        if not isinstance(data, dict) or not data.get("label") or "scoreMaximum" not in data:
            raise ServiceError("No label or Score Maximum", HTTPStatus.BAD_REQUEST)
        maximum = data["scoreMaximum"]
        if isinstance(maximum, bool) or not isinstance(maximum, int | float):
            raise ServiceError("Bad Request", HTTPStatus.BAD_REQUEST)
        if max(len(str(data["label"])), len(str(data.get("tag", "")))) > LONGEST_LABEL:
            raise ServiceError("Bad Gateway", HTTPStatus.BAD_GATEWAY)
        if data.get("resourceLinkId"):
            activity = self._session.get(Activity, data["resourceLinkId"])
            if activity is None or activity.tool_id != self._tool.id or activity.course_id != self._course.id:
                raise ServiceError("Forbidden", HTTPStatus.FORBIDDEN)
        return data

    def _refuse_duplicate(self, data: dict[str, Any]) -> None:
        if not self._lms.switches["refuse_duplicate_line_items"] or not data.get("resourceId"):
            return
        same = select(GradeItem).filter_by(
            course_id=self._course.id, tool_id=self._tool.id, resource_id=str(data["resourceId"])
        )
        if self._session.scalars(same).first():
            raise ServiceError("Conflict", HTTPStatus.CONFLICT)

    def _fill(self, item: GradeItem, data: dict[str, Any]) -> None:
        """Store what Moodle stores: not the dates nor `gradesReleased`; a missing resourceLinkId is dropped."""
        item.label, item.maximum = str(data["label"]), float(data["scoreMaximum"])
        item.resource_id, item.tag = str(data.get("resourceId", "")), str(data.get("tag", ""))
        item.resource_link_id = int(data["resourceLinkId"]) if data.get("resourceLinkId") else None

    def _url(self, item: GradeItem, tail: str = "") -> str:
        return line_item_url(self._lms, self._course.id, item.id, self._tool.id, tail=tail)

    def _shown(self, item: GradeItem) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": self._url(item),
            "label": item.label,
            "scoreMaximum": without_fraction(item.maximum),
            "resourceId": item.resource_id,
            "tag": item.tag,
        }
        if item.resource_link_id is not None:
            shown["resourceLinkId"] = shown["ltiLinkId"] = str(item.resource_link_id)
        if item.submission_review:
            shown["submissionReview"] = item.submission_review
        return shown

    def _result(self, item: GradeItem, grade: Grade) -> dict[str, Any]:
        result: dict[str, Any] = {
            "id": f"{self._url(item, '/results')}&user_id={grade.person_id}",
            "userId": str(grade.person_id),
            "resultScore": without_fraction(grade.final or 0.0),
            "resultMaximum": without_fraction(item.maximum),
            "scoreOf": self._url(item),
            "timestamp": datetime.fromtimestamp(grade.graded_at or 0, UTC).isoformat(),
        }
        return result | ({"comment": grade.comment} if grade.comment is not None else {})
