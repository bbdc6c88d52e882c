"""The server: puts the parts together and listens. Imports no torch, so it is there at once and stays."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import Depends, FastAPI, Response
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline
from filelock import FileLock, Timeout

from texts import trainer as texts
from texts.language import Language, speaking
from trainer.activity import ChatActivity
from trainer.api import (
    chat,
    cluster,
    completions,
    embeddings,
    errors,
    estimates,
    exports,
    files,
    graders,
    jobs,
    metrics,
    models,
    permissions,
    responses,
    uploads,
)
from trainer.api.guard import Guard
from trainer.api.measured import Measured
from trainer.api.request_ids import RequestIds
from trainer.api.services import Services
from trainer.base_models import read_embedding_models, read_table
from trainer.catalogue import Catalogue
from trainer.errors import TrainerError
from trainer.expiry import keep_removing
from trainer.exports.queue import Exports
from trainer.jobs.calibration import Calibrations
from trainer.jobs.queue import Queue
from trainer.jobs.supervisor import Supervisor
from trainer.loops import Loops
from trainer.serving.chats import Chats
from trainer.serving.interface import ChatService
from trainer.serving.vllm.chats import VllmChats
from trainer.settings import Settings
from trainer.store import Store
from trainer.traces import recorded
from trainer.tracking.tracker import Tracker
from trainer.training.runners.interface import Runner
from trainer.training.runners.local import LocalRunner
from training_files.redact import remember_secret


def open_store(settings: Settings) -> Store:
    """The data folder's database; the folder is made if need be. TrainerError where it cannot be used."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Store(settings.data / "trainer.db")
    except (OSError, sqlite3.Error) as error:
        raise _unusable(settings, error) from error


def _unusable(settings: Settings, error: OSError | sqlite3.Error) -> TrainerError:
    why = error.strerror if isinstance(error, OSError) else error
    return TrainerError(texts.folder_unusable(settings.data, why))


def create_app(settings: Settings, store: Store, hurry: asyncio.Event | None = None) -> FastAPI:
    """`hurry`: set where its end shall not wait for trainings."""
    catalogue = Catalogue(
        settings, store, read_table(settings.base_models), read_embedding_models(settings.base_models)
    )
    loops = Loops()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        activity = ChatActivity()
        chats: ChatService = Chats(settings, catalogue, activity)
        if settings.vllm_urls:
            chats = VllmChats(settings, catalogue, chats, loops)
        runner = _runner(settings, hurry)
        calibrations = Calibrations(settings, store, catalogue, runner, activity)
        supervisor = Supervisor(
            settings,
            store,
            catalogue,
            runner,
            activity,
            loops,
            warm_chat=chats.warm,
            before_training=calibrations.stop,
        )
        writing = Exports(settings, store, catalogue, loops)
        tracker = Tracker(settings, store, loops)
        app.state.services = Services(
            settings, store, catalogue, supervisor, chats, writing, tracker, calibrations, Queue(store)
        )
        await supervisor.start()
        await writing.start()
        tracker.start()
        removing = loops.start("removing what has expired", partial(keep_removing, settings, store))
        try:
            yield
        finally:
            removing.cancel()
            await calibrations.stop()
            await asyncio.gather(supervisor.stop(), chats.stop(), writing.stop(), tracker.stop())

    # FastAPI's own page of the API loads its scripts from elsewhere; this one has them.
    app: FastAPI = FastAPIOffline(
        docs_url="/docs",
        redoc_url=None,
        static_url="/docs-static",
        title="Finetune Bot trainer",
        version=version("finetune-bot"),
        description="OpenAI's fine-tuning API on your own hardware. *Authorize* takes one of the trainer's keys.",
        lifespan=life,
        # The guard asks for the key; this tells the page that there is one.
        dependencies=[Depends(HTTPBearer(auto_error=False))],
    )
    errors.install(app)
    parts = (
        *(files, uploads, jobs, graders, permissions, models, estimates, cluster, exports),
        *(responses, chat, completions, embeddings, metrics),
    )
    for part in parts:
        app.include_router(part.router, tags=[part.__name__.rpartition(".")[2]])

    @app.get("/livez", include_in_schema=False)
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/healthz", include_in_schema=False)
    def healthz(response: Response) -> dict[str, str | list[str]]:
        if not loops.down:
            return {"status": "ok"}
        response.status_code = 503
        return {"status": "degraded", "down": sorted(loops.down)}

    app.add_middleware(Guard, settings=settings, store=store)
    return app


def _runner(settings: Settings, hurry: asyncio.Event | None) -> Runner:
    log = settings.logs / "training.log"
    if settings.runner == "local":
        return LocalRunner(log, settings.devices, hurry=hurry)
    from trainer.cluster import ray_runner  # asks over HTTP, what takes a quarter of a second to import

    return ray_runner(settings, log)


def serve(settings: Settings) -> None:
    """Listen until told to stop. Raises TrainerError where it cannot begin."""
    if settings.runner == "ray":
        from trainer.cluster import check

        if why := asyncio.run(check(settings)):
            print(texts.cluster_unreachable(str(settings.ray_address), why), flush=True)  # noqa: T201
    for secret in settings.secrets:
        remember_secret(secret)
    store = open_store(settings)
    lock = FileLock(settings.data / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise TrainerError(texts.folder_in_use(settings.data)) from None
    except OSError as error:
        raise _unusable(settings, error) from error
    with lock:
        # What is being uploaded, up to 512 MB at once, waits in a file without a name: here, for /tmp may be memory.
        tempfile.tempdir = str(settings.data)
        hurry = asyncio.Event()
        app = create_app(settings, store, hurry)
        listening = _listen(settings.host, settings.port)
        first_key(settings, store)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listening.getsockname()[1]}/v1"
        config = uvicorn.Config(
            RequestIds(Measured(app)),
            log_config=None,  # its lines are among ours
            log_level="warning",
            server_header=False,
            ws="none",
            timeout_graceful_shutdown=settings.drain_seconds,
            # Proxies in front are not ours to trust.
            proxy_headers=False,
        )
        if settings.otlp_endpoint is not None:
            os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = settings.otlp_endpoint  # for workers, if it came from `.env`
        # Programs read what it answers.
        with recorded("finetune-trainer", settings.otlp_endpoint), speaking(Language.ENGLISH):
            _Server(config, address, hurry).run(sockets=[listening])
    store.close()


def first_key(settings: Settings, store: Store) -> None:
    """Make a key where there is none, put it into a file that only its owner can read, and say where."""
    if settings.key is not None or store.all_keys():
        return
    path = settings.data / "key"
    key = new_key()
    _write_private(path, key + "\n")
    store.add_key("first", key, admin=True)
    print(texts.first_key(path), flush=True)  # noqa: T201


def new_key() -> str:
    return "sk-trainer-" + secrets.token_urlsafe(32)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, address: str, hurry: asyncio.Event) -> None:
        super().__init__(config)
        self._address = address
        self._hurry = hurry

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A second Ctrl-C is meant: what trains saves by itself."""
        if self.should_exit and sig == signal.SIGINT:
            asyncio.get_running_loop().call_soon_threadsafe(self._hurry.set)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()  # else it is cancelled, and a traceback shown

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(f"trainer ready {self._address}", flush=True)  # noqa: T201


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        if os.name != "nt":  # on Windows it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        raise TrainerError(texts.cannot_listen(f"{host}:{port}", error.strerror)) from error
    return listening


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
