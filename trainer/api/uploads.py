"""Uploads in parts: /v1/uploads. Parts wait in a folder of their own until a completed upload becomes a file."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import APIRouter, UploadFile
from fastapi import File as FilePart
from pydantic import Field

from trainer.api.bodies import Body
from trainer.api.errors import ApiError, not_found
from trainer.api.files import ExpiresAfter, copy, file_object, keep, require_purpose
from trainer.api.guard import MAX_UPLOAD
from trainer.api.objects import UploadObject, UploadPartObject
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.objects import File, Key, Upload, new_id, now

router = APIRouter(prefix="/v1/uploads")

_LIFETIME = 3600  # seconds until an upload that was not completed expires, as at the service
# Of the uploads at which something is being done.
_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class CreateUpload(Body):
    filename: Annotated[str, Field(min_length=1)]
    purpose: str
    bytes: Annotated[int, Field(ge=1, le=MAX_UPLOAD)]
    mime_type: str
    expires_after: ExpiresAfter | None = None


class CompleteUpload(Body):
    part_ids: Annotated[list[str], Field(min_length=1)]
    md5: str | None = None


@router.post("")
def create(services: ServicesDep, key: CurrentKey, body: CreateUpload) -> UploadObject:
    require_purpose(body.purpose)
    created = now()
    upload = Upload(
        id=new_id("upload_"),
        filename=body.filename,
        purpose=body.purpose,
        bytes=body.bytes,
        created_at=created,
        expires_at=created + _LIFETIME,
        owner=key.name,
        file_seconds=body.expires_after.seconds if body.expires_after else None,
    )
    services.store.add_upload(upload)  # first: by that it is known whose folder it is
    _folder(services, upload).mkdir(parents=True)
    return upload_object(upload)


@router.post("/{upload_id}/parts")
async def add_part(
    services: ServicesDep, key: CurrentKey, upload_id: str, data: Annotated[UploadFile, FilePart()]
) -> UploadPartObject:
    async with _pending(services, key, upload_id) as upload:
        part = new_id("part_")
        await asyncio.to_thread(_write, _folder(services, upload), part, data, upload.bytes)
    return {"id": part, "object": "upload.part", "created_at": now(), "upload_id": upload.id}


@router.post("/{upload_id}/complete")
async def complete(services: ServicesDep, key: CurrentKey, upload_id: str, body: CompleteUpload) -> UploadObject:
    async with _pending(services, key, upload_id) as upload:
        file = await asyncio.to_thread(_file, services, key, upload, body)
        services.store.end_upload(upload.id, "completed")
        shutil.rmtree(_folder(services, upload), ignore_errors=True)
    return {**upload_object(upload), "status": "completed", "file": file_object(file)}


@router.post("/{upload_id}/cancel")
async def cancel(services: ServicesDep, key: CurrentKey, upload_id: str) -> UploadObject:
    async with _pending(services, key, upload_id) as upload:
        services.store.end_upload(upload.id, "cancelled")
        shutil.rmtree(_folder(services, upload), ignore_errors=True)
    return {**upload_object(upload), "status": "cancelled"}


def upload_object(upload: Upload) -> UploadObject:
    return {
        "id": upload.id,
        "object": "upload",
        "bytes": upload.bytes,
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
        "filename": upload.filename,
        "purpose": upload.purpose,
        "status": upload.status,
        "file": None,
    }


@contextlib.asynccontextmanager
async def _pending(services: Services, key: Key, id: str) -> AsyncIterator[Upload]:
    """An upload at which nothing else is done meanwhile. Raises ApiError where it is not pending."""
    async with _locks.setdefault(id, asyncio.Lock()):
        upload = services.store.upload(id)
        if upload is None or not key.sees(upload):
            raise not_found("upload", id, "upload_id")
        status = "expired" if upload.status == "pending" and upload.expires_at <= now() else upload.status
        if status != "pending":
            raise ApiError(400, f"The upload {id} is {status}. Begin another.", code="upload_not_pending")
        yield upload


def _folder(services: Services, upload: Upload) -> Path:
    return services.settings.parts / upload.id


def _write(folder: Path, part: str, data: UploadFile, most: int) -> None:
    size = data.size or 0
    if size + sum(path.stat().st_size for path in folder.iterdir()) > most:
        raise ApiError(400, f"The parts are larger than the {most} bytes that the upload was to have.", param="data")
    copy(data.file, folder / part)


def _file(services: Services, key: Key, upload: Upload, body: CompleteUpload) -> File:
    """The parts as one file, in the order named. Raises ApiError where it is not what was announced."""
    folder = _folder(services, upload)
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    missing = [part for part in body.part_ids if part not in sizes]
    if missing:
        raise ApiError(400, f"The upload has no part {missing[0]!r}.", param="part_ids")
    size = sum(sizes[part] for part in body.part_ids)
    if size != upload.bytes:
        raise ApiError(400, f"The parts have {size} bytes; the upload was to have {upload.bytes}.", param="part_ids")
    digest = hashlib.md5(usedforsecurity=False)
    with tempfile.TemporaryFile(dir=services.settings.data) as whole:
        for part in body.part_ids:
            with (folder / part).open("rb") as content:
                while block := content.read(1 << 20):
                    digest.update(block)
                    whole.write(block)
        if body.md5 not in (None, digest.hexdigest()):
            raise ApiError(400, f"The parts' MD5 is {digest.hexdigest()}, not the one given.", param="md5")
        whole.seek(0)
        return keep(services, key, whole, upload.filename, upload.file_seconds)
