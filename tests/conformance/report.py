"""Prints the conformance report after a run: each row's id, what is expected, what came of its tests.

A test belongs to the rows that its name or its parameter begins with (`test_d03_to_d06_…`, `[B03-1.3]`), or that a
`@pytest.mark.row("A09", …)` names. Run by `make conformance`; a row without a test makes the run fail, unless the
list says why it is not offered.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROWS = Path(__file__).with_name("rows.tsv")
ROW_ID = r"[A-Z]\d\d"
LONGEST = 76


@dataclass(frozen=True)
class Row:
    """What the tool must do, and, where an optional row is left out on purpose, why."""

    expected: str
    not_offered: str


def read_rows() -> dict[str, Row]:
    """Return the rows by id, in the order of the list."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return {
            row["id"]: Row(row["what the tool must do"], row["not offered because"])
            for row in csv.DictReader(file, delimiter="\t")
        }


def rows_of(item: pytest.Item) -> set[str]:
    """Return the ids of the rows that a test holds."""
    function = getattr(item, "originalname", item.name).removeprefix("test_")
    named = re.match(r"((?:[a-z]\d\d(?:_(?:and|to)_)?)+)", function)
    found = set(_spread(named[1].upper())) if named else set()
    parameter = re.match(ROW_ID, item.callspec.id) if hasattr(item, "callspec") else None
    if parameter:
        found.add(parameter[0])
    for mark in item.iter_markers("row"):
        found.update(mark.args)
    return found


def _spread(name: str) -> Iterator[str]:
    """Give the ids in a name such as `D03_TO_D06_` or `Y01_AND_Y03_`."""
    for part in name.split("_AND_"):
        ids = re.findall(ROW_ID, part)
        if "_TO_" in part and len(ids) == 2:
            yield from (f"{ids[0][0]}{number:02}" for number in range(int(ids[0][1:]), int(ids[1][1:]) + 1))
        else:
            yield from ids


class Report:
    """Collects the outcomes of a run, by row."""

    def __init__(self) -> None:
        self.rows = read_rows()
        self.outcomes: dict[str, list[str]] = defaultdict(list)
        self.held: dict[str, set[str]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.held = {item.nodeid: rows_of(item) for item in items}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            for row in self.held.get(report.nodeid, ()):
                self.outcomes[row].append(report.outcome)

    def untested(self) -> list[str]:
        """Return the rows that are offered and that no test held."""
        return [id_ for id_, row in self.rows.items() if not row.not_offered and not self.outcomes[id_]]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("conformance")
        for id_, row in self.rows.items():
            outcomes = self.outcomes[id_]
            passed = outcomes.count("passed")
            got = f"{passed} of {len(outcomes)} tests passed" if outcomes else "no test"
            if row.not_offered:
                got = f"not offered: {row.not_offered}"
            expected = row.expected if len(row.expected) <= LONGEST else f"{row.expected[: LONGEST - 1]}…"
            is_red = not row.not_offered and (passed < len(outcomes) or not outcomes)
            terminalreporter.write_line(f"{id_}  {expected:{LONGEST}}  {got}", red=is_red)
        left_out = sum(bool(row.not_offered) for row in self.rows.values())
        held = len(self.rows) - left_out - len(self.untested())
        terminalreporter.write_line(f"{held} of {len(self.rows)} rows have tests; {left_out} not offered.")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.untested() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Report(), "conformance-report")
