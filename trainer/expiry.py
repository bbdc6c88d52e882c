"""What is kept for a time is removed once that is over: files, uploads in parts that nobody completed, exports and
responses."""

from __future__ import annotations

import asyncio
import shutil

from trainer.objects import now
from trainer.settings import Settings
from trainer.store import Store

_EVERY = 60.0  # seconds; from its time on nobody sees a file, whether it was removed yet or not


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
