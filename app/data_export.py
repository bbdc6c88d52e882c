"""`finetune-bot export-data`: what is kept, of all or of one person, in one archive."""

import re
from pathlib import Path

from app.files import file_store_of
from app.stores import of_workspace, require_store
from bot.errors import StartError
from bot.settings import load
from bot.store.data_export import Exported, export_data
from texts import data_export as texts
from texts.formats import file_size

DONE, NOTHING = 0, 1


def export_command(out: Path, person: str, workspace: str) -> int:
    """Raises StartError."""
    named = re.fullmatch(r"@?([UW][A-Z0-9]{2,})", person) if person else None
    if person and named is None:
        raise StartError("no_such_person", word=person)
    who = named[1] if named else ""
    settings = of_workspace(load(), workspace)
    require_store(settings)
    files = file_store_of(settings)

    def readme(exported: Exported) -> str:
        return texts.readme(exported.rows, len(exported.files), who)

    folder, url, schema = settings.finetune_data, settings.finetune_database, settings.finetune_database_schema
    exported = export_data(folder, url, files, out, readme, who, schema=schema)
    if exported is None:
        print(texts.nothing_kept(who))  # noqa: T201
        return NOTHING
    rows = sum(exported.rows.values())
    print(texts.written(str(out), file_size(out.stat().st_size), rows, len(exported.files)))  # noqa: T201
    return DONE
