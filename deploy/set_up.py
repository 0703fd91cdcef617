"""Makes .venv with everything the project needs; repeats only what has changed since the last time.

Runs on a bare Python 3.11 or newer. With `--for-tests` it also asks Debian for the browser and the database server
of the tests, if it may.
"""

import ctypes.util
import hashlib
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = str(ENVIRONMENT / "bin" / "python")
STAMPS = ENVIRONMENT / "set-up.json"
LOG = ROOT / "var" / "set-up.log"
LOCK = ROOT / "deploy" / "requirements-dev.txt"
TRANSLATIONS = ROOT / "service" / "web" / "translations"


class SetUpError(Exception):
    """The set-up cannot go on; the message is one line that says what to do."""


@dataclass(frozen=True)
class Step:
    """One part of the set-up, done again when one of its `inputs` has changed."""

    name: str
    sentence: str
    inputs: Sequence[Path]
    action: Callable[[], None]

    def digest(self) -> str:
        """Return what stands for the inputs; it holds the place too, because .venv keeps absolute paths."""
        digest = hashlib.sha256(str(ROOT).encode())
        for path in self.inputs:
            digest.update(str(path).encode() + path.read_bytes())
        return digest.hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Set up and return the exit code."""
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("")
    try:
        if "--for-tests" in arguments:
            install_system_packages()
        make_environment()
        do_what_has_changed(steps())
    except SetUpError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def steps() -> list[Step]:
    """Return the parts of the set-up in their order."""
    steps = [
        Step("packages", "Installing the packages (about a minute, once).", [LOCK], install_packages),
        Step("project", "Installing the mentorready command.", [ROOT / "pyproject.toml"], install_project),
    ]
    if catalogs := sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po")):
        steps.append(Step("translations", "Compiling the translations.", catalogs, compile_translations))
    return steps


def do_what_has_changed(steps: Iterable[Step]) -> None:
    """Do the steps whose inputs are not those of the last time."""
    stamps = json.loads(STAMPS.read_text()) if STAMPS.exists() else {}
    for step in steps:
        if stamps.get(step.name) != step.digest():
            print(step.sentence, flush=True)
            step.action()
            stamps[step.name] = step.digest()
            STAMPS.write_text(json.dumps(stamps))


def make_environment() -> None:
    """Make .venv unless there is one whose Python starts and is new enough."""
    asks_version = [PYTHON, "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    if Path(PYTHON).exists() and subprocess.run(asks_version, capture_output=True, check=False).returncode == 0:
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise SetUpError(
            f"Python {version} here cannot make environments: install its venv module"
            f" (Debian, Ubuntu: apt-get install python{version}-venv), then try again."
        )
    print(f"Making .venv with Python {version}.", flush=True)
    run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], "Making .venv failed")


def install_packages() -> None:
    """Install what the lock file names, each file checked against its hash."""
    # pip compiles them too: where PYTHONDONTWRITEBYTECODE is set, each start would otherwise compile them again.
    pip("install", "--require-hashes", "--requirement", str(LOCK))


def install_project() -> None:
    """Install the project itself, editable, without asking for any package."""
    pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def compile_translations() -> None:
    """Compile the message catalogs."""
    command = [PYTHON, "-m", "babel.messages.frontend", "compile", "--directory", str(TRANSLATIONS)]
    run(command, "Compiling the translations failed")


def pip(*arguments: str) -> None:
    """Run pip in .venv."""
    command = [PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    run(command, "Installing packages failed (is there a network?)")


def run(command: Sequence[str], failure: str) -> None:
    """Run a command, its output going to the log; raise SetUpError with the last line of it if it fails."""
    with LOG.open("a+") as log:
        if subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False).returncode == 0:
            return
        log.seek(0)
        lines = log.read().split("\n")
    errors = [line for line in lines if line.lower().startswith(("error", "e:"))] or [line for line in lines if line]
    raise SetUpError(f"{failure}: {errors[-1] if errors else 'no output'}. All of it: {LOG.relative_to(ROOT)}")


def install_system_packages() -> None:
    """Install Debian's browser and database server for the tests if they are missing and we may; else say so."""
    missing = list(missing_system_packages())
    if not missing:
        return
    command = f"apt-get install --no-install-recommends {' '.join(missing)}"
    if not shutil.which("apt-get") or os.geteuid() != 0:
        print(f"For all of the tests, install {', '.join(missing)} (Debian, Ubuntu, as root: {command}).", flush=True)
        return
    print(f"Installing {', '.join(missing)} with apt-get (this can take minutes, once).", flush=True)
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    try:
        run(["apt-get", "update"], "apt-get update failed")
        run([*command.split(), "--yes"], "apt-get install failed")
    except SetUpError as error:
        print(error, file=sys.stderr, flush=True)


def missing_system_packages() -> Iterable[str]:
    """Name the Debian packages that the whole test run needs and that are not here."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        yield "chromium"
    if not ctypes.util.find_library("atomic"):
        yield "libatomic1"  # for the program by which Playwright speaks to the browser
    if not any(Path("/usr/share/fonts").rglob("NotoSansHebrew*")):
        yield "fonts-noto-core"
    if not postgresql_answers() and not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        yield "postgresql"
    if not Path(PYTHON).exists() and not importlib.util.find_spec("ensurepip"):
        yield f"python{sys.version_info.major}.{sys.version_info.minor}-venv"


def postgresql_answers() -> bool:
    """Return whether something listens where PostgreSQL does."""
    try:
        with socket.create_connection(("127.0.0.1", 5432), timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
