"""One set of processes: where its data lives, on which ports it listens, and what must be there before it starts."""

import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.demo.processes import Processes, Program
from tests.fake_lms.lms import AUTH_PATH, JWKS_PATH, TOKEN_PATH
from tests.fake_lms.seed import CLIENT_ID, DEPLOYMENT_ID

ROOT = Path(__file__).resolve().parents[2]
MENTORREADY = str(Path(sys.executable).with_name("mentorready"))


class StageError(Exception):
    """What must be there before the processes start could not be made; the message is one line."""


@dataclass(frozen=True)
class Stage:
    """What the processes of one set share. Two stages with different folders and ports can run side by side."""

    folder: Path
    lms_port: int
    tool_port: int
    database_url: str = ""
    """The SQLite file of the folder if not given."""

    @property
    def lms_url(self) -> str:
        """Return the address of the LMS: another site for a browser than the tool, as it would be in the world."""
        return f"http://localhost:{self.lms_port}"

    @property
    def tool_url(self) -> str:
        """Return the address of the tool."""
        return f"http://127.0.0.1:{self.tool_port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of every process: ours without other MentorReady settings, and those of this stage."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MENTORREADY_")}
        return inherited | {
            "MENTORREADY_DATABASE_URL": self.database_url or f"sqlite:///{self.folder / 'mentorready.sqlite'}",
            "MENTORREADY_SECRET_KEY": self._secret_key(),
            "MENTORREADY_BASE_URL": self.tool_url,
            "MENTORREADY_PORT": str(self.tool_port),
            "MENTORREADY_STATE_PATH": str(self.folder),
            "MENTORREADY_CONTENT_PATH": str(ROOT / "training_modules"),
            "MENTORREADY_DEMO": "yes",
            "NO_PROXY": "localhost,127.0.0.1",
            "PYTHONUNBUFFERED": "1",
        }

    def processes(self) -> Processes:
        """Return the three programs, not yet started."""
        environment = self.environment()
        lms = [sys.executable, "-m", "tests.fake_lms", "--port", str(self.lms_port), "--tool-url", self.tool_url]
        lms += ["--store", str(self.folder / "lms.sqlite")]
        return Processes(
            [
                Program("lms", lms, environment, answers_at=self.lms_url),
                Program("tool", [MENTORREADY, "serve"], environment, answers_at=f"{self.tool_url}/readyz"),
                Program("worker", [MENTORREADY, "worker"], environment, says="The worker is ready."),
            ],
            logs=self.folder,
        )

    def opening(self, processes: Processes) -> list[Callable[[], None]]:
        """Return the steps that open this stage, in order. One that fails raises StageError with what it said."""
        starts = {name: partial(processes.start, name) for name in processes.programs}
        return [starts["lms"], self._upgrade_database, self._register_lms, starts["tool"], starts["worker"]]

    def _upgrade_database(self) -> None:
        self._mentorready("db", "upgrade")

    def _register_lms(self) -> None:
        self._mentorready(
            "platform",
            "add",
            "--name=Demo University",
            f"--issuer={self.lms_url}",
            f"--client-id={CLIENT_ID}",
            f"--deployment-id={DEPLOYMENT_ID}",
            f"--auth-login-url={self.lms_url}{AUTH_PATH}",
            f"--token-url={self.lms_url}{TOKEN_PATH}",
            f"--jwks-url={self.lms_url}{JWKS_PATH}",
            "--allow-private-address",
        )

    def _mentorready(self, *arguments: str) -> None:
        command = [MENTORREADY, *arguments]
        # In a session of its own, so that Ctrl-C leaves it to end in peace.
        answer = subprocess.run(
            command, env=self.environment(), capture_output=True, text=True, check=False, start_new_session=True
        )
        if answer.returncode != 0:
            said = (answer.stderr or answer.stdout).strip().splitlines() or ["it said nothing"]
            raise StageError(f"`mentorready {' '.join(arguments[:2])}` failed: {said[-1]}")

    def _secret_key(self) -> str:
        path = self.folder / "secret_key"
        if not path.exists():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text()
