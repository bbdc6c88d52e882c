"""Files: /v1/files. Kept in the data folder under their ids; the client's file name is only ever shown."""

from __future__ import annotations

import asyncio
import codecs
import errno
import shutil
import unicodedata
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

import msgspec
from fastapi import APIRouter, Form, Query, Request, UploadFile
from fastapi import File as Part
from fastapi.responses import FileResponse
from pydantic import Field

from trainer.api.bodies import Strict
from trainer.api.errors import ApiError, not_found
from trainer.api.guard import MAX_UPLOAD
from trainer.api.lists import list_object
from trainer.api.objects import Deleted, FileObject, Page
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.expiry import UNLISTED
from trainer.objects import File, Key, new_id, now

router = APIRouter(prefix="/v1/files")

# The first line is looked at when a file arrives; a line longer than this is not an example.
_LONGEST_LINE = 64 << 20


# An hour to thirty days, as at the service (OpenAPI description, read November 2026).
Seconds = Annotated[int, Field(ge=3600, le=2_592_000)]


class ExpiresAfter(Strict):
    anchor: Literal["created_at"]
    seconds: Seconds


_FORM = ("file", "purpose", "expires_after[anchor]", "expires_after[seconds]")


@router.post("")
async def create(
    services: ServicesDep,
    key: CurrentKey,
    http: Request,
    file: Annotated[UploadFile, Part()],
    purpose: Annotated[str, Form()],
    anchor: Annotated[Literal["created_at"] | None, Form(alias=_FORM[2])] = None,
    seconds: Annotated[Seconds | None, Form(alias=_FORM[3])] = None,
) -> FileObject:
    unknown = [name for name in await http.form() if name not in _FORM]
    if unknown:
        raise ApiError(400, f"Additional properties are not allowed ({unknown[0]!r} was unexpected)")
    if (anchor is None) != (seconds is None):
        missing = _FORM[2] if anchor is None else _FORM[3]
        raise ApiError(
            400, f"Missing required parameter: '{missing}'.", param=missing, code="missing_required_parameter"
        )
    require_purpose(purpose)
    services.supervisor.expect_job()
    return file_object(await asyncio.to_thread(keep, services, key, file.file, file.filename or "upload", seconds))


@router.get("")
def list_files(
    services: ServicesDep,
    key: CurrentKey,
    purpose: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Literal["asc", "desc"] = "desc",
) -> Page[FileObject]:
    try:
        page, more = services.store.files(key=key, after=after, limit=limit, purpose=purpose, ascending=order == "asc")
    except KeyError:
        raise not_found("file", str(after), "after") from None
    return list_object([file_object(file) for file in page], more=more)


@router.get("/{file_id}")
def retrieve(services: ServicesDep, key: CurrentKey, file_id: str) -> FileObject:
    return file_object(_existing(services, key, file_id))


@router.delete("/{file_id}")
def delete(services: ServicesDep, key: CurrentKey, file_id: str) -> Deleted:
    file = _existing(services, key, file_id)
    # First: what is listed can be deleted again, should this be cut off.
    (services.settings.uploads / file.id).unlink(missing_ok=True)
    services.store.delete_file(file.id)
    return {"id": file.id, "object": "file", "deleted": True}


@router.get("/{file_id}/content")
def content(services: ServicesDep, key: CurrentKey, file_id: str) -> FileResponse:
    file = _existing(services, key, file_id)
    return FileResponse(
        services.settings.uploads / file.id, media_type="application/octet-stream", filename=file.filename
    )


def file_object(file: File) -> FileObject:
    told: FileObject = {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created_at,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
    }
    if file.expires_at is not None:
        told["expires_at"] = file.expires_at
    return told


def copy(upload: BinaryIO, path: Path) -> None:
    """Write what was uploaded to a new file: all of it, or nothing."""
    try:
        with path.open("xb") as out:
            shutil.copyfileobj(upload, out, 1 << 20)
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno == errno.ENOSPC:
            raise ApiError(507, "The server's disk is full; the file was not stored.", type="server_error") from error
        raise


def require_purpose(purpose: str) -> None:
    if purpose != "fine-tune":
        raise ApiError(
            400, f"The purpose {purpose!r} is not used here. Upload training files with 'fine-tune'.", param="purpose"
        )


def _existing(services: Services, key: Key, id: str) -> File:
    file = services.store.file(id)
    if file is None or not key.sees(file):
        raise not_found("file", id, "file_id")
    return file


def keep(services: Services, key: Key, upload: BinaryIO, filename: str, seconds: int | None = None) -> File:
    """Store what was uploaded, for so many seconds where that is said. ApiError where it is no JSONL, too large, or the
    disk is full."""
    _require_jsonl(upload)
    id = new_id("file-")
    path = services.settings.uploads / id
    part = path.with_suffix(UNLISTED)
    try:
        copy(upload, part)
        size = part.stat().st_size
        if size > MAX_UPLOAD:
            sentence = f"The file is larger than the {MAX_UPLOAD >> 20} MB that are accepted here."
            raise ApiError(413, sentence, param="file")
        created = now()
        file = File(
            id=id,
            filename=_shown_name(filename),
            purpose="fine-tune",
            bytes=size,
            created_at=created,
            owner=key.name,
            expires_at=created + seconds if seconds is not None else None,
        )
        with services.store.atomic():
            services.store.add_file(file)
            part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return file


def _require_jsonl(upload: BinaryIO) -> None:
    """Refuse what is not JSONL at all, as the service does on upload; all other defects show on the job.

    The first line that is not blank decides.
    """
    number = 0
    line = b""
    while True:
        number += 1
        line = upload.readline(_LONGEST_LINE)
        if not line or line.strip():
            break
    upload.seek(0)
    if not line:
        raise ApiError(400, "Expected file to have JSONL format, but the file is empty.", param="file")
    try:
        value = msgspec.json.decode(line.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = None
    if not isinstance(value, dict):
        start = line[:40].decode("utf-8", "replace").strip()
        raise ApiError(
            400,
            "Expected file to have JSONL format, where every line is a JSON object. "
            f"Line {number} is not one (it starts with: {start!r}).",
            param="file",
        )


def _shown_name(name: str) -> str:
    """The last part of the name, without what a terminal or a page could take for more than text."""
    last = Path(name.replace("\\", "/")).name
    clean = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return clean.strip()[:255] or "upload"
