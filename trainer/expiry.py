"""What is kept for a time is removed once that is over: files, uploads in parts, exports and responses; and files that
were being written when a server was killed."""

from __future__ import annotations

import asyncio
import contextlib
import shutil

from trainer.objects import now
from trainer.settings import Settings
from trainer.store import Store

UNLISTED = ".part"
"""How the name of a file ends until the store has it."""
_EVERY = 60.0  # seconds; from its time on nobody sees a file, whether it was removed yet or not
# How long, in seconds, it is told of an upload how it ended, and a file that nothing is written to may yet be listed.
_ENDED, _WRITTEN = 86_400, 3600


async def keep_removing(settings: Settings, store: Store) -> None:
    """Look once a minute, until cancelled."""
    while True:
        await asyncio.to_thread(remove_expired, settings, store)
        await asyncio.sleep(_EVERY)


def remove_expired(settings: Settings, store: Store) -> None:
    at = now()
    for file in store.expired_files(at):
        (settings.uploads / file.id).unlink(missing_ok=True)
        store.delete_file(file.id)
    for export in store.expired_exports(at):
        shutil.rmtree(settings.exports / export.id, ignore_errors=True)
        store.delete_export(export.id)
    store.delete_expired_responses(at)
    for upload in store.expired_uploads(at):
        shutil.rmtree(settings.parts / upload.id, ignore_errors=True)
        store.end_upload(upload.id, "expired")
    for upload in store.ended_uploads(at - _ENDED):
        shutil.rmtree(settings.parts / upload.id, ignore_errors=True)  # where a crash left it
        store.delete_upload(upload.id)
    for path in settings.uploads.glob(f"*{UNLISTED}"):
        with contextlib.suppress(FileNotFoundError):  # listed by now
            if path.stat().st_mtime < at - _WRITTEN:
                path.unlink()
