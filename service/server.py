"""Serves the tool with gunicorn: a few processes of a few threads, all state in the database."""

from gunicorn.app.base import BaseApplication

from service.app import create_app
from service.config import Settings


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, settings: Settings, options: dict[str, object]) -> None:
        self.settings = settings
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> object:
        # Called in each worker, so that no database connection is shared across a fork.
        return create_app(self.settings)


def serve(settings: Settings, *, workers: int, threads: int) -> None:
    """Serve until a signal ends it."""
    options: dict[str, object] = {
        "bind": f"{f'[{settings.host}]' if ':' in settings.host else settings.host}:{settings.port}",
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "graceful_timeout": 10,
        "loglevel": "warning",
        "control_socket_disable": True,
    }
    _Server(settings, options).run()
