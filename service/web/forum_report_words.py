"""Words for reports, for what moderators decide, and for their log."""

from flask_babel import gettext, pgettext

from service.forums.report_rules import LONGEST_WORDS, FlagState, MeasureKind, ReportReason
from service.forums.rules import LONGEST_REASON, Plan, Purpose
from service.web.formats import number


def report_reasons() -> list[tuple[str, str]]:
    """Return why a post can be reported, to choose from."""
    return [
        (ReportReason.UNKIND, gettext("It hurts, insults or threatens someone")),
        (ReportReason.CONFIDENTIAL, gettext("It tells what was told in confidence, or lets someone be recognised")),
        (ReportReason.ADVERT, gettext("It is advertising, or has nothing to do with this place")),
        (ReportReason.OTHER, gettext("Something else")),
    ]


def report_readers(plan: Plan) -> str:
    """Return who reads a report, as the end of the sentence "Who can see this"."""
    if plan.purpose is Purpose.NETWORK:
        return gettext("the administrators who moderate this forum; never the writer of the post")
    if plan.purpose is Purpose.COMMUNITY:
        return gettext("the moderators of this forum, your name only the coordinators; never the writer of the post")
    return gettext("the coordinators of this course; never the writer of the post")


def measure_choices(*, may_block: bool) -> list[tuple[str, str]]:
    """Return what a moderator can do about a writer, to choose from."""
    choices = [("", gettext("Do nothing about the writer")), (MeasureKind.WARNING.value, gettext("Warn the writer"))]
    if may_block:
        words = gettext("Warn the writer, and block them from writing for a time")
        choices.append((MeasureKind.BLOCK.value, words))
    return choices


def report_field_words(code: str) -> str:
    """Return what is wrong with a field of a report or a decision, and what to do."""
    return {
        "report.reason": gettext("Choose a reason."),
        "report.words": gettext("Say in a sentence what it is about."),
        "report.long": gettext("This is too long: at most %(most)s characters.", most=number(LONGEST_WORDS)),
        "report.nobody": gettext(
            "Nobody but the writer moderates this forum at the moment, so the report would reach nobody. "
            "Turn to someone who runs the programme."
        ),
        "report.too_fast": gettext("Too many reports in a short time. Nothing is lost: send it again in ten minutes."),
        "decision.nothing": gettext("Choose what is to be done."),
        "decision.reason": gettext("Give a reason. The writer reads it, and it is kept in the log."),
        "decision.long": gettext("The reason is too long: at most %(most)s characters.", most=number(LONGEST_REASON)),
        "decision.until": gettext("Choose a day from today on, at most a year from now."),
        "flag.words": gettext("Say in a sentence what worries you."),
        "flag.nobody": gettext("Nobody else would read this here. Turn to someone who runs the programme."),
        "flag.closing": gettext("Say what was done before you close it."),
        "flag.changed": gettext("Not saved: someone else has just changed this. Look at how it stands now."),
        "post.decided": gettext("Not done: the post was reported or decided about again meanwhile. Look once more."),
    }[code]


def log_words(act: str) -> str:
    """Return what was done, for the log."""
    return {
        "hide": gettext("Post hidden"),
        "show": gettext("Post shown again"),
        "dismiss": gettext("Report looked at, nothing done"),
        "warn": gettext("Writer warned"),
        "unwarn": gettext("Warning taken back"),
        "block": gettext("Writer blocked"),
        "unblock": gettext("Block taken back"),
        "pin": gettext("Thread pinned"),
        "unpin": gettext("Thread no longer pinned"),
        "lock": gettext("Thread locked"),
        "unlock": gettext("Thread opened again"),
        "move": gettext("Thread moved"),
        "split": gettext("Post split off"),
        "name": gettext("Posted although it seems to name a mentee"),
    }[act]


def flag_state_words(state: FlagState) -> str:
    """Return how far the coordinators are with a flag."""
    return {
        FlagState.NEW: pgettext("safety", "New"),
        FlagState.SEEN: pgettext("safety", "Somebody looks after it"),
        FlagState.CLOSED: pgettext("safety", "Closed"),
    }[state]


def flag_state_kind(state: FlagState) -> str:
    """Return the kind of badge for it."""
    return {FlagState.NEW: "alarm", FlagState.SEEN: "waiting", FlagState.CLOSED: "met"}[state]
