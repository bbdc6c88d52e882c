"""Fine-tuned models to take away: /v1/x/exports, which the protocol does not have."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from trainer.api.bodies import Body
from trainer.api.errors import ApiError, not_found
from trainer.api.lists import list_object
from trainer.api.objects import Deleted, ExportObject, Page
from trainer.api.services import CurrentKey, Services, ServicesDep
from trainer.exports.plan import DEFAULT_QUANTIZATION, FORMATS, QUANTIZATIONS
from trainer.objects import Export, ExportFormat, Key, Quantization

router = APIRouter(prefix="/v1/x/exports")


class CreateExport(Body):
    model: str
    format: str = "adapter"
    quantization: str | None = None


@router.post("")
async def create(services: ServicesDep, key: CurrentKey, body: CreateExport) -> ExportObject:
    """Begin an export; the same again is the one that is there already."""
    format, quantization = _wanted(body)
    found = services.model(body.model, key, shut_down=True)
    if found.model is None:
        raise ApiError(400, "Base models cannot be exported, only fine-tuned ones.", param="model")
    services.require_own(found.model, key)
    return _export_object(services.exports.submit(found, format, quantization, key.name), services)


@router.get("")
def list_exports(
    services: ServicesDep,
    key: CurrentKey,
    model: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Page[ExportObject]:
    try:
        page, more = services.store.exports(key=key, model=model, after=after, limit=limit)
    except KeyError:
        raise not_found("export", str(after), "after") from None
    return list_object([_export_object(export, services) for export in page], more=more)


@router.get("/{export_id}")
def retrieve(services: ServicesDep, key: CurrentKey, export_id: str) -> ExportObject:
    return _export_object(_existing(services, key, export_id), services)


@router.delete("/{export_id}")
async def delete(services: ServicesDep, key: CurrentKey, export_id: str) -> Deleted:
    """End it, if it is still being written, and remove its file."""
    export = _existing(services, key, export_id)
    await services.exports.delete(export)
    return {"id": export.id, "object": "export", "deleted": True}


@router.get("/{export_id}/content", response_class=FileResponse)
def content(services: ServicesDep, key: CurrentKey, export_id: str) -> FileResponse:
    """The file. A download that broke off goes on by `Range`, held to the same file by `If-Range` and the ETag, its
    SHA-256."""
    export = _existing(services, key, export_id)
    if export.status != "succeeded":
        raise ApiError(
            409,
            f"The export {export.id} is {export.status}; there is nothing to fetch yet."
            if not export.finished
            else f"The export {export.id} has failed; there is nothing to fetch.",
            code="export_not_ready",
        )
    file = services.exports.file(export)
    if not file.is_file():
        raise not_found("export", export.id, "export_id")
    return FileResponse(
        file,
        media_type="application/octet-stream",
        filename=export.file_name,
        headers={"ETag": f'"{export.sha256}"'},
    )


def _wanted(body: CreateExport) -> tuple[ExportFormat, Quantization | None]:
    format = next((one for one in FORMATS if one == body.format), None)
    if format is None:
        raise ApiError(
            400,
            f"There is no format {body.format!r}; the formats are {', '.join(FORMATS)}.",
            code="unsupported_value",
            param="format",
        )
    if format != "gguf":
        if body.quantization is not None:
            raise ApiError(400, "Only the format 'gguf' has a quantization.", param="quantization")
        return format, None
    wanted = (body.quantization or DEFAULT_QUANTIZATION).lower()
    quantization = next((one for one in QUANTIZATIONS if one == wanted), None)
    if quantization is None:
        raise ApiError(
            400,
            f"There is no quantization {body.quantization!r}; there are {', '.join(QUANTIZATIONS)}.",
            code="unsupported_value",
            param="quantization",
        )
    return format, quantization


def _existing(services: Services, key: Key, id: str) -> Export:
    export = services.store.export(id)
    if export is None or not key.sees(export):
        raise not_found("export", id, "export_id")
    return export


def _export_object(export: Export, services: Services) -> ExportObject:
    progress = services.exports.progress(export)
    error: dict[str, Any] = export.error or {}
    return {
        "id": export.id,
        "object": "export",
        "model": export.model,
        "format": export.format,
        "quantization": export.quantization,
        "status": export.status,
        "progress": {"step": progress.step, "done": progress.done, "total": progress.total} if progress else None,
        "created_at": export.created_at,
        "finished_at": export.finished_at,
        "expires_at": export.expires_at,
        "filename": export.file_name,
        "bytes": export.bytes,
        "sha256": export.sha256,
        "trial": export.trial,
        "error": {"code": error.get("code"), "message": error.get("message"), "param": error.get("param")},
    }
