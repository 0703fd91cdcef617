"""Commands for the files of posts: from the folder to storage of the S3 kind."""

import click

from service.cli.database import open_sessions
from service.config import Settings, SettingsError
from service.db import utc_now
from service.forums.file_moving import move_files
from service.forums.file_store import FolderStore, open_store


@click.group()
def files() -> None:
    """Pictures and documents of posts."""


@files.command("move")
@click.option("--keep", is_flag=True, help="Copy and compare only; the folder stays as it is.")
@click.pass_context
def files_move(context: click.Context, keep: bool) -> None:
    """Move the files of posts from the folder to the storage that MENTORREADY_S3_URL names.

    Each is read back from the storage and compared before it is deleted in the folder. Interrupted or run again, the
    command goes on with what is still in the folder. Ends with status 0 only if all of it is in the storage.
    """
    settings = Settings.from_environment()
    if settings.s3 is None:
        raise SettingsError("settings.s3", "Set MENTORREADY_S3_URL, and the key to it: it says where the files go.")
    store, folder = open_store(settings), FolderStore(settings.state_path)
    with open_sessions() as sessions:
        done = move_files(sessions, folder, store, keeps=keep, at=utc_now())
    act = "copied" if keep else "moved"
    click.echo(f"{act}: {done.copied} ({done.size / 1024**2:.1f} MiB)")
    click.echo(f"in the storage already, and the same: {done.compared}")
    if done.deleted:
        click.echo(f"deleted, as their writers had: {done.deleted}")
    if done.left:
        click.echo(f"left, for they were added this moment: {done.left}; run it again")
    for name in done.damaged:
        click.echo(f"NOT moved: {name} is not what was kept under this name; take it from a backup", err=True)
    context.exit(1 if done.damaged else 0)
