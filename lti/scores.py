"""Assignment and Grade Services 2.0: post a score, read a result. Columns are in lti/line_items.py.

What the LMS answers to a score is data (PostOutcome), not an exception: most answers are states of a grade. Moodle's
own ways are in the table of `_kind_of`; an answer that is none of the expected ones to a question raises AnswerError.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from lti.answers import AnswerError, Pages, decoded, detail_of, json_body, number_of, service_url
from lti.service_client import ServiceAnswer, ServiceClient

RESULT_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"

SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"

USER_IS_NOT_GRADABLE = (
    "incorrect score received",  # Moodle: 400, in the reason phrase, for whoever it does not grade (FEATURES M5)
    "user could not be found",  # Blackboard
    "user not found",  # Canvas
    "not a student",
    "not enrolled",
)


class PostKind(StrEnum):
    """How an LMS took a score."""

    ACCEPTED = "accepted"
    DOUBTFUL = "doubtful"
    """A success with an unexpected body: Moodle says 200 `[]` to some scores that it throws away."""
    NEWER_THERE = "newer_there"
    """409: it holds a score of this second or later, perhaps this very one."""
    NOT_GRADABLE = "not_gradable"
    LOCKED = "locked"
    ITEM_GONE = "item_gone"
    UNAUTHORIZED = "unauthorized"
    BUSY = "busy"
    """429 or 503: the LMS asks for a pause."""
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"


_KINDS = {
    401: PostKind.UNAUTHORIZED,
    403: PostKind.ITEM_GONE,
    404: PostKind.ITEM_GONE,
    408: PostKind.UNAVAILABLE,
    409: PostKind.NEWER_THERE,
    410: PostKind.ITEM_GONE,
    429: PostKind.BUSY,
    503: PostKind.BUSY,
}


@dataclass(frozen=True)
class ScorePayload:
    """A score of a person, always final (`FullyGraded`): in Moodle every other progress erases a grade (FEATURES M2).

    So does None for `score_given`, everywhere: what the gradebook shows is cleared (AGS 3.4.4, CONFORMANCE A15).
    `timestamp` must be aware. Raises ValueError for a score that is negative or not finite, or a maximum not above 0.
    """

    user_id: str
    score_given: float | None
    score_maximum: float
    comment: str
    timestamp: datetime
    is_complete: bool = True

    def __post_init__(self) -> None:
        if self.score_given is not None and not (math.isfinite(self.score_given) and self.score_given >= 0):
            raise ValueError(f"A score must be a number from 0 up, not {self.score_given}.")
        if not (math.isfinite(self.score_maximum) and self.score_maximum > 0):
            raise ValueError(f"The maximum of a score must be above 0, not {self.score_maximum}.")
        if self.timestamp.tzinfo is None:
            raise ValueError("The timestamp of a score needs a zone.")

    @property
    def body(self) -> bytes:
        """Return what is sent (AGS 3.4)."""
        body: dict[str, Any] = {
            "userId": self.user_id,
            "scoreGiven": self.score_given,
            "scoreMaximum": self.score_maximum,
            "comment": self.comment,
            "timestamp": self.timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "activityProgress": "Completed" if self.is_complete else "InProgress",
            "gradingProgress": "FullyGraded",
        }
        if self.score_given is None:
            del body["scoreGiven"], body["scoreMaximum"]
            body |= {"activityProgress": "Initialized", "gradingProgress": "NotReady"}
        return json_body(body)

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the body that is sent, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class PostOutcome:
    """How a score was taken, with what a person needs to understand it."""

    kind: PostKind
    status: int
    detail: str
    retry_after: float | None = None
    """Seconds that the LMS asks to wait."""


@dataclass(frozen=True)
class Result:
    """What the gradebook shows for a person. `maximum` is the scale of `score`."""

    score: float
    maximum: float
    timestamp: str = ""


@dataclass(frozen=True)
class ResultList:
    """What the gradebook shows in a column, by the ids of the people. `gap` says why not all of it could be read."""

    by_user: Mapping[str, Result]
    gap: str = ""


def post_score(client: ServiceClient, line_item_url: str, score: ScorePayload) -> PostOutcome:
    """Post a score and say how it was taken (AGS 3.4). Raises only when no answer came, or none could be asked for."""
    answer = client.request(
        "POST",
        service_url(line_item_url, "scores"),
        scopes=(SCORE_SCOPE,),
        accept="*/*",
        content_type=SCORE_TYPE,
        body=score.body,
    )
    return PostOutcome(_kind_of(answer), answer.status, detail_of(answer), answer.retry_after)


def read_result(client: ServiceClient, line_item_url: str, user_id: str) -> Result | None:
    """Return what the gradebook shows for a person, None for nothing (AGS 3.3). Raises AnswerError.

    Never sends `limit`: Moodle answers it with an error page.
    """
    url = service_url(line_item_url, "results", user_id=user_id)
    for entry in Pages(client, url, RESULTS_TYPE, (RESULT_SCOPE,)):
        if str(entry.get("userId")) == user_id:
            return _result_of(entry)
    return None


def read_results(client: ServiceClient, line_item_url: str) -> ResultList:
    """Return what the gradebook shows in a whole column, from all its pages (AGS 3.3).

    What is no result of a person is passed over; of two for the same person the later counts. A page that cannot be
    read ends the list; if it is the first, AnswerError is raised.
    """
    results: dict[str, Result] = {}
    pages = Pages(client, service_url(line_item_url, "results"), RESULTS_TYPE, (RESULT_SCOPE,))
    try:
        for entry in pages:
            found, user_id = _result_of(entry), entry.get("userId")
            if found is not None and isinstance(user_id, str | int):
                results[str(user_id)] = found
    except AnswerError as error:
        if not pages.has_begun:
            raise
        return ResultList(results, gap=str(error))
    return ResultList(results, gap="" if pages.is_whole else "The pages of the list have no end.")


def _kind_of(answer: ServiceAnswer) -> PostKind:
    status = answer.status
    if 200 <= status < 300:
        return PostKind.ACCEPTED if _is_plain_success(answer) else PostKind.DOUBTFUL
    if status in {400, 403, 404, 422} and _speaks_of_user(answer):
        return PostKind.NOT_GRADABLE
    if status >= 500:
        # Moodle: a locked item or grade is 500 with the body `[]`; other faults of its come with a page.
        locked = status == 500 and answer.body.strip() == b"[]"
        return PostKind.LOCKED if locked else _KINDS.get(status, PostKind.UNAVAILABLE)
    return _KINDS.get(status, PostKind.REFUSED)


def _is_plain_success(answer: ServiceAnswer) -> bool:
    """Canvas answers with an object that holds the result's address; all others, Moodle too, with nothing."""
    return not answer.body.strip() or isinstance(decoded(answer), dict)


def _speaks_of_user(answer: ServiceAnswer) -> bool:
    text = f"{answer.reason} {answer.body[:2000].decode(errors='replace')}".lower()
    return any(words in text for words in USER_IS_NOT_GRADABLE)


def _result_of(entry: Mapping[str, Any]) -> Result | None:
    score, maximum = number_of(entry.get("resultScore")), number_of(entry.get("resultMaximum"))
    if score is None:
        return None
    return Result(score, maximum or 1.0, str(entry.get("timestamp") or ""))
