"""The embedded broker: a folder in which each message is a file. Web and worker share it, and no server is needed.

kombu has a transport of this kind, but there a worker can take a file that is still being written, or miss the folder
because someone emptied it, and dies of either.
"""

import json
import logging
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.transport import virtual

log = logging.getLogger(__name__)

LONGEST_WAIT = 0.3
"""Seconds."""


def broker_answers(celery: Any) -> bool:
    """Say whether the broker of a Celery application takes messages; answers within a few seconds."""
    try:
        with celery.connection_for_write(connect_timeout=2) as connection:
            connection.ensure_connection(max_retries=1, timeout=2)
    except Exception:  # every transport has errors of its own
        return False
    return True


class FolderChannel(virtual.Channel):
    """Queues of files. The transport option `folder` says where."""

    def _put(self, queue: str, message: Any, **_: Any) -> None:
        """Write under another name first, so that nobody sees half a message."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{time.time_ns():020}-{uuid4().hex}.{queue}"
        partial = path.with_name(f"{path.name}.part")
        partial.write_text(json.dumps(message))
        partial.rename(path)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """Take the oldest message. Of several workers the one that removes the file has it."""
        for path in self._messages(queue):
            try:
                text = path.read_text()
                path.unlink()
            except FileNotFoundError:
                continue
            try:
                return json.loads(text)
            except ValueError:
                log.warning("A message that cannot be read was thrown away: %s", path.name)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._messages(queue))

    def _purge(self, queue: str) -> int:
        messages = self._messages(queue)
        for path in messages:
            path.unlink(missing_ok=True)
        return len(messages)

    def _messages(self, queue: str) -> list[Path]:
        """Return the messages, oldest first; none where there is no folder, or it is being taken away."""
        try:
            return sorted(self._folder.glob(f"*.{queue}"))
        except FileNotFoundError:
            return []

    @property
    def _folder(self) -> Path:
        return Path(self.connection.client.transport_options["folder"])


class FolderTransport(virtual.Transport):
    """What kombu calls such a broker."""

    Channel = FolderChannel
    driver_type = driver_name = "folder"

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> None:
        """Wait for a message, but never long: only in between does a worker notice that it is to stop."""
        wait = min(timeout or LONGEST_WAIT, LONGEST_WAIT)
        super().drain_events(connection, timeout=wait, **options)  # type: ignore[no-untyped-call]
