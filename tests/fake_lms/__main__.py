"""Run the pretend LMS as a process: python -m tests.fake_lms --port 8000 --store var/lms.sqlite --tool-url http://127.0.0.1:8080"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from tests.fake_lms import FakeLms, PortBusyError


def main() -> int:
    """Serve until SIGINT or SIGTERM. Return 0 then, or 2 if port or store cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m tests.fake_lms", description="Demo University, a pretend LMS.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--store", type=Path, required=True, help="SQLite file; it and its folder are made if missing")
    parser.add_argument("--tool-url", default="http://127.0.0.1:8080", help="address of the tool")
    arguments = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        lms = FakeLms(arguments.tool_url, arguments.store, arguments.port)
        lms.start()
    except PortBusyError:
        return _give_up(f"port {arguments.port} is in use. Stop what has it, or choose another with --port.")
    except (OSError, SQLAlchemyError) as error:
        reason = str(error).splitlines()[0]
        return _give_up(f"{arguments.store} cannot be used ({reason}). Choose another --store, or delete it.")
    sys.stdout.write(f"Demo University is open at {lms.url}\n")
    sys.stdout.flush()
    stopped.wait()
    lms.close()
    return 0


def _give_up(sentence: str) -> int:
    sys.stderr.write(f"Demo University: {sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
