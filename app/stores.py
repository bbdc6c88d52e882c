"""The store that the settings name: opened, copied to a file and put back, moved to another database."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import Invalid, StartError
from bot.settings import Settings
from bot.store.backup import backup, restore
from bot.store.database import Database
from bot.store.database_backup import backup_database, restore_database, take_for_restored
from bot.store.moving import move_store
from bot.store.place import is_url, postgresql
from bot.workspaces.installation import folder_of, schema_of
from texts import starting as texts
from texts import terminal_commands as terminal_texts
from texts.formats import file_size

if TYPE_CHECKING:
    from bot.store.postgresql import PostgresqlEngine


async def open_store(settings: Settings, *, alone: bool = True) -> Database:
    """And the folder, where files will be. `alone` as in `Database.open`. Raises StartError."""
    folder, schema = settings.finetune_data, settings.finetune_database_schema
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StartError("folder_not_written", folder=folder, why=error.strerror or error) from error
    return await Database.open(folder, settings.finetune_database, schema=schema, alone=alone)


def engine_of(settings: Settings) -> "PostgresqlEngine | None":
    """None where the store is SQLite's. Raises StartError."""
    if settings.finetune_database is None:
        return None
    return postgresql(settings.finetune_database, settings.finetune_database_schema)


def has_store(settings: Settings) -> bool:
    """Raises StartError."""
    engine = engine_of(settings)
    return (settings.finetune_data / "bot.db").exists() if engine is None else engine.migrations() is not None


def require_store(settings: Settings) -> None:
    """Whoever begins a command in another folder would be answered of a store that is empty. Raises StartError."""
    if has_store(settings):
        return
    engine = engine_of(settings)
    if engine is None:
        raise StartError(terminal_texts.no_store(str(settings.finetune_data)))
    raise StartError("no_store_to_move", where=engine.where)


def of_workspace(settings: Settings, team: str) -> Settings:
    """With the places in which one workspace of many has its store and files; with no `team`, as they are. Raises
    StartError where it is no workspace's id."""
    if not team:
        return settings
    try:
        own = {
            "finetune_data": folder_of(settings.finetune_data, team),
            "finetune_database_schema": schema_of(settings.finetune_database_schema, team),
        }
    except Invalid as error:
        raise StartError(error.kind, **error.values) from error
    return settings.model_copy(update=own)


def backup_command(settings: Settings, file: Path) -> str:
    """What to say of it. Raises StartError, StoreTrouble, as all of these do."""
    engine = engine_of(settings)
    size = backup(settings.finetune_data, file) if engine is None else backup_database(engine, file)
    return f"{file}: {file_size(size)}"


def restore_command(settings: Settings, file: Path | None) -> list[str]:
    """With no `file`: the database was put back from a dump."""
    channel = settings.finetune_notices_channel
    engine = engine_of(settings)
    if file is None:
        if engine is None:
            raise StartError("no_backup_named")
        take_for_restored(engine, channel)
        return [texts.store_taken_for_restored()]
    if engine is None:
        kept = restore(settings.finetune_data, file, notices_channel=channel)
        said = texts.store_replaced(str(settings.finetune_data), str(file))
        return [said] if kept is None else [said, texts.store_kept(str(kept))]
    kept_schema = restore_database(engine, settings.finetune_data, file, channel)
    said = texts.store_replaced(engine.where, str(file))
    return [said] if kept_schema is None else [said, texts.store_kept_in_schema(kept_schema)]


def migrate_command(settings: Settings, source: str, target: str, team: str) -> list[str]:
    """`source` and `target`: folders or URLs; of one workspace of many, where `team` is named."""
    schema = of_workspace(settings, team).finetune_database_schema

    def place(where: str) -> str:
        return where if is_url(where) or not team else str(folder_of(Path(where), team))

    moved = move_store(place(source), place(target), schema=schema)
    return [texts.store_moved(moved.rows, moved.tables), texts.store_moved_next()]
