"""A running pretend LMS, a tool stand-in, and a client with a token for all services."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_lms import FakeLms
from tests.fake_lms.claims import AGS_CLAIM
from tests.functional.fake_lms.tool_stand_in import ServiceClient, ToolStandIn


@pytest.fixture
def tool() -> Iterator[ToolStandIn]:
    stand_in = ToolStandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture
def lms(tool: ToolStandIn, tmp_path: Path) -> Iterator[FakeLms]:
    with FakeLms(tool_url=tool.url, store=tmp_path / "lms.sqlite") as running:
        yield running


@pytest.fixture(scope="module")
def shared_tool() -> Iterator[ToolStandIn]:
    stand_in = ToolStandIn()
    yield stand_in
    stand_in.close()


@pytest.fixture(scope="module")
def shared_lms(shared_tool: ToolStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeLms]:
    """One LMS for all tests of a module that leave its switches and grades alone."""
    with FakeLms(tool_url=shared_tool.url, store=tmp_path_factory.mktemp("shared") / "lms.sqlite") as running:
        yield running


@pytest.fixture
def client(tool: ToolStandIn, lms: FakeLms) -> ServiceClient:
    return ServiceClient(tool.token(lms))


@pytest.fixture
def item_url(lms: FakeLms) -> str:
    """The address of an activity's own column."""
    return str(lms.claims_for("mentor_he", "mentoring/roles")[AGS_CLAIM]["lineitem"])


@pytest.fixture(scope="module")
def shared_client(shared_tool: ToolStandIn, shared_lms: FakeLms) -> ServiceClient:
    return ServiceClient(shared_tool.token(shared_lms))


@pytest.fixture(scope="module")
def shared_item_url(shared_lms: FakeLms) -> str:
    return str(shared_lms.claims_for("mentor_he", "mentoring/roles")[AGS_CLAIM]["lineitem"])
