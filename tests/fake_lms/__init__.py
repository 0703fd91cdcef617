"""Demo University: a pretend LMS on lti1p3platform that behaves as Moodle 4.5 does, for the demo and the tests."""

from tests.fake_lms.launches import LaunchRefusedError
from tests.fake_lms.lms import Registration
from tests.fake_lms.seed import CLIENT_ID, DEPLOYMENT_ID
from tests.fake_lms.server import FakeLms, PortBusyError

__all__ = ["CLIENT_ID", "DEPLOYMENT_ID", "FakeLms", "LaunchRefusedError", "PortBusyError", "Registration"]
