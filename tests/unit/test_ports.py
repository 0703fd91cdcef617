from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests import ports
from tests.fake_lms import FakeLms


def test_no_server_is_where_another_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(ports, "_had", {port for port in range(2**16) if port % 8 > 3})
    for number in range(6):
        server = ports.open_server(BaseHTTPRequestHandler)
        server.server_close()
        with FakeLms(tool_url="http://127.0.0.1:1", store=tmp_path / str(number)) as lms:
            assert max(server.server_port % 8, int(lms.url.rpartition(":")[2]) % 8) < 4
