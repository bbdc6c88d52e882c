"""Fine-tuned models to take away: /v1/x/models/{model}/export, which the protocol does not have."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import msgspec
from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from trainer.api.errors import ApiError
from trainer.api.services import CurrentKey, ServicesDep
from trainer.errors import ModelUnavailable
from trainer.export import Exported, plan_export
from trainer.workers import Worker

router = APIRouter(prefix="/v1/x/models")


@router.get("/{model_id:path}/export", response_class=FileResponse)
async def export(services: ServicesDep, key: CurrentKey, model_id: str, merged: bool = False) -> FileResponse:
    """A zip of safetensors and a model card: the adapter or, `merged`, the whole model. What was trained whole is
    handed out whole."""
    found = services.model(model_id, key, shut_down=True)
    if found.model is None or found.folder is None:
        raise ApiError(400, "Base models cannot be exported, only fine-tuned ones.", param="model")
    services.require_own(found.model, key)
    try:
        weights = await services.catalogue.weights(found.base) if merged and found.adapter else None
    except ModelUnavailable as error:
        raise ApiError(503, str(error), type="server_error") from error
    work = Path(tempfile.mkdtemp(prefix="export.", dir=services.settings.data))
    plan = plan_export(
        found.model,
        found.base,
        services.store.job(found.model.job_id),
        services.store.checkpoint_of(model_id),
        folder=found.folder,
        into=work / "model",
        weights=weights,
    )
    exported: Exported | None = None
    try:
        worker = await Worker.start(
            "trainer.export",
            log=services.settings.logs / "export.log",
            arguments=(msgspec.json.encode(plan).decode(),),
            background=True,
        )
        try:
            exported = await worker.last_message(Exported)
        finally:
            await worker.kill()
    finally:
        if exported is None or exported.file is None:
            shutil.rmtree(work, ignore_errors=True)
    if exported is None or exported.file is None:
        problem = (
            exported.problem if exported else None
        ) or "The export broke off; the trainer's log (export.log) has more."
        raise ApiError(500, problem, type="server_error")
    return FileResponse(
        exported.file,
        media_type="application/zip",
        filename=model_id.replace(":", "-").replace("/", "-") + ".zip",
        background=BackgroundTask(shutil.rmtree, work, ignore_errors=True),
    )
