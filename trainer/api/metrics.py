"""`/metrics`, as Prometheus reads it: for admin keys, and for TRAINER_METRICS_TOKEN."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time

from fastapi import APIRouter, Response
from prometheus_client import ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from trainer import instruments
from trainer.api.errors import ApiError
from trainer.api.guard import METRICS
from trainer.api.services import CurrentKey, Services, ServicesDep

router = APIRouter()

ProcessCollector(registry=instruments.REGISTRY)

_GPU_SECONDS = 5.0


@router.get(METRICS, include_in_schema=False)
async def metrics(services: ServicesDep, key: CurrentKey) -> Response:
    if not key.admin:
        raise ApiError(403, "Only an admin key, or the one in TRAINER_METRICS_TOKEN, may read metrics.")
    _look(services)
    await _look_at_gpus()
    return Response(generate_latest(instruments.REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _look(services: Services) -> None:
    """Bring to date what is a state rather than a count."""
    instruments.DISK_FREE.set(shutil.disk_usage(services.settings.data).free)
    instruments.JOBS.clear()
    for status, count in services.store.count_jobs().items():
        instruments.JOBS.labels(status).set(count)
    queued = services.store.jobs_with_status("queued")
    instruments.QUEUE_AGE.set(max(0.0, time.time() - queued[0].created_at) if queued else 0)


async def _look_at_gpus() -> None:
    """NVIDIA's driver tells of all processes, in MiB; other makers' GPUs are not asked."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return
    with contextlib.suppress(OSError, TimeoutError, ValueError):
        query = "--query-gpu=index,memory.used,memory.total", "--format=csv,noheader,nounits"
        asked = await asyncio.create_subprocess_exec(program, *query, stdout=asyncio.subprocess.PIPE)
        try:
            async with asyncio.timeout(_GPU_SECONDS):
                said, _ = await asked.communicate()
        except TimeoutError:
            asked.kill()
            raise
        for line in said.decode().splitlines():
            gpu, used, size = (part.strip() for part in line.split(","))
            instruments.GPU_MEMORY_USED.labels(gpu).set(float(used) * 2**20)
            instruments.GPU_MEMORY_SIZE.labels(gpu).set(float(size) * 2**20)
