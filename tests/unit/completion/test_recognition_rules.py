"""Which step may follow which while a module is recognised."""

from datetime import timedelta

import pytest

from service.completion.recognition_rules import BY_LEARNER, IN_FORCE, OPEN, StepKind, is_in_force, list_next
from tests.makers import AT


def test_one_begins_by_asking_or_by_a_record() -> None:
    assert list_next(None) == {StepKind.ASKED, StepKind.RECORDED}


@pytest.mark.parametrize("last", sorted(OPEN))
def test_what_waits_can_be_decided_asked_about_or_taken_back(last: StepKind) -> None:
    decided = {StepKind.RECOGNISED, StepKind.DECLINED, StepKind.MORE_ASKED, StepKind.RECORDED}
    assert list_next(last) == decided | {StepKind.TAKEN_BACK}


@pytest.mark.parametrize("last", sorted(IN_FORCE))
def test_what_is_recognised_can_be_undone_and_begins_anew_once_it_has_expired(last: StepKind) -> None:
    assert list_next(last) == {StepKind.UNDONE}
    assert list_next(last, is_expired=True) == {StepKind.UNDONE, StepKind.ASKED, StepKind.RECORDED}
    assert is_in_force(last, None, AT)
    assert is_in_force(last, AT + timedelta(seconds=1), AT)
    assert not is_in_force(last, AT, AT)


@pytest.mark.parametrize("last", [StepKind.DECLINED, StepKind.TAKEN_BACK, StepKind.UNDONE])
def test_after_an_end_one_may_ask_again(last: StepKind) -> None:
    assert list_next(last) & BY_LEARNER == {StepKind.ASKED}
    assert not is_in_force(last, None, AT)
